"""What the sweep makes of everything that can stand between an auto-cancellation and its seller."""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from threading import Lock, get_ident
from time import sleep
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from botocore.stub import Stubber

from local.bridges import template
from order_cancellation import observability
from order_cancellation.domain import summaries, times
from order_cancellation.domain.refusals import Unavailable
from order_cancellation.domain.sellers import Contact
from order_cancellation.mail import rounds
from order_cancellation.mail.feedback import Events
from order_cancellation.tables.sellers import Sellers
from tests.support import sdk
from tests.support.clock import Stopwatch
from tests.support.functions import Context
from tests.support.memory_tables import ORDERS, SELLERS, SUMMARIES, Tables
from tests.support.rig import Service, order_item
from tests.support.sdk import Call, Fault
from tests.support.ses import SimulatedSes

BEGIN = "2026-11-23T10:00:00.000Z"


class Desk:
    """The mail functions on tables in memory, a clock, and what was mailed and counted."""

    def __init__(self, tables: Tables, dynamodb: Any, hooks: list[sdk.Hook]) -> None:
        self.tables = tables
        self.now = BEGIN
        self.ses = SimulatedSes()
        self.counts: Counter[str] = Counter()
        self.sellers = Sellers(dynamodb, SELLERS)
        self.ses_fault: Fault | None = None
        self.watch = Stopwatch()
        self.functions = Service(tables, self.ses, lambda _: self.ses_fault, dynamodb=dynamodb)
        self._hooks = hooks

    def count(self, name: str, value: float, **_: Any) -> None:
        self.counts[name] += int(value)

    def later(self, **time: float) -> None:
        self.now = times.from_datetime(times.to_datetime(self.now) + timedelta(**time))

    def register(self, seller_id: str = "acme", email: str = "", preference: str = "each_batch", **more: str) -> None:
        contact = {"name": seller_id, "email": email or f"ops@{seller_id}.example", "time_zone": "UTC"}
        self.sellers.register(seller_id, Contact(**{**contact, "summaries": preference, **more}))

    def cancel(self, *order_ids: str, seller_id: str = "acme", **attributes: Any) -> None:
        """Orders that the network has just cancelled, as the Orders table has them."""
        cancellation = {"cancellation_id": "c", "kind": "auto", "reason": "stockout", "cancelled_at": self.now}
        for order_id in order_ids:
            item = {
                **order_item(order_id),
                "seller_id": {"S": seller_id},
                "status": {"S": "cancelled"},
                "cancellation": {
                    "M": {name: {"S": text} for name, text in {**cancellation, "request_id": "r"}.items()}
                },
                "summary_due_at": {"S": summaries.due_after(self.now)},
                "summary_shard": {"S": summaries.shard_of(seller_id)},
                **attributes,
            }
            self.tables.put(ORDERS, {name: value for name, value in item.items() if value is not None})

    def sweep(self, remaining_ms: int = 120_000) -> None:
        """Only the shards of those who are in the tables: to ask the others sixty times takes a while."""
        there = [item for table in (ORDERS, SELLERS, SUMMARIES) for item in self.tables.items(table)]
        shards = {summaries.shard_of(item["seller_id"]["S"]) for item in there if "seller_id" in item}
        sweep = self.functions.function("summary_sweep")
        sweep.sweep.shards = tuple(sorted(shards))
        sweep.lambda_handler({}, Context(remaining_ms))

    def sweep_without_an_answer(self) -> None:
        """SES does not say whether it has taken the mail; it has not."""
        self.ses_fault = Fault.TIMEOUT
        self.sweep()
        self.ses_fault = None

    def say(self, kind: str, mailing: int = 1, **detail: Any) -> None:
        """Let SES publish an event about the only summary."""
        (entry,) = self.tables.items(SUMMARIES)
        tags = {"summary_id": [entry["summary_id"]["S"]], "mailing": [str(mailing)]}
        event = {"eventType": kind, "mail": {"messageId": "m", "tags": tags}, **detail}
        self.functions.function("summary_feedback").lambda_handler({"source": "aws.ses", "detail": event}, Context())

    @property
    def mails(self) -> list[tuple[str, list[str]]]:
        """To whom each mail went, and about which orders."""
        found = []
        for mail in self.ses.accepted:
            ids = {item["order_id"]["S"] for item in self.tables.items(ORDERS)} | {"A-gone"}
            found.append((mail.to[0], sorted(ids & set(mail.text.replace(",", "").split()))))
        return found

    @property
    def addresses(self) -> list[str]:
        return [address for address, _ in self.mails]

    def order(self, order_id: str, seller_id: str = "acme") -> Any:
        return self.tables.get(ORDERS, seller_id, order_id)

    def summary(self) -> Any:
        (entry,) = self.tables.items(SUMMARIES)
        return entry

    @property
    def status(self) -> str:
        return str(self.summary()["status"]["S"])

    def spoil(self, table: str, item: Any, **attributes: Any) -> None:
        self.tables.put(table, {name: value for name, value in {**item, **attributes}.items() if value is not None})

    def delete(self, table: str, item: Any, *key: str) -> None:
        self.tables.remove(table, *(item[name]["S"] for name in key))

    def refuse(self, refuses: Any) -> None:
        self._hooks[0] = refuses


@pytest.fixture
def desk(tables: Tables, dynamodb: Any, hooks: list[sdk.Hook], monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    desk = Desk(tables, dynamodb, hooks)
    monkeypatch.setattr(times, "now", lambda: desk.now)
    clock = SimpleNamespace(sleep=lambda _: None, monotonic=lambda: 0.0)
    monkeypatch.setattr("order_cancellation.tables.outbox.time", clock)
    monkeypatch.setattr("order_cancellation.mail.ses.time", desk.watch)
    with patch.object(observability.metrics.provider, "add_metric", desk.count):
        desk.register()
        yield desk


PERMANENT: dict[str, Any] = {"bounce": {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": []}}
FULL: dict[str, Any] = {"bounce": {"bounceType": "Transient", "bounceSubType": "MailboxFull", "bouncedRecipients": []}}
COMPLAINT: dict[str, Any] = {"complaint": {"complaintSubType": None, "complainedRecipients": []}}
SUPPRESSED: dict[str, Any] = {"complaint": {"complaintSubType": "OnAccountSuppressionList", "complainedRecipients": []}}


def mailed(desk: Desk) -> None:
    """One summary of two orders, which SES has taken."""
    desk.cancel("A-1", "A-2")
    desk.later(minutes=11)
    desk.sweep()
    assert desk.mails == [("ops@acme.example", ["A-1", "A-2"])]


# ------------------------------------------------------------------------------------ what did not reach its seller


def test_a_summary_that_bounced_goes_to_the_next_address_once(desk: Desk) -> None:
    mailed(desk)
    desk.say("Bounce", **PERMANENT)
    for _ in range(3):
        desk.later(hours=1)
        desk.sweep()
    desk.register()  # the same address again: nothing has changed
    desk.later(minutes=1)
    desk.sweep()
    assert len(desk.mails) == 1
    assert (desk.status, desk.counts["SummariesParked"]) == ("bounced", 1)
    desk.register(email="new@acme.example")
    for _ in range(3):
        desk.later(minutes=1)
        desk.sweep()
    assert desk.mails[1:] == [("new@acme.example", ["A-1", "A-2"])]
    assert desk.status == "sent"
    desk.say("Bounce", **PERMANENT)  # of the first, once more
    assert desk.status == "sent"
    desk.say("Delivery", 2)
    assert desk.status == "delivered"


def test_what_waits_is_not_read_until_the_wait_is_over(desk: Desk) -> None:
    mailed(desk)
    desk.say("Bounce", **PERMANENT)
    asked: list[str] = []
    desk.refuse(lambda call: asked.append(f"{call.operation} {call.table}"))
    desk.sweep()
    assert f"GetItem {SELLERS}" in asked
    assert f"GetItem {SUMMARIES}" not in asked


def test_each_address_is_tried_once(desk: Desk) -> None:
    mailed(desk)
    for mailing, email in enumerate(("second@acme.example", "third@acme.example", "ops@acme.example"), start=1):
        desk.say("Bounce", mailing, **PERMANENT)
        desk.register(email=email)
        desk.later(minutes=1)
        desk.sweep()
        desk.sweep()
    assert desk.addresses == ["ops@acme.example", "second@acme.example", "third@acme.example", "ops@acme.example"]


def test_the_address_was_changed_before_the_bounce_came(desk: Desk) -> None:
    mailed(desk)
    desk.register(email="new@acme.example")
    desk.say("Bounce", **PERMANENT)
    desk.later(minutes=1)
    desk.sweep()
    assert desk.addresses == ["ops@acme.example", "new@acme.example"]
    assert desk.counts["SummariesSentElsewhere"] == 1


def test_what_was_parked_while_the_address_was_unreachable_goes_to_the_next_too(desk: Desk) -> None:
    mailed(desk)
    desk.say("Bounce", **PERMANENT)
    desk.cancel("A-3")
    desk.later(minutes=11)
    desk.sweep()
    assert sorted(item["status"]["S"] for item in desk.tables.items(SUMMARIES)) == ["bounced", "parked"]
    desk.register(email="new@acme.example")
    desk.later(minutes=1)
    desk.sweep()
    assert sorted(desk.mails[1:]) == [("new@acme.example", ["A-1", "A-2"]), ("new@acme.example", ["A-3"])]


@pytest.mark.parametrize("complaint", [COMPLAINT, SUPPRESSED])
def test_the_network_lifts_a_complaint_by_registering_the_seller_again(desk: Desk, complaint: Any) -> None:
    mailed(desk)
    desk.say("Complaint", **complaint)
    desk.cancel("A-3")
    desk.later(minutes=11)
    desk.sweep()
    assert len(desk.mails) == 1
    desk.later(minutes=1)
    desk.register()
    desk.later(minutes=1)
    desk.sweep()
    desk.sweep()
    expected = [["A-3"]] if complaint is COMPLAINT else [["A-1", "A-2"], ["A-3"]]
    assert sorted(order_ids for _, order_ids in desk.mails[1:]) == expected
    desk.cancel("A-4")
    desk.later(minutes=11)
    desk.sweep()
    assert desk.mails[-1] == ("ops@acme.example", ["A-4"])


def test_a_bounce_is_not_lifted_by_registering_the_same_address(desk: Desk) -> None:
    mailed(desk)
    desk.say("Bounce", **PERMANENT)
    desk.later(minutes=1)
    desk.register(email="OPS@acme.example")
    desk.cancel("A-3")
    desk.later(minutes=11)
    desk.sweep()
    assert len(desk.mails) == 1


def test_who_wants_no_summaries_any_longer_gets_none_of_old_either(desk: Desk) -> None:
    mailed(desk)
    desk.say("Bounce", **PERMANENT)
    desk.register(email="new@acme.example", preference="off")
    desk.later(minutes=1)
    desk.sweep()
    assert len(desk.mails) == 1


def test_a_mailbox_that_stayed_full_is_left_for_another(desk: Desk) -> None:
    mailed(desk)
    for mailing in range(1, summaries.MAX_MAILINGS + 1):
        desk.say("Bounce", mailing, **FULL)
        desk.later(hours=6)
        desk.sweep()
    assert (desk.status, len(desk.mails)) == ("parked", summaries.MAX_MAILINGS)
    desk.register(email="new@acme.example")
    desk.later(minutes=1)
    desk.sweep()
    assert desk.addresses[-1] == "new@acme.example"


def test_the_seller_of_a_pending_summary_is_gone(desk: Desk) -> None:
    """It is parked with its alarm, under no lease, and goes out when somebody registers them again."""
    desk.cancel("A-1")
    desk.later(minutes=11)
    desk.sweep_without_an_answer()
    assert desk.status == "pending"
    (seller,) = desk.tables.items(SELLERS)
    desk.delete(SELLERS, seller, "seller_id")
    for _ in range(3):
        desk.later(minutes=10)
        desk.sweep()
    assert desk.status == "parked"
    assert "lease_until" not in desk.summary()
    assert desk.counts["SummariesParked"] == 1
    desk.later(minutes=1)
    desk.register()
    desk.later(minutes=1)
    desk.sweep()
    assert desk.mails == [("ops@acme.example", ["A-1"])]


def test_a_summary_whose_orders_are_gone_is_parked(desk: Desk) -> None:
    desk.cancel("A-1")
    desk.later(minutes=11)
    desk.sweep_without_an_answer()
    desk.delete(ORDERS, desk.order("A-1"), "seller_id", "order_id")
    for _ in range(3):
        desk.later(minutes=20)
        desk.sweep()
    assert (desk.status, desk.mails, desk.counts["SummariesParked"]) == ("parked", [], 1)
    assert "lease_until" not in desk.summary()


def test_a_summary_that_this_version_cannot_read_is_sent_by_one_that_can(desk: Desk) -> None:
    desk.cancel("A-1")
    desk.later(minutes=11)
    desk.sweep_without_an_answer()
    order = desk.order("A-1")
    desk.spoil(ORDERS, order, placed_at=None)
    for tries in range(1, 4):
        desk.later(minutes=60)
        desk.sweep()
        assert (desk.status, desk.mails, desk.counts["OrdersUnreadable"]) == ("pending", [], 2 * tries)
    desk.spoil(ORDERS, order)
    desk.later(minutes=120)
    desk.sweep()
    assert desk.mails == [("ops@acme.example", ["A-1"])]


@pytest.mark.parametrize("gone", [True, False])
def test_an_order_of_a_summary_that_is_gone_or_unreadable_is_named_and_costs_no_other(desk: Desk, gone: bool) -> None:
    desk.cancel("A-1", "A-gone")
    desk.later(minutes=11)
    desk.sweep_without_an_answer()
    if gone:
        desk.delete(ORDERS, desk.order("A-gone"), "seller_id", "order_id")
    else:
        desk.spoil(ORDERS, desk.order("A-gone"), placed_at=None)
    desk.later(minutes=20)
    desk.sweep()
    assert desk.mails == [("ops@acme.example", ["A-1", "A-gone"])]
    assert desk.counts["OrdersUnreadable"] >= 1
    assert desk.ses.accepted[0].subject.startswith("2 orders cancelled")


# --------------------------------------------------------------------------------------------------- one bad order


SPOILED = {
    "no placement": {"placed_at": None},
    "no cancellation": {"cancellation": None},
    "a cancellation without a time": {
        "cancellation": {"M": {"cancelled_at": {"S": "yesterday"}, "kind": {"S": "auto"}}}
    },
    "another type": {"milestones": {"S": "none"}},
    "a due time that is none": {"summary_due_at": {"S": "2026"}},
}


@pytest.mark.parametrize("preference", ["each_batch", "daily"])
@pytest.mark.parametrize("spoiled", SPOILED.values(), ids=SPOILED)
def test_an_order_that_this_version_cannot_read_costs_one_order(
    desk: Desk, spoiled: dict[str, Any], preference: str
) -> None:
    desk.register(preference=preference)
    desk.cancel("A-1", "A-2", "A-3")
    desk.spoil(ORDERS, desk.order("A-2"), **spoiled)
    for _ in range(30):
        desk.later(hours=1)
        desk.sweep()
    told = [order_ids for _, order_ids in desk.mails]
    assert [order_id for order_ids in told for order_id in order_ids if order_id != "A-2"] == ["A-1", "A-3"]
    if preference == "each_batch" and "summary_due_at" in spoiled:
        return  # to be told at once it needs no due time
    assert told == [["A-1", "A-3"]]
    assert "summary_due_at" in desk.order("A-2")  # and is told by the version that can
    assert desk.counts["OrdersUnreadable"] > 1


def test_what_a_later_version_writes_beside_is_no_reason_to_hold_an_order_back(desk: Desk) -> None:
    later: dict[str, Any] = {"of_a_later_version": {"SS": ["x"]}, "score": {"N": "1.5"}}
    desk.cancel("A-1", **later, milestones={"M": {"LAX1": {"M": {"weighed": {"M": {}}}}}})
    cancellation = desk.order("A-1")["cancellation"]["M"] | later
    desk.spoil(ORDERS, desk.order("A-1"), cancellation={"M": cancellation})
    desk.later(minutes=11)
    desk.sweep()
    assert desk.mails == [("ops@acme.example", ["A-1"])]


def test_a_summary_of_a_later_version_is_sent_again(desk: Desk) -> None:
    desk.cancel("A-1")
    desk.later(minutes=11)
    desk.sweep_without_an_answer()
    desk.spoil(SUMMARIES, desk.summary(), of_a_later_version={"BS": ["eA=="]}, locale={"M": {"language": {"S": "en"}}})
    desk.later(minutes=11)
    desk.sweep()
    assert desk.addresses == ["ops@acme.example"]


# ------------------------------------------------------------------------------------------------------ daily sellers


def test_who_leaves_daily_is_told_at_once(desk: Desk) -> None:
    desk.register(preference="daily")
    desk.cancel("A-1", "A-2")
    desk.later(minutes=11)
    desk.sweep()
    assert desk.mails == []
    desk.register(preference="each_batch")
    desk.later(minutes=1)
    desk.sweep()
    desk.sweep()
    assert desk.mails == [("ops@acme.example", ["A-1", "A-2"])]


def test_who_leaves_daily_for_nothing_is_settled_at_once(desk: Desk) -> None:
    desk.register(preference="daily")
    desk.cancel("A-1")
    desk.later(minutes=11)
    desk.sweep()
    desk.register(preference="off")
    desk.later(minutes=1)
    desk.sweep()
    assert desk.order("A-1")["summary_id"] == {"S": "off"}


def test_orders_that_wait_for_the_hour_of_a_seller_who_is_gone_harm_nobody(desk: Desk) -> None:
    desk.register(preference="daily")
    desk.cancel("A-1")
    desk.later(minutes=11)
    desk.sweep()
    desk.delete(SELLERS, desk.tables.get(SELLERS, "acme"), "seller_id")
    desk.later(minutes=1)
    desk.sweep()
    assert desk.counts["SellersNotTold"] == 0


def test_the_streams_own_time_is_left_to_it(desk: Desk) -> None:
    """An order that was cancelled just now is not told by the sweep: the stream gathers what belongs together."""
    desk.cancel("A-1")
    desk.sweep()
    desk.later(minutes=9)
    desk.sweep()
    assert desk.mails == []


def test_a_daily_seller_in_a_time_zone_that_does_not_exist_is_told_at_the_hour_in_utc(desk: Desk) -> None:
    desk.register(preference="daily", time_zone="Mars/Olympus")
    desk.cancel("A-1")
    desk.later(minutes=11)
    desk.sweep()
    assert desk.order("A-1")["summary_due_at"] == {"S": "2026-11-24T08:00:00.000Z"}
    assert desk.counts["TimeZonesUnknown"] == 1
    desk.now = "2026-11-24T08:00:01.000Z"
    desk.sweep()
    assert desk.mails == [("ops@acme.example", ["A-1"])]
    assert "UTC+00:00" in desk.ses.accepted[0].text
    assert desk.counts["SellersNotTold"] == 0


def test_an_order_that_waits_for_its_hour_is_not_read_every_minute(desk: Desk) -> None:
    desk.register(preference="daily")
    desk.cancel("A-1")
    desk.later(minutes=11)
    desk.sweep()
    asked: list[str] = []
    desk.refuse(lambda call: asked.append(call.operation))
    desk.later(minutes=1)
    desk.sweep()
    assert "GetItem" in asked  # the seller, who may have changed their mind
    assert "BatchGetItem" not in asked


# ---------------------------------------------------------------------------------------------------------- fairness


def test_orders_of_a_seller_that_nobody_registered_stand_aside_untouched(desk: Desk) -> None:
    desk.cancel(*(f"N-{number}" for number in range(300)), seller_id="newcomer")
    desk.later(minutes=11)
    asked: list[str] = []
    desk.refuse(lambda call: asked.append(call.operation))
    desk.sweep()
    assert set(asked) == {"Query", "GetItem"}  # no order was read or written
    assert desk.counts["SellersUnregistered"] == 1
    desk.register("newcomer")
    desk.later(minutes=1)
    desk.sweep()
    assert [(address, len(order_ids)) for address, order_ids in desk.mails] == [("ops@newcomer.example", 300)]


def test_a_seller_with_very_many_orders_has_a_share_of_each_sweep(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summaries.in_shares, "__defaults__", (100,))
    desk.register("bluebird")
    desk.cancel(*(f"A-{number}" for number in range(250)))
    desk.later(seconds=1)
    desk.cancel("B-1", seller_id="bluebird")
    desk.later(minutes=11)
    told = []
    for _ in range(3):
        desk.sweep()
        told.append(len(desk.mails))
        desk.later(minutes=1)
    assert told == [2, 3, 4]
    assert [len(order_ids) for address, order_ids in desk.mails if address == "ops@acme.example"] == [100, 100, 50]
    assert "ops@bluebird.example" in desk.addresses[:2]


def test_who_has_the_fewest_orders_comes_first() -> None:
    entries = [("big", str(number)) for number in range(5)] + [("small", "1"), ("middle", "1"), ("middle", "2")]
    assert summaries.in_shares(entries, Counter(), most=4) == [
        ("small", ["1"]),
        ("middle", ["1", "2"]),
        ("big", ["0", "1", "2", "3"]),
    ]


def test_every_shard_comes_first_in_its_turn() -> None:
    first = []
    for minute in range(len(summaries.SHARDS)):
        shards = summaries.in_turn(summaries.SHARDS, f"2026-11-23T10:{minute:02}:30.000Z")
        assert sorted(shards) == sorted(summaries.SHARDS)
        first.append(shards[0])
    assert sorted(first) == sorted(summaries.SHARDS)


def test_the_time_of_one_sweep_goes_round(desk: Desk) -> None:
    """With time for one seller only, each of the sellers is told in a sweep of the next minutes."""
    sellers = {summaries.shard_of(f"seller-{number}"): f"seller-{number}" for number in range(60)}
    for seller_id in sellers.values():
        desk.register(seller_id)
        desk.cancel(f"O-{seller_id}", seller_id=seller_id)
    desk.later(minutes=11)

    class OneMail(Context):
        def get_remaining_time_in_millis(self) -> int:
            return 120_000 if len(desk.ses.accepted) == before else 1_000

    for _ in summaries.SHARDS:
        before = len(desk.ses.accepted)
        desk.functions.function("summary_sweep").lambda_handler({}, OneMail())
        desk.later(minutes=1)
    assert sorted(desk.addresses) == sorted(f"ops@{seller_id}.example" for seller_id in sellers.values())


# ------------------------------------------------------------------------------------------------ very many, at once


class Watched(Context):
    """Of an invocation that may take as long as the template lets a sweep run, by this watch."""

    def __init__(self, watch: Stopwatch) -> None:
        super().__init__(template()["Resources"]["SummarySweepFunction"]["Properties"]["Timeout"] * 1000)
        self._watch, self._begun = watch, watch.now

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms - int((self._watch.now - self._begun) * 1000)


class Backlog:
    """What one shard has due, as the index shows it: (seller_id, how many orders), oldest first, in Query's pages.

    A page takes so many seconds, and so does telling a seller of a thousand orders.
    """

    PAGE = 10_000  # about what Query reads at most, 1 MB

    def __init__(
        self, desk: Desk, patch: pytest.MonkeyPatch, *sellers: tuple[str, int], page_seconds: float = 0.5
    ) -> None:
        names = (seller_id for seller_id, orders in sellers for _ in range(orders))
        self.due = list(enumerate(names))
        self.told: set[int] = set()
        self.unable: set[str] = set()
        self._watch = desk.watch
        self._page_seconds = page_seconds
        self._sweeper = desk.functions.function("summary_sweep")
        patch.setattr(self._sweeper.sweep, "shards", (summaries.SHARDS[0],))
        patch.setattr(self._sweeper.deliveries.outbox, "due", self._pages)
        patch.setattr(self._sweeper.deliveries, "tell_due", self._tell)

    def sweep(self) -> int:
        """One run, which Lambda would kill after its 120 seconds; returns of how many orders it told."""
        begun = self._watch.now
        self._sweeper.lambda_handler({}, Watched(self._watch))
        assert self._watch.now - begun < 120
        told, self.told = self.told, set()
        self.due = [entry for entry in self.due if entry[0] not in told]
        return len(told)

    def _pages(self, _shard: str, _now: str, after: Any = None) -> Iterator[Any]:
        place = bisect_right(self.due, after["serial"], key=lambda entry: entry[0]) if after else 0
        while True:
            self._watch.sleep(self._page_seconds)
            page = self.due[place : place + self.PAGE]
            place += self.PAGE
            more = place < len(self.due)
            entries = [(seller_id, str(serial)) for serial, seller_id in page if serial not in self.told]
            yield entries, {"serial": page[-1][0]} if more else None
            if not more:
                return

    def _tell(self, seller_id: str, order_ids: list[str]) -> None:
        self._watch.sleep(0.015 + len(order_ids) / 1000)
        if seller_id not in self.unable:
            self.told.update(map(int, order_ids))


def test_a_million_due_orders_of_one_seller_keep_nobody_waiting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    small = [(f"small-{number}", 3) for number in range(100)]
    backlog = Backlog(desk, monkeypatch, ("giant", 1_000_000), *small)
    assert [backlog.sweep() for _ in range(3)] == [summaries.SHARE + 300, summaries.SHARE, summaries.SHARE]


def test_what_is_due_leaves_the_others_half_of_the_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.register(preference="daily")
    desk.cancel("A-1")
    desk.later(minutes=11)
    desk.sweep()
    desk.register(preference="each_batch")  # so that it need not wait for its hour
    backlog = Backlog(desk, monkeypatch, ("giant", 1_000_000), page_seconds=2)
    backlog.unable = {"giant"}
    monkeypatch.setattr(desk.functions.function("summary_sweep").sweep, "shards", (summaries.shard_of("acme"),))
    backlog.sweep()
    assert desk.addresses == ["ops@acme.example"]


def test_a_sweep_that_comes_round_is_not_cut_short(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    backlog = Backlog(desk, monkeypatch, ("small", 3))
    assert backlog.sweep() == 3
    assert desk.counts["SweepsCutShort"] == 0


def test_what_stays_in_front_for_ever_keeps_nobody_waiting_for_long(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run goes on where the last one had no time left, and the next begins anew."""
    backlog = Backlog(desk, monkeypatch, ("giant", 1_000_000), ("small", 3), page_seconds=2)
    backlog.unable = {"giant"}
    assert 3 in [backlog.sweep() for _ in range(3)]
    assert desk.counts["SweepsCutShort"] > 0


def test_ten_thousand_daily_sellers_at_one_minute(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    backlog = Backlog(desk, monkeypatch, *((f"seller-{number}", 1) for number in range(10_000)))
    told = [backlog.sweep(), backlog.sweep()]
    assert sum(told) == 10_000
    assert min(told) > 1_000


@pytest.fixture
def crew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Nineteen sellers, each with a due order, and whoever tells them may do so side by side."""
    monkeypatch.setattr(rounds, "SIDE_BY_SIDE", 8)
    sellers = [f"seller-{number}" for number in range(19)]
    for seller_id in sellers:
        desk.register(seller_id)
        desk.cancel(f"O-{seller_id}", seller_id=seller_id)
    desk.later(minutes=11)
    return sellers


def test_sellers_are_told_side_by_side_and_counted_by_one_thread(
    desk: Desk, crew: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, counting = get_ident(), set[int]()
    busy, most, lock = 0, 0, Lock()
    execute = desk.ses.execute

    def send(operation: str, params: Any) -> Any:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        sleep(0.05)
        with lock:
            busy -= 1
            return execute(operation, params)

    def count(name: str, value: float, **_: Any) -> None:
        counting.add(get_ident())
        desk.counts[name] += int(value)

    monkeypatch.setattr(desk.ses, "execute", send)
    monkeypatch.setattr(observability.metrics.provider, "add_metric", count)
    records = [
        {"dynamodb": {"SequenceNumber": str(number), "NewImage": item}}
        for number, item in enumerate(desk.tables.items(ORDERS))
    ]
    desk.functions.function("cancellation_summary").lambda_handler({"Records": records}, Context(120_000))
    assert sorted(desk.addresses) == sorted(f"ops@{seller_id}.example" for seller_id in crew)
    assert 2 <= most <= 8
    assert desk.counts["Summary.sent"] == 19
    assert counting == {here}


def test_one_seller_who_cannot_be_told_keeps_nobody_from_their_mail(desk: Desk, crew: list[str]) -> None:
    def refuse(call: Call) -> Fault | None:
        seller = call.request.get("Key", {}).get("seller_id") if call.table == SELLERS else None
        return Fault.SERVER_ERROR if seller == {"S": crew[7]} else None

    desk.refuse(refuse)
    desk.sweep()
    assert len(desk.mails) == 18
    assert desk.counts["SellersNotTold"] == 1


def test_when_ses_takes_nothing_no_more_is_begun(desk: Desk, crew: list[str]) -> None:
    desk.ses.refuse("SendingPausedException", math.inf)
    desk.sweep()
    assert desk.ses.attempts <= 8
    assert desk.counts["SendingStopped"] == 1


def test_a_mail_that_was_too_many_is_no_attempt(desk: Desk) -> None:
    """SES takes none for a whole run, which waits for it, and gives the summary back as it was."""
    desk.cancel("A-1")
    desk.later(minutes=11)
    desk.ses.refuse("TooManyRequestsException", math.inf)
    for _ in range(3):
        desk.functions.function("summary_sweep").lambda_handler({}, Watched(desk.watch))
        desk.later(minutes=1)
    assert (desk.status, desk.summary()["attempts"]) == ("pending", {"N": "0"})
    assert desk.ses.attempts < 3 * 60  # of 120 s each
    desk.ses.relent()
    desk.sweep()
    assert (desk.status, desk.mails) == ("sent", [("ops@acme.example", ["A-1"])])


@pytest.mark.parametrize("numbers", [("0", "0"), ("0", "1"), ("3", "0")])
def test_events_wait_while_the_queue_says_so(numbers: tuple[str, str]) -> None:
    events = Events("https://sqs.us-east-1.amazonaws.com/123456789012/MailEvents")
    assert events._sqs
    with Stubber(events._sqs) as queue:
        attributes = dict(
            zip(("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"), numbers, strict=True)
        )
        queue.add_response("get_queue_attributes", {"Attributes": attributes})
        assert events.wait() is (numbers != ("0", "0"))


def test_the_queue_is_asked_only_where_a_summary_may_be_sent_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    events = desk.functions.function("summary_sweep").deliveries.events

    def wait() -> bool:
        asked.append("asked")
        return False

    monkeypatch.setattr(events, "wait", wait)
    desk.cancel("A-1")
    desk.later(minutes=11)
    desk.sweep_without_an_answer()
    assert asked == []
    desk.later(minutes=10)
    desk.sweep()
    assert asked == ["asked"]
    assert desk.addresses == ["ops@acme.example"]


def test_a_queue_that_cannot_be_seen_holds_no_mail_back() -> None:
    events = Events("https://sqs.us-east-1.amazonaws.com/123456789012/MailEvents")
    assert events._sqs
    with Stubber(events._sqs) as queue:
        queue.add_client_error("get_queue_attributes", "InternalError", http_status_code=400)
        assert events.wait() is False


# ------------------------------------------------------------------------------------------- the sweep counts itself


def test_a_sweep_that_has_been_everywhere_counts_itself(desk: Desk) -> None:
    desk.sweep()
    assert desk.counts["Sweeps"] == 1


@pytest.mark.parametrize("minute", range(len(summaries.SHARDS)))  # each begins in another shard
def test_a_sweep_that_fails_in_one_shard_goes_on_and_does_not_count_itself(desk: Desk, minute: int) -> None:
    desk.cancel("A-1")
    desk.later(minutes=11 + minute)
    failing = next(shard for shard in summaries.SHARDS if shard != summaries.shard_of("acme"))

    def refuse(call: Call) -> Fault | None:
        values = call.request.get("ExpressionAttributeValues", {})
        return Fault.THROTTLED if {"S": failing} in values.values() else None

    desk.refuse(refuse)
    with pytest.raises(Unavailable):
        desk.functions.sweep()
    assert desk.counts["Sweeps"] == 0
    assert desk.addresses == ["ops@acme.example"]


def test_a_sweep_that_dies_does_not_count_itself(desk: Desk) -> None:
    with (
        patch("order_cancellation.tables.outbox.Outbox.due", side_effect=ZeroDivisionError),
        pytest.raises(ZeroDivisionError),
    ):
        desk.functions.sweep()
    assert desk.counts["Sweeps"] == 0
