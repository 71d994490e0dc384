"""After a rollback: items that the next version wrote, and one that nobody can read, cost their neighbors nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import examples, rig
from tests.support.memory_tables import ORDERS, SUMMARIES, Tables
from tests.support.rig import Service
from tests.support.sdk import Wire
from tests.support.ses import SimulatedSes

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


class TestSplitOrders:
    """What the previous version wrote, and what it finds after a rollback."""

    @pytest.fixture
    def of_old(self, service: Service, tables: Tables) -> str:
        """LAX1 has packed; nothing in it that only this version writes."""
        service.register("acme")
        packed = {"M": {"picked_packed": {"S": examples.PACKED_AT}}}
        item = rig.order_item("A-1")
        tables.put(
            ORDERS, {**item, "status": {"S": "picked_packed"}, "milestones": {"M": {"LAX1": packed, "EWR2": {"M": {}}}}}
        )
        return "A-1"

    def test_a_part_of_an_order_of_old_is_cancelled_moved_and_told(
        self, service: Service, tables: Tables, of_old: str, ses: SimulatedSes
    ) -> None:
        assert service.cancel(of_old).body["still_cancellable"] == ["EWR2"]
        assert service.move(of_old, "LAX1", "EWR2", "ONT8").status == 200
        entry = {"seller_id": "acme", "order_id": of_old, "reason": "stockout", "fulfillment_centers": ["EWR2"]}
        assert service.auto_cancel(entry).body["results"][0]["outcome"] == "cancelled"
        assert service.report("EWR2", of_old, "picked_packed").body["code"] == "part_withdrawn"
        assert service.deliver(rig.stream_records(tables)) == []
        assert [mail.subject for mail in ses.accepted] == ["1 order partly shipped: 1 out of stock"]

    def test_the_previous_version_finds_nothing_to_pack_and_nothing_told(
        self, service: Service, tables: Tables, of_old: str
    ) -> None:
        entry = {"seller_id": "acme", "order_id": of_old, "reason": "stockout", "fulfillment_centers": ["EWR2"]}
        service.auto_cancel(entry)
        assert service.deliver(rig.stream_records(tables)) == []
        item = tables.get(ORDERS, "acme", of_old)
        assert item
        # it answers 404 to a center that milestones do not have, and takes the status from those that they do have
        assert item["milestones"]["M"].keys() == {"LAX1"}
        assert item["status"] == {"S": "picked_packed"}
        # an order that has a summary_id is told of to it; a summary without order_ids is one that it cannot read
        assert "summary_id" not in item
        (summary,) = tables.items(SUMMARIES)
        assert "order_ids" not in summary


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
