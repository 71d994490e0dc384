"""What each write to an order does to the item, status by status: what the mutants of store.py must not pass."""

import json
from typing import Any

import pytest

from order_cancellation.domain import orders
from order_cancellation.domain.orders import Line, Order, Placement
from order_cancellation.domain.refusals import Unavailable
from order_cancellation.domain.summaries import shard_of
from order_cancellation.tables.order_lists import OrderLists, Wanted
from order_cancellation.tables.orders import Orders
from tests.support import examples, sdk
from tests.support.memory_tables import ORDERS, Tables
from tests.support.rig import order_item

FORWARD = ("received", "allocated", "picking", "picked_packed", "shipped", "delivered")
PLACEMENT = Placement("amazon", "113-A-1", "US", "2026-11-23T08:00:00Z", (Line("TENT", 2),), ("LAX1", "EWR2"))
NOW = "2026-11-23T15:00:00.000Z"
DUE = "2026-11-23T14:12:11.123Z"


@pytest.fixture
def store(dynamodb: Any) -> Orders:
    return Orders(dynamodb, ORDERS)


def put(tables: Tables, status: str, **attributes: Any) -> dict[str, Any]:
    item = {**order_item("A-1"), "status": {"S": status}, **attributes}
    tables.put(ORDERS, item)
    return item


def item(tables: Tables) -> dict[str, Any]:
    found = tables.get(ORDERS, "acme", "A-1")
    assert found is not None
    return dict(found)


def test_nothing_goes_back_and_cancelled_is_final() -> None:
    for number, status in enumerate(FORWARD):
        may_be_cancelled = {"cancelled"} if status in {"received", "allocated", "picking"} else set()
        assert orders.TRANSITIONS[status] == {*FORWARD[number + 1 :], *may_be_cancelled}
    assert orders.TRANSITIONS["cancelled"] == frozenset()
    assert tuple(orders.TRANSITIONS) == (*FORWARD, "cancelled")


@pytest.mark.parametrize("status", ["received", "allocated", "picking"])
def test_a_cancel_ends_an_order_that_is_not_packed(store: Orders, tables: Tables, status: str) -> None:
    before = put(tables, status)
    written, order = store.cancel("acme", "A-1", examples.cancellation())
    assert written
    assert order
    assert (order.status, order.cancellation) == ("cancelled", examples.cancellation())
    after = item(tables)
    assert after.pop("cancellation")["M"]["cancellation_id"] == {"S": "c1" * 16}
    cancelled_at = {"S": examples.cancellation().cancelled_at}
    assert after == {**before, "status": {"S": "cancelled"}, "to_do_since": cancelled_at}


@pytest.mark.parametrize("status", ["picked_packed", "shipped", "delivered", "cancelled", "of_a_later_version"])
@pytest.mark.parametrize("due", [None, DUE])
def test_a_cancel_changes_nothing_else(store: Orders, tables: Tables, status: str, due: str | None) -> None:
    before = put(tables, status)
    written, order = store.cancel("acme", "A-1", examples.cancellation(), due)
    assert not written
    assert order
    assert order.status == status
    assert item(tables) == before


def test_a_cancel_makes_no_order(store: Orders, tables: Tables) -> None:
    assert store.cancel("acme", "A-1", examples.cancellation()) == (False, None)
    assert tables.items(ORDERS) == []


def test_an_auto_cancel_is_due_in_the_same_write(store: Orders, tables: Tables) -> None:
    put(tables, "received")
    written, order = store.cancel("acme", "A-1", examples.auto_cancellation(), DUE)
    assert written
    assert order
    assert (order.summary_due_at, order.summary_id) == (DUE, None)
    assert item(tables)["summary_shard"] == {"S": shard_of("acme")}
    assert len(tables.changes) == 1


def test_an_order_is_placed_whole(store: Orders, tables: Tables) -> None:
    written, order = store.place("acme", "A-1", PLACEMENT)
    assert written
    assert order == Order("acme", "A-1", "received", PLACEMENT, {"LAX1": {}, "EWR2": {}})
    assert item(tables) == order_item("A-1")


@pytest.mark.parametrize("status", [*FORWARD, "cancelled"])
def test_an_order_is_placed_once(store: Orders, tables: Tables, status: str) -> None:
    before = put(tables, status)
    written, order = store.place("acme", "A-1", PLACEMENT)
    assert not written
    assert order
    assert order.status == status
    assert item(tables) == before


def reported(order: Order, fc_id: str = "LAX1", event: str = "picking") -> Order:
    advanced = orders.advanced(order, fc_id, examples.event(event, "2026-11-23T14:00:00Z"))
    assert advanced
    return advanced


def test_a_report_is_written_on_the_order_as_it_was_seen(store: Orders, tables: Tables) -> None:
    put(tables, "received")
    seen = store.find("acme", "A-1")
    assert seen
    written, order = store.advance(seen, reported(seen))
    assert written
    assert order
    assert (order.status, order.milestones["LAX1"]) == ("picking", {"picking": "2026-11-23T14:00:00Z"})
    assert order.receipts["LAX1"] == {"picking": examples.RECEIVED_AT}
    assert item(tables)["status"] == {"S": "picking"}


def test_a_report_loses_to_a_cancel(store: Orders, tables: Tables) -> None:
    put(tables, "received")
    seen = store.find("acme", "A-1")
    assert seen
    store.cancel("acme", "A-1", examples.cancellation())
    before = item(tables)
    written, order = store.advance(seen, reported(seen))
    assert not written
    assert order
    assert order.status == "cancelled"
    assert item(tables) == before


def test_a_report_loses_to_one_that_left_the_status_alone(store: Orders, tables: Tables) -> None:
    put(tables, "received")
    first = store.find("acme", "A-1")
    assert first
    _, seen = store.advance(first, reported(first))
    assert seen
    store.advance(seen, reported(seen, "EWR2"))
    before = item(tables)
    written, order = store.advance(seen, reported(seen, "EWR2", "allocated"))
    assert not written
    assert order
    assert set(order.milestones["EWR2"]) == {"picking"}
    assert item(tables) == before


def test_a_report_makes_no_order(store: Orders, tables: Tables) -> None:
    assert store.advance(examples.order(), reported(examples.order())) == (False, None)
    assert tables.items(ORDERS) == []


@pytest.mark.parametrize("status", [*FORWARD, "of_a_later_version"])
def test_only_a_cancelled_order_is_marked(store: Orders, tables: Tables, status: str) -> None:
    before = put(tables, status)
    written, order = store.mark("acme", "A-1", "done", NOW)
    assert not written
    assert order
    assert order.status == status
    assert item(tables) == before


@pytest.mark.parametrize("state", ["done", "not_needed"])
def test_a_mark_changes_nothing_but_what_is_to_do(store: Orders, tables: Tables, state: str) -> None:
    put(tables, "received")
    store.cancel("acme", "A-1", examples.cancellation())
    before = item(tables)
    written, order = store.mark("acme", "A-1", state, NOW)
    assert written
    assert order
    assert (order.status, order.marketplace_cancellation) == ("cancelled", state)
    to_do_since = before.pop("to_do_since")
    assert item(tables) == {**before, "marketplace_cancellation": {"S": state}}
    store.mark("acme", "A-1", "to_do", NOW)
    assert item(tables) == {**before, "marketplace_cancellation": {"S": "to_do"}, "to_do_since": to_do_since}
    assert store.mark("acme", "A-404", state, NOW) == (False, None)


def test_orders_are_read_strongly_consistent_whatever_their_number(
    store: Orders, tables: Tables, hooks: list[sdk.Hook]
) -> None:
    order_ids = [f"A-{number:03}" for number in range(230)]
    for order_id in order_ids:
        tables.put(ORDERS, order_item(order_id))
    asked: list[Any] = []
    hooks[0] = lambda call: asked.append(call.request.get("RequestItems", {ORDERS: call.request})[ORDERS])
    found = store.find_many("acme", [*order_ids, "A-404"])
    assert sorted(order.order_id for order in found) == order_ids
    assert store.find("acme", "A-001")
    assert [request["ConsistentRead"] for request in asked] == [True] * 4


def test_what_is_left_unread_is_read_after_ever_longer_pauses(
    store: Orders, hooks: list[sdk.Hook], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("order_cancellation.tables.orders.time.sleep", pauses.append)

    def reads_nothing(call: sdk.Call) -> sdk.Broken:
        answer = {"Responses": {}, "UnprocessedKeys": call.request["RequestItems"]}
        return sdk.Broken(sdk.Answer(200, json.dumps(answer).encode()))

    hooks[0] = reads_nothing
    with pytest.raises(Unavailable) as unread:
        store.find_many("acme", ["A-1"])
    assert unread.value.reading
    assert pauses == [0.0, 0.05, 0.1, 0.2, 0.4]


@pytest.mark.parametrize("fault", [sdk.Fault.THROTTLED, sdk.Fault.TIMEOUT])
def test_no_answer_says_whether_anything_may_have_changed(
    store: Orders, tables: Tables, dynamodb: Any, hooks: list[sdk.Hook], fault: sdk.Fault
) -> None:
    put(tables, "received")
    lists = OrderLists(dynamodb, ORDERS)
    reads: list[Any] = [
        lambda: store.find("acme", "A-1"),
        lambda: store.find_many("acme", ["A-1"]),
        lambda: lists.page("acme", Wanted()),
    ]
    hooks[0] = lambda _: fault
    for read in reads:
        with pytest.raises(Unavailable) as unread:
            read()
        assert unread.value.reading
    with pytest.raises(Unavailable) as unwritten:
        store.mark("acme", "A-1", "done", NOW)
    assert not unwritten.value.reading
