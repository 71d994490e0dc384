"""After a rollback: items that the next version wrote, and one that nobody can read, cost their neighbors nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import examples
from tests.support.memory_tables import ORDERS, Tables
from tests.support.rig import Service
from tests.support.sdk import Wire

NEW_CANCELLATION = {"channel": {"S": "api"}, "parts": {"L": [{"S": "LAX1"}]}, "labels": {"SS": ["a"]}}


@pytest.fixture
def tables(aws: Tables) -> Tables:
    return aws


def change(tables: Tables, order_id: str, **attributes: Any) -> None:
    item = tables.get(ORDERS, "acme", order_id)
    assert item
    tables.put(ORDERS, {**item, **attributes})


def changed_cancellation(tables: Tables, order_id: str) -> None:
    item = tables.get(ORDERS, "acme", order_id)
    assert item
    change(tables, order_id, cancellation={"M": {**item["cancellation"]["M"], **NEW_CANCELLATION}})


class TestAnUnknownFieldOfTheCancellation:
    @pytest.fixture
    def cancelled(self, service: Service, tables: Tables) -> str:
        service.place("A-1")
        service.cancel("A-1", {"reason": "wrong_address"}, key="k-1")
        changed_cancellation(tables, "A-1")
        return "A-1"

    def test_it_is_seen_and_listed(self, service: Service, cancelled: str) -> None:
        assert service.view(cancelled).body["cancellation"]["reason"] == "wrong_address"
        assert [order["order_id"] for order in service.list().body["orders"]] == [cancelled]

    def test_a_cancel_gets_its_answer(self, service: Service, cancelled: str) -> None:
        assert service.cancel(cancelled).body["outcome"] == "already_cancelled"
        again = service.cancel(cancelled, {"reason": "wrong_address"}, key="k-1")
        assert (again.body["outcome"], again.headers["idempotent-replayed"]) == ("cancelled", "true")

    def test_the_fulfillment_center_is_told_to_put_the_goods_back(self, service: Service, cancelled: str) -> None:
        answer = service.report("LAX1", cancelled, "picking")
        assert (answer.status, answer.body["instruction"]) == (409, "put_back")


class TestAnUnknownEvent:
    @pytest.fixture
    def staged(self, service: Service, tables: Tables) -> str:
        service.place("A-1")
        service.place("A-2")
        service.report("LAX1", "A-1", "picking")
        milestones = {"picking": {"S": examples.PACKED_AT}, "staged": {"M": {"by": {"S": "R2"}, "at": {"SS": ["x"]}}}}
        change(tables, "A-1", milestones={"M": {"LAX1": {"M": milestones}}})
        return "A-1"

    def test_the_list_has_every_order(self, service: Service, staged: str) -> None:
        answer = service.list()
        assert {order["order_id"] for order in answer.body["orders"]} == {staged, "A-2"}
        assert "unreadable" not in answer.body

    def test_it_is_kept_when_another_is_recorded(self, service: Service, tables: Tables, staged: str) -> None:
        assert service.report("LAX1", staged, "picked_packed").body["order_status"] == "picked_packed"
        item = tables.get(ORDERS, "acme", staged)
        assert item
        assert item["milestones"]["M"]["LAX1"]["M"]["staged"] == {"M": {"by": {"S": "R2"}, "at": {"SS": ["x"]}}}
        assert service.cancel(staged).body["code"] == "order_picked_packed"


class TestOneThatNobodyCanRead:
    @pytest.fixture
    def broken(self, service: Service, tables: Tables) -> str:
        for order_id in ("A-1", "A-2", "A-3"):
            service.place(order_id, marketplace_order_id=f"113-{order_id}")
        change(tables, "A-2", milestones={"S": "lost"})
        return "A-2"

    def test_it_costs_one_row_and_is_named(
        self, service: Service, broken: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        answer = service.list()
        assert {order["order_id"] for order in answer.body["orders"]} == {"A-1", "A-3"}
        assert (answer.status, answer.body["unreadable"], answer.body["cursor"]) == (200, [broken], None)
        assert '"OrdersUnreadable":[1.0]' in capsys.readouterr().out

    def test_pages_go_on_behind_it(self, service: Service, broken: str) -> None:
        first = service.list(limit="1").body
        second = service.list(limit="1", cursor=first["cursor"]).body
        assert {page["orders"][0]["order_id"] for page in (first, second)} == {"A-1", "A-3"}
        assert ("unreadable" in first, second["unreadable"]) == (False, [broken])

    def test_a_search_names_it(self, service: Service, broken: str) -> None:
        found = service.list(marketplace_order_id=f"113-{broken}").body
        assert (found["orders"], found["unreadable"]) == ([], [broken])

    def test_its_neighbors_are_cancelled(self, service: Service, broken: str) -> None:
        result = service.cancel_many({"order_id": "A-1"}, {"order_id": broken}, {"order_id": "A-3"}).body
        assert [each["outcome"] for each in result["results"]] == ["cancelled", "refused", "cancelled"]
        assert result["results"][1]["code"] == "internal_error"


def test_a_page_of_large_orders_ends_before_lambdas_six_megabytes(service: Service, tables: Tables, wire: Wire) -> None:
    sku = {"M": {"sku": {"S": "x" * 120}, "quantity": {"N": "1"}}}
    expected = [f"A-{number:02}" for number in range(1, 21)]
    for order_id in expected:
        service.place(order_id)
        change(tables, order_id, order_lines={"L": [sku] * 2400})
    found: list[str] = []
    cursor = ""
    while cursor is not None:
        answer = service.list(limit="100", **({"cursor": cursor} if cursor else {}))
        assert answer.status == 200
        assert len(answer.text.encode()) < 6_000_000
        found += [order["order_id"] for order in answer.body["orders"]]
        cursor = answer.body["cursor"]
    assert sorted(found) == expected
