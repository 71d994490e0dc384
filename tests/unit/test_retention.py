"""What expires: nothing that is live, due or to be sent again, ever; and all that is finished, unless somebody died.

Hypothesis invents what happens to two split orders and their summaries, the real handlers write it, and after each
step the items are judged by themselves: by what they say, not by the code that decided it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from order_cancellation.domain.refusals import Unavailable
from order_cancellation.mail import feedback
from order_cancellation.tables.items import decode_item
from order_cancellation.tables.orders import order_of
from order_cancellation.tables.retention import Retention
from tests.support import rig, sdk
from tests.support.clock import DAY, HOUR, Clock
from tests.support.functions import seller_claims
from tests.support.memory_tables import ORDERS, SUMMARIES, Tables
from tests.support.rig import CENTERS, SELLER, Service
from tests.support.sdk import Broken, Call
from tests.support.ses import SimulatedSes

Item = dict[str, Any]
ORDER_IDS = ("A-1", "A-2")
ORDERS_DAYS = int(rig.EXPIRING["ORDERS_KEPT_DAYS"])
PERMANENT: Item = {"bounce": {"bounceType": "Permanent", "bouncedRecipients": []}}
TRANSIENT: Item = {"bounce": {"bounceType": "Transient", "bouncedRecipients": []}}
COMPLAINT: Item = {"complaint": {"complainedRecipients": []}}

orders = st.sampled_from(ORDER_IDS)
parts = st.sampled_from([(), CENTERS[:1], CENTERS[1:]])


def may_come_back(summary: Item) -> bool:
    """Whether a summary may still be sent, once or again."""
    waits = {"lease_until", "lease_shard", "waits_for", "waiting_shard", "came_back"} & summary.keys()
    return bool(waits) or summary["status"]["S"] != "delivered"


def is_live(order: Item, summaries: dict[str, Item]) -> bool:
    """Whether anything of an order is still to be done, or to be told, or may have to be told again."""
    if order["status"]["S"] not in ("delivered", "cancelled"):
        return True
    ended = order["status"]["S"] == "cancelled" or "part_cancellations" in order
    if ended and order.get("marketplace_cancellation", {}).get("S") not in ("done", "not_needed"):
        return True
    if "to_do_since" in order or "summary_due_at" in order or "summary_shard" in order or rig.due(order):
        return True
    mine = [each for each in summaries.values() if order["order_id"]["S"] in rig.orders_of(each)]
    return any(may_come_back(each) for each in mine)


class Died(BaseException):
    """The process is gone: nothing that it would have done next is done."""


class Life(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.tables, self.ses, self.clock = Tables(), SimulatedSes(), Clock(tick=0.001)
        self.service = Service(self.tables, self.ses, self.wire)
        self.service.sweep_only(SELLER)
        rig.furnish(self.tables, *ORDER_IDS)
        self.position = self.calls = 0
        self.breaks_at: int | None = None
        self.somebody_died = False
        self.ruling = self.clock.ruling()
        self.ruling.__enter__()

    def teardown(self) -> None:
        self.ruling.__exit__(None, None, None)

    def wire(self, call: Call) -> Broken | None:
        self.calls += 1
        if self.calls == self.breaks_at and call.service == "dynamodb":
            self.somebody_died = True
            raise Died
        return None

    @rule(after=st.integers(1, 6))
    def die(self, after: int) -> None:
        """The process at work at that call dies, and nobody hears of it."""
        self.breaks_at = self.calls + after

    def do(self, work: Any) -> None:
        try:
            work()
        except Died:
            self.breaks_at = None

    # ---------------------------------------------------------------------------------------------------------- orders

    @rule(order_id=orders, parts=parts)
    def cancel(self, order_id: str, parts: tuple[str, ...]) -> None:
        self.do(lambda: self.service.cancel(order_id, {"fulfillment_centers": list(parts)} if parts else None))

    @rule(order_id=orders, parts=parts)
    def auto_cancel(self, order_id: str, parts: tuple[str, ...]) -> None:
        named = {"fulfillment_centers": list(parts)} if parts else {}
        cancellation = {"seller_id": SELLER, "order_id": order_id, "reason": "stockout", **named}
        self.do(lambda: self.service.auto_cancel(cancellation))

    @rule(order_id=orders, fc_id=st.sampled_from(CENTERS), event=st.sampled_from(["picked_packed", "delivered"]))
    def report(self, order_id: str, fc_id: str, event: str) -> None:
        self.do(lambda: self.service.report(fc_id, order_id, event))

    @rule(order_id=orders, to=st.sampled_from([CENTERS, CENTERS[:1]]))
    def move(self, order_id: str, to: tuple[str, ...]) -> None:
        self.do(lambda: self.service.move(order_id, *to))

    @rule(order_id=orders, state=st.sampled_from(["done", "done", "not_needed", "to_do"]))
    def mark(self, order_id: str, state: str) -> None:
        claims, body = seller_claims(SELLER), {"state": state}
        self.do(lambda: self.service.send("mark_marketplace", claims, body, order_id=order_id))

    # ------------------------------------------------------------------------------------------------------- summaries

    @rule()
    def deliver(self) -> None:
        if records := rig.stream_records(self.tables, self.position):
            self.do(lambda: self.service.deliver(records))
        self.position = len(self.tables.changes)

    @rule(hours=st.sampled_from([1, 30]))
    def sweep(self, hours: int) -> None:
        self.clock.advance(hours * HOUR)
        self.do(self.service.sweep)

    @rule(email=st.sampled_from(["ops", "other"]), summaries=st.sampled_from(["each_batch", "each_batch", "off"]))
    def register(self, email: str, summaries: str) -> None:
        contact = {"email": f"{email}@acme.example", "summaries": summaries}
        self.do(lambda: self.service.register(SELLER, **contact))

    @rule(
        data=st.data(),
        said=st.sampled_from(
            [("Delivery", {})] * 3
            + [("Send", {}), ("Bounce", PERMANENT), ("Bounce", TRANSIENT), ("Complaint", COMPLAINT), ("Reject", {})]
        ),
    )
    def feed_back(self, data: st.DataObject, said: tuple[str, Any]) -> None:
        """The queue brings an event again until it is recorded."""
        if not self.ses.accepted:
            return
        mail = data.draw(st.sampled_from(self.ses.accepted))
        number = int(mail.tags.get("mailing", "1"))
        for _ in range(2):
            self.do(lambda: self.service.feed_back(said[0], mail.summary_id, mailing=number, **said[1]))

    # ------------------------------------------------------------------------------------------------------ what holds

    @invariant()
    def nothing_live_or_due_expires(self) -> None:
        summaries = self.summaries()
        expiring = [each for each in self.tables.items(ORDERS) if "expires_at" in each]
        assert [each for each in expiring if is_live(each, summaries)] == []
        assert [each for each in summaries.values() if "expires_at" in each and may_come_back(each)] == []

    @invariant()
    def what_is_finished_expires_unless_somebody_died(self) -> None:
        summaries = self.summaries()
        assert [each for each in summaries.values() if "expires_at" not in each and not may_come_back(each)] == []
        if not self.somebody_died:
            kept = [each for each in self.tables.items(ORDERS) if "expires_at" not in each]
            assert [each for each in kept if not is_live(each, summaries) and "kept_since" not in each] == []

    def summaries(self) -> dict[str, Item]:
        return {each["summary_id"]["S"]: each for each in self.tables.items(SUMMARIES)}


def test_nothing_live_expires_and_all_that_is_finished_does() -> None:
    quick = settings(
        max_examples=30,
        stateful_step_count=30,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with rig.in_lambda(**rig.EXPIRING), patch.object(feedback, "_SIDE_BY_SIDE", 1):
        run_state_machine_as_test(seed(1)(Life), settings=quick)


# ------------------------------------------------------------------------------------------------- what is rarely met


class Desk:
    """One split order, and all that may happen to it."""

    def __init__(self, tables: Tables, dynamodb: Any) -> None:
        self.tables, self.ses, self.clock = tables, SimulatedSes(), Clock()
        self.service = Service(tables, self.ses, dynamodb=dynamodb, mail=sdk.ses(self.ses))
        rig.furnish(tables, "A-1")

    @property
    def order(self) -> Item:
        return self.tables.get(ORDERS, SELLER, "A-1") or {}

    @property
    def expires(self) -> bool:
        return "expires_at" in self.order

    def auto_cancel(self, *parts: str) -> None:
        named = {"fulfillment_centers": list(parts)} if parts else {}
        self.service.auto_cancel({"seller_id": SELLER, "order_id": "A-1", "reason": "stockout", **named})
        self.service.deliver(rig.stream_records(self.tables))

    def mark(self, state: str = "done") -> None:
        self.service.send("mark_marketplace", seller_claims(SELLER), {"state": state}, order_id="A-1")

    def say(self, kind: str, mailing: int = 1, **detail: Any) -> None:
        self.service.feed_back(kind, self.ses.accepted[-1].summary_id, mailing=mailing, **detail)


@pytest.fixture(params=[rig.EXPIRING])
def desk(tables: Tables, dynamodb: Any, request: pytest.FixtureRequest) -> Iterator[Desk]:
    made = Desk(tables, dynamodb)
    with rig.in_lambda(**request.param), made.clock.ruling():
        yield made


FOR_EVER = pytest.mark.parametrize("desk", [{}], indirect=True)


def test_a_delivered_order_expires_so_many_days_after_its_last_part_arrived(desk: Desk) -> None:
    desk.service.report("LAX1", "A-1", "delivered")
    assert not desk.expires
    desk.service.report("EWR2", "A-1", "delivered")
    assert int(desk.order["expires_at"]["N"]) == int(desk.clock.now + ORDERS_DAYS * DAY)
    desk.clock.advance(DAY)
    desk.service.report("EWR2", "A-1", "shipped", "2026-11-23T01:00:00Z")
    assert int(desk.order["expires_at"]["N"]) == int(desk.clock.now + (ORDERS_DAYS - 1) * DAY)


@pytest.mark.parametrize("again", ["report", "move"])
def test_who_died_before_letting_an_order_go_does_it_when_asked_again(desk: Desk, again: str) -> None:
    desk.service.report("LAX1", "A-1", "delivered")
    desk.service.report("EWR2", "A-1", "delivered")
    desk.tables.put(ORDERS, {name: value for name, value in desk.order.items() if name != "expires_at"})
    if again == "report":
        desk.service.report("EWR2", "A-1", "delivered")
    else:
        desk.service.move("A-1", "LAX1", "EWR2")
    assert desk.expires


def test_an_order_is_delivered_when_what_was_not_has_moved_away(desk: Desk) -> None:
    desk.service.report("LAX1", "A-1", "delivered")
    desk.service.move("A-1", "LAX1")
    assert (desk.order["status"]["S"], desk.expires) == ("delivered", True)


@FOR_EVER
def test_without_the_parameters_nothing_expires(desk: Desk) -> None:
    desk.auto_cancel()
    desk.say("Delivery")
    desk.mark()
    assert not desk.expires
    assert not [each for each in desk.tables.items(SUMMARIES) if "expires_at" in each]


@FOR_EVER
def test_without_the_parameter_a_delivered_order_is_kept(desk: Desk) -> None:
    desk.service.report("LAX1", "A-1", "delivered")
    desk.service.report("EWR2", "A-1", "delivered")
    assert not desk.expires


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("last", ["report", "mark", "summary"])
def test_whatever_ends_a_partly_cancelled_order_last_lets_it_go(desk: Desk, arrives: bool, last: str) -> None:
    desk.auto_cancel("LAX1")
    steps: dict[str, Callable[[], object]] = {
        "report": lambda: desk.service.report("EWR2", "A-1", "delivered"),
        "mark": desk.mark,
        "summary": lambda: desk.say("Delivery") if arrives else desk.say("Send"),
    }
    for step in sorted(steps, key=lambda each: each == last):
        assert not desk.expires
        steps[step]()
    assert desk.expires == arrives
    if arrives:
        desk.mark("to_do")
        assert not desk.expires


def test_what_its_seller_does_not_want_to_be_told_of_is_done_when_it_is_skipped(desk: Desk) -> None:
    desk.service.register(SELLER, summaries="off")
    desk.service.auto_cancel({"seller_id": SELLER, "order_id": "A-1", "reason": "stockout"})
    desk.mark()
    assert not desk.expires
    desk.service.deliver(rig.stream_records(desk.tables))
    assert desk.expires


def test_what_came_back_is_kept_although_its_event_was_recorded_late(desk: Desk, hooks: list[sdk.Hook]) -> None:
    desk.auto_cancel()
    desk.say("Delivery")
    desk.mark()
    assert desk.expires
    refusal = Broken(sdk.error("ThrottlingException"))
    hooks[0] = lambda call: refusal if "SET kept_since" in str(call.request) else None
    with pytest.raises(Unavailable):
        desk.say("Bounce", **PERMANENT)
    hooks[0] = sdk.no_hook
    desk.service.register(SELLER, email="other@acme.example")
    desk.service.sweep()  # mailed anew, before the queue brings the event again
    assert len(desk.ses.accepted) == 2
    desk.say("Bounce", **PERMANENT)
    assert not desk.expires


def test_an_order_that_was_kept_meanwhile_is_not_let_go(desk: Desk, dynamodb: Any) -> None:
    desk.auto_cancel()
    desk.say("Delivery")
    seen = order_of(decode_item(desk.order))._replace(marketplace_mark="done")
    retention = Retention(dynamodb, ORDERS, SUMMARIES, ORDERS_DAYS)
    desk.mark()
    retention.keep(SELLER, "A-1")
    retention.let_go(seen)
    assert not desk.expires
    retention.keep(SELLER, "A-2")
    assert desk.tables.get(ORDERS, SELLER, "A-2") is None


def test_an_order_that_became_due_meanwhile_is_not_let_go(desk: Desk, dynamodb: Any) -> None:
    desk.auto_cancel()
    desk.say("Delivery")
    seen = order_of(decode_item(desk.order))._replace(marketplace_mark="done")
    desk.mark()
    marked = {name: value for name, value in desk.order.items() if name != "expires_at"}
    desk.tables.put(ORDERS, {**marked, "summary_due_at": {"S": "2026-11-23T10:00:00.000Z"}})
    Retention(dynamodb, ORDERS, SUMMARIES, ORDERS_DAYS).let_go(seen)
    assert not desk.expires


def test_a_summary_that_has_expired_had_arrived(desk: Desk) -> None:
    desk.auto_cancel()
    desk.say("Delivery")
    (summary,) = desk.tables.items(SUMMARIES)
    desk.tables.remove(SUMMARIES, SELLER, summary["summary_id"]["S"])
    desk.mark()
    assert desk.expires


def test_an_auto_cancellation_that_is_nowhere_is_not_over(desk: Desk) -> None:
    desk.auto_cancel("LAX1")
    item = desk.order
    del item["part_cancellations"]["M"][next(iter(rig.cancellations(item)))]["M"]["summary_id"]
    order = order_of(decode_item(item))._replace(status="delivered", marketplace_mark="done")
    assert not order.over


def test_a_summary_that_an_older_version_let_come_back_loses_its_expiry_when_it_is_sent(desk: Desk) -> None:
    desk.auto_cancel()
    desk.say("Bounce", **PERMANENT)
    [summary] = desk.tables.items(SUMMARIES)
    desk.tables.put(SUMMARIES, summary | {"expires_at": {"N": "1"}})
    desk.service.register(SELLER, email="other@acme.example")
    desk.service.sweep()
    [summary] = desk.tables.items(SUMMARIES)
    assert (summary["status"]["S"], "expires_at" in summary) == ("sent", False)
