"""The to-do in the marketplace, the look-up by its order id, and the comparison with what it says."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from order_cancellation.domain import times
from order_cancellation.domain.marketplaces import TO_DO
from order_cancellation.domain.refusals import Unavailable
from order_cancellation.tables import order_lists
from order_cancellation.tables.client import MAX_CALL_SECONDS, Table
from order_cancellation.tables.orders import Orders
from scripts import enter_to_do
from tests.support import functions, template
from tests.support.functions import Context, Response, call, http_event, machine_claims, seller_claims
from tests.support.memory_tables import Tables

Place = Callable[..., None]
PLANNER = machine_claims("planner", "network/orders")
ACME = seller_claims("acme")


@pytest.fixture
def order_intake(aws: Tables) -> ModuleType:
    return functions.load("order_intake")


@pytest.fixture
def view_orders(aws: Tables) -> ModuleType:
    return functions.load("view_orders")


@pytest.fixture
def cancel_order(aws: Tables) -> ModuleType:
    return functions.load("cancel_order")


@pytest.fixture
def fulfillment_center_events(aws: Tables) -> ModuleType:
    item = {"client_id": {"S": "client-LAX1"}, "fc_id": {"S": "LAX1"}}
    boto3.client("dynamodb").put_item(TableName=os.environ["FULFILLMENT_CENTERS_TABLE"], Item=item)
    return functions.load("fulfillment_center_events")


@pytest.fixture
def marketplace_cancellation(aws: Tables) -> ModuleType:
    return functions.load("marketplace_cancellation")


@pytest.fixture
def reconciliation(aws: Tables) -> ModuleType:
    return functions.load("reconciliation")


@pytest.fixture
def place(order_intake: ModuleType) -> Place:
    """Places an order; ``number`` is its id in the marketplace."""

    def place_one(order_id: str, number: str, marketplace: str = "amazon", seller_id: str = "acme") -> None:
        body = {
            "marketplace": marketplace,
            "marketplace_order_id": number,
            "destination_country": "US",
            "placed_at": "2026-11-23T09:00:00Z",
            "lines": [{"sku": "TENT", "quantity": 2}],
            "fulfillment_centers": ["LAX1"],
        }
        event = http_event("place_order", PLANNER, body, seller_id=seller_id, order_id=order_id)
        assert call(order_intake, event).status == 201

    return place_one


@pytest.fixture
def pack(fulfillment_center_events: ModuleType) -> Callable[[str], None]:
    def pack_one(order_id: str) -> None:
        body = {
            "seller_id": "acme",
            "order_id": order_id,
            "event": "picked_packed",
            "occurred_at": "2026-11-23T14:01:58Z",
        }
        claims = machine_claims("client-LAX1", "fulfillment/events")
        assert call(fulfillment_center_events, http_event("report", claims, body, fc_id="LAX1")).status == 200

    return pack_one


@pytest.fixture
def cancel(cancel_order: ModuleType) -> Callable[..., Response]:
    def cancel_one(order_id: str, key: str | None = None) -> Response:
        headers = {"Idempotency-Key": key} if key else None
        answer = call(cancel_order, http_event("cancel_one", ACME, headers=headers, order_id=order_id))
        assert answer.status == 200
        return answer

    return cancel_one


def mark(module: ModuleType, order_id: str, state: object, claims: Mapping[str, str] = ACME) -> Response:
    return call(module, http_event("mark_marketplace", claims, {"state": state}, order_id=order_id))


def view(module: ModuleType, order_id: str) -> Any:
    return call(module, http_event("view_order", ACME, order_id=order_id)).body


def listed(module: ModuleType, claims: Mapping[str, str] = ACME, **query: str) -> list[str]:
    """The ids of all orders of a list, through all its pages."""
    found: list[str] = []
    while True:
        answer = call(module, http_event("list_orders", claims, query={name: [value] for name, value in query.items()}))
        assert answer.status == 200, answer.text
        found += [order["order_id"] for order in answer.body["orders"]]
        if answer.body["cursor"] is None:
            return found
        query["cursor"] = answer.body["cursor"]


def reconcile(module: ModuleType, rows: Mapping[str, str], marketplace: str = "amazon", **options: Any) -> Response:
    orders = [{"marketplace_order_id": number, "state": state} for number, state in rows.items()]
    return call(module, http_event("reconcile", ACME, {"marketplace": marketplace, "orders": orders}), **options)


# -------------------------------------------------------------------------------------------------- the to-do ledger


def test_a_cancelled_order_is_to_do_in_the_marketplace_until_the_seller_says_otherwise(
    place: Place, cancel: Callable[..., Response], marketplace_cancellation: ModuleType, view_orders: ModuleType
) -> None:
    place("A-1", "113-1")
    assert "marketplace_cancellation" not in view(view_orders, "A-1")
    cancel("A-1")
    assert view(view_orders, "A-1")["marketplace_cancellation"] == "to_do"
    for state in ("done", "done", "not_needed", "to_do"):
        answer = mark(marketplace_cancellation, "A-1", state)
        assert answer.status == 200
        assert answer.body == {
            "order_id": "A-1",
            "status": "cancelled",
            "marketplace": "amazon",
            "marketplace_order_id": "113-1",
            "marketplace_cancellation": state,
        }
        assert view(view_orders, "A-1")["marketplace_cancellation"] == state


def test_the_list_of_what_is_to_do(
    place: Place, cancel: Callable[..., Response], marketplace_cancellation: ModuleType, view_orders: ModuleType
) -> None:
    for number in range(1, 8):
        place(f"A-{number}", f"113-{number}")
    for number in range(1, 6):
        cancel(f"A-{number}")
    mark(marketplace_cancellation, "A-2", "done")
    mark(marketplace_cancellation, "A-3", "not_needed")
    mark(marketplace_cancellation, "A-4", "to_do")
    assert listed(view_orders, marketplace_cancellation="to_do") == ["A-1", "A-4", "A-5"]
    assert listed(view_orders, marketplace_cancellation="to_do", limit="1") == ["A-1", "A-4", "A-5"]
    assert listed(view_orders, marketplace_cancellation="done", status="cancelled") == ["A-2"]
    assert listed(view_orders, marketplace_cancellation="not_needed") == ["A-3"]
    assert listed(view_orders, marketplace_cancellation="to_do", status="received") == []
    assert listed(view_orders, seller_claims("bluebird"), marketplace_cancellation="to_do") == []


def test_what_is_to_do_is_listed_by_when_it_was_cancelled_and_counted(
    place: Place,
    cancel: Callable[..., Response],
    marketplace_cancellation: ModuleType,
    view_orders: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for minute, order_id in enumerate(("A-3", "A-1", "A-2", "A-4")):
        place(order_id, f"113-{order_id}")
        monkeypatch.setattr(times, "now", lambda minute=minute: f"2026-11-23T10:0{minute}:00.000Z")
        cancel(order_id)
    assert listed(view_orders, marketplace_cancellation="to_do", limit="1") == ["A-3", "A-1", "A-2", "A-4"]
    mark(marketplace_cancellation, "A-1", "done")

    def first_page(**query: str) -> Any:
        query = {"marketplace_cancellation": "to_do", **query}
        event = http_event("list_orders", ACME, query={name: [value] for name, value in query.items()})
        return call(view_orders, event).body

    page = first_page(limit="2")
    assert ([order["order_id"] for order in page["orders"]], page["count"], page["more"]) == (["A-3", "A-2"], 3, False)
    assert "count" not in first_page(limit="2", cursor=page["cursor"])
    for most, counted in ((3, {"count": 3, "more": False}), (2, {"count": 2, "more": True})):
        monkeypatch.setattr(order_lists, "MOST_COUNTED", most)
        assert {name: first_page()[name] for name in ("count", "more")} == counted
    mark(marketplace_cancellation, "A-1", "to_do")  # back where it was
    assert listed(view_orders, marketplace_cancellation="to_do") == ["A-3", "A-1", "A-2", "A-4"]


def test_many_marks_at_once_have_a_result_each(
    place: Place, cancel: Callable[..., Response], marketplace_cancellation: ModuleType, view_orders: ModuleType
) -> None:
    for number in range(1, 5):
        place(f"A-{number}", f"113-{number}")
    for number in range(1, 4):
        cancel(f"A-{number}")
    place("B-1", "113-1", seller_id="bluebird")
    states = {"A-2": "done", "A-1": "not_needed", "A-4": "done", "B-1": "done", "A-3": "to_do"}
    entries = [{"order_id": order_id, "state": state} for order_id, state in states.items()]
    body = {"orders": [*entries, {"order_id": "A-2", "state": "to_do"}]}  # of two for one order the first counts
    for _ in range(2):  # the same again changes nothing
        answer = call(marketplace_cancellation, http_event("mark_many", ACME, body))
        assert answer.status == 200
        assert answer.body["outcome"] == "partial_success"
        assert answer.body["counts"] == {"orders": 5, "recorded": 3, "refused": 2}
        results = answer.body["results"]
        assert [each["order_id"] for each in results] == list(states)
        assert [each.get("marketplace_cancellation") for each in results] == ["done", "not_needed", None, None, "to_do"]
        assert [each.get("code") for each in results[2:4]] == ["order_conflict", "order_not_found"]
        single = mark(marketplace_cancellation, "A-1", "not_needed").body
        assert results[1] == {**single, "outcome": "recorded"}
        assert listed(view_orders, marketplace_cancellation="to_do") == ["A-3"]


def test_marks_for_which_no_time_is_left_are_refused_and_not_lost(
    place: Place, cancel: Callable[..., Response], marketplace_cancellation: ModuleType
) -> None:
    place("A-1", "113-1")
    cancel("A-1")
    event = http_event("mark_many", ACME, {"orders": [{"order_id": "A-1", "state": "done"}]})
    late = call(marketplace_cancellation, event, Context(remaining_ms=1_000)).body
    assert (late["outcome"], late["results"][0]["code"]) == ("failure", "service_unavailable")
    assert call(marketplace_cancellation, event).body["outcome"] == "success"


def test_what_the_version_before_cancelled_enters_the_index(
    place: Place, aws: Tables, cancel: Callable[..., Response], view_orders: ModuleType, tmp_path: Path
) -> None:
    """In steps, each of which dies before its end; marks and cancels go on meanwhile."""
    for number in range(1, 10):
        place(f"A-{number}", f"113-{number}")
        if number != 5:
            cancel(f"A-{number}")
            item = aws.get("OrdersTable", "acme", f"A-{number}")
            assert item
            del item["to_do_since"]
            aws.put("OrdersTable", item | ({"marketplace_cancellation": {"S": "done"}} if number == 2 else {}))
    assert listed(view_orders, marketplace_cancellation="to_do") == []
    place_file = tmp_path / "place.json"
    scanned: Any = Scanned(boto3.client("dynamodb"), aws)
    orders = Table(scanned, "OrdersTable")
    read = 0
    while not read or place_file.exists():
        for page in enter_to_do.pages(orders, place_file):
            read += len(page)
            entered = [enter_to_do.enter(orders, order) for order in page if enter_to_do.is_missing(order)]
            assert all(entered)
            if read % 4 == 0:
                break  # it dies with its place noted or not: the last page comes again
    assert read < 20
    assert listed(view_orders, marketplace_cancellation="to_do") == [f"A-{number}" for number in (1, 3, 4, 6, 7, 8, 9)]
    assert not any(enter_to_do.is_missing(order) for page in enter_to_do.pages(orders, None) for order in page)


class Scanned:
    """A client whose scans have two items a page."""

    def __init__(self, dynamodb: Any, tables: Tables) -> None:
        self._dynamodb, self._tables = dynamodb, tables

    def scan(self, *, TableName: str, ExclusiveStartKey: Any = None, **_: Any) -> Any:  # noqa: N803
        items = sorted(self._tables.items(TableName), key=lambda item: item["order_id"]["S"])
        after = ExclusiveStartKey["order_id"]["S"] if ExclusiveStartKey else ""
        page = [item for item in items if item["order_id"]["S"] > after]
        last = {name: page[1][name] for name in ("seller_id", "order_id")} if len(page) > 2 else None
        return {"Items": page[:2]} | ({"LastEvaluatedKey": last} if last else {})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dynamodb, name)


def test_only_a_cancelled_order_has_something_to_do(
    place: Place, marketplace_cancellation: ModuleType, view_orders: ModuleType
) -> None:
    place("A-1", "113-1")
    answer = mark(marketplace_cancellation, "A-1", "done")
    assert (answer.status, answer.body["code"], answer.body["order_status"]) == (409, "order_conflict", "received")
    assert view(view_orders, "A-1")["status"] == "received"
    assert "done" not in json.dumps(boto3.client("dynamodb").scan(TableName=os.environ["ORDERS_TABLE"])["Items"])


def test_another_sellers_order_is_a_missing_one(
    place: Place, cancel: Callable[..., Response], marketplace_cancellation: ModuleType, view_orders: ModuleType
) -> None:
    place("A-1", "113-1")
    cancel("A-1")
    theirs = mark(marketplace_cancellation, "A-1", "done", seller_claims("bluebird"))
    missing = mark(marketplace_cancellation, "A-2", "done", seller_claims("bluebird"))
    assert theirs.status == missing.status == 404
    assert theirs.text == missing.text.replace("A-2", "A-1")
    assert view(view_orders, "A-1")["marketplace_cancellation"] == "to_do"


@pytest.mark.parametrize("body", [None, {}, {"state": "finished"}, {"state": None}, {"state": "done", "by": "me"}, []])
def test_any_other_state_is_refused(body: Any, marketplace_cancellation: ModuleType) -> None:
    answer = call(marketplace_cancellation, http_event("mark_marketplace", ACME, body, order_id="A-1"))
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")


def test_the_replay_of_a_cancel_says_the_same_whatever_was_noted_since(
    place: Place, cancel: Callable[..., Response], marketplace_cancellation: ModuleType
) -> None:
    place("A-1", "113-1")
    first = cancel("A-1", "key-1")
    mark(marketplace_cancellation, "A-1", "done")
    again = cancel("A-1", "key-1")
    assert again.text == first.text
    assert again.headers["idempotent-replayed"] == "true"


# -------------------------------------------------------------------------------------- by the marketplace's order id


def test_orders_are_found_by_the_marketplaces_order_id(place: Place, view_orders: ModuleType) -> None:
    place("A-1", "113-1")
    place("A-2", "113-2")
    place("A-3", "113-1", "ebay")
    place("B-1", "113-1", seller_id="bluebird")
    assert sorted(listed(view_orders, marketplace_order_id="113-1")) == ["A-1", "A-3"]
    assert sorted(listed(view_orders, marketplace_order_id="113-1", limit="1")) == ["A-1", "A-3"]
    assert listed(view_orders, marketplace_order_id="113-1", status="cancelled") == []
    assert listed(view_orders, marketplace_order_id="113") == []
    assert listed(view_orders, seller_claims("bluebird"), marketplace_order_id="113-1") == ["B-1"]


@pytest.mark.parametrize("wanted", ["", " ", "x" * 129, "a\nb", "\ud800"])
def test_a_marketplaces_order_id_that_none_can_have_is_refused(wanted: str, view_orders: ModuleType) -> None:
    answer = call(view_orders, http_event("list_orders", ACME, query={"marketplace_order_id": [wanted]}))
    assert (answer.status, answer.body["field"]) == (400, "marketplace_order_id")


def test_a_sellers_cancel_changes_the_entry_of_one_index(place: Place, cancel: Callable[..., Response]) -> None:
    """By DynamoDB's rule: an index is written when its entry, keys and projected attributes, is not what it was."""
    place("A-1", "113-1")
    before = _stored()
    cancel("A-1")
    after = _stored()
    assert before != after
    indexes = template.properties("OrdersTable")["GlobalSecondaryIndexes"]
    written = [index["IndexName"] for index in indexes if _entry(index, before) != _entry(index, after)]
    assert written == ["ToDo"]


def _stored() -> Mapping[str, Any]:
    key = {"seller_id": {"S": "acme"}, "order_id": {"S": "A-1"}}
    return boto3.client("dynamodb").get_item(TableName=os.environ["ORDERS_TABLE"], Key=key)["Item"]


def _entry(index: Mapping[str, Any], item: Mapping[str, Any]) -> Mapping[str, Any] | None:
    keys = [part["AttributeName"] for part in index["KeySchema"]]
    if any(name not in item for name in keys):
        return None
    projection = index["Projection"]
    if projection["ProjectionType"] == "ALL":
        return item
    names = {*keys, "seller_id", "order_id", *projection.get("NonKeyAttributes", ())}
    return {name: value for name, value in item.items() if name in names}


# ----------------------------------------------------------------------------------------------------- reconciliation


def test_where_the_marketplace_and_we_differ(
    place: Place,
    cancel: Callable[..., Response],
    pack: Callable[[str], None],
    marketplace_cancellation: ModuleType,
    reconciliation: ModuleType,
) -> None:
    for number in range(1, 8):
        place(f"A-{number}", f"113-{number}")
    pack("A-2")
    for order_id in ("A-3", "A-4", "A-5"):
        cancel(order_id)
    mark(marketplace_cancellation, "A-4", "done")
    place("A-8", "113-8", "ebay")
    place("B-9", "113-9", seller_id="bluebird")

    rows = {"113-1": "cancelled", "113-2": "cancelled", "113-3": "cancelled", "113-4": "open", "113-5": "open"}
    rows |= {"113-6": "open", "113-8": "open", "113-9": "cancelled", "113-10": "open"}
    answer = reconcile(reconciliation, rows)

    assert answer.status == 200
    differs = answer.body["cancelled_there_live_here"]
    assert [(row["order_id"], row["status"], row["cancellable"]) for row in differs] == [
        ("A-1", "received", True),
        ("A-2", "picked_packed", False),
    ]
    assert differs[1]["not_cancellable_because"]["code"] == "order_picked_packed"
    assert [(row["order_id"], row["marketplace_cancellation"]) for row in answer.body["cancelled_here_live_there"]] == [
        ("A-4", "done"),
        ("A-5", "to_do"),
    ]
    assert [(row["order_id"], row.get("marketplace_cancellation")) for row in answer.body["agreed"]] == [
        ("A-3", "to_do"),
        ("A-6", None),
    ]
    assert [row["marketplace_order_id"] for row in answer.body["unknown"]] == ["113-10", "113-8", "113-9"]
    assert answer.body["counts"] == {
        "orders": 9,
        "cancelled_there_live_here": 2,
        "cancelled_here_live_there": 2,
        "agreed": 2,
        "unknown": 3,
    }


def test_an_order_that_was_placed_again_is_live_if_one_of_them_is(
    place: Place, cancel: Callable[..., Response], reconciliation: ModuleType
) -> None:
    place("A-1", "113-1")
    cancel("A-1")
    place("A-1b", "113-1")
    there_open = reconcile(reconciliation, {"113-1": "open"}).body
    assert [row["order_id"] for row in there_open["agreed"]] == ["A-1b"]
    assert there_open["counts"]["cancelled_here_live_there"] == 0
    there_cancelled = reconcile(reconciliation, {"113-1": "cancelled"}).body
    assert [row["order_id"] for row in there_cancelled["cancelled_there_live_here"]] == ["A-1b"]
    assert [row["order_id"] for row in there_cancelled["agreed"]] == ["A-1"]


def test_more_orders_than_one_read_takes(place: Place, reconciliation: ModuleType) -> None:
    for number in range(120):
        place(f"A-{number}", f"113-{number}")
    for number in range(120, 225):
        place(f"A-{number}", "113-again")
    rows = {f"113-{number}": "cancelled" for number in range(120)} | {"113-again": "cancelled"}
    answer = reconcile(reconciliation, rows).body
    assert {row["order_id"] for row in answer["cancelled_there_live_here"]} == {f"A-{number}" for number in range(225)}


def test_a_thousand_rows_of_the_longest_ids_fit(reconciliation: ModuleType) -> None:
    rows = {f"{number:0128d}": "cancelled" for number in range(1000)}
    answer = reconcile(reconciliation, rows)
    assert answer.status == 200
    assert answer.body["counts"]["unknown"] == 1000


def test_a_body_over_256_kib_is_refused(reconciliation: ModuleType) -> None:
    answer = reconcile(reconciliation, {f"{number:0127d}é": "cancelled" for number in range(1600)})
    assert (answer.status, answer.body["code"]) == (413, "payload_too_large")


@pytest.mark.parametrize(
    ("orders", "field"),
    [
        ([], "orders"),
        ([{"marketplace_order_id": str(n), "state": "open"} for n in range(1001)], "orders"),
        ([{"marketplace_order_id": "1"}], "orders[0].state"),
        ([{"marketplace_order_id": "1", "state": "shipped"}], "orders[0].state"),
        ([{"marketplace_order_id": 1, "state": "open"}], "orders[0].marketplace_order_id"),
        ([{"marketplace_order_id": "", "state": "open"}], "orders[0].marketplace_order_id"),
        ([{"marketplace_order_id": "1", "state": "open", "x": 1}], "orders[0].x"),
        (
            [{"marketplace_order_id": "1", "state": "open"}, {"marketplace_order_id": "1", "state": "cancelled"}],
            "orders[1].state",
        ),
    ],
)
def test_a_row_that_says_nothing_definite_is_refused_by_name(
    orders: list[Any], field: str, reconciliation: ModuleType
) -> None:
    answer = call(reconciliation, http_event("reconcile", ACME, {"marketplace": "amazon", "orders": orders}))
    assert (answer.status, answer.body["field"]) == (400, field)


@pytest.mark.parametrize("broken", ["query", "batch_get_item"])
def test_nothing_half_said_when_the_table_does_not_answer(
    broken: str, place: Place, reconciliation: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        place(f"A-{number}", f"113-{number}")
    dynamodb = reconciliation.dynamodb
    working, calls = getattr(dynamodb, broken), iter(range(1000))

    def breaks(**request: Any) -> Any:
        if next(calls) == (17 if broken == "query" else 0):
            raise EndpointConnectionError(endpoint_url="https://dynamodb.test")
        return working(**request)

    monkeypatch.setattr(dynamodb, broken, breaks)
    answer = reconcile(reconciliation, {f"113-{number}": "open" for number in range(40)})
    assert (answer.status, answer.body["code"]) == (503, "service_unavailable")
    assert set(answer.body) == {"type", "title", "status", "code", "detail"}


def test_no_read_is_begun_that_might_not_end_in_time(
    place: Place, reconciliation: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    place("A-1", "113-1")

    def never(**request: Any) -> Any:
        raise AssertionError("a read was begun")

    monkeypatch.setattr(reconciliation.dynamodb, "query", never)
    answer = reconcile(reconciliation, {"113-1": "open"}, context=Context(remaining_ms=MAX_CALL_SECONDS * 1000 - 1))
    assert (answer.status, answer.body["code"]) == (503, "service_unavailable")


def test_what_is_left_unread_is_asked_for_again(orders: Orders, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        place(f"A-{number}", f"113-{number}")
    monkeypatch.setattr("order_cancellation.tables.orders.time.sleep", lambda _: None)
    working: Any = orders._table.dynamodb.batch_get_item

    def one_at_a_time(RequestItems: Any) -> Any:  # noqa: N803 - boto3's name
        ((table, wanted),) = RequestItems.items()
        keys = wanted["Keys"]
        answer = working(RequestItems={table: {**wanted, "Keys": keys[:1]}})
        return {**answer, "UnprocessedKeys": {table: {**wanted, "Keys": keys[1:]}} if keys[1:] else {}}

    monkeypatch.setattr(orders._table.dynamodb, "batch_get_item", one_at_a_time)
    assert {order.order_id for order in orders.find_many("acme", ["A-0", "A-1", "A-2"])} == {"A-0", "A-1", "A-2"}
    with pytest.raises(Unavailable):
        orders.find_many("acme", [f"A-{number}" for number in range(9)])


def test_the_unmarked_state_is_the_one_that_a_cancel_leaves() -> None:
    assert TO_DO == "to_do"
