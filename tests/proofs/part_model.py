"""Parts of one order, exhaustively: every interleaving of the requests that cancel, pack, move and tell of them.

The order has two parts. The seller cancels one part, and the whole; the network auto-cancels either part, and moves
one; both centers pack; the stream and the sweep tell of what is due. A step is one DynamoDB request: a read, or a write
on the condition that the code demands. What a request does and what its asker is told is that of ``order_model``. Here
is only what a write demands, and what it writes if it was decided on an order that is another by now. An answer is
lost, and the SDK asks again. Of every so many of the requests, with both that tell, every state is looked at.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any, NamedTuple

from tests.proofs.order_model import Answer, AutoCancel, Cancel, Move, OrderState, Report, Request, carry_out, new_order
from tests.proofs.scoreboard import Progress, Say, Twin, timed
from tests.proofs.scoreboard import Report as Line

LINE = "parts, every interleaving"
ORDER_ID = "P-1"
CENTERS = ("EWR2", "LAX1")
AT = "2026-11-23T14:00:00Z"
REQUESTS: tuple[Request, ...] = (
    Cancel(ORDER_ID, "part", "part", parts=("EWR2",)),
    Cancel(ORDER_ID, "whole", "whole"),
    AutoCancel(ORDER_ID, "auto LAX1", "auto LAX1", ("LAX1",)),
    AutoCancel(ORDER_ID, "auto EWR2", "auto EWR2", ("EWR2",)),
    Report(ORDER_ID, "LAX1", "picked_packed", AT),
    Report(ORDER_ID, "EWR2", "picked_packed", AT),
    Move(ORDER_ID, ("DFW3", "LAX1")),
)
TELLERS = ("stream", "sweep")
ABSENT: Answer = ("absent",)


class Bugs(NamedTuple):
    """What can be planted: one of the conditions is not there."""

    part_cancel_whatever_was_seen: bool = False
    report_whatever_was_seen: bool = False
    move_whatever_was_seen: bool = False
    packed_part_cancelled: bool = False
    claim_what_was_not_seen: bool = False
    claim_what_is_claimed: bool = False


class State(NamedTuple):
    """``saw`` is the order as each request has read it; to a teller, with what was due. ``told`` are the answers."""

    order: OrderState = new_order(CENTERS)
    due: bool = False  # the order's mark
    summaries: tuple[frozenset[str], ...] = ()  # the auto-cancellations that each lists
    saw: tuple[Any, ...] = (None,) * (len(REQUESTS) + len(TELLERS))
    told: tuple[Answer, ...] = ((),) * len(REQUESTS)
    lost: int = 1  # answers that may still be lost


def check(at_once: int, seed: int, say: Say) -> Line:
    """``at_once``: how many requests there are at a time, every choice of them. The same for every seed."""
    report = Line(LINE, "model", seed, unit="states")
    progress = Progress(LINE, say)
    with timed(report):
        report.tried, report.broke = explore_each(at_once, Bugs(), progress)
        report.facts = {"requests at a time": at_once, "of": len(REQUESTS)}
        for name in Bugs._fields:
            _, seen = explore_each(2, Bugs(**{name: True}), progress)
            report.twins.append(Twin(name.replace("_", " "), bool(seen), seen[0] if seen else "nothing found"))
    return report


def explore_each(at_once: int, bugs: Bugs, progress: Progress) -> tuple[int, list[str]]:
    """How many states there are with every choice of so many requests, and what is wrong in the first that has it."""
    states = 0
    for chosen in combinations(range(len(REQUESTS)), at_once):
        told = tuple(() if number in chosen else ABSENT for number in range(len(REQUESTS)))
        seen, what = explore(State(told=told), bugs, progress)
        states += seen
        if what:
            return states, [what]
    return states, []


def explore(start: State, bugs: Bugs, progress: Progress) -> tuple[int, str | None]:
    """How many states can be reached, and a shortest way to one that is wrong."""
    parents: dict[State, tuple[State, str] | None] = {start: None}
    waiting = deque([start])
    while waiting:
        state = waiting.popleft()
        for label, after in steps(state, bugs):
            if after in parents:
                continue
            parents[after] = (state, label)
            if what := wrong(after) or wrong_step(state, after):
                return len(parents), f"{what}: {_way_to(after, parents)}"
            waiting.append(after)
        progress(len(parents), len(parents) + len(waiting), "states")
    return len(parents), None


def _way_to(state: State, parents: dict[State, tuple[State, str] | None]) -> str:
    way: list[str] = []
    while before := parents[state]:
        state, label = before
        way.append(label)
    return ", ".join(reversed(way))


def steps(state: State, bugs: Bugs) -> Iterator[tuple[str, State]]:
    """All that can happen next."""
    for number, request in enumerate(REQUESTS):
        if not state.told[number]:
            yield from _ask(state, number, request, bugs)
    for number, name in enumerate(TELLERS, start=len(REQUESTS)):
        yield from _tell(state, number, name, bugs)


def _ask(state: State, number: int, request: Request, bugs: Bugs) -> Iterator[tuple[str, State]]:
    name = f"{type(request).__name__} {getattr(request, 'request_id', getattr(request, 'fc_id', ''))}".strip()
    if isinstance(request, Cancel) and not request.parts:  # one write, on the status alone
        order, answer = carry_out(state.order, request)
        after = _put(state._replace(order=order), number, None, answer)
        yield f"{name} answered", after
        if state.lost and order != state.order:
            yield f"{name} lost", state._replace(order=order, lost=state.lost - 1)
        return
    seen = state.saw[number]
    if seen is None:
        yield f"{name} reads", _decided(state, number, request, state.order)
    elif not _as_seen(seen, state.order) and not _careless(request, bugs):
        yield f"{name} comes late", _decided(state, number, request, state.order)
    else:
        decided, answer = carry_out(_unpacked(seen) if bugs.packed_part_cancelled else seen, request)
        written = _written(state.order, seen, decided)
        due = state.due or (isinstance(request, AutoCancel) and answer[0] == "cancelled")
        after = state._replace(order=written, due=due)
        yield f"{name} writes", _put(after, number, None, answer)
        if state.lost:
            yield f"{name} writes, lost", after._replace(lost=state.lost - 1)


def _decided(state: State, number: int, request: Request, order: OrderState) -> State:
    """The request has the order before it: there is an answer, or something to write."""
    after, answer = carry_out(order, request)
    return _put(state, number, None, answer) if after == order else _put(state, number, order, ())


def _as_seen(seen: OrderState, now: OrderState) -> bool:
    """The condition of every write that was decided on what was read: status and milestones."""
    return (seen.status, seen.centers) == (now.status, now.centers)


def _careless(request: Request, bugs: Bugs) -> bool:
    return {
        Cancel: bugs.part_cancel_whatever_was_seen,
        AutoCancel: bugs.part_cancel_whatever_was_seen,
        Report: bugs.report_whatever_was_seen,
        Move: bugs.move_whatever_was_seen,
    }[type(request)]


def _unpacked(order: OrderState) -> OrderState:
    return replace(order, centers=tuple((fc_id, ()) for fc_id, _ in order.centers))


def _written(now: OrderState, seen: OrderState, decided: OrderState) -> OrderState:
    """What an update sets: the milestones as they were decided; what was taken is added to what is there."""
    taken = (*now.taken, *(each for each in decided.taken if each not in seen.taken and each not in now.taken))
    return replace(decided, taken=taken, ended_by=decided.ended_by or now.ended_by)


def _tell(state: State, number: int, name: str, bugs: Bugs) -> Iterator[tuple[str, State]]:
    if state.saw[number] is None:
        if state.due:
            yield f"{name} reads", _put(state, number, (state.order, autos(state.order) - _told(state)))
        return
    seen, wanted = state.saw[number]
    nothing_new = seen.ended_by == state.order.ended_by and len(seen.taken) == len(state.order.taken)
    holds = nothing_new or bugs.claim_what_was_not_seen
    if not bugs.claim_what_is_claimed:
        holds = holds and state.due and wanted.isdisjoint(_told(state))
    after = _put(state, number, None)
    if holds and wanted:
        after = after._replace(due=False, summaries=(*state.summaries, wanted))
    yield f"{name} claims", after


def _told(state: State) -> frozenset[str]:
    return frozenset().union(*state.summaries)


def autos(order: OrderState) -> frozenset[str]:
    """The auto-cancellations of an order, of parts and its own."""
    cancels = [*(by for _, by in order.taken), *([order.ended_by] if order.ended_by else [])]
    return frozenset(by.request_id for by in cancels if isinstance(by, AutoCancel))


# ------------------------------------------------------------------------------------------------------ what must be so


def wrong(state: State) -> str | None:
    """Which guarantee a state breaks, or None."""
    order = state.order
    packed = {fc_id for fc_id, _ in order.packed}
    cancelled = {fc_id for fc_id, _ in order.taken} | (
        {fc_id for fc_id, _ in order.centers} if order.ended_by else set()
    )
    if packed & cancelled:
        return "G1: a part is packed and cancelled"
    listed = [name for summary in state.summaries for name in summary]
    if len(listed) != len(set(listed)):
        return "G4: a cancellation in two summaries"
    if autos(order) - set(listed) and not state.due:
        return "G4: a cancellation neither due nor in a summary"
    for request, told in zip(REQUESTS, state.told, strict=True):
        if told and (what := _untrue(order, request, told, packed, cancelled)):
            return what
    return None


def _untrue(order: OrderState, request: Request, told: Answer, packed: set[str], cancelled: set[str]) -> str | None:
    match request, told[0]:
        case ((Cancel() | AutoCancel()), "cancelled" | "already_cancelled"):
            if not cancelled >= set(request.parts) or not (request.parts or order.ended_by):
                return "G1: told it is cancelled, and it is not"
            ended_by = {order.ended(fc_id) for fc_id in request.parts} or {order.ended_by}
            if told[0] == "cancelled" and request not in ended_by:
                return "G3: told it was their own cancel, and it was not"
        case ((Cancel() | AutoCancel()), "refused") if told[1] != "part_withdrawn" and not packed:
            return "G1: refused, and nobody packed it"
        case Report(), "recorded" | "already_recorded" if request.fc_id not in packed:
            return "G1: told it is packed, and it is not"
        case Report(), "part_withdrawn" if request.fc_id not in cancelled | order.moved:
            return "G1: told to put back what was not taken"
        case Report(), "put_back" if not order.ended_by:
            return "G1: told that the order is cancelled, and it is not"
    return None


def wrong_step(before: State, after: State) -> str | None:
    """Which guarantee a step breaks, or None."""
    if not set(after.order.taken) >= set(before.order.taken) or (before.order.ended_by and not after.order.ended_by):
        return "G2: what was cancelled is not any more"
    return None


def _put(state: State, number: int, saw: Any, told: Answer | None = None) -> State:
    seen = (*state.saw[:number], saw, *state.saw[number + 1 :])
    if told is None:
        return state._replace(saw=seen)
    return state._replace(saw=seen, told=(*state.told[:number], told, *state.told[number + 1 :]))
