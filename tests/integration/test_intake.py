"""The planner registers sellers and places orders; the same request twice does the same once."""

from typing import Any, ClassVar

import pytest

from order_cancellation.tables.orders import Orders
from tests.support import examples
from tests.support.rig import Service
from tests.support.sdk import Wire


class TestPlacing:
    def test_a_new_order_is_created(self, service: Service, orders: Orders, wire: Wire) -> None:
        answer = service.place("A-1", "LAX1", "EWR2")
        assert answer.status == 201
        assert (answer.body["seller_id"], answer.body["status"], answer.body["cancellable"]) == (
            "acme",
            "received",
            True,
        )
        assert wire.requests == ["UpdateItem"]
        order = orders.find("acme", "A-1")
        assert order
        assert order.placement == examples.placement("LAX1", "EWR2")
        assert order.milestones == {"LAX1": {}, "EWR2": {}}

    def test_the_same_order_again_is_the_same_order(self, service: Service, orders: Orders) -> None:
        created = service.place("A-1")
        before = orders.find("acme", "A-1")
        again = service.place("A-1")
        assert (again.status, again.text) == (200, created.text)
        assert orders.find("acme", "A-1") == before

    @pytest.mark.parametrize(
        "change",
        [
            {"destination_country": "CA"},
            {"lines": [{"sku": "TENT-2P-GRN", "quantity": 3}]},
            {"fulfillment_centers": ["EWR2"]},
            {"placed_at": "2026-11-23T08:15:01Z"},
        ],
    )
    def test_another_order_under_the_same_id_is_a_conflict_and_changes_nothing(
        self, service: Service, orders: Orders, change: dict[str, Any]
    ) -> None:
        service.place("A-1")
        before = orders.find("acme", "A-1")
        answer = service.place("A-1", **change)
        assert (answer.status, answer.body["code"], answer.body["order_id"]) == (409, "order_conflict", "A-1")
        assert orders.find("acme", "A-1") == before

    @pytest.mark.parametrize(
        "again",
        [
            "2026-11-23T09:15:00+01:00",
            "2026-11-23T08:15:00.000Z",
            "2026-11-23t08:15:00z",
            "2026-11-23T00:15:00.0-08:00",
        ],
    )
    def test_the_same_moment_written_otherwise_is_the_same_order(
        self, service: Service, orders: Orders, again: str
    ) -> None:
        service.place("A-1")
        before = orders.find("acme", "A-1")
        answer = service.place("A-1", placed_at=again)
        assert (answer.status, answer.body["placed_at"]) == (200, "2026-11-23T08:15:00Z")
        assert orders.find("acme", "A-1") == before

    def test_two_sellers_may_use_one_id(self, service: Service) -> None:
        assert service.place("A-1").status == 201
        assert service.place("A-1", seller_id="bluebird", destination_country="DE").status == 201

    @pytest.mark.parametrize("changes", [{}, {"destination_country": "DE"}])
    def test_a_cancelled_order_that_is_placed_again_stays_cancelled(
        self, service: Service, orders: Orders, changes: dict[str, Any]
    ) -> None:
        """G2"""
        service.place("A-1")
        service.cancel("A-1", {"note": "Moved."})
        before = orders.find("acme", "A-1")
        answer = service.place("A-1", **changes)
        assert (answer.status, answer.body["code"], answer.body["order_id"]) == (409, "order_cancelled", "A-1")
        assert [step["action"] for step in answer.body["next_steps"]] == ["place_as_new_order"]
        assert "Moved." not in answer.text
        assert orders.find("acme", "A-1") == before

    def test_an_order_on_its_way_that_is_placed_again_goes_on(self, service: Service) -> None:
        service.place("A-1")
        service.report("LAX1", "A-1", "picking")
        answer = service.place("A-1")
        assert (answer.status, answer.body["status"]) == (200, "picking")

    def test_no_order_is_called_cancel(self, service: Service, wire: Wire) -> None:
        answer = service.place("cancel")
        assert (answer.status, answer.body["field"]) == (400, "order_id")
        assert wire.requests == []


PROBLEM = {"M": {"kind": {"S": "bounce"}, "email": {"S": "ops@acme.example"}, "at": {"S": "2026-11-20T00:00:00.000Z"}}}


class TestSellers:
    KEY: ClassVar = {"TableName": "SellersTable", "Key": {"seller_id": {"S": "acme"}}}

    def test_a_seller_is_registered(self, service: Service, dynamodb: Any, wire: Wire) -> None:
        answer = service.register("acme", summaries="daily")
        assert (answer.status, answer.body) == (
            200,
            {"seller_id": "acme", **examples.contact_document(summaries="daily")},
        )
        assert wire.requests == ["UpdateItem"]
        item = dynamodb.get_item(**self.KEY)["Item"]
        assert {name: value["S"] for name, value in item.items()} == answer.body

    def test_again_it_is_replaced_and_what_is_known_of_its_mail_stays(self, service: Service, dynamodb: Any) -> None:
        service.register("acme")
        dynamodb.update_item(
            **self.KEY, UpdateExpression="SET mail_problem = :problem", ExpressionAttributeValues={":problem": PROBLEM}
        )
        service.register("acme", email="new@acme.example")
        item = dynamodb.get_item(**self.KEY)["Item"]
        assert item["email"] == {"S": "new@acme.example"}
        assert item["mail_problem"] == PROBLEM
