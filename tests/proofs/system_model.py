"""The service as a machine of small steps: one per DynamoDB request, one per mail. Nothing of its code is used.

Two orders of one seller. The first is fought over: the seller cancels it, the network auto-cancels it, two fulfillment
centers pack it. The second is only auto-cancelled. The stream delivers to the summary function, the sweep runs, SES
reports what it sent, time passes. Answers get lost (the SDK asks again), processes die, the stream delivers again.

Between any two steps anything else may happen. Time passes only when no process is alive, as every process ends long
before a lease or a grace period does; how often answers are lost, processes die and the stream repeats is bounded.

The window for a second mail is in it: nobody recorded the first (the answer was lost, the process died, or DynamoDB
refused the write, which is no other step than its death), and SES's event is not recorded when the lease is over. That
the sweep waits for the events in the queue, which makes the window smaller, is in the simulator.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

CONTESTED, OTHER = 0, 1
# The processes. Callers ask once; the two at the end come as often as there is work.
SELLER, AUTO, AUTO_OTHER, FC_1, FC_2, DELIVERY, SWEEP = range(7)
PROCESSES = ("seller", "network", "network (other order)", "FC 1", "FC 2", "stream", "sweep")
CALLERS = (SELLER, AUTO, AUTO_OTHER, FC_1, FC_2)
IDLE: tuple[Any, ...] = ("idle",)
DONE: tuple[Any, ...] = ("done",)

Process = tuple[Any, ...]
Label = tuple[Any, ...]


class Sealed(NamedTuple):
    """A summary. ``event`` is SES's Send event: none, on its way, recorded. ``lease`` counts the attempts."""

    orders: tuple[int, ...]
    sent: bool = False
    expired: bool = False
    lease: int = 1
    mails: int = 0
    event: str = ""


class State(NamedTuple):
    packed: tuple[bool, bool] = (False, False)  # the contested order, by its two centers
    ended: tuple[str, str] = ("", "")  # by "seller" or "auto"
    due: tuple[str, str] = ("", "")  # "fresh", or "ripe" when the sweep sees it
    summary: tuple[int, int] = (-1, -1)
    sealed: tuple[Sealed, ...] = ()
    stream: tuple[int, ...] = ()
    position: int = 0
    processes: tuple[Process, ...] = (IDLE,) * 7
    told: tuple[str, ...] = ("",) * 5
    lost: int = 0  # answers that may still be lost
    deaths: int = 0  # processes that may still die
    repeats: int = 0  # deliveries that may still be repeated


Step = tuple[Label, State]


class Bugs(NamedTuple):
    """What can be planted, to see the search find it."""

    report_over_cancel: bool = False
    own_cancel_forgotten: bool = False
    claim_whatever: bool = False
    no_lease: bool = False


SOUND = Bugs()


def steps(state: State, bugs: Bugs = SOUND) -> Iterator[Step]:
    """All that can happen next. A label is (process, what became of its step), ("event", n), ("later",) or such."""
    for slot in (SELLER, AUTO, AUTO_OTHER):
        if state.processes[slot] != DONE:
            yield from _cancel(state, slot, bugs)
    for slot in (FC_1, FC_2):
        if state.processes[slot] != DONE:
            yield from _report(state, slot, bugs)
    yield from _deliver(state, bugs)
    yield from _sweep(state, bugs)
    for number, sealed in enumerate(state.sealed):
        if sealed.event == "coming":
            yield ("event", number), _put_sealed(state, number, sealed._replace(event="recorded", sent=True))
    if state.deaths:
        for slot, process in enumerate(state.processes):
            if process not in (IDLE, DONE):
                left = DONE if slot in CALLERS else IDLE
                yield (slot, "dies"), _put(state, slot, left)._replace(deaths=state.deaths - 1)
    if all(process in (IDLE, DONE) for process in state.processes):
        yield from _later(state)
        if state.repeats and state.position:
            yield ("repeat",), state._replace(position=0, repeats=state.repeats - 1)


# -------------------------------------------------------------------------------------------------------------- callers


def _cancel(state: State, slot: int, bugs: Bugs) -> Iterator[Step]:
    order, kind = (OTHER if slot == AUTO_OTHER else CONTESTED), ("seller" if slot == SELLER else "auto")
    after, answer = state, ""
    if not state.ended[order] and not (order == CONTESTED and any(state.packed)):
        after = after._replace(ended=_with(state.ended, order, kind))
        if kind == "auto":
            after = after._replace(due=_with(state.due, order, "fresh"), stream=(*state.stream, order))
        answer = "cancelled"
    elif state.ended[order]:
        own = state.processes[slot] == ("again",) and state.ended[order] == kind
        answer = "refused" if own and bugs.own_cancel_forgotten else "cancelled" if own else "already cancelled"
    else:
        answer = "refused"
    yield (slot, "answered"), _tell(after, slot, answer)
    if state.lost:
        yield (slot, "lost"), _put(after, slot, ("again",))._replace(lost=state.lost - 1)


def _report(state: State, slot: int, bugs: Bugs) -> Iterator[Step]:
    center = slot - FC_1
    process = state.processes[slot]
    if process == IDLE:  # reads the order
        yield (slot, "answered"), _see(state, slot, center)
        return
    _, seen_packed, seen_ended = process
    if seen_packed == state.packed and (seen_ended == state.ended[CONTESTED] or bugs.report_over_cancel):
        after = state._replace(packed=_with(state.packed, center, True))
        if bugs.report_over_cancel:
            after = after._replace(ended=_with(after.ended, CONTESTED, ""))
        yield (slot, "answered"), _tell(after, slot, "recorded")
    else:  # comes back with the order as it is
        after = state
        yield (slot, "answered"), _see(state, slot, center)
    if state.lost:
        yield (slot, "lost"), after._replace(lost=state.lost - 1)


def _see(state: State, slot: int, center: int) -> State:
    """The handler has the order before it: there is an answer, or something to write."""
    if state.ended[CONTESTED]:
        return _tell(state, slot, "put back")
    if state.packed[center]:
        return _tell(state, slot, "recorded")
    return _put(state, slot, ("write", state.packed, state.ended[CONTESTED]))


# ------------------------------------------------------------------------------------------------------------- the mail


def _deliver(state: State, bugs: Bugs) -> Iterator[Step]:
    process = state.processes[DELIVERY]
    if process == IDLE:
        if batch := state.stream[state.position :]:
            wanted = tuple(sorted(set(batch)))
            yield (DELIVERY, "starts"), _put(state, DELIVERY, ("claim", wanted, False, len(state.stream)))
        return
    end = process[-1]
    done = _put(state, DELIVERY, IDLE)._replace(position=end)
    for what, after, next_step in _mail(state, process, bugs):
        if next_step is None:
            yield (DELIVERY, what), done._replace(**_changed(state, after))
        else:
            yield (DELIVERY, what), _put(after, DELIVERY, (*next_step, end))


def _sweep(state: State, bugs: Bugs) -> Iterator[Step]:
    process = state.processes[SWEEP]
    match process:
        case ("idle",):
            expired = tuple(
                number
                for number, sealed in enumerate(state.sealed)
                if not sealed.sent and (sealed.expired or bugs.no_lease)
            )
            if expired or "ripe" in state.due:  # a sweep that finds nothing does nothing
                yield (SWEEP, "starts"), _put(state, SWEEP, _next_expired(expired))
        case ("lease?", number, rest):
            sealed = state.sealed[number]
            free = not sealed.sent and (sealed.expired or bugs.no_lease)
            goes_on = ("lease!", number, sealed.lease, rest) if free else _next_expired(rest)
            yield (SWEEP, "answered"), _put(state, SWEEP, goes_on)
        case ("lease!", number, seen, rest):
            sealed = state.sealed[number]
            taken = not sealed.sent and sealed.lease == seen
            after = state
            if taken:
                after = _put_sealed(state, number, sealed._replace(lease=seen + 1, expired=False))
            goes_on = ("orders", number, rest) if taken else _next_expired(rest)
            yield (SWEEP, "answered"), _put(after, SWEEP, goes_on)
            if state.lost:  # the retry finds the lease taken, and takes it for somebody else's
                again = ("lease!", number, seen, rest)
                yield (SWEEP, "lost"), _put(after, SWEEP, again)._replace(lost=state.lost - 1)
        case ("orders", number, rest):
            yield (SWEEP, "answered"), _put(state, SWEEP, ("send", number, rest))
        case ("due?",):
            ripe = tuple(order for order in (CONTESTED, OTHER) if state.due[order] == "ripe")
            yield (SWEEP, "answered"), _put(state, SWEEP, ("read", ripe) if ripe else IDLE)
        case ("read", orders):
            still = tuple(order for order in orders if state.due[order])
            yield (SWEEP, "answered"), _put(state, SWEEP, ("claim", still, False, None) if still else IDLE)
        case _:
            rest = process[-1]
            for what, after, next_step in _mail(state, process, bugs):
                if next_step is not None:
                    yield (SWEEP, what), _put(after, SWEEP, (*next_step, rest))
                else:  # the orders that are due come last
                    yield (SWEEP, what), _put(after, SWEEP, IDLE if rest is None else _next_expired(rest))


def _next_expired(rest: tuple[int, ...]) -> Process:
    return ("lease?", rest[0], rest[1:]) if rest else ("due?",)


def _mail(state: State, process: Process, bugs: Bugs) -> Iterator[tuple[str, State, Process | None]]:
    """Claim, find, send, settle: (what became of the step, the state, the next step without the last member)."""
    match process[:-1]:
        case ("claim", orders, committed):
            free = tuple(
                order for order in orders if bugs.claim_whatever or (state.due[order] and state.summary[order] < 0)
            )
            if committed is not False:  # the same transaction once more, known by its token
                yield "answered", state, ("find", committed)
            elif free == orders:
                after, number = _claim(state, orders)
                yield "answered", after, ("find", number)
                if state.lost:
                    yield "lost", after._replace(lost=state.lost - 1), ("claim", orders, number)
            else:
                yield "answered", state, ("claim", free, False) if free else ("find", -1)
        case ("find", number):
            yield "answered", state, ("send", number) if number >= 0 else None
        case ("send", number):
            sealed = state.sealed[number]
            taken = _put_sealed(state, number, sealed._replace(mails=sealed.mails + 1, event=sealed.event or "coming"))
            yield "answered", taken, ("settle", number)
            if state.lost:
                yield "lost", taken._replace(lost=state.lost - 1), None
                yield "not taken", state._replace(lost=state.lost - 1), None
        case ("settle", number):
            after = _put_sealed(state, number, state.sealed[number]._replace(sent=True))
            yield "answered", after, None
            if state.lost:
                yield "lost", after._replace(lost=state.lost - 1), ("settle", number)


def _claim(state: State, orders: tuple[int, ...]) -> tuple[State, int]:
    number = len(state.sealed)
    due, summary = list(state.due), list(state.summary)
    for order in orders:
        due[order], summary[order] = "", number
    after = state._replace(due=(due[0], due[1]), summary=(summary[0], summary[1]))
    return after._replace(sealed=(*state.sealed, Sealed(orders))), number


def _later(state: State) -> Iterator[Step]:
    """Leases and grace periods are over."""
    due = tuple("ripe" if each else "" for each in state.due)
    sealed = tuple(each if each.sent else each._replace(expired=True) for each in state.sealed)
    after = state._replace(due=(due[0], due[1]), sealed=sealed)
    if after != state:
        yield ("later",), after


# ------------------------------------------------------------------------------------------------------ what must be so


def wrong(state: State) -> str | None:
    """Which guarantee a state breaks, or None."""
    ended, packed = state.ended[CONTESTED], state.packed
    seller, auto, _, *centers = state.told
    if ended and any(packed):
        return "G1: cancelled and packed"
    for told in (seller, auto):
        if told in {"cancelled", "already cancelled"} and not ended:
            return "G1: told it is cancelled, and it is not"
        if told == "refused" and not any(packed):
            return "G1, G3: refused, and nobody packed it"
    if (seller == "cancelled" and ended != "seller") or (auto == "cancelled" and ended != "auto"):
        return "G3: told it was their own cancel, and it was not"
    for center, told in enumerate(centers):
        if (told == "recorded" and not packed[center]) or (told == "put back" and not ended):
            return "G1: a center was told the opposite"
    for order in (CONTESTED, OTHER):
        in_summaries = [number for number, sealed in enumerate(state.sealed) if order in sealed.orders]
        is_due, mine = bool(state.due[order]), state.summary[order]
        if in_summaries != ([mine] if mine >= 0 else []):
            return "G4: in more than one summary, or not in its own"
        if (state.ended[order] == "auto") != (is_due or mine >= 0) or (is_due and mine >= 0):
            return "G4: neither due nor in a summary, or both"
    for sealed in state.sealed:
        if sealed.mails > sealed.lease:
            return "G4: a second mail under one lease"
    return None


def wrong_step(before: State, after: State) -> str | None:
    """Which guarantee a step breaks, or None."""
    for was, is_now in zip(before.ended, after.ended, strict=True):
        if was and was != is_now:
            return "G2: a cancelled order left cancelled"
    for number, (was_sealed, sealed) in enumerate(zip(before.sealed, after.sealed, strict=False)):
        if sealed.lease > was_sealed.lease and after.processes[DELIVERY][:2] in {("send", number), ("settle", number)}:
            return "G4: two processes send one summary"
        if was_sealed.orders != sealed.orders:
            return "G4: a sealed set changed"
        if sealed.lease > was_sealed.lease and was_sealed.event == "recorded":
            return "G4: sent again after SES's event was recorded"
    return None


def reported(state: State) -> bool:
    """Everything auto-cancelled has been mailed, and the summaries say so."""
    return not any(state.due) and all(sealed.sent and sealed.mails for sealed in state.sealed)


# -------------------------------------------------------------------------------------------------------------- tuples


def _with(pair: tuple[Any, Any], index: int, value: Any) -> tuple[Any, Any]:
    return (value, pair[1]) if index == 0 else (pair[0], value)


def _put(state: State, slot: int, process: Process) -> State:
    return state._replace(processes=(*state.processes[:slot], process, *state.processes[slot + 1 :]))


def _put_sealed(state: State, number: int, sealed: Sealed) -> State:
    return state._replace(sealed=(*state.sealed[:number], sealed, *state.sealed[number + 1 :]))


def _tell(state: State, slot: int, answer: str) -> State:
    told = (*state.told[:slot], answer, *state.told[slot + 1 :])
    return _put(state, slot, DONE)._replace(told=told)


def _changed(before: State, after: State) -> dict[str, Any]:
    """The fields that a step changed."""
    return {name: value for name, was, value in zip(State._fields, before, after, strict=True) if was != value}
