"""A stateful property test: Hypothesis invents what happens, the real handlers and a simple model live through it.

Three orders of one seller. Rules place, cancel, auto-cancel, report and look, each with its answer compared with
``order_model``; deliver the stream, run the sweep, bring SES's events, let time pass, repeat a delivery. After each
rule the tables must say what the model says, and every auto-cancelled order must be due or in exactly one summary.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from order_cancellation.actions import report as reports
from order_cancellation.domain import orders as rules
from tests.proofs.callers import ask
from tests.proofs.faults import claim_without_condition
from tests.proofs.late_events import advance_whatever_the_status
from tests.proofs.order_model import STEPS, AutoCancel, Cancel, Move, OrderState, Request, View, carry_out, new_order
from tests.proofs.order_model import Report as FcReport
from tests.proofs.scoreboard import Progress, Report, Say, Twin, timed
from tests.support import memory_tables, rig
from tests.support.clock import MINUTE, Clock
from tests.support.memory_tables import Tables
from tests.support.rig import CENTERS, SELLER, Service
from tests.support.ses import SimulatedSes

LINE = "stateful property test"
ORDER_IDS = ("H-1", "H-2", "H-3")
SPARE = "DFW3"  # a center that only moves bring into an order
TWIN_RUNS = (100, 25)

order_ids = st.sampled_from(ORDER_IDS)
centers = st.sampled_from(CENTERS)
parts = st.sampled_from([(), CENTERS[:1], CENTERS[1:], CENTERS])
events = st.sampled_from(STEPS[1:])


class Stage:
    """The handlers, made once; every run of the machine finds the tables empty. Counts what was done."""

    def __init__(self) -> None:
        self.memory = Tables()
        self.ses = SimulatedSes()
        self.clock = Clock(tick=0.001)
        self.service = Service(self.memory, self.ses)
        self.service.sweep_only(SELLER)
        self.done: Counter[str] = Counter()
        self.progress: Callable[[int], None] = lambda _: None


def machine_on(stage: Stage) -> type[RuleBasedStateMachine]:
    """The machine, playing on this stage."""

    class Network(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            stage.memory.clear()
            stage.ses.clear()
            stage.clock.restart()
            rig.furnish(stage.memory, *ORDER_IDS)
            self.states: dict[str, OrderState] = {order_id: new_order(CENTERS) for order_id in ORDER_IDS}
            self.requests = 0
            self.position = 0
            self.settled: set[str] = set()
            stage.done["runs"] += 1
            stage.progress(stage.done["runs"])

        def send(self, request: Request) -> None:
            stage.done["steps"] += 1
            told = ask(stage.service, request)
            self.states[request.order_id], expected = carry_out(self.states[request.order_id], request)
            assert told == expected, f"{request} was told {told}, the model says {expected}"

        def request(self) -> str:
            self.requests += 1
            return f"request-{self.requests}"

        @rule(order_id=order_ids, key=st.sampled_from([None, "key-1", "key-2"]), parts=parts)
        def cancel(self, order_id: str, key: str | None, parts: tuple[str, ...]) -> None:
            request = self.request()
            self.send(Cancel(order_id, request, key or request, key, parts))

        @rule(order_id=order_ids, parts=parts)
        def auto_cancel(self, order_id: str, parts: tuple[str, ...]) -> None:
            request = self.request()
            self.send(AutoCancel(order_id, request, request, parts))

        @rule(order_id=order_ids, to=st.sampled_from([CENTERS, CENTERS[:1], (CENTERS[0], SPARE), (SPARE,)]))
        def move(self, order_id: str, to: tuple[str, ...]) -> None:
            self.send(Move(order_id, to))

        @rule(order_id=order_ids, fc_id=centers, event=events)
        def report(self, order_id: str, fc_id: str, event: str) -> None:
            self.requests += 1
            at = f"2026-11-23T{self.requests // 60:02}:{self.requests % 60:02}:00Z"
            self.send(FcReport(order_id, fc_id, event, at))

        @rule(order_id=order_ids)
        def look(self, order_id: str) -> None:
            self.send(View(order_id))

        @rule(again=st.booleans())
        def deliver(self, again: bool) -> None:
            stage.done["steps"] += 1
            start = 0 if again else self.position
            records = rig.stream_records(stage.memory, start)
            if records:
                assert stage.service.deliver(records) == []
            self.position = len(stage.memory.changes)

        @rule(minutes=st.sampled_from([1, 15, 700]))
        def wait_and_sweep(self, minutes: int) -> None:
            stage.done["steps"] += 1
            stage.clock.advance(minutes * MINUTE)
            stage.service.sweep()

        @rule(data=st.data())
        def feed_back(self, data: st.DataObject) -> None:
            stage.done["steps"] += 1
            if stage.ses.accepted:
                mail = data.draw(st.sampled_from(range(len(stage.ses.accepted))))
                event = data.draw(st.sampled_from(["Send", "Delivery"]))
                stage.service.feed_back(event, stage.ses.accepted[mail].summary_id)

        @invariant()
        def the_tables_say_what_the_model_says(self) -> None:
            listed = Counter(rig.told(stage.memory))
            for item in stage.memory.items(memory_tables.ORDERS):
                order_id = item["order_id"]["S"]
                state = self.states[order_id]
                assert item["status"]["S"] == state.status
                assert ("cancellation" in item) == (state.ended_by is not None)
                # an auto-cancellation, of the order or of parts, is due or in one summary, and no other is either
                due = rig.due(item)
                for cancellation_id, kind in rig.cancellations(item).items():
                    assert listed[order_id, cancellation_id] + (cancellation_id in due) == (kind == "auto")
                assert bool(due) == ("summary_due_at" in item)
                parts = {fc_id for fc_id, _ in state.taken}
                assert parts.isdisjoint(item["milestones"]["M"])

        @invariant()
        def no_summary_is_mailed_twice(self) -> None:
            mails = Counter(mail.summary_id for mail in stage.ses.accepted)
            assert all(count == 1 for count in mails.values())

    return Network


def check(amount: tuple[int, int], seed_of_run: int, say: Say) -> Report:
    """``amount``: how many runs, of how many steps at most."""
    runs, length = amount
    report = Report(LINE, "handlers in process", seed_of_run, unit="runs")
    progress = Progress(LINE, say)
    with timed(report), rig.in_lambda():
        stage = Stage()
        stage.progress = lambda done: progress(done, runs, "runs")
        if broken := _run(stage, runs, length, seed_of_run):
            report.broke.append(broken)
        report.tried = stage.done["runs"]
        report.facts = {"steps of handlers": stage.done["steps"], "steps in a run, at most": length}
        for bug, planted in (
            ("a report that is written whatever the status", reports_over_cancels),
            ("a claim without its condition", claim_without_condition),
            ("an order that may be cancelled when it is packed", packed_is_cancellable),
        ):
            with planted():
                seen = _run(Stage(), *TWIN_RUNS, seed_of_run)
            report.twins.append(Twin(bug, seen is not None, seen or "nothing"))
    return report


def _run(stage: Stage, runs: int, length: int, seed_of_run: int) -> str | None:
    """What broke, or None."""
    machine = seed(seed_of_run)(machine_on(stage))
    quick = settings(
        max_examples=runs,
        stateful_step_count=length,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    try:
        with stage.clock.ruling():
            run_state_machine_as_test(machine, settings=quick)
    except AssertionError as error:
        return str(error).splitlines()[0] if str(error) else "an invariant"
    return None


@contextmanager
def reports_over_cancels() -> Iterator[None]:
    """The planted bug: neither the handler of a report nor its condition looks at the status."""

    def careless(order: Any, *_: Any) -> Any:
        return order

    with patch.object(reports, "_open_for", careless), advance_whatever_the_status():
        yield


@contextmanager
def packed_is_cancellable() -> Iterator[None]:
    """The planted bug: the allow-list has one status too many."""
    with patch("order_cancellation.tables.orders.CANCELLABLE", (*rules.CANCELLABLE, rules.PICKED_PACKED)):
        yield
