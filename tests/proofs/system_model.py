"""The service as a machine of small steps: one per DynamoDB request, one per mail. Nothing of its code is used.

Two orders of one seller. The first is fought over: the seller cancels it, the network auto-cancels it, two fulfillment
centers pack it. The second is only auto-cancelled. The stream delivers to the summary function, the sweep runs, SES
reports what it sent, time passes. Answers get lost (the SDK asks again), processes die, the stream delivers again.

Between any two steps anything else may happen. Time passes only when no process is alive, as every process ends long
before a lease or a grace period does. How often answers are lost, processes die and the stream repeats is bounded, and
so is what a search may be about besides:

    claims      how a summary's orders are claimed: at once, one by one, or one by one because DynamoDB refuses them
                together (they are too large)
    most        how many orders a summary may have
    outages     DynamoDB refuses every write, for as long as it likes; SES's events wait in their queue
    rollbacks   a version that cannot read the second order is deployed, and then this one again
    restores    one of the two tables becomes what it was at some moment before, and the procedure is followed

The window for a second mail is in it, and any other second mail is wrong:

    A summary is mailed twice only if no record says that SES took it (the answer was lost, the process died, or
    DynamoDB refused the write) and SES's own event is not recorded at the end of the lease: it was lost, it came
    later, or it still waits in its queue an hour after that.
"""

from collections.abc import Iterable, Iterator
from itertools import batched
from typing import Any, NamedTuple

CONTESTED, OTHER = 0, 1
LEASES_OF_THE_OLD = 4
# The processes. Callers ask once; the two at the end come as often as there is work.
SELLER, AUTO, AUTO_OTHER, FC_1, FC_2, DELIVERY, SWEEP = range(7)
PROCESSES = ("seller", "network", "network (other order)", "FC 1", "FC 2", "stream", "sweep")
CALLERS = (SELLER, AUTO, AUTO_OTHER, FC_1, FC_2)
IDLE: tuple[Any, ...] = ("idle",)
DONE: tuple[Any, ...] = ("done",)

Process = tuple[Any, ...]
Label = tuple[Any, ...]


class Sealed(NamedTuple):
    """A summary. ``lease`` counts the attempts, ``expired`` is 1 when it is over, and 2 an hour later.

    ``event`` is SES's Send event: none, "coming", "queued" before the lease was over or "late", "recorded".
    """

    orders: tuple[int, ...]
    sent: bool = False
    expired: int = 0
    lease: int = 1
    mails: int = 0
    event: str = ""
    parked: bool = False  # a person decides, because its table was restored


class Backup(NamedTuple):
    """Both tables at a moment."""

    due: tuple[str, str]
    summary: tuple[int, int]
    sealed: tuple[Sealed, ...]


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
    claims: str = "whole"  # or "single", or "refused" where DynamoDB takes no two together
    most: int = 2
    outages: int = 0  # that may still come
    down: bool = False
    rollbacks: int = 0
    old: bool = False
    restores: int = 0
    backup: Backup | None = None


Step = tuple[Label, State]


class Bugs(NamedTuple):
    """What can be planted, to see the search find it."""

    report_over_cancel: bool = False
    own_cancel_forgotten: bool = False
    claim_whatever: bool = False
    no_lease: bool = False
    listing_replaced: bool = False  # what a summary lists is only what was claimed last
    refused_as_told: bool = False  # an order that cannot be claimed is taken for one that is in a summary
    added_when_sent: bool = False  # the orders of the next summary are added to the one before
    events_not_awaited: bool = False  # the sweep does not look whether events wait in the queue
    unreadable_as_told: bool = False  # an order that nobody can read loses its due mark
    restored_alone: bool = False  # nobody follows the procedure


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
        if sealed.event == "coming" and state.down:
            in_queue = "late" if sealed.expired else "queued"
            yield ("event", number), _put_sealed(state, number, sealed._replace(event=in_queue))
        elif sealed.event in {"coming", "queued", "late"} and not state.down:
            yield ("event", number), _put_sealed(state, number, sealed._replace(event="recorded", sent=True))
    yield from _outage(state)
    if state.restores and not state.backup:
        yield ("backup",), state._replace(backup=Backup(state.due, state.summary, state.sealed))
    if state.deaths:
        for slot, process in enumerate(state.processes):
            if process not in (IDLE, DONE):
                left = DONE if slot in CALLERS else IDLE
                yield (slot, "dies"), _put(state, slot, left)._replace(deaths=state.deaths - 1)
    if all(process in (IDLE, DONE) for process in state.processes):
        yield from _later(state)
        if state.repeats and state.position:
            yield ("repeat",), state._replace(position=0, repeats=state.repeats - 1)
        if state.rollbacks or state.old:
            yield ("deploy",), state._replace(old=not state.old, rollbacks=state.rollbacks - (not state.old))
        if state.backup and not state.down:
            yield ("restore", "orders"), _restored(state, "orders", bugs)
            yield ("restore", "summaries"), _restored(state, "summaries", bugs)


# -------------------------------------------------------------------------------------------------------------- callers


def _cancel(state: State, slot: int, bugs: Bugs) -> Iterator[Step]:
    order, kind = (OTHER if slot == AUTO_OTHER else CONTESTED), ("seller" if slot == SELLER else "auto")
    after, answer = state, ""
    if state.down:
        yield (slot, "refused"), _tell(state, slot, "unknown")
        return
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
    if state.down:
        yield (slot, "refused"), _tell(state, slot, "unknown")
        return
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
            orders, end = _readable(state, dict.fromkeys(batch)), len(state.stream)
            if orders:
                yield (DELIVERY, "starts"), _put(state, DELIVERY, (*_parts(state, orders), end))
            else:
                yield (DELIVERY, "starts"), state._replace(position=end)
        return
    end = process[-1]
    for what, after, next_step in _mail(state, process, bugs):
        if next_step == DONE:
            yield (DELIVERY, what), _put(after, DELIVERY, IDLE)._replace(position=end)
        elif next_step == IDLE:  # it failed, and the batch comes again
            yield (DELIVERY, what), _put(after, DELIVERY, IDLE)
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
            events_wait = any(sealed.event in {"queued", "late"} for sealed in state.sealed)
            if expired or "ripe" in state.due:  # a sweep that finds nothing does nothing
                yield (SWEEP, "starts"), _put(state, SWEEP, _next_expired((expired, bool(expired) and events_wait)))
        case ("lease?", number, rest):
            sealed = state.sealed[number]
            waits = rest[1] and sealed.expired < 2 and not bugs.events_not_awaited
            free = not sealed.sent and ((sealed.expired and not waits) or bugs.no_lease)
            goes_on = ("lease!", number, sealed.lease, rest) if free else _next_expired(rest)
            yield (SWEEP, "answered"), _put(state, SWEEP, goes_on)
        case ("lease!", number, seen, rest):
            if state.down:
                yield (SWEEP, "refused"), _put(state, SWEEP, _next_expired(rest))
                return
            sealed = state.sealed[number]
            taken = not sealed.sent and sealed.lease == seen
            after = state
            if taken:
                after = _put_sealed(state, number, sealed._replace(lease=seen + 1, expired=0))
            goes_on = ("orders", number, rest) if taken else _next_expired(rest)
            yield (SWEEP, "answered"), _put(after, SWEEP, goes_on)
            if state.lost:  # the retry finds the lease taken, and takes it for somebody else's
                again = ("lease!", number, seen, rest)
                yield (SWEEP, "lost"), _put(after, SWEEP, again)._replace(lost=state.lost - 1)
        case ("orders", number, rest):
            readable = _readable(state, state.sealed[number].orders)
            goes_on = ("send", number, (), rest) if readable else ("there?", number, rest)
            yield (SWEEP, "answered"), _put(state, SWEEP, goes_on)
        case ("there?", number, rest):  # it is, and another version will read it: the summary stays pending
            yield (SWEEP, "answered"), _put(state, SWEEP, _next_expired(rest))
        case ("due?",):
            ripe = tuple(order for order in dict.fromkeys(state.stream) if state.due[order] == "ripe")
            yield (SWEEP, "answered"), _put(state, SWEEP, ("read", ripe) if ripe else IDLE)
        case ("read", orders):
            still = _readable(state, [order for order in orders if state.due[order]])
            after = state
            if bugs.unreadable_as_told and state.old and state.due[OTHER]:
                after = state._replace(due=_with(state.due, OTHER, ""))
            yield (SWEEP, "answered"), _put(after, SWEEP, (*_parts(state, still), None) if still else IDLE)
        case _:
            rest = process[-1]
            for what, after, next_step in _mail(state, process, bugs):
                if next_step in (DONE, IDLE):  # the orders that are due come last
                    yield (SWEEP, what), _put(after, SWEEP, IDLE if rest is None else _next_expired(rest))
                else:
                    yield (SWEEP, what), _put(after, SWEEP, (*next_step, rest))


def _next_expired(rest: tuple[tuple[int, ...], bool]) -> Process:
    numbers, events_wait = rest
    return ("lease?", numbers[0], (numbers[1:], events_wait)) if numbers else ("due?",)


def _readable(state: State, orders: Iterable[int]) -> tuple[int, ...]:
    return tuple(order for order in orders if not (state.old and order == OTHER))


def _parts(state: State, orders: tuple[int, ...]) -> Process:
    """The first step of putting orders into summaries, without its last member."""
    return _next_part(state, tuple(batched(orders, state.most, strict=False)))


def _next_part(state: State, parts: tuple[tuple[int, ...], ...], number: int = -1) -> Process:
    if not parts:
        return DONE
    return (
        "claim",
        tuple(batched(parts[0], 1 if state.claims == "single" else 2, strict=False)),
        False,
        number,
        parts[1:],
    )


def _mail(state: State, process: Process, bugs: Bugs) -> Iterator[tuple[str, State, Process]]:
    """Claim, find, send, settle: (what became of the step, the state, the next step without the last member).

    DONE where there is no next one, IDLE where the process gives up. ``claims`` are what is left to claim for this
    summary, ``number`` is the summary once it is there, ``parts`` are the orders of those that come after it.
    """
    match process[:-1]:
        case ("claim", _, _, _, _) | ("settle", _, _) if state.down:
            yield "refused", state, IDLE
        case ("claim", claims, committed, number, parts):
            orders, *more = claims
            free = tuple(
                order for order in orders if bugs.claim_whatever or (state.due[order] and state.summary[order] < 0)
            )
            if committed:  # the same transaction once more, known by its token
                yield "answered", state, _next_claim(more, number, parts)
            elif state.claims == "refused" and len(orders) > 1:
                halves = () if bugs.refused_as_told else ((orders[0],), (orders[1],))
                yield "answered", state, _next_claim((*halves, *more), number, parts)
            elif free == orders:
                after, number = _claim(state, orders, number, bugs)
                yield "answered", after, _next_claim(more, number, parts)
                if state.lost:
                    yield "lost", after._replace(lost=state.lost - 1), ("claim", claims, True, number, parts)
            else:
                yield "answered", state, _next_claim((*((free,) if free else ()), *more), number, parts)
        case ("find", number, parts):
            yield "answered", state, ("send", number, parts) if number >= 0 else _next_part(state, parts)
        case ("send", number, parts):
            sealed = state.sealed[number]
            taken = _put_sealed(state, number, sealed._replace(mails=sealed.mails + 1, event=sealed.event or "coming"))
            goes_on = _next_part(state, parts)
            yield "answered", taken, ("settle", number, parts)
            if state.lost:
                yield "lost", taken._replace(lost=state.lost - 1), goes_on
                yield "not taken", state._replace(lost=state.lost - 1), goes_on
        case ("settle", number, parts):
            after = _put_sealed(state, number, state.sealed[number]._replace(sent=True))
            yield "answered", after, _next_part(state, parts, number if bugs.added_when_sent else -1)
            if state.lost:
                yield "lost", after._replace(lost=state.lost - 1), ("settle", number, parts)


def _next_claim(claims: Iterable[tuple[int, ...]], number: int, parts: tuple[tuple[int, ...], ...]) -> Process:
    claims = tuple(claims)
    return ("claim", claims, False, number, parts) if claims else ("find", number, parts)


def _claim(state: State, orders: tuple[int, ...], number: int, bugs: Bugs) -> tuple[State, int]:
    number = len(state.sealed) if number < 0 else number
    due, summary = list(state.due), list(state.summary)
    for order in orders:
        due[order], summary[order] = "", number
    after = state._replace(due=(due[0], due[1]), summary=(summary[0], summary[1]))
    if number == len(state.sealed):
        return after._replace(sealed=(*state.sealed, Sealed(orders))), number
    sealed = state.sealed[number]
    listed = () if bugs.listing_replaced else sealed.orders
    return _put_sealed(after, number, sealed._replace(orders=(*listed, *orders))), number


# ------------------------------------------------------------------------------------------------------------ the world


def _later(state: State) -> Iterator[Step]:
    """Leases and grace periods are over; much later, it is an hour since."""
    if state.old and any(not each.sent and each.lease >= LEASES_OF_THE_OLD for each in state.sealed):
        return  # it takes what it cannot read again and again: more often shows nothing new
    after = _time_passes(state, 1)
    if after != state:
        yield ("later",), after
    if any(sealed.event in {"queued", "late"} for sealed in state.sealed):
        after = _time_passes(state, 2)
        if after != state:
            yield ("much later",), after


def _time_passes(state: State, expired: int) -> State:
    due = tuple("ripe" if each else "" for each in state.due)
    sealed = tuple(each if each.sent else each._replace(expired=max(each.expired, expired)) for each in state.sealed)
    return state._replace(due=(due[0], due[1]), sealed=sealed)


def _outage(state: State) -> Iterator[Step]:
    if state.down:
        yield ("outage ends",), state._replace(down=False)
    elif state.outages:
        yield ("outage",), state._replace(down=True, outages=state.outages - 1)


def _restored(state: State, table: str, bugs: Bugs) -> State:
    """One table becomes as it was, the procedure is followed, and some time has passed."""
    assert state.backup
    due, summary, sealed = state.backup
    after = _time_passes(state, 1)._replace(restores=0, backup=None, position=len(state.stream))
    if table == "orders":
        for order in (CONTESTED, OTHER):
            for number, each in enumerate(state.sealed):
                if due[order] and order in each.orders and not bugs.restored_alone:
                    due, summary = _with(due, order, ""), _with(summary, order, number)
        return _time_passes(after._replace(due=due, summary=summary), 1)
    there = [each._replace(mails=now.mails, event=now.event) for each, now in zip(sealed, state.sealed, strict=False)]
    for number, now in enumerate(state.sealed if not bugs.restored_alone else ()):
        if number == len(there):
            there.append(Sealed((), mails=now.mails, event=now.event))
        if not there[number].sent:  # it may have been sent since
            listed = (order for order in now.orders if order not in there[number].orders)
            there[number] = there[number]._replace(orders=(*there[number].orders, *listed), sent=True, parked=True)
    return _time_passes(after._replace(sealed=tuple(there)), 1)


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
        if sealed.mails > sealed.lease and not sealed.parked:
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
        if set(was_sealed.orders) != set(sealed.orders) and (was_sealed.mails or was_sealed.lease > 1):
            return "G4: a sealed set changed"
        if sealed.lease > was_sealed.lease and was_sealed.event == "recorded":
            return "G4: sent again after SES's event was recorded"
        if sealed.lease > was_sealed.lease and was_sealed.event == "queued" and was_sealed.expired < 2:
            return "G4: sent again while SES's event waited in its queue"
    return None


def reported(state: State) -> bool:
    """Everything auto-cancelled has been mailed, and the summaries say so, or a person has it."""
    return not any(state.due) and all(each.sent and (each.mails or each.parked) for each in state.sealed)


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
