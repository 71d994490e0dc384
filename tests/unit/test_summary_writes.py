"""What each write about summaries does to the items: the tests that the mutants of the claim code must not pass."""

from collections.abc import Mapping
from copy import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from order_cancellation.domain import summaries, times
from order_cancellation.domain.refusals import Unavailable
from order_cancellation.domain.sellers import Contact, Seller
from order_cancellation.domain.summaries import Summary
from order_cancellation.tables.orders import order_from_image
from order_cancellation.tables.outbox import Outbox
from order_cancellation.tables.summaries import Pages, Summaries
from tests.support import sdk
from tests.support.memory_tables import ORDERS, SUMMARIES, Tables
from tests.support.rig import order_item
from tests.support.sdk import Call, Fault

ACME = Seller("acme", Contact("Acme", "ops@acme.example", "UTC", "each_batch"))
SHARD = summaries.shard_of("acme")
NOW = "2026-11-23T14:00:00.000Z"
LATER = "2026-11-23T14:05:00.000Z"  # when a lease that was taken NOW is over
MUCH_LATER = "2026-11-23T16:00:00.000Z"
DUE = {"summary_due_at": {"S": NOW}, "summary_shard": {"S": SHARD}}
STATUSES = ("pending", "sent", "delivered", "bounced", "parked")
# from which status a summary may become which
FOLLOWS = {
    ("pending", "sent"),
    ("pending", "delivered"),
    ("pending", "bounced"),
    ("pending", "parked"),
    ("sent", "delivered"),
    ("sent", "bounced"),
    ("sent", "parked"),
    ("delivered", "bounced"),
}


class Rig:
    """Outbox and summaries on tables in memory; ``hook`` sees each request before it is carried out, but its own."""

    def __init__(self, tables: Tables, dynamodb: Any, hooks: list[sdk.Hook]) -> None:
        self.tables = tables
        self.hook: sdk.Hook = sdk.no_hook
        self.outbox = Outbox(dynamodb, ORDERS, SUMMARIES)
        self.summaries = Summaries(dynamodb, SUMMARIES)
        self._hooks = hooks
        hooks[0] = self._on_the_wire

    def _on_the_wire(self, call: Call) -> Fault | sdk.Broken | None:
        self._hooks[0] = sdk.no_hook
        try:
            return self.hook(call)
        finally:
            self._hooks[0] = self._on_the_wire

    def put_orders(self, *order_ids: str, **attributes: Any) -> None:
        for order_id in order_ids:
            self.tables.put(ORDERS, {**order_item(order_id), "status": {"S": "cancelled"}, **(attributes or DUE)})

    def order(self, order_id: str) -> Mapping[str, Any]:
        item = self.tables.get(ORDERS, "acme", order_id)
        assert item is not None
        return item

    def summary(self, summary_id: str) -> Mapping[str, Any]:
        item = self.tables.get(SUMMARIES, "acme", summary_id)
        assert item is not None
        return item

    def sealed(self, *order_ids: str) -> Summary:
        self.put_orders(*order_ids)
        sealed = self.outbox.seal(ACME, order_ids, NOW)
        assert sealed
        return sealed


def shown_by[Entry](pages: Pages[Entry]) -> list[Entry]:
    """The entries of all pages of an index."""
    return [entry for entries, _ in pages for entry in entries]


@pytest.fixture
def rig(tables: Tables, dynamodb: Any, hooks: list[sdk.Hook]) -> Rig:
    return Rig(tables, dynamodb, hooks)


# ------------------------------------------------------------------------------------------------------ claim and seal


def test_a_seal_claims_and_lists_in_one_step(rig: Rig) -> None:
    rig.put_orders("A-1", "A-2")
    sealed = rig.outbox.seal(ACME, ("A-1", "A-2"), NOW, 2, 3)
    assert sealed
    assert sealed == Summary(
        "acme", sealed.summary_id, "pending", ("A-1", "A-2"), "ops@acme.example", NOW, LATER, 1, 2, 3
    )
    assert rig.summary(sealed.summary_id)["lease_shard"] == {"S": SHARD}
    for order_id in ("A-1", "A-2"):
        expected = {**order_item(order_id), "status": {"S": "cancelled"}, "summary_id": {"S": sealed.summary_id}}
        assert rig.order(order_id) == expected


@pytest.mark.parametrize(
    "attributes",
    [
        {"summary_id": {"S": "another"}},
        {"summary_id": {"S": "off"}},
        {**DUE, "summary_id": {"S": "another"}},  # cannot come about, and still is nobody else's
        {"marketplace": {"S": "ebay"}},  # not due
    ],
)
def test_a_seal_leaves_out_what_is_not_due_or_in_another_summary(rig: Rig, attributes: Any) -> None:
    rig.put_orders("A-1", "A-3")
    rig.put_orders("A-2", **attributes)
    before = rig.order("A-2")
    sealed = rig.outbox.seal(ACME, ("A-1", "A-2", "A-3"), NOW)
    assert sealed
    assert sealed.order_ids == ("A-1", "A-3")
    assert rig.order("A-2") == before


def test_where_nothing_is_due_there_is_no_summary(rig: Rig) -> None:
    rig.put_orders("A-1", summary_id={"S": "another"})
    assert rig.outbox.seal(ACME, ("A-1", "A-404"), NOW) is None
    assert rig.tables.items(SUMMARIES) == []
    assert rig.tables.get(ORDERS, "acme", "A-404") is None


def test_a_large_seal_takes_several_transactions_and_makes_one_summary(rig: Rig) -> None:
    order_ids = tuple(f"A-{number:03}" for number in range(200))
    calls: list[str] = []
    rig.hook = lambda call: calls.append(call.operation)
    rig.put_orders(*order_ids)
    sealed = rig.outbox.seal(ACME, order_ids, NOW)
    assert sealed
    assert sealed.order_ids == order_ids
    assert calls == ["TransactWriteItems"] * 3 + ["GetItem"]


@pytest.mark.parametrize("settled", [False, True])
def test_who_has_lost_the_lease_adds_nothing_more(rig: Rig, settled: bool) -> None:
    order_ids = tuple(f"A-{number:03}" for number in range(100))
    rig.put_orders(*order_ids)
    transactions = 0

    def sweep_in_between(call: Call) -> None:
        nonlocal transactions
        transactions += call.operation == "TransactWriteItems"
        if transactions == 2 and call.operation == "TransactWriteItems":
            ((seller_id, summary_id),) = shown_by(rig.summaries.expired(SHARD, MUCH_LATER))
            assert rig.summaries.lease(seller_id, summary_id, MUCH_LATER)
            if settled:
                assert rig.summaries.set_status(seller_id, summary_id, "sent", MUCH_LATER)

    rig.hook = sweep_in_between
    with pytest.raises(Unavailable):
        rig.outbox.seal(ACME, order_ids, NOW)
    (item,) = rig.tables.items(SUMMARIES)
    assert len(item["order_ids"]["L"]) == 99
    assert rig.order("A-099")["summary_due_at"] == {"S": NOW}


@pytest.mark.parametrize(("conflicts", "sealed"), [(0, True), (2, True), (3, False)])
@pytest.mark.parametrize("over", [Fault.CONFLICT, Fault.CONFLICT_BEHIND])
def test_a_conflict_is_tried_three_times(rig: Rig, over: Fault, conflicts: int, sealed: bool) -> None:
    rig.put_orders("A-1")
    left = [over] * conflicts

    def conflict(call: Call) -> Fault | None:
        return left.pop() if left and call.operation == "TransactWriteItems" else None

    rig.hook = conflict
    if sealed:
        assert rig.outbox.seal(ACME, ("A-1",), NOW)
    else:
        with pytest.raises(Unavailable):
            rig.outbox.seal(ACME, ("A-1",), NOW)
        assert rig.order("A-1")["summary_due_at"] == {"S": NOW}
    assert not left


def test_a_summary_is_the_only_one_unless_told(rig: Rig) -> None:
    sealed = rig.sealed("A-1")
    assert (sealed.part, sealed.parts) == (1, 1)


def test_what_is_not_due_is_neither_postponed_nor_settled(rig: Rig) -> None:
    rig.put_orders("A-1", marketplace={"S": "ebay"})
    before = rig.order("A-1")
    order = order_from_image(before)
    rig.outbox.postpone(order, LATER)
    assert rig.outbox.skip(order) is None
    assert rig.order("A-1") == before


def test_a_claim_whose_answer_was_lost_is_known_by_its_token(rig: Rig) -> None:
    rig.put_orders("A-1")
    left = [Fault.LOST]
    rig.hook = lambda call: left.pop() if left and call.operation == "TransactWriteItems" else None
    sealed = rig.outbox.seal(ACME, ("A-1",), NOW)
    assert sealed
    assert sealed.order_ids == ("A-1",)


# ----------------------------------------------------------------------------------------------------------- due orders


@pytest.mark.parametrize(("at", "shown"), [("2026-11-23T13:59:59.999Z", False), (NOW, True), (LATER, True)])
def test_an_order_is_due_from_its_moment_on(rig: Rig, at: str, shown: bool) -> None:
    rig.put_orders("A-1")
    rig.put_orders("A-2", summary_due_at={"S": MUCH_LATER}, summary_shard={"S": SHARD})
    assert shown_by(rig.outbox.due(SHARD, at)) == ([("acme", "A-1")] if shown else [])
    assert shown_by(rig.outbox.due("shard-of-others", at)) == []


def test_an_order_is_postponed_or_settled_as_it_was_seen(rig: Rig) -> None:
    rig.put_orders("A-1", "A-2")
    first, second = (order_from_image({**rig.order(order_id), "milestones": {"M": {}}}) for order_id in ("A-1", "A-2"))
    rig.outbox.postpone(first, LATER)
    assert rig.order("A-1")["summary_due_at"] == {"S": LATER}
    rig.outbox.postpone(first, MUCH_LATER)
    assert rig.order("A-1")["summary_due_at"] == {"S": LATER}
    assert rig.outbox.skip(first) is None
    assert "summary_id" not in rig.order("A-1")
    skipped = rig.outbox.skip(second)
    assert skipped
    assert skipped.summary_id == "off"
    assert rig.order("A-2")["summary_id"] == {"S": "off"}
    assert not {"summary_due_at", "summary_shard"} & set(rig.order("A-2"))


# ------------------------------------------------------------------------------------------------------------ summaries


@pytest.mark.parametrize(("at", "taken"), [("2026-11-23T14:04:59.999Z", False), (LATER, True), (MUCH_LATER, True)])
def test_a_lease_is_taken_when_it_is_over(rig: Rig, at: str, taken: bool) -> None:
    sealed = rig.sealed("A-1")
    assert shown_by(rig.summaries.expired(SHARD, at)) == ([("acme", sealed.summary_id)] if taken else [])
    assert shown_by(rig.summaries.expired("shard-of-others", at)) == []
    leased = rig.summaries.lease("acme", sealed.summary_id, at)
    assert (leased is not None) is taken
    if leased:
        assert (leased.attempts, leased.lease_until) == (2, summaries.lease_after(at, 2))
        assert (leased.status, leased.order_ids) == ("pending", ("A-1",))


def test_only_one_takes_a_lease(rig: Rig) -> None:
    sealed = rig.sealed("A-1")

    def somebody_else(call: Call) -> None:
        if call.operation == "UpdateItem":
            assert rig.summaries.lease("acme", sealed.summary_id, LATER)

    rig.hook = somebody_else
    assert rig.summaries.lease("acme", sealed.summary_id, MUCH_LATER) is None
    assert rig.summary(sealed.summary_id)["lease_until"] == {"S": summaries.lease_after(LATER, 2)}


@pytest.mark.parametrize("status", ["sent", "delivered", "parked"])
def test_what_is_settled_is_not_leased(rig: Rig, status: Any) -> None:
    sealed = rig.sealed("A-1")

    def settled_meanwhile(call: Call) -> None:
        if call.operation == "UpdateItem":
            rig.tables.put(SUMMARIES, {**rig.summary(sealed.summary_id), "status": {"S": status}})

    rig.hook = settled_meanwhile
    assert rig.summaries.lease("acme", sealed.summary_id, MUCH_LATER) is None
    rig.hook = sdk.no_hook
    assert rig.summaries.lease("acme", sealed.summary_id, MUCH_LATER) is None
    assert rig.summaries.lease("acme", "S-404", MUCH_LATER) is None
    assert rig.tables.get(SUMMARIES, "acme", "S-404") is None


def test_what_came_back_for_now_is_leased_as_another_mailing(rig: Rig) -> None:
    sealed = rig.sealed("A-1")
    came_back = {"status": {"S": "bounced"}, "came_back": {"BOOL": True}}
    rig.tables.put(SUMMARIES, {**rig.summary(sealed.summary_id), **came_back})
    taken = rig.summaries.lease("acme", sealed.summary_id, MUCH_LATER)
    assert taken
    assert (taken.status, taken.attempts, taken.mailing) == ("pending", 2, 2)


def test_a_lease_is_given_back_by_who_has_it(rig: Rig) -> None:
    sealed = rig.sealed("A-1")
    rig.summaries.release(sealed, NOW)
    assert rig.summary(sealed.summary_id)["lease_until"] == {"S": NOW}
    rig.summaries.release(sealed, MUCH_LATER)
    assert rig.summary(sealed.summary_id)["lease_until"] == {"S": NOW}


@pytest.mark.parametrize("status", STATUSES[1:])
def test_a_settled_summary_is_not_tried_again(rig: Rig, status: Any) -> None:
    sealed = rig.sealed("A-1")
    before = {**rig.summary(sealed.summary_id), "status": {"S": status}}
    rig.tables.put(SUMMARIES, before)
    rig.summaries.release(sealed, MUCH_LATER)
    assert rig.summary(sealed.summary_id) == before


@pytest.mark.parametrize("before", STATUSES)
@pytest.mark.parametrize("after", STATUSES[1:])
def test_a_summary_only_goes_on(rig: Rig, before: str, after: Any) -> None:
    sealed = rig.sealed("A-1")
    if before != "pending":
        path = {"sent": ("sent",), "delivered": ("delivered",), "bounced": ("bounced",), "parked": ("parked",)}[before]
        for step in path:
            assert rig.summaries.set_status("acme", sealed.summary_id, step, NOW)  # type: ignore[arg-type]
    known = rig.summary(sealed.summary_id)
    written = rig.summaries.set_status("acme", sealed.summary_id, after, LATER, note_of_test="fact")
    assert written is ((before, after) in FOLLOWS)
    item = rig.summary(sealed.summary_id)
    if written:
        assert (item["status"], item[f"{after}_at"], item["note_of_test"]) == (
            {"S": after},
            {"S": LATER},
            {"S": "fact"},
        )
        assert not {"lease_until", "lease_shard"} & set(item)
    else:
        assert item == known


def test_a_summary_that_is_not_there_is_not_made_by_its_event(rig: Rig) -> None:
    assert not rig.summaries.set_status("acme", "S-404", "sent", NOW)
    assert rig.tables.items(SUMMARIES) == []


def test_a_summary_is_found_by_its_id(rig: Rig) -> None:
    sealed = rig.sealed("A-1")
    assert rig.summaries.seller_of(sealed.summary_id) == "acme"
    assert rig.summaries.seller_of("S-404") is None
    assert rig.summaries.find("acme", sealed.summary_id) == sealed
    assert rig.summaries.find("acme", "S-404") is None


def test_a_summary_is_read_strongly_consistent(rig: Rig) -> None:
    sealed = rig.sealed("A-1")
    consistent: list[Any] = []
    rig.hook = lambda call: consistent.append(call.request.get("ConsistentRead"))
    rig.summaries.find("acme", sealed.summary_id)
    assert consistent == [True]


def test_writes_about_a_summary_do_not_bring_its_orders_back(rig: Rig) -> None:
    """It lists up to a thousand of them."""
    sealed = rig.sealed("A-1")
    asked: list[Call] = []
    rig.hook = asked.append
    rig.summaries.release(sealed, NOW)
    rig.summaries.set_status("acme", sealed.summary_id, "sent", NOW)
    rig.summaries.set_status("acme", sealed.summary_id, "sent", NOW)  # refused
    wanted = {(c.request["ReturnValues"], c.request["ReturnValuesOnConditionCheckFailure"]) for c in asked}
    assert (len(asked), wanted) == (3, {("NONE", "NONE")})


# --------------------------------------------------------------------------------------------------------------- a list


def put_summaries(rig: Rig, count: int, **attributes: Any) -> list[str]:
    """So many summaries of acme; their ids, latest first."""
    ids = [f"S-{number:03}" for number in range(count)]
    for summary_id in ids:
        key = {"seller_id": {"S": "acme"}, "summary_id": {"S": summary_id}}
        rig.tables.put(SUMMARIES, {**key, "status": {"S": "sent"}, **attributes})
    return ids[::-1]


def listed(rig: Rig, limit: int) -> list[list[str]]:
    """All pages of acme's summaries."""
    pages, position = [], None
    while True:
        items, position = rig.summaries.page("acme", limit, position)
        pages.append([str(item["summary_id"]) for item in items])
        if position is None:
            return pages


@pytest.mark.parametrize(
    ("count", "limit", "pages"), [(0, 5, 1), (4, 5, 1), (5, 5, 1), (6, 5, 2), (11, 5, 3), (3, 1, 3)]
)
def test_every_summary_is_on_one_page(rig: Rig, count: int, limit: int, pages: int) -> None:
    ids = put_summaries(rig, count)
    found = listed(rig, limit)
    assert [each for page in found for each in page] == ids
    assert len(found) == pages


def test_a_page_that_ends_by_its_bytes_has_a_cursor(rig: Rig) -> None:
    order_ids = {"L": [{"S": f"{number:04}".ljust(64, "A")} for number in range(300)]}
    ids = put_summaries(rig, 120, order_ids=order_ids)
    found = listed(rig, 100)
    assert [each for page in found for each in page] == ids
    assert len(found[0]) < 100


@pytest.mark.parametrize("spoiled", [{"status": {"M": {}}}, {"order_ids": {"S": "A-1"}}])
def test_a_summary_that_this_version_cannot_read_costs_one_row(rig: Rig, spoiled: Any) -> None:
    ids = put_summaries(rig, 7)
    rig.tables.put(
        SUMMARIES, {"seller_id": {"S": "acme"}, "summary_id": {"S": "S-003"}, "status": {"S": "x"}, **spoiled}
    )
    assert [each for page in listed(rig, 2) for each in page] == [each for each in ids if each != "S-003"]


# ------------------------------------------------------------------------------------------------------- large claims


def put_large_orders(rig: Rig, count: int, kilobytes: int) -> tuple[str, ...]:
    order_ids = tuple(f"A-{number:03}" for number in range(count))
    rig.put_orders(*order_ids, **DUE, of_a_later_version={"S": "x" * (kilobytes * 1024)})
    return order_ids


@pytest.mark.parametrize("spoilt", [{"status": {"N": "1"}}, {"order_ids": {"S": "A-1"}}])
def test_a_summary_that_nobody_can_read_is_left_out_and_counted(
    rig: Rig, spoilt: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    monkeypatch.setattr("order_cancellation.tables.summaries.count", counted.append)
    rig.tables.put(SUMMARIES, {**rig.summary(rig.sealed("A-1").summary_id), **spoilt})
    assert rig.summaries.page("acme", 10, None) == ([], None)
    assert counted == ["SummariesUnreadable"]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between tries, which only move the clock on."""
    waited: list[float] = []
    clock = SimpleNamespace(sleep=waited.append, monotonic=lambda: sum(waited))
    monkeypatch.setattr("order_cancellation.tables.outbox.time", clock)
    return waited


@pytest.mark.parametrize(("count", "kilobytes"), [(99, 49), (99, 390), (250, 60), (1, 390), (3, 390)])
def test_orders_of_any_size_are_claimed_into_one_summary(
    rig: Rig, pauses: list[float], count: int, kilobytes: int
) -> None:
    """Their size is not known to this version: it learns of it from DynamoDB's refusal."""
    order_ids = put_large_orders(rig, count, kilobytes)
    sealed = rig.outbox.seal(ACME, order_ids, NOW)
    assert sealed
    assert sealed.order_ids == order_ids
    assert not [order_id for order_id in order_ids if "summary_due_at" in rig.order(order_id)]
    assert len(rig.tables.items(SUMMARIES)) == 1


def transactions(rig: Rig) -> list[list[str]]:
    """The order ids of every transaction from now on."""
    seen: list[list[str]] = []

    def note(call: Call) -> None:
        if call.operation == "TransactWriteItems":
            _, *takings = call.request["TransactItems"]
            seen.append([taking["Update"]["Key"]["order_id"]["S"] for taking in takings])

    rig.hook = note
    return seen


def test_a_claim_takes_no_more_of_a_partition_than_it_has_in_a_second(rig: Rig, pauses: list[float]) -> None:
    order_ids = put_large_orders(rig, 25, 49)
    seen = transactions(rig)
    sealed = rig.outbox.seal(ACME, order_ids, NOW, units=dict.fromkeys(order_ids, 100))
    assert sealed
    assert sealed.order_ids == order_ids
    assert [len(claimed) for claimed in seen] == [10, 10, 5]
    assert pauses == [pytest.approx(1), pytest.approx(0.5)]  # 2,500 units: the first thousand at once


def test_what_is_too_large_is_halved_at_once(rig: Rig, pauses: list[float]) -> None:
    order_ids = put_large_orders(rig, 99, 49)
    seen = transactions(rig)
    assert rig.outbox.seal(ACME, order_ids, NOW)
    assert [len(claimed) for claimed in seen] == [99, 49, 50]
    assert len(pauses) == 1


def test_an_order_that_cannot_be_claimed_costs_no_other(
    rig: Rig, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    monkeypatch.setattr("order_cancellation.tables.outbox.count", counted.append)
    order_ids = tuple(f"A-{number:03}" for number in range(120))
    rig.put_orders(*order_ids)
    rig.put_orders("A-042", **DUE, of_a_later_version={"S": "x"})

    def refuse(call: Call) -> Fault | None:
        keys = [action["Update"]["Key"].get("order_id") for action in call.request.get("TransactItems", ())]
        return Fault.CONFLICT if {"S": "A-042"} in keys else None

    rig.hook = refuse
    sealed = rig.outbox.seal(ACME, order_ids, NOW)
    assert sealed
    assert set(sealed.order_ids) == set(order_ids) - {"A-042"}
    assert rig.order("A-042")["summary_due_at"] == {"S": NOW}
    assert counted == ["OrdersNotClaimed"]
    assert (
        len(pauses) == 7 * 2 + 6
    )  # two between three tries, of 99, 49, 25, 13, 7, 3 and 1 orders; one before each half


@pytest.mark.parametrize("at_once", [1, 99])
@pytest.mark.parametrize(("refused", "taken"), [("A-1", "A-2"), ("A-2", "A-1")])
def test_that_nothing_could_be_claimed_is_not_taken_for_nothing_to_claim(
    rig: Rig, pauses: list[float], monkeypatch: pytest.MonkeyPatch, at_once: int, refused: str, taken: str
) -> None:
    monkeypatch.setattr("order_cancellation.tables.outbox._CLAIMS_PER_TRANSACTION", at_once)
    rig.put_orders(refused)
    rig.put_orders(taken, summary_id={"S": "another"})

    def refuse(call: Call) -> Fault | None:
        keys = [action["Update"]["Key"].get("order_id") for action in call.request.get("TransactItems", ())]
        return Fault.CONFLICT if {"S": refused} in keys else None

    rig.hook = refuse
    with pytest.raises(Unavailable):
        rig.outbox.seal(ACME, ("A-1", "A-2"), NOW)


@pytest.mark.parametrize("reasons", [[], [{"Code": "None"}] * 3, [{"Code": "TransactionConflict"}]])
def test_a_refusal_that_does_not_say_which_order_it_is_about_is_about_all(
    rig: Rig, pauses: list[float], reasons: list[dict[str, str]]
) -> None:
    rig.put_orders("A-1", "A-2")
    sizes: list[int] = []

    def refuse(call: Call) -> sdk.Broken | None:
        if call.operation != "TransactWriteItems":
            return None
        sizes.append(len(call.request["TransactItems"]))
        error = sdk.error("TransactionCanceledException", CancellationReasons=reasons)
        return sdk.Broken(error) if sizes == [3] else None

    rig.hook = refuse
    sealed = rig.outbox.seal(ACME, ("A-1", "A-2"), NOW)
    assert sealed
    assert sealed.order_ids == ("A-1", "A-2")
    assert sizes == [3, 2, 2]


def test_a_conflict_waits_longer_each_time_and_by_chance(
    rig: Rig, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    most: list[float] = []

    def uniform(least: float, longest: float) -> float:
        most.append(longest)
        return least

    monkeypatch.setattr("order_cancellation.tables.outbox.random.uniform", uniform)
    rig.put_orders("A-1")
    left = [Fault.CONFLICT] * 2
    rig.hook = lambda call: left.pop() if left and call.operation == "TransactWriteItems" else None
    assert rig.outbox.seal(ACME, ("A-1",), NOW)
    assert pauses == [0, 0]
    assert most == [0.1, 0.2]


def test_a_refusal_of_another_kind_is_not_hidden(
    rig: Rig, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.put_orders("A-1")
    denied: Any = {"Error": {"Code": "AccessDeniedException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}

    def deny(request: Any) -> None:
        raise ClientError(denied, "TransactWriteItems")

    monkeypatch.setattr("order_cancellation.tables.outbox.call", deny)
    with pytest.raises(ClientError):
        rig.outbox.seal(ACME, ("A-1",), NOW)


@pytest.mark.parametrize(("after", "shown"), [("2026-11-23T13:59:59.999Z", True), (NOW, False), (LATER, False)])
def test_an_order_waits_for_a_later_moment(rig: Rig, after: str, shown: bool) -> None:
    rig.put_orders("A-1")
    assert shown_by(rig.outbox.waiting(SHARD, after)) == ([("acme", "A-1")] if shown else [])
    assert shown_by(rig.outbox.waiting("shard-of-others", after)) == []


def test_a_place_that_time_has_passed_is_the_beginning(rig: Rig) -> None:
    """A sweep that was cut short goes on where it was, but what waited there may be due by now."""
    rig.put_orders("A-1")
    place = {
        "seller_id": "acme",
        "order_id": "A-0",
        "summary_shard": SHARD,
        "summary_due_at": "2026-11-23T13:00:00.000Z",
    }
    assert shown_by(rig.outbox.waiting(SHARD, "2026-11-23T13:59:59.999Z", place)) == [("acme", "A-1")]


def test_a_place_that_is_still_ahead_is_gone_on_from(rig: Rig) -> None:
    rig.put_orders("A-1", "A-2", **{**DUE, "summary_due_at": {"S": LATER}})
    keys = {"seller_id": "acme", "order_id": "A-1"}
    place = {**keys, "summary_shard": SHARD, "summary_due_at": LATER}
    assert shown_by(rig.outbox.waiting(SHARD, NOW, place)) == [("acme", "A-2")]


# ------------------------------------------------------------------------------------------- what came back, and waits


MOVED = Seller("acme", Contact("Acme", "new@acme.example", "UTC", "each_batch"))


def bounced(rig: Rig, waits_for: Any = "address", **spoiled: Any) -> Summary:
    sealed = rig.sealed("A-1")
    assert rig.summaries.set_status("acme", sealed.summary_id, "bounced", LATER, 1, waits_for)
    if spoiled:
        rig.tables.put(SUMMARIES, {**rig.summary(sealed.summary_id), **spoiled})
    return sealed


def test_a_summary_waits_in_an_index_of_its_own(rig: Rig) -> None:
    sealed = bounced(rig)
    assert shown_by(rig.summaries.waiting(SHARD)) == [("acme", sealed.summary_id, "ops@acme.example", "address")]
    assert shown_by(rig.summaries.waiting("shard-of-others")) == []
    item = rig.summary(sealed.summary_id)
    assert (item["waits_for"], item["waiting_since"]) == ({"S": "address"}, {"S": LATER})
    assert shown_by(rig.summaries.expired(SHARD, MUCH_LATER)) == []


def test_what_waits_is_taken_to_another_address(rig: Rig) -> None:
    sealed = bounced(rig)
    taken = rig.summaries.readdress(MOVED, sealed.summary_id, MUCH_LATER)
    assert taken == replace(
        sealed, email="new@acme.example", lease_until=summaries.lease_after(MUCH_LATER, 1), attempts=2, mailing=2
    )
    assert shown_by(rig.summaries.waiting(SHARD)) == []
    assert shown_by(rig.summaries.expired(SHARD, "2026-11-23T16:05:00.000Z")) == [("acme", sealed.summary_id)]
    assert not {"waits_for", "waiting_shard", "waiting_since"} & set(rig.summary(sealed.summary_id))
    assert rig.summaries.readdress(MOVED, sealed.summary_id, MUCH_LATER) is None


def test_attempts_go_on_while_mailings_begin_anew(rig: Rig) -> None:
    summary_id = bounced(rig).summary_id
    rig.tables.put(SUMMARIES, {**rig.summary(summary_id), "attempts": {"N": "4"}, "expires_at": {"N": "1"}})
    taken = rig.summaries.readdress(MOVED, summary_id, MUCH_LATER)
    assert taken
    assert (taken.attempts, taken.mailing) == (5, 2)
    assert "expires_at" not in rig.summary(summary_id)


@pytest.mark.parametrize("seller", [ACME, replace(MOVED, contact=replace(MOVED.contact, summaries="off"))])
def test_what_has_to_wait_is_left_alone(rig: Rig, seller: Seller) -> None:
    sealed = bounced(rig)
    before = rig.summary(sealed.summary_id)
    assert rig.summaries.readdress(seller, sealed.summary_id, MUCH_LATER) is None
    assert rig.summaries.readdress(MOVED, "S-404", MUCH_LATER) is None
    assert rig.summary(sealed.summary_id) == before
    assert len(rig.tables.items(SUMMARIES)) == 1


@pytest.mark.parametrize("meanwhile", [{"status": {"S": "delivered"}}, {"waiting_since": {"S": MUCH_LATER}}])
def test_only_one_takes_what_waits(rig: Rig, meanwhile: Any) -> None:
    sealed = bounced(rig)

    def somebody_else(call: Call) -> None:
        if call.operation == "UpdateItem":
            rig.tables.put(SUMMARIES, {**rig.summary(sealed.summary_id), **meanwhile})

    rig.hook = somebody_else
    assert rig.summaries.readdress(MOVED, sealed.summary_id, MUCH_LATER) is None
    assert rig.summary(sealed.summary_id)["email"] == {"S": "ops@acme.example"}


@pytest.mark.parametrize(
    ("before", "recorded"),
    [("pending", True), ("sent", True), ("delivered", False), ("bounced", False), ("parked", False)],
)
def test_what_came_back_for_now_is_tried_later(rig: Rig, before: Any, recorded: bool) -> None:
    sealed = rig.sealed("A-1")
    if before != "pending":
        assert rig.summaries.set_status("acme", sealed.summary_id, before, NOW)
    known = rig.summary(sealed.summary_id)
    assert rig.summaries.try_later(sealed, LATER, MUCH_LATER, "full") is recorded
    item = rig.summary(sealed.summary_id)
    if not recorded:
        assert item == known
        return
    expected = {
        "status": {"S": "bounced"},
        "bounced_at": {"S": LATER},
        "bounced_because": {"S": "full"},
        "came_back": {"BOOL": True},
        "lease_until": {"S": MUCH_LATER},
        "lease_shard": {"S": SHARD},
    }
    assert item == {**known, **expected}
    assert rig.summaries.lease("acme", sealed.summary_id, LATER) is None
    assert shown_by(rig.summaries.expired(SHARD, MUCH_LATER)) == [("acme", sealed.summary_id)]
    leased = rig.summaries.lease("acme", sealed.summary_id, MUCH_LATER)
    assert leased
    assert (leased.status, leased.mailing, leased.attempts, leased.came_back) == ("pending", 2, 2, False)


@pytest.mark.parametrize(
    ("status", "follows"), [("sent", False), ("delivered", True), ("bounced", True), ("parked", True)]
)
def test_what_may_follow_what_came_back_for_now(rig: Rig, status: Any, follows: bool) -> None:
    sealed = rig.sealed("A-1")
    assert rig.summaries.try_later(sealed, LATER, MUCH_LATER, "full")
    assert rig.summaries.set_status("acme", sealed.summary_id, status, MUCH_LATER) is follows
    item = rig.summary(sealed.summary_id)
    assert ({"lease_until", "lease_shard", "came_back"} <= set(item)) is not follows
    assert item["status"] == {"S": status if follows else "bounced"}


@pytest.mark.parametrize(
    ("attribute", "mailing", "same"),
    [(None, 1, True), (1, 1, True), (2, 2, True), (None, 2, False), (2, 1, False), (1, 2, False), (3, 2, False)],
)
def test_only_the_last_mailing_counts(rig: Rig, attribute: int | None, mailing: int, same: bool) -> None:
    sealed = rig.sealed("A-1")
    if attribute is not None:
        rig.tables.put(SUMMARIES, {**rig.summary(sealed.summary_id), "mailing": {"N": str(attribute)}})
    assert rig.summaries.try_later(replace(sealed, mailing=mailing), LATER, MUCH_LATER, "full") is same
    assert rig.summaries.set_status("acme", sealed.summary_id, "delivered", LATER, mailing) is same


def test_a_lease_that_was_given_back_says_that_nothing_was_taken(rig: Rig) -> None:
    sealed = rig.sealed("A-1")
    rig.summaries.release(sealed, LATER)
    assert rig.summary(sealed.summary_id)["not_taken"] == {"BOOL": True}
    leased = rig.summaries.lease("acme", sealed.summary_id, LATER, events_wait=True)
    assert leased
    assert not leased.not_taken


@pytest.mark.parametrize(("minutes", "taken"), [(5, False), (64, False), (65, True), (200, True)])
def test_events_that_wait_come_first_for_an_hour(rig: Rig, minutes: int, taken: bool) -> None:
    sealed = rig.sealed("A-1")
    now = times.from_datetime(times.to_datetime(NOW) + timedelta(minutes=minutes))
    assert (rig.summaries.lease("acme", sealed.summary_id, now, events_wait=True) is not None) is taken


@pytest.mark.parametrize(("email", "mailing"), [(None, 1), ("ops@acme.example", 1), ("new@acme.example", 2)])
def test_another_address_is_another_mailing(rig: Rig, email: str | None, mailing: int) -> None:
    sealed = rig.sealed("A-1")
    leased = rig.summaries.lease("acme", sealed.summary_id, LATER, email)
    assert leased
    assert (leased.email, leased.mailing) == (email or "ops@acme.example", mailing)
