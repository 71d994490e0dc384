"""G2: whatever a fulfillment center still says about a cancelled order, the order stays as the cancel left it.

Orders are brought to every status that can be cancelled, and cancelled by their seller or by the network: most of them
before the events arrive, some between the moment an event's handler has read the order and the moment it writes. Then
the centers report late, twice, and in any order. Each must be told to put the goods back, and nothing may change.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any
from unittest.mock import patch

from order_cancellation.tables.orders import Orders
from tests.proofs.callers import ask, send
from tests.proofs.order_model import STEPS, AutoCancel, Cancel
from tests.proofs.order_model import Report as FcReport
from tests.proofs.scoreboard import Progress, Report, Say, Twin, timed
from tests.support import memory_tables, rig
from tests.support.clock import Clock
from tests.support.memory_tables import Tables
from tests.support.rig import CENTERS, SELLER, Service
from tests.support.sdk import Call

LINE = "late events (G2)"
EVENTS_PER_ORDER = 10
BEFORE_PACKING = STEPS[1:3]
TWIN_EVENTS = 300


def check(events: int, seed: int, say: Say) -> Report:
    report = Report(LINE, "handlers in process", seed, unit="events")
    with timed(report), rig.in_lambda(), Clock(tick=0.001).ruling():
        report.tried, slipped_in, report.broke = _run(events, seed, Progress(LINE, say))
        report.facts = {"cancelled between the read and the write": slipped_in}
        with advance_whatever_the_status():
            tried, _, broke = _run(TWIN_EVENTS, seed, Progress(LINE, say))
        seen = f"{len(broke)} of {tried} events revived an order or were told the wrong thing"
        report.twins = [Twin("a report that is written whatever the status", bool(broke), seen)]
    return report


def _run(events: int, seed: int, progress: Progress) -> tuple[int, int, list[str]]:
    """How many events were sent, how many of them were overtaken by the cancel, and what went wrong."""
    random = Random(seed)
    memory = Tables()
    overtaking: list[Cancel | AutoCancel] = []  # what happens just before the next write to an order
    canceller = Service(memory)

    def overtake(call: Call) -> None:
        if overtaking and call.operation == "UpdateItem":
            send(canceller, overtaking.pop())

    centers = Service(memory, hook=overtake)
    tried = slipped_in = 0
    broke: list[str] = []
    while tried < events:
        memory.clear()
        order_id = f"G-{tried}"
        rig.furnish(memory, order_id)
        milestones = _bring_on(centers, order_id, random)
        kind = random.choice((Cancel, AutoCancel))
        cancel = kind(order_id, f"request-{tried}", "ended")
        reports = [FcReport(order_id, *choice) for choice in _late(random, milestones)]
        slips_in = random.random() < 0.3
        if slips_in:
            overtaking.append(cancel)
        else:
            send(canceller, cancel)
        cancelled: Any = None if slips_in else memory.get(memory_tables.ORDERS, SELLER, order_id)
        for report in reports:
            answer = ask(centers, report)
            tried += 1
            slipped_in += slips_in and cancelled is None and not overtaking
            if cancelled is None and overtaking:
                continue  # a repetition: it wrote nothing, so nothing could slip in before it
            item = memory.get(memory_tables.ORDERS, SELLER, order_id)
            cancelled = cancelled or item
            if answer != ("put_back",):
                broke.append(f"{report} on a cancelled order was told {answer}")
            elif item != cancelled or item is None or item["status"]["S"] != "cancelled":
                broke.append(f"{report} changed a cancelled order")
        overtaking.clear()
        progress(min(tried, events), events, "events")
    return tried, slipped_in, broke


def _bring_on(service: Service, order_id: str, random: Random) -> list[tuple[str, str, str]]:
    """Let the centers report what leaves the order cancellable; returns what they reported."""
    done: list[tuple[str, str, str]] = []
    for number, fc_id in enumerate(CENTERS):
        for step in BEFORE_PACKING[: random.randint(0, len(BEFORE_PACKING))]:
            done.append((fc_id, step, f"2026-11-23T08:0{number}:0{len(done)}Z"))
            send(service, FcReport(order_id, *done[-1]))
    return done


def _late(random: Random, done: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Events in any order, each twice: those that the centers sent already, and all that may follow."""
    coming = [
        (fc_id, step, f"2026-11-23T15:00:{index:02}Z") for fc_id in CENTERS for index, step in enumerate(STEPS[1:])
    ]
    chosen = random.sample([*done, *coming], EVENTS_PER_ORDER // 2) * 2
    random.shuffle(chosen)
    return chosen


@contextmanager
def advance_whatever_the_status() -> Iterator[None]:
    """The planted bug: the condition of a report forgets the status, and its handler does not look for a cancel."""
    write = Orders._update

    def careless(self: Orders, seller_id: str, order_id: str, update: str, condition: str, **values: Any) -> Any:
        forgetful = condition.replace("#status = :seen_status AND ", "")
        used = {name: value for name, value in values.items() if name != "seen_status"}
        return write(self, seller_id, order_id, update, forgetful, **used)

    with patch.object(Orders, "_update", careless):
        yield
