"""Lists at any size: what a page costs, and that no page skips or repeats an order."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from order_cancellation.domain.orders import STATUSES
from order_cancellation.tables.items import decode_item
from order_cancellation.tables.order_lists import MOST_COUNTED, OrderLists, Wanted
from order_cancellation.tables.orders import order_of
from tests.support.memory_tables import ORDERS, Tables
from tests.support.rig import Service, order_item
from tests.support.sdk import Answer, Broken, Call, Hook

PAGE = 8_000  # keys of a hundred bytes and more: 1 MB


class Seller:
    """A seller with very many orders, made when they are asked for; by Query's rules. The highest number is newest.

    ``status`` is that of each number; ``to_do`` are the numbers of those that the index of what is to do has.
    """

    def __init__(self, orders: int, status: Callable[[int], str], to_do: range = range(0)) -> None:
        self.requests: list[str] = []
        self._orders, self._status, self._to_do = orders, status, to_do

    def __call__(self, call: Call) -> Broken:
        self.requests.append(call.operation)
        answer = {"Query": self._query, "BatchGetItem": self._read}[call.operation](call.request)
        return Broken(Answer(200, json.dumps(answer).encode()))

    def _query(self, request: Any) -> Any:
        to_do = request["IndexName"] == "ToDo"
        numbers = self._to_do if to_do else range(self._orders - 1, -1, -1)
        assert to_do == request.get("ScanIndexForward", True)
        if "ExclusiveStartKey" in request:
            numbers = numbers[numbers.index(int(request["ExclusiveStartKey"]["order_id"]["S"])) + 1 :]
        names = ("seller_id", "order_id", "to_do_since" if to_do else "placed_at")
        page = numbers[: min(request["Limit"], PAGE)]
        keys = [{name: self._item(number)[name] for name in names} for number in page]
        last = {"LastEvaluatedKey": keys[-1]} if len(page) == request["Limit"] or len(page) < len(numbers) else {}
        items = {} if request.get("Select") == "COUNT" else {"Items": keys}
        return {"Count": len(keys), **items, **last}

    def _read(self, request: Any) -> Any:
        keys = request["RequestItems"][ORDERS]["Keys"]
        assert len(keys) <= 100
        return {"Responses": {ORDERS: [self._item(int(key["order_id"]["S"])) for key in keys]}, "UnprocessedKeys": {}}

    def _item(self, number: int) -> dict[str, Any]:
        placed_at = (
            f"2026-{number // 86_400 + 1:02}-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z"
        )
        return order_item(f"{number:07}") | {
            "status": {"S": self._status(number)},
            "placed_at": {"S": placed_at},
            "to_do_since": {"S": placed_at},
        }


def list_of(seller: Seller, tables: Tables) -> Callable[..., Any]:
    service = Service(tables, hook=seller)
    return lambda **query: service.list(**query).body


@pytest.mark.parametrize("query", [{}, {"cancellable": "true"}, {"status": "received", "limit": "100"}], ids=str)
def test_the_first_page_of_a_million_orders_is_two_calls(tables: Tables, query: dict[str, str]) -> None:
    seller = Seller(1_000_000, lambda _: "received")
    page = list_of(seller, tables)(**query)
    assert [int(order["order_id"]) for order in page["orders"]][:2] == [999_999, 999_998]
    assert len(page["orders"]) == int(query.get("limit", "25"))
    assert page["cursor"]
    assert seller.requests == ["Query", "BatchGetItem"]


def test_three_to_dos_among_a_million_orders_are_three_calls(tables: Tables) -> None:
    to_do = range(5, 500_000, 200_000)
    seller = Seller(1_000_000, lambda number: "cancelled" if number in to_do else "shipped", to_do)
    page = list_of(seller, tables)(marketplace_cancellation="to_do")
    assert [int(order["order_id"]) for order in page["orders"]] == list(to_do)
    assert (page["cursor"], page["count"], page["more"]) == (None, 3, False)
    assert len(seller.requests) <= 3


def test_more_to_dos_than_are_counted(tables: Tables) -> None:
    seller = Seller(5_000, lambda _: "cancelled", range(5_000))
    page = list_of(seller, tables)(marketplace_cancellation="to_do")
    assert (page["count"], page["more"]) == (MOST_COUNTED, True)
    assert len(seller.requests) <= 3


def test_the_first_hit_of_a_rare_status_in_twelve_thousand_orders_is_in_two_requests(tables: Tables) -> None:
    seller = Seller(12_000, lambda number: "shipped" if number else "delivered")
    page = list_of(seller, tables)
    first = page(status="delivered")
    assert first["orders"] == []
    second = page(status="delivered", cursor=first["cursor"])
    assert [order["order_id"] for order in second["orders"]] == ["0000000"]
    assert second["cursor"] is None
    assert seller.requests.count("Query") <= 20


def test_a_filtered_list_ends_its_page_when_the_time_does(dynamodb: Any, hooks: list[Hook]) -> None:
    seller = Seller(12_000, lambda number: "shipped" if number else "delivered")
    hooks[0] = seller
    lists = OrderLists(dynamodb, ORDERS)
    page = lists.page("acme", Wanted(statuses=("delivered",)), lambda: seller.requests.count("BatchGetItem") < 3)
    assert seller.requests.count("BatchGetItem") == 3
    assert (page.orders, page.last and page.last.order_id) == ([], f"{12_000 - 300:07}")


@pytest.mark.parametrize("limit", [1, 7, 100])
@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(statuses=("shipped",)),
        Wanted(statuses=("received", "delivered"), placed_from="2026-11-23T09:00:00.500Z"),
        Wanted(cancellable=True, placed_to="2026-11-23T09:00:00.500Z"),
        Wanted(placed_from="2026-11-23T09:00:00Z", placed_to="2026-11-23T09:00:00.500Z"),
        Wanted(marketplace_order_id="113-0"),
        Wanted(marketplace_order_id="113-0", statuses=("shipped",)),
    ],
    ids=str,
)
def test_no_page_skips_or_repeats_an_order(tables: Tables, dynamodb: Any, wanted: Wanted, limit: int) -> None:
    """Many were placed in the same moment, and more than one step of a filtered list is needed."""
    moments = ("2026-11-23T09:00:00Z", "2026-11-23T09:00:00.500Z", "2026-11-23T09:00:00.501Z", "2026-11-24T09:00:00Z")
    lists = OrderLists(dynamodb, ORDERS)
    expected = set()
    for number in range(240):
        item = order_item(f"A-{number:03}") | {
            "placed_at": {"S": moments[number % 4]},
            "marketplace_order_id": {"S": f"113-{number // 4 % 2}"},
            "status": {"S": STATUSES[number * 7 % 11 % 6]},
        }
        tables.put(ORDERS, item)
        order = order_of(decode_item(item))
        if wanted.has(order) and wanted.marketplace_order_id in (None, order.placement.marketplace_order_id):
            expected.add(order.order_id)
    found: list[str] = []
    after = None
    while True:
        page = lists.page("acme", wanted._replace(limit=limit, after=after))
        assert len(page.orders) == len(page.places) <= limit
        found += [order.order_id for order in page.orders]
        after = page.last
        if after is None:
            break
    assert len(expected) > 10
    assert (sorted(found), len(found)) == (sorted(expected), len(set(found)))
