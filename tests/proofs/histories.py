"""Histories of single orders, checked for linearizability: the real handlers, every interleaving a seed can pick.

Five callers (the seller twice, the network, two fulfillment centers) ask at once; before each of their DynamoDB
requests the seed decides who goes on. One answer in ten is lost: the caller's own, or DynamoDB's after the write,
once (the SDK asks again) or every time (the caller gets a 503). To the checker a request whose first answer was lost is
two: one that nobody heard of again, and one that was answered.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from math import inf
from random import Random
from typing import Any
from unittest.mock import patch

from order_cancellation.domain.orders import Order
from order_cancellation.domain.refusals import NotCancellable
from order_cancellation.tables.orders import Orders
from tests.proofs.callers import ask
from tests.proofs.http_races import cancel_without_condition
from tests.proofs.interleaving import Interleaving
from tests.proofs.linearizability import UNKNOWN, Operation, linearizable
from tests.proofs.order_model import STEPS, AutoCancel, Cancel, Move, Request, View, new_order
from tests.proofs.order_model import Report as FcReport
from tests.proofs.scoreboard import Progress, Report, Say, Twin, timed
from tests.support import rig
from tests.support.clock import Clock
from tests.support.memory_tables import FULFILLMENT_CENTERS, Tables
from tests.support.rig import CENTERS, Service
from tests.support.sdk import Call, Fault

LINE = "histories, linearizable"
MAX_OPERATIONS = 12
MAX_REQUESTS = 7  # the last look comes on top, and as many again may be a request's second operation
CALLERS = 5
LOST = 0.2  # of the requests, so that one answer in ten is missing: a look has no write whose answer could be lost
TWIN_HISTORIES = 150  # at most
ORDER_ID = "L-1"
SPARE = "DFW3"  # a center that only moves bring into an order
NEW = tuple(sorted((fc_id, "received") for fc_id in CENTERS))


class Callers:
    """The services of the five callers, on one table."""

    def __init__(self, lost: float = LOST) -> None:
        self.memory = Tables()
        self._lost = lost
        self._interleaving: Interleaving | None = None
        self._faults: list[list[Fault]] = [[] for _ in range(CALLERS)]
        self._services = [Service(self.memory, hook=self._hook(number)) for number in range(CALLERS)]
        self._onlooker = Service(self.memory)

    def history(self, random: Random) -> list[Operation]:
        """One order's life: at most MAX_OPERATIONS, the last of them a look when all is over."""
        self.memory.clear()
        rig.furnish(self.memory, ORDER_ID)
        history: list[Operation] = []
        room = MAX_OPERATIONS - MAX_REQUESTS - 1
        plans: list[list[tuple[Request, str]]] = [[] for _ in range(CALLERS)]
        for number in range(random.randint(4, MAX_REQUESTS)):
            loss = random.choice(("caller", "once", "always", "before")) if random.random() < self._lost else ""
            room -= loss == "once"
            caller = random.randrange(CALLERS)
            plans[caller].append((_some_request(caller, number, random), loss if room >= 0 else ""))

        def work(caller: int) -> None:
            for request, loss in plans[caller]:
                assert self._interleaving
                self._interleaving.pause(caller)
                history.extend(self._operate(caller, request, loss, self._interleaving))

        actors = {caller: partial(work, caller) for caller in range(CALLERS) if plans[caller]}
        self._interleaving = Interleaving(actors, random)
        self._interleaving.run()
        end = self._interleaving.now + 1
        look = View(ORDER_ID)
        answer = ask(self._onlooker, look)
        history.append(Operation(look, answer, end, end))
        return history

    def _operate(self, caller: int, request: Request, loss: str, interleaving: Interleaving) -> Iterator[Operation]:
        faults = {"once": [Fault.LOST], "always": [Fault.LOST] * 3, "before": [Fault.TIMEOUT]}.get(loss, [])
        self._faults[caller] = list(faults)
        start = interleaving.now
        answer = ask(self._services[caller], request)
        fired = len(faults) - len(self._faults[caller])
        self._faults[caller] = []
        if loss == "caller" or answer == UNKNOWN:
            yield Operation.lost(request, start)
            return
        if loss == "once" and fired:
            yield Operation.lost(request, start)
        yield Operation(request, answer, start, interleaving.now)

    def _hook(self, caller: int) -> Callable[[Call], Fault | None]:
        def hook(call: Call) -> Fault | None:
            assert self._interleaving
            if call.table == FULFILLMENT_CENTERS:
                return None  # who a client is decides nothing, and is remembered from one history to the next
            self._interleaving.pause(caller)
            if call.operation == "UpdateItem" and self._faults[caller]:
                return self._faults[caller].pop(0)
            return None

        return hook


def check(amount: tuple[int, int], seed: int, say: Say) -> Report:
    """``amount``: how many histories, and how many of them are spoiled as well."""
    histories, planted = amount
    report = Report(LINE, "handlers in process", seed, tried=histories, unit="histories")
    progress = Progress(LINE, say)
    with timed(report), rig.in_lambda(), Clock(tick=0.001).ruling():
        callers = Callers()
        random = Random(seed)
        spoil = Random(seed + 1)
        operations = lost = 0
        spoiled: Counter[str] = Counter()
        missed: list[str] = []
        for number in range(histories):
            history_seed = random.getrandbits(48)
            history = callers.history(Random(history_seed))
            operations += len(history)
            lost += sum(operation.answer == UNKNOWN for operation in history)
            if not linearizable(history, new_order(CENTERS)):
                report.broke.append(f"REPLAY={history_seed}: {told(history)}")
            if spoiled.total() < planted:
                for name, bad in spoilt(history, spoil):
                    spoiled[name] += 1
                    if linearizable(bad, new_order(CENTERS)):
                        missed.append(f"{name}: {told(bad)}")
            progress(number + 1, histories, "histories")
        report.facts = {
            "operations": operations,
            "lost answers": lost,
            "spoilt histories": dict(sorted(spoiled.items())),
        }
        rejected = spoiled.total() - len(missed)
        seen = f"{rejected} of {spoiled.total()} spoilt histories rejected" + (
            f"; missed {missed[0]}" if missed else ""
        )
        report.twins = [
            Twin("answers that no order could give", not missed and spoiled.total() >= planted, seen),
            _twin("a cancel without its condition", cancel_without_condition, seed, histories // 2),
            _twin("a retry that does not know its own cancel", own_cancel_forgotten, seed, histories // 2),
            _twin("a part that is cancelled although it is packed", packed_parts_too, seed, histories // 2),
            _twin("parts that are written whatever was seen", parts_whatever_was_seen, seed, histories // 2),
        ]
    return report


def again(history_seed: int) -> list[str]:
    """What broke in the one history with this seed, told step by step."""
    with rig.in_lambda(), Clock(tick=0.001).ruling():
        history = Callers().history(Random(history_seed))
    return [] if linearizable(history, new_order(CENTERS)) else [told(history)]


def _twin(bug: str, planted: Callable[[], Any], seed: int, enough: int) -> Twin:
    random = Random(seed)
    histories = min(enough, TWIN_HISTORIES)
    with planted():
        callers = Callers(lost=0.5)
        for number in range(1, histories + 1):
            history = callers.history(random)
            if not linearizable(history, new_order(CENTERS)):
                return Twin(bug, True, f"history {number} rejected: {told(history)}")
    return Twin(bug, False, f"none of {histories} histories rejected")


def _some_request(caller: int, number: int, random: Random) -> Request:
    request = f"request-{number}"
    if random.random() < 0.1:
        return View(ORDER_ID)
    parts = random.choice(((), CENTERS[:1], CENTERS[1:], CENTERS))
    match caller:
        case 0:
            return Cancel(ORDER_ID, request, "by key", "key-1", parts)
        case 1:
            keyed = random.random() < 0.4
            return Cancel(ORDER_ID, request, "by key" if keyed else f"note {number}", "key-1" if keyed else None, parts)
        case 2 if random.random() < 0.3:
            return Move(ORDER_ID, random.choice((CENTERS, CENTERS[:1], (CENTERS[0], SPARE), (SPARE,))))
        case 2:
            return AutoCancel(ORDER_ID, request, f"detail {number}", parts)
        case _:
            step = random.choices(STEPS[1:], weights=(3, 3, 3, 1, 1))[0]
            return FcReport(ORDER_ID, CENTERS[caller - 3], step, f"2026-11-23T14:00:{number:02}Z")


# ---------------------------------------------------------------------------------- histories that cannot have happened


def spoilt(history: Sequence[Operation], random: Random) -> Iterator[tuple[str, list[Operation]]]:
    """The history with one answer made impossible, by one of the ways that apply to it. Each way says why it is."""
    ways = [
        (name, index, answer)
        for index, operation in enumerate(history)
        for name, answer in _impossible(history, operation)
    ]
    if ways:
        names = sorted({name for name, _, _ in ways})
        chosen = random.choice(names)
        name, index, answer = random.choice([way for way in ways if way[0] == chosen])
        yield name, [*history[:index], replace(history[index], answer=answer), *history[index + 1 :]]


def _impossible(history: Sequence[Operation], operation: Operation) -> Iterator[tuple[str, tuple[Any, ...]]]:
    _, status, _, label, parts = history[-1].answer  # the last look: whatever was decided by then stays decided
    others = [other for other in history if other is not operation and other.answer != UNKNOWN]
    request, answer = operation.request, operation.answer
    match request, answer[0]:
        case ((Cancel() | AutoCancel()), _) if request.parts:
            if answer[0] == "refused" and answer[1] == "order_picked_packed":  # nothing takes a packed part away
                yield "a part cancelled, yet packed", ("cancelled", request.label, False, status, ())
            if answer[0] != "refused":
                yield "a part refused, yet cancelled", ("refused", "order_picked_packed", (("LAX1", "2026"),), ())
        case ((Cancel() | AutoCancel()), "already_cancelled"):
            if request.label != label:  # the order names another cancel for ever
                yield "two winners", ("cancelled", request.label, False)
            yield "a winner whom nobody knows", ("already_cancelled", "nobody", False)
            yield "refused as packed, yet cancelled", ("refused", "order_picked_packed", (("LAX1", "2026"),), ())
        case ((Cancel() | AutoCancel()), "refused"):  # a packed order is never cancelled afterwards
            yield "cancelled, yet packed", ("cancelled", request.label, False)
        case Cancel(), "cancelled" if answer[2]:
            yield "a replay disowned", ("already_cancelled", answer[1], False)
        case FcReport(), "put_back" if STEPS.index(request.event) >= STEPS.index("picked_packed"):
            yield "packed, yet cancelled", ("recorded", request.event)
        case FcReport(), "part_withdrawn" if (request.fc_id, "cancelled") in parts and not _moves(history):
            if STEPS.index(request.event) >= STEPS.index("picked_packed"):
                yield "a part packed, yet cancelled", ("recorded", request.event)
        case View(), "view":
            before = [other for other in others if other.end < operation.start]
            ended = [other for other in before if other.answer[0] in {"cancelled", "already_cancelled", "put_back"}]
            if any(not getattr(other.request, "parts", ()) for other in ended):
                yield "revived, or a stale look", ("view", "received", True, None, NEW)
            if status != "cancelled" and any(other.answer[0] == "recorded" for other in before):
                yield "a report that was lost", ("view", "received", True, None, NEW)


def _moves(history: Sequence[Operation]) -> bool:
    """Whether a center may have begun anew."""
    return any(isinstance(operation.request, Move) for operation in history)


def told(history: Sequence[Operation]) -> str:
    """A history for a person: who asked what from when to when, and was told what."""
    return "; ".join(
        f"[{operation.start:g}, {'never' if operation.end == inf else f'{operation.end:g}'}] {operation.request} "
        f"-> {operation.answer}"
        for operation in history
    )


@contextmanager
def own_cancel_forgotten() -> Iterator[None]:
    """The planted bug: a failed condition is a refusal, even when it is our own earlier write that made it fail."""
    write = Orders.cancel

    def forgetful(self: Orders, seller_id: str, order_id: str, asked: Any, due: str | None = None) -> Any:
        written, order = write(self, seller_id, order_id, asked, due)
        if order and not written and order.cancellation and order.cancellation.request_id == asked.request_id:
            raise NotCancellable(order)
        return written, order

    with patch.object(Orders, "cancel", forgetful):
        yield


@contextmanager
def packed_parts_too() -> Iterator[None]:
    """The planted bug: any part that goes on may be cancelled."""
    with patch.object(Order, "still_cancellable", property(lambda order: order.live)):
        yield


@contextmanager
def parts_whatever_was_seen() -> Iterator[None]:
    """The planted bug: parts are cancelled and moved in an order that is another by now."""
    write = Orders._update

    def careless(self: Orders, seller_id: str, order_id: str, update: str, condition: str, **values: Any) -> Any:
        if "to_receipts" not in values or "to_moved" in values:
            condition = condition.replace("milestones = :seen_milestones", "attribute_exists(milestones)")
            if condition.startswith("#status = :seen_status"):
                values.pop("seen_milestones")
        return write(self, seller_id, order_id, update, condition, **values)

    with patch.object(Orders, "_update", careless):
        yield
