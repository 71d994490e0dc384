"""What one order may do, written down a second time: no table, no library, nothing of the service's code.

``carry_out`` is the whole specification: the order before, a request, the order after, and what the asker must be told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

STEPS = ("received", "allocated", "picking", "picked_packed", "shipped", "delivered")
PACKED = STEPS.index("picked_packed")


@dataclass(frozen=True, slots=True)
class Cancel:
    """A seller's cancel, of the order or of the parts of these centers. ``label`` is its note, which the network is not
    told. With a ``key`` it is the same request whenever it has the key.
    """

    order_id: str
    request_id: str
    label: str
    key: str | None = None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AutoCancel:
    """The planner's cancel, of the order or of the parts of these centers. ``label`` is its detail."""

    order_id: str
    request_id: str
    label: str
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """The planner routes the order to these centers."""

    order_id: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A fulfillment center's event."""

    order_id: str
    fc_id: str
    event: str
    at: str


@dataclass(frozen=True, slots=True)
class View:
    """A look at the order."""

    order_id: str


Request = Cancel | AutoCancel | Move | Report | View
Answer = tuple[Any, ...]
Events = tuple[tuple[str, str], ...]  # what one center reported: (event, when)


@dataclass(frozen=True, slots=True)
class OrderState:
    """An order: what each of its centers reported, and the cancel that ended it.

    ``taken`` are the parts that were cancelled by themselves, and by what; ``moved`` the centers that gave theirs away.
    """

    centers: tuple[tuple[str, Events], ...]
    ended_by: Cancel | AutoCancel | None = None
    taken: tuple[tuple[str, Cancel | AutoCancel], ...] = ()
    moved: frozenset[str] = frozenset()

    @property
    def status(self) -> str:
        if self.ended_by:
            return "cancelled"
        reached = [_reached(events) for _, events in self.centers]
        slowest, fastest = min(reached), max(reached)
        if slowest > PACKED:
            return STEPS[slowest]
        return STEPS[min(fastest, PACKED)]

    @property
    def going_on(self) -> tuple[tuple[str, str], ...]:
        """(center, status) of each part that is not cancelled."""
        return (
            () if self.ended_by else tuple(sorted((fc_id, STEPS[_reached(events)]) for fc_id, events in self.centers))
        )

    @property
    def still_cancellable(self) -> tuple[str, ...]:
        return tuple(fc_id for fc_id, status in self.going_on if STEPS.index(status) < PACKED)

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """(center, status) of each part that there is or was, but for those that moved."""
        ended = [fc_id for fc_id, _ in (*self.taken, *(self.centers if self.ended_by else ()))]
        return tuple(sorted((*self.going_on, *((fc_id, "cancelled") for fc_id in ended))))

    def ended(self, fc_id: str) -> Cancel | AutoCancel | None:
        """What cancelled the part of this center."""
        return dict(self.taken).get(fc_id) or (self.ended_by if fc_id in dict(self.centers) else None)

    @property
    def cancellable(self) -> bool:
        return not self.ended_by and all(_reached(events) < PACKED for _, events in self.centers)

    @property
    def packed(self) -> tuple[tuple[str, str], ...]:
        """(center, when) of those that have packed, the first of them first."""
        packers = [
            (dict(events).get(STEPS[PACKED]) or min(at for event, at in events if STEPS.index(event) >= PACKED), fc_id)
            for fc_id, events in self.centers
            if _reached(events) >= PACKED
        ]
        return tuple((fc_id, at) for at, fc_id in sorted(packers))


def new_order(centers: Sequence[str]) -> OrderState:
    return OrderState(tuple((fc_id, ()) for fc_id in centers))


def carry_out(state: OrderState, request: Request) -> tuple[OrderState, Answer]:
    """The order after the request, and the answer."""
    match request:
        case Cancel() | AutoCancel():
            return _cancel_parts(state, request) if request.parts else _cancel(state, request)
        case Move():
            return _move(state, request)
        case Report():
            return _report(state, request)
        case View():
            label = state.ended_by.label if state.ended_by else None
            return state, ("view", state.status, state.cancellable, label, state.parts)


def _cancel(state: OrderState, request: Cancel | AutoCancel) -> tuple[OrderState, Answer]:
    first = state.ended_by
    if first is None:
        if not state.cancellable:
            return state, ("refused", f"order_{state.status}", state.packed, state.still_cancellable)
        return replace(state, ended_by=request), ("cancelled", request.label, False)
    return state, _told_of(first, request)


def _told_of(first: Cancel | AutoCancel, request: Cancel | AutoCancel) -> Answer:
    """What a cancel is told that finds what it asks for done."""
    if _identity(first) == _identity(request):
        return "cancelled", first.label, first.request_id != request.request_id
    is_a_note_for_others = isinstance(first, Cancel) and isinstance(request, AutoCancel)
    return "already_cancelled", None if is_a_note_for_others else first.label, False


def _cancel_parts(state: OrderState, request: Cancel | AutoCancel) -> tuple[OrderState, Answer]:
    present = {fc_id for fc_id, _ in state.parts}
    if not present >= set(request.parts):
        return state, ("refused", "part_withdrawn", (), state.still_cancellable)
    wanted = [fc_id for fc_id in request.parts if not state.ended(fc_id)]
    if not wanted:
        firsts = [first for fc_id in request.parts if (first := state.ended(fc_id))]
        own = (first for first in firsts if _identity(first) == _identity(request))
        return state, (*_told_of(next(own, firsts[0]), request), state.status, state.going_on)
    packed = tuple((fc_id, at) for fc_id, at in state.packed if fc_id in wanted)
    if packed:
        return state, ("refused", "order_picked_packed", packed, state.still_cancellable)
    left = tuple(each for each in state.centers if each[0] not in wanted)
    if left:
        taken = (*state.taken, *((fc_id, request) for fc_id in sorted(wanted)))
        after = replace(state, centers=left, taken=taken)
    else:
        after = replace(state, ended_by=request)
    return after, ("cancelled", request.label, False, after.status, after.going_on)


def _move(state: OrderState, request: Move) -> tuple[OrderState, Answer]:
    if state.ended_by:
        return state, ("refused", "order_cancelled")
    if any(fc_id in dict(state.taken) for fc_id in request.to):
        return state, ("refused", "part_withdrawn")
    if any(fc_id not in request.to for fc_id, _ in state.packed):
        return state, ("refused", "order_picked_packed")
    centers = dict(state.centers)
    if set(request.to) != set(centers):
        if STEPS.index(state.status) > PACKED:
            return state, ("refused", f"order_{state.status}")
        gone = (state.moved | set(centers)) - set(request.to)
        now = tuple((fc_id, centers.get(fc_id, ())) for fc_id in sorted(request.to))
        state = replace(state, centers=now, moved=gone)
    return state, ("moved", state.status, state.parts)


def _report(state: OrderState, request: Report) -> tuple[OrderState, Answer]:
    if state.ended_by:
        return state, ("put_back",)
    known = dict(state.centers)
    if request.fc_id not in known:
        return state, ("part_withdrawn",)
    if request.event in dict(known[request.fc_id]):
        return state, ("already_recorded", state.status)
    known[request.fc_id] = (*known[request.fc_id], (request.event, request.at))
    after = replace(state, centers=tuple(known.items()))
    return after, ("recorded", after.status)


def _reached(events: Events) -> int:
    return max((STEPS.index(event) for event, _ in events), default=0)


def _identity(request: Cancel | AutoCancel) -> tuple[type, tuple[str, ...], str]:
    key = request.key if isinstance(request, Cancel) and request.key else request.request_id
    return type(request), tuple(sorted(request.parts)), key
