"""The exhaustive model: every state within its bounds, and the handlers held to it along sampled paths.

The search is breadth first, so what it finds first is a shortest way to it. Besides the invariants it checks that from
every state there is a way on to one where everything auto-cancelled has been reported: nothing can get lost for good.

Then random paths through the model are walked by the real handlers as well: whatever step the model takes, the process
it belongs to takes with its next request, answered, lost or never sent; and after each step the tables must say the
same.
"""

from array import array
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from itertools import pairwise
from random import Random
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import pytest

from order_cancellation.domain import summaries, times
from order_cancellation.domain.refusals import Unavailable
from order_cancellation.mail import deliver
from order_cancellation.tables import outbox
from order_cancellation.tables.client import Table
from order_cancellation.tables.items import decode_item
from scripts import after_restore
from tests.proofs.callers import ask
from tests.proofs.order_model import AutoCancel, Cancel, Request
from tests.proofs.order_model import Report as FcReport
from tests.proofs.scoreboard import Progress, Report, Say, Twin, timed
from tests.proofs.stepper import Hand
from tests.proofs.system_model import (
    AUTO,
    AUTO_OTHER,
    CALLERS,
    DELIVERY,
    DONE,
    FC_1,
    FC_2,
    IDLE,
    PROCESSES,
    SOUND,
    SWEEP,
    Bugs,
    Label,
    State,
    reported,
    steps,
    wrong,
    wrong_step,
)
from tests.proofs.system_model import (
    SELLER as SELLER_SLOT,
)
from tests.support import memory_tables, rig, sdk
from tests.support.clock import DAY, Clock
from tests.support.memory_tables import Tables
from tests.support.rig import CENTERS, SELLER, Service
from tests.support.sdk import Call, Fault
from tests.support.ses import SimulatedSes

LINE = "exhaustive model"
TOLD_BY_NETWORK = State(
    ended=("auto", "auto"), due=("fresh", "fresh"), stream=(0, 1), processes=((DONE,) * 5 + (IDLE,) * 2)
)
# Where searches begin, and how many answers may be lost, processes die, deliveries repeat on the way. Paths have as
# much. Where there is nothing to decide between callers, the network has cancelled both orders already.
STARTS: Mapping[str, State] = {
    "callers": State(lost=2, deaths=1, repeats=1),
    "callers in an outage": State(lost=1, deaths=1, outages=1, processes=(IDLE, IDLE, DONE, IDLE, DONE, IDLE, IDLE)),
    "several transactions": TOLD_BY_NETWORK._replace(claims="single", lost=2, deaths=1, repeats=1),
    "large orders": TOLD_BY_NETWORK._replace(claims="refused", lost=2, deaths=1, repeats=1),
    "several summaries": TOLD_BY_NETWORK._replace(most=1, lost=2, deaths=1, repeats=1),
    "an outage": TOLD_BY_NETWORK._replace(most=1, lost=1, deaths=1, outages=1),
    "an older version": TOLD_BY_NETWORK._replace(most=1, lost=1, deaths=1, rollbacks=1),
    "a restored table": TOLD_BY_NETWORK._replace(claims="single", lost=1, deaths=1, restores=1),
}
TWIN_BOUND = State(lost=1, deaths=1, repeats=1)
WHERE_TWINS_SHOW: Mapping[str, str] = {
    "listing_replaced": "several transactions",
    "refused_as_told": "large orders",
    "added_when_sent": "several summaries",
    "events_not_awaited": "an outage",
    "unreadable_as_told": "an older version",
    "restored_alone": "a restored table",
}
ORDER_IDS = ("M-1", "M-2")
REQUESTS: Mapping[int, Request] = {
    SELLER_SLOT: Cancel(ORDER_IDS[0], "request-seller", "seller"),
    AUTO: AutoCancel(ORDER_IDS[0], "request-auto", "auto"),
    AUTO_OTHER: AutoCancel(ORDER_IDS[1], "request-other", "other"),
    FC_1: FcReport(ORDER_IDS[0], CENTERS[0], "picked_packed", "2026-11-23T14:00:01Z"),
    FC_2: FcReport(ORDER_IDS[0], CENTERS[1], "picked_packed", "2026-11-23T14:00:02Z"),
}
KEYS = {memory_tables.ORDERS: ("seller_id", "order_id"), memory_tables.SUMMARIES: ("seller_id", "summary_id")}
WRITES = {"UpdateItem", "TransactWriteItems"}
MAX_STEPS = 60
OUTCOMES = {"lost": Fault.LOST, "not taken": Fault.TIMEOUT, "refused": Fault.SERVER_ERROR}
SMALL = 50  # fewer paths than this: the short version
# More than a claim of one of these orders takes, less than one of both: of those, DynamoDB takes no two together.
ONE_ORDER_BYTES = 900
MUCH_LATER = 2 * MAX_STEPS * DAY


def check(paths: int, seed: int, say: Say) -> Report:
    """``paths`` are replayed on the handlers; with few of them, the search is within smaller bounds."""
    report = Report(LINE, "model, and handlers in process", seed, unit="states")
    progress = Progress(LINE, say)
    with timed(report), rig.in_lambda():
        for name, start in STARTS.items():
            explored = explore(_small(start) if paths < SMALL else start, SOUND, progress)
            report.tried += explored.states
            report.broke += explored.broke
            bounds = f"answers lost {start.lost}, deaths {start.deaths}, repeats {start.repeats}"
            report.facts[name] = f"{explored}; {bounds}"
        steps_replayed, broke = replay(paths, seed, progress)
        report.broke += broke
        report.facts |= {"paths replayed on the handlers": paths, "steps replayed": steps_replayed}
        for name in Bugs._fields:
            where = WHERE_TWINS_SHOW.get(name)
            seen = explore(_small(STARTS[where]) if where else TWIN_BOUND, Bugs(**{name: True}), progress)
            what = seen.broke[0] if seen.broke else "nothing found"
            report.twins.append(Twin(f"in the model: {name.replace('_', ' ')}", bool(seen.broke), what))
        report.twins.append(_replay_twin(seed, progress))
    return report


def _small(start: State) -> State:
    """The same, and nothing is lost, dies or comes again."""
    return start._replace(lost=0, deaths=0, repeats=0)


class Explored:
    """What a search saw. It ends at the first thing that is wrong."""

    def __init__(self) -> None:
        self.states = self.transitions = self.depth = 0
        self.broke: list[str] = []

    def __str__(self) -> str:
        return f"{self.states:,} states, {self.transitions:,} steps between them, {self.depth} deep"


def explore(start: State, bugs: Bugs, progress: Progress) -> Explored:
    """Every state that can be reached from ``start``."""
    explored = Explored()
    numbers = {start: 0}
    parents, depths, sources, targets = array("l", [-1]), array("l", [0]), array("l"), array("l")
    good = array("l", [0])
    waiting = deque([(0, start)])
    while waiting:
        number, state = waiting.popleft()
        for label, after in steps(state, bugs):
            known = numbers.get(after)
            if known is None:
                known = len(numbers)
                numbers[after] = known
                parents.append(number)
                depths.append(depths[number] + 1)
                waiting.append((known, after))
                if reported(after):
                    good.append(known)
            sources.append(number)
            targets.append(known)
            what = wrong_step(state, after) or (wrong(after) if parents[known] == number else None)
            if what:
                explored.states = len(numbers)
                way = [*_way_to(number, list(numbers), parents, bugs), label]
                explored.broke.append(f"{what}: {told(way)}")
                return explored
        progress(len(numbers), len(numbers) + len(waiting), "states")
    explored.states, explored.transitions, explored.depth = len(numbers), len(sources), max(depths)
    reached = _can_reach(good, sources, targets, len(numbers))
    if stranded := reached.count(0):
        way = _way_to(reached.index(0), list(numbers), parents, bugs)
        explored.broke.append(
            f"G4: from {stranded} states nothing leads to where all is reported, as from: {told(way)}"
        )
    return explored


def _way_to(number: int, states: Sequence[State], parents: Sequence[int], bugs: Bugs) -> list[Label]:
    """The steps from the start to a state: a shortest way, because the search is breadth first."""
    way = [number]
    while parents[way[-1]] >= 0:
        way.append(parents[way[-1]])
    return [
        next(label for label, after in steps(states[here], bugs) if after == states[there])
        for here, there in pairwise(reversed(way))
    ]


def told(way: Sequence[Label]) -> str:
    """Steps for a person: ``seller starts, seller answered, later``."""
    return ", ".join(
        f"{PROCESSES[label[0]]} {label[1]}" if isinstance(label[0], int) else " ".join(map(str, label)) for label in way
    )


def _can_reach(good: Sequence[int], sources: Sequence[int], targets: Sequence[int], states: int) -> bytearray:
    """For each state 1 if it can reach a good one, else 0."""
    before: list[list[int]] = [[] for _ in range(states)]
    for source, target in zip(sources, targets, strict=True):
        before[target].append(source)
    reached = bytearray(states)
    stack = list(good)
    for number in stack:
        reached[number] = 1
    while stack:
        for source in before[stack.pop()]:
            if not reached[source]:
                reached[source] = 1
                stack.append(source)
    return reached


# ------------------------------------------------------------------------------------------------ the code on the paths


def replay(paths: int, seed: int, progress: Progress, bugs: Bugs = SOUND) -> tuple[int, list[str]]:
    """Walk random paths of the model with the handlers: how many steps, and where they parted."""
    random = Random(seed)
    world = World()
    walked, broke = 0, []
    for number in range(paths):
        path_seed = random.getrandbits(48)
        steps_taken, parted = world.walk(Random(path_seed), bugs)
        walked += steps_taken
        broke += [f"REPLAY={path_seed}: {parted}"] if parted else []
        progress(number + 1, paths, "paths")
    return walked, broke


def again(path_seed: int) -> list[str]:
    """Where the handlers parted from the model on the one path with this seed."""
    with rig.in_lambda():
        _, parted = World().walk(Random(path_seed), SOUND)
    return [parted] if parted else []


class World:
    """The real handlers, every process on a service and in a hand of its own."""

    def __init__(self) -> None:
        self._memory = Tables()
        self._ses = SimulatedSes()
        self._clock = Clock(tick=0.001)
        shard = summaries.shard_of(SELLER)
        self._hands = [Hand(shard) for _ in range(7)]
        self._services = [Service(self._memory, self._ses, hand.hook) for hand in self._hands]
        self._reporter = Service(self._memory, self._ses, self._refuse)
        self._down = self._old = self._events_wait = False
        sweep: Any = self._services[SWEEP].function("summary_sweep")
        sweep.deliveries.events = SimpleNamespace(wait=lambda: self._events_wait)

    def walk(self, random: Random, bugs: Bugs) -> tuple[int, str | None]:
        """One path. Returns its length, and where the handlers did something else than the model, if they did."""
        (name,) = random.choices(list(STARTS), [3, *[1] * (len(STARTS) - 1)])
        state = STARTS[name]
        state = state._replace(
            lost=random.randint(0, state.lost), deaths=random.randint(0, state.deaths), repeats=random.randint(0, 1)
        )
        with self._as_in(state):
            return self._walk(random, state, bugs)

    @contextmanager
    def _as_in(self, state: State) -> Iterator[None]:
        """The world as it is before the first step."""
        self._memory.clear()
        self._ses.clear()
        self._clock.restart()
        rig.furnish(self._memory, *ORDER_IDS)
        self._summaries: list[str] = []  # in the order they were sealed
        self._position = 0
        self._down = self._old = False
        if state.stream:
            for slot in (AUTO, AUTO_OTHER):
                ask(self._reporter, REQUESTS[slot])
        with (
            self._clock.ruling(),
            patch.object(summaries, "MAX_ORDERS", state.most),
            patch.object(summaries, "EVENTS_FIRST", timedelta(seconds=MUCH_LATER / 2)),
            patch.object(outbox, "_pause", lambda _: None),
            patch.object(outbox, "_CLAIMS_PER_TRANSACTION", 1 if state.claims == "single" else 2),
            patch.object(memory_tables, "_TRANSACTION_BYTES", ONE_ORDER_BYTES if state.claims == "refused" else 10**6),
            patch.object(deliver, "can_tell", lambda order, *_: not (self._old and order.order_id == ORDER_IDS[1])),
        ):
            yield

    def _walk(self, random: Random, state: State, bugs: Bugs) -> tuple[int, str | None]:
        taken: list[Label] = []
        try:
            while len(taken) < MAX_STEPS:
                choices = list(steps(state, bugs))
                if not choices:
                    break
                before = state
                label, state = random.choices(choices, [_weight(each) for each, _ in choices])[0]
                taken.append(label)
                self._take(label, before)
                if difference := self._difference(state):
                    return len(taken), f"{difference}, after: {told(taken)}"
        finally:
            for hand in self._hands:
                hand.die()
        return len(taken), None

    def _take(self, label: Label, before: State) -> None:
        match label:
            case ("later",):
                self._clock.advance(DAY)
            case ("much later",):
                self._clock.advance(MUCH_LATER)
            case ("repeat",):
                self._position = 0
            case ("outage" | "outage ends",):
                self._down = not self._down
            case ("deploy",):
                self._old = not self._old
            case ("event", int(number)):
                with pytest.raises(Unavailable) if self._down else nullcontext():
                    self._reporter.feed_back("Send", self._summaries[number])
            case ("backup",):
                self._backup = {table: self._memory.items(table) for table in KEYS}
            case ("restore", str(table)):
                self._restore(table)
                self._position = len(self._memory.changes)
                self._clock.advance(DAY)
            case (int(slot), "dies"):
                self._hands[slot].die()
            case (int(slot), str(outcome)):
                hand = self._hands[slot]
                self._events_wait = any(sealed.event in {"queued", "late"} for sealed in before.sealed)
                if before.processes[slot] == IDLE:
                    hand.start(lambda: self._process(slot))
                if outcome != "starts" or slot == SWEEP:  # the sweep starts with its first query
                    hand.step(OUTCOMES.get(outcome))
                if slot == DELIVERY and not hand.alive:
                    assert bool(hand.answer) == (outcome == "refused"), hand.answer
                    self._position = self._position if hand.answer else len(self._batch_end)

    def _restore(self, name: str) -> None:
        """As the runbook says: the table alone, then the procedure, and all the while neither stream nor sweep."""
        table = {"orders": memory_tables.ORDERS, "summaries": memory_tables.SUMMARIES}[name]
        for item in self._memory.items(table):
            self._memory.remove(table, *(item[key]["S"] for key in KEYS[table]))
        for item in self._backup[table]:
            self._memory.put(table, item)
        orders, ledger = (Table(sdk.dynamodb(self._memory), each) for each in KEYS)
        both = [[decode_item(item) for item in self._memory.items(each)] for each in KEYS]
        for step in after_restore.plan(cast(after_restore.Restored, name), both[0], both[1]):
            after_restore.carry_out(step, orders, ledger, times.now())

    def _refuse(self, call: Call) -> Fault | None:
        return Fault.SERVER_ERROR if self._down and call.operation in WRITES else None

    def _process(self, slot: int) -> Any:
        service = self._services[slot]
        if slot == DELIVERY:
            self._batch_end = list(self._memory.changes)
            return service.deliver(rig.stream_records(self._memory, self._position))
        if slot == SWEEP:
            return service.sweep()
        return ask(service, REQUESTS[slot])

    # ---------------------------------------------------------------------------------------------- the same, or not

    def _difference(self, state: State) -> str | None:
        """Where the tables, the mails and the answers differ from the model's state."""
        for item in self._memory.items(memory_tables.SUMMARIES):
            if item["summary_id"]["S"] not in self._summaries:
                self._summaries.append(item["summary_id"]["S"])
        expected, actual = _abstract(state), self._abstract()
        for name, value in expected.items():
            if actual[name] != value:
                return f"{name}: the model has {value}, the tables have {actual[name]}"
        for slot in CALLERS:
            if state.told[slot] and state.told[slot] != (heard := _heard(self._hands[slot].answer)):
                return f"process {slot} was told {heard}, the model says {state.told[slot]}"
        for slot, process in enumerate(state.processes):
            if (process not in (IDLE, DONE)) != self._hands[slot].alive:
                return f"process {slot} is {process} in the model, and alive: {self._hands[slot].alive}"
        return None

    def _abstract(self) -> dict[str, Any]:
        orders = [self._memory.get(memory_tables.ORDERS, SELLER, order_id) or {} for order_id in ORDER_IDS]
        sealed = {item["summary_id"]["S"]: item for item in self._memory.items(memory_tables.SUMMARIES)}
        mails = [mail.summary_id for mail in self._ses.accepted]
        return {
            "packed": tuple("picked_packed" in orders[0]["milestones"]["M"][fc_id]["M"] for fc_id in CENTERS),
            "ended": tuple(
                order["cancellation"]["M"]["kind"]["S"] if order["status"]["S"] == "cancelled" else ""
                for order in orders
            ),
            "due": tuple("summary_due_at" in order for order in orders),
            "summary": tuple(
                self._summaries.index(order["summary_id"]["S"]) if "summary_id" in order else -1 for order in orders
            ),
            "sealed": tuple(
                (
                    tuple(sorted(ORDER_IDS.index(entry["S"]) for entry in sealed[name]["order_ids"]["L"])),
                    sealed[name]["status"]["S"] in {"sent", "parked"},
                    int(sealed[name]["attempts"]["N"]),
                    mails.count(name),
                )
                for name in self._summaries
            ),
        }


def _abstract(state: State) -> dict[str, Any]:
    return {
        "packed": state.packed,
        "ended": state.ended,
        "due": tuple(map(bool, state.due)),
        "summary": state.summary,
        "sealed": tuple((tuple(sorted(each.orders)), each.sent, each.lease, each.mails) for each in state.sealed),
    }


def _heard(answer: Any) -> str:
    """An answer in the model's words."""
    if not answer:
        return "nothing"
    words = {"already_cancelled": "already cancelled", "put_back": "put back", "already_recorded": "recorded"}
    return words.get(answer[0], str(answer[0]))


def _weight(label: Label) -> float:
    """What is rare in life is tried often, and the end of all callers is not always waited for."""
    return {"dies": 0.3, "lost": 0.8, "not taken": 0.8}.get(str(label[-1]), 1.0)


def _replay_twin(seed: int, progress: Progress) -> Twin:
    """A model that is not about this code must part from it."""
    _, broke = replay(25, seed, progress, Bugs(own_cancel_forgotten=True, no_lease=True))
    return Twin("a model of other code", bool(broke), f"{len(broke)} of 25 paths part from the handlers")
