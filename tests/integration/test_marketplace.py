"""The to-do in the marketplace, the look-up by its order id, and the comparison with what it says."""

import json
from collections.abc import Mapping
from pathlib import Path
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
from tests.support import rig, template
from tests.support.functions import Context, Response, seller_claims
from tests.support.memory_tables import ORDERS, Tables
from tests.support.rig import Service

ACME = seller_claims("acme")


def place(
    service: Service, order_id: str, number: str, marketplace: str = "amazon", seller_id: str = rig.SELLER
) -> None:
    """Places an order; ``number`` is its id in the marketplace."""
    changes = {"marketplace": marketplace, "marketplace_order_id": number}
    assert service.place(order_id, "LAX1", seller_id=seller_id, **changes).status == 201


def cancel(service: Service, order_id: str, key: str | None = None) -> Response:
    answer = service.cancel(order_id, key=key)
    assert answer.status == 200
    return answer


def mark(service: Service, order_id: str, state: object, seller_id: str = rig.SELLER) -> Response:
    return service.send("mark_marketplace", seller_claims(seller_id), {"state": state}, order_id=order_id)


def view(service: Service, order_id: str) -> Any:
    return service.view(order_id).body


def listed(service: Service, seller_id: str = rig.SELLER, **query: str) -> list[str]:
    """The ids of all orders of a list, through all its pages."""
    found: list[str] = []
    while True:
        answer = service.list(seller_id=seller_id, **query)
        assert answer.status == 200, answer.text
        found += [order["order_id"] for order in answer.body["orders"]]
        if answer.body["cursor"] is None:
            return found
        query["cursor"] = answer.body["cursor"]


def reconcile(service: Service, rows: Mapping[str, str], marketplace: str = "amazon", **options: Any) -> Response:
    orders = [{"marketplace_order_id": number, "state": state} for number, state in rows.items()]
    return service.send("reconcile", ACME, {"marketplace": marketplace, "orders": orders}, **options)


# -------------------------------------------------------------------------------------------------- the to-do ledger


def test_a_cancelled_order_is_to_do_in_the_marketplace_until_the_seller_says_otherwise(service: Service) -> None:
    place(service, "A-1", "113-1")
    assert "marketplace_cancellation" not in view(service, "A-1")
    cancel(service, "A-1")
    assert view(service, "A-1")["marketplace_cancellation"] == "to_do"
    for state in ("done", "done", "not_needed", "to_do"):
        answer = mark(service, "A-1", state)
        assert answer.status == 200
        assert answer.body == {
            "order_id": "A-1",
            "status": "cancelled",
            "marketplace": "amazon",
            "marketplace_order_id": "113-1",
            "marketplace_cancellation": state,
        }
        assert view(service, "A-1")["marketplace_cancellation"] == state


def test_the_list_of_what_is_to_do(service: Service) -> None:
    for number in range(1, 8):
        place(service, f"A-{number}", f"113-{number}")
    for number in range(1, 6):
        cancel(service, f"A-{number}")
    mark(service, "A-2", "done")
    mark(service, "A-3", "not_needed")
    mark(service, "A-4", "to_do")
    assert listed(service, marketplace_cancellation="to_do") == ["A-1", "A-4", "A-5"]
    assert listed(service, marketplace_cancellation="to_do", limit="1") == ["A-1", "A-4", "A-5"]
    assert listed(service, marketplace_cancellation="done", status="cancelled") == ["A-2"]
    assert listed(service, marketplace_cancellation="not_needed") == ["A-3"]
    assert listed(service, marketplace_cancellation="to_do", status="received") == []
    assert listed(service, "bluebird", marketplace_cancellation="to_do") == []


def test_what_is_to_do_is_listed_by_when_it_was_cancelled_and_counted(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for minute, order_id in enumerate(("A-3", "A-1", "A-2", "A-4")):
        place(service, order_id, f"113-{order_id}")
        monkeypatch.setattr(times, "now", lambda minute=minute: f"2026-11-23T10:0{minute}:00.000Z")
        cancel(service, order_id)
    assert listed(service, marketplace_cancellation="to_do", limit="1") == ["A-3", "A-1", "A-2", "A-4"]
    mark(service, "A-1", "done")

    def first_page(**query: str) -> Any:
        return service.list(marketplace_cancellation="to_do", **query).body

    page = first_page(limit="2")
    assert ([order["order_id"] for order in page["orders"]], page["count"], page["more"]) == (["A-3", "A-2"], 3, False)
    assert "count" not in first_page(limit="2", cursor=page["cursor"])
    for most, counted in ((3, {"count": 3, "more": False}), (2, {"count": 2, "more": True})):
        monkeypatch.setattr(order_lists, "MOST_COUNTED", most)
        assert {name: first_page()[name] for name in ("count", "more")} == counted
    mark(service, "A-1", "to_do")  # back where it was
    assert listed(service, marketplace_cancellation="to_do") == ["A-3", "A-1", "A-2", "A-4"]


def test_many_marks_at_once_have_a_result_each(service: Service) -> None:
    for number in range(1, 5):
        place(service, f"A-{number}", f"113-{number}")
    for number in range(1, 4):
        cancel(service, f"A-{number}")
    place(service, "B-1", "113-1", seller_id="bluebird")
    states = {"A-2": "done", "A-1": "not_needed", "A-4": "done", "B-1": "done", "A-3": "to_do"}
    entries = [{"order_id": order_id, "state": state} for order_id, state in states.items()]
    body = {"orders": [*entries, {"order_id": "A-2", "state": "to_do"}]}  # of two for one order the first counts
    for _ in range(2):  # the same again changes nothing
        answer = service.send("mark_many", ACME, body)
        assert answer.status == 200
        assert answer.body["outcome"] == "partial_success"
        assert answer.body["counts"] == {"orders": 5, "recorded": 3, "refused": 2}
        results = answer.body["results"]
        assert [each["order_id"] for each in results] == list(states)
        assert [each.get("marketplace_cancellation") for each in results] == ["done", "not_needed", None, None, "to_do"]
        assert [each.get("code") for each in results[2:4]] == ["order_conflict", "order_not_found"]
        single = mark(service, "A-1", "not_needed").body
        assert results[1] == {**single, "outcome": "recorded"}
        assert listed(service, marketplace_cancellation="to_do") == ["A-3"]


def test_marks_for_which_no_time_is_left_are_refused_and_not_lost(service: Service) -> None:
    place(service, "A-1", "113-1")
    cancel(service, "A-1")
    body = {"orders": [{"order_id": "A-1", "state": "done"}]}
    late = service.send("mark_many", ACME, body, Context(remaining_ms=1_000)).body
    assert (late["outcome"], late["results"][0]["code"]) == ("failure", "service_unavailable")
    assert late["results"][0]["order_id"] == "A-1"
    assert service.send("mark_many", ACME, body).body["outcome"] == "success"


def test_what_the_version_before_cancelled_enters_the_index(service: Service, aws: Tables, tmp_path: Path) -> None:
    """In steps, each of which dies before its end; marks and cancels go on meanwhile."""
    for number in range(1, 10):
        place(service, f"A-{number}", f"113-{number}")
        if number != 5:
            cancel(service, f"A-{number}")
            item = aws.get("OrdersTable", "acme", f"A-{number}")
            assert item
            del item["to_do_since"]
            aws.put("OrdersTable", item | ({"marketplace_cancellation": {"S": "done"}} if number == 2 else {}))
    assert listed(service, marketplace_cancellation="to_do") == []
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
    assert listed(service, marketplace_cancellation="to_do") == [f"A-{number}" for number in (1, 3, 4, 6, 7, 8, 9)]
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


def test_only_a_cancelled_order_has_something_to_do(service: Service, aws: Tables) -> None:
    place(service, "A-1", "113-1")
    answer = mark(service, "A-1", "done")
    assert (answer.status, answer.body["code"], answer.body["order_status"]) == (409, "order_conflict", "received")
    assert view(service, "A-1")["status"] == "received"
    assert "done" not in json.dumps(aws.items(ORDERS))


def test_another_sellers_order_is_a_missing_one(service: Service) -> None:
    place(service, "A-1", "113-1")
    cancel(service, "A-1")
    theirs = mark(service, "A-1", "done", "bluebird")
    missing = mark(service, "A-2", "done", "bluebird")
    assert theirs.status == missing.status == 404
    assert theirs.text == missing.text.replace("A-2", "A-1")
    assert view(service, "A-1")["marketplace_cancellation"] == "to_do"


@pytest.mark.parametrize("body", [None, {}, {"state": "finished"}, {"state": None}, {"state": "done", "by": "me"}, []])
def test_any_other_state_is_refused(body: Any, service: Service) -> None:
    answer = service.send("mark_marketplace", ACME, body, order_id="A-1")
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")


def test_the_replay_of_a_cancel_says_the_same_whatever_was_noted_since(service: Service) -> None:
    place(service, "A-1", "113-1")
    first = cancel(service, "A-1", "key-1")
    mark(service, "A-1", "done")
    again = cancel(service, "A-1", "key-1")
    assert again.text == first.text
    assert again.headers["idempotent-replayed"] == "true"


# -------------------------------------------------------------------------------------- by the marketplace's order id


def test_orders_are_found_by_the_marketplaces_order_id(service: Service) -> None:
    place(service, "A-1", "113-1")
    place(service, "A-2", "113-2")
    place(service, "A-3", "113-1", "ebay")
    place(service, "B-1", "113-1", seller_id="bluebird")
    assert sorted(listed(service, marketplace_order_id="113-1")) == ["A-1", "A-3"]
    assert sorted(listed(service, marketplace_order_id="113-1", limit="1")) == ["A-1", "A-3"]
    assert listed(service, marketplace_order_id="113-1", status="cancelled") == []
    assert listed(service, marketplace_order_id="113") == []
    assert listed(service, "bluebird", marketplace_order_id="113-1") == ["B-1"]


@pytest.mark.parametrize("wanted", ["", " ", "x" * 129, "a\nb", "\ud800"])
def test_a_marketplaces_order_id_that_none_can_have_is_refused(wanted: str, service: Service) -> None:
    answer = service.list(marketplace_order_id=wanted)
    assert (answer.status, answer.body["field"]) == (400, "marketplace_order_id")


def test_a_sellers_cancel_changes_the_entry_of_one_index(service: Service, aws: Tables) -> None:
    """By DynamoDB's rule: an index is written when its entry, keys and projected attributes, is not what it was."""
    place(service, "A-1", "113-1")
    before = aws.get(ORDERS, "acme", "A-1") or {}
    cancel(service, "A-1")
    after = aws.get(ORDERS, "acme", "A-1") or {}
    assert before != after
    indexes = template.properties("OrdersTable")["GlobalSecondaryIndexes"]
    written = [index["IndexName"] for index in indexes if _entry(index, before) != _entry(index, after)]
    assert written == ["ToDo"]


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


def test_where_the_marketplace_and_we_differ(service: Service) -> None:
    for number in range(1, 8):
        place(service, f"A-{number}", f"113-{number}")
    service.report("LAX1", "A-2", "picked_packed")
    for order_id in ("A-3", "A-4", "A-5"):
        cancel(service, order_id)
    mark(service, "A-4", "done")
    place(service, "A-8", "113-8", "ebay")
    place(service, "B-9", "113-9", seller_id="bluebird")

    rows = {"113-1": "cancelled", "113-2": "cancelled", "113-3": "cancelled", "113-4": "open", "113-5": "open"}
    rows |= {"113-6": "open", "113-8": "open", "113-9": "cancelled", "113-10": "open"}
    answer = reconcile(service, rows)

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


def test_an_order_that_was_placed_again_is_live_if_one_of_them_is(service: Service) -> None:
    place(service, "A-1", "113-1")
    cancel(service, "A-1")
    place(service, "A-1b", "113-1")
    there_open = reconcile(service, {"113-1": "open"}).body
    assert [row["order_id"] for row in there_open["agreed"]] == ["A-1b"]
    assert there_open["counts"]["cancelled_here_live_there"] == 0
    there_cancelled = reconcile(service, {"113-1": "cancelled"}).body
    assert [row["order_id"] for row in there_cancelled["cancelled_there_live_here"]] == ["A-1b"]
    assert [row["order_id"] for row in there_cancelled["agreed"]] == ["A-1"]


def test_more_orders_than_one_read_takes(service: Service) -> None:
    for number in range(120):
        place(service, f"A-{number}", f"113-{number}")
    for number in range(120, 225):
        place(service, f"A-{number}", "113-again")
    rows = {f"113-{number}": "cancelled" for number in range(120)} | {"113-again": "cancelled"}
    answer = reconcile(service, rows).body
    assert {row["order_id"] for row in answer["cancelled_there_live_here"]} == {f"A-{number}" for number in range(225)}


def test_a_thousand_rows_of_the_longest_ids_fit(service: Service) -> None:
    rows = {f"{number:0128d}": "cancelled" for number in range(1000)}
    answer = reconcile(service, rows)
    assert answer.status == 200
    assert answer.body["counts"]["unknown"] == 1000


@pytest.mark.parametrize(("over", "code"), [(0, "invalid_request"), (1, "payload_too_large")])
def test_a_body_over_256_kib_is_refused(service: Service, over: int, code: str) -> None:
    body = {"padding": "x" * (256 * 1024 + over - len(json.dumps({"padding": ""})))}
    assert service.send("reconcile", ACME, body).body["code"] == code


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
def test_a_row_that_says_nothing_definite_is_refused_by_name(orders: list[Any], field: str, service: Service) -> None:
    answer = service.send("reconcile", ACME, {"marketplace": "amazon", "orders": orders})
    assert (answer.status, answer.body["field"]) == (400, field)


@pytest.mark.parametrize("broken", ["query", "batch_get_item"])
def test_nothing_half_said_when_the_table_does_not_answer(
    broken: str, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        place(service, f"A-{number}", f"113-{number}")
    dynamodb = service.function("reconciliation").dynamodb
    working, calls = getattr(dynamodb, broken), iter(range(1000))

    def breaks(**request: Any) -> Any:
        if next(calls) == (17 if broken == "query" else 0):
            raise EndpointConnectionError(endpoint_url="https://dynamodb.test")
        return working(**request)

    monkeypatch.setattr(dynamodb, broken, breaks)
    answer = reconcile(service, {f"113-{number}": "open" for number in range(40)})
    assert (answer.status, answer.body["code"]) == (503, "service_unavailable")
    assert set(answer.body) == {"type", "title", "status", "code", "detail"}


def test_no_read_is_begun_that_might_not_end_in_time(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    place(service, "A-1", "113-1")

    def never(**request: Any) -> Any:
        raise AssertionError("a read was begun")

    monkeypatch.setattr(service.function("reconciliation").dynamodb, "query", never)
    answer = reconcile(service, {"113-1": "open"}, context=Context(remaining_ms=MAX_CALL_SECONDS * 1000 - 1))
    assert (answer.status, answer.body["code"]) == (503, "service_unavailable")


def test_what_is_left_unread_is_asked_for_again(
    orders: Orders, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        place(service, f"A-{number}", f"113-{number}")
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
