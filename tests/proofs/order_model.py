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
    """A seller's cancel. ``label`` is its note, which the network is not told.

    With a ``key`` it is the same request whenever it has the key.
    """

    order_id: str
    request_id: str
    label: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class AutoCancel:
    """The planner's cancel. ``label`` is its detail."""

    order_id: str
    request_id: str
    label: str


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


Request = Cancel | AutoCancel | Report | View
Answer = tuple[Any, ...]
Events = tuple[tuple[str, str], ...]  # what one center reported: (event, when)


@dataclass(frozen=True, slots=True)
class OrderState:
    """An order: what each of its centers reported, and the cancel that ended it."""

    centers: tuple[tuple[str, Events], ...]
    ended_by: Cancel | AutoCancel | None = None

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
            return _cancel(state, request)
        case Report():
            return _report(state, request)
        case View():
            label = state.ended_by.label if state.ended_by else None
            return state, ("view", state.status, state.cancellable, label)


def _cancel(state: OrderState, request: Cancel | AutoCancel) -> tuple[OrderState, Answer]:
    first = state.ended_by
    if first is None:
        if not state.cancellable:
            return state, ("refused", f"order_{state.status}", state.packed)
        return replace(state, ended_by=request), ("cancelled", request.label, False)
    if _identity(first) == _identity(request):
        return state, ("cancelled", first.label, first.request_id != request.request_id)
    is_a_note_for_others = isinstance(first, Cancel) and isinstance(request, AutoCancel)
    return state, ("already_cancelled", None if is_a_note_for_others else first.label, False)


def _report(state: OrderState, request: Report) -> tuple[OrderState, Answer]:
    if state.ended_by:
        return state, ("put_back",)
    known = dict(state.centers)
    if request.event in dict(known[request.fc_id]):
        return state, ("already_recorded", state.status)
    known[request.fc_id] = (*known[request.fc_id], (request.event, request.at))
    after = replace(state, centers=tuple(known.items()))
    return after, ("recorded", after.status)


def _reached(events: Events) -> int:
    return max((STEPS.index(event) for event, _ in events), default=0)


def _identity(request: Cancel | AutoCancel) -> tuple[type, str]:
    return type(request), (request.key if isinstance(request, Cancel) and request.key else request.request_id)
