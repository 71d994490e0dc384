"""A seller cancels one order: one call to DynamoDB, one definite answer, the same answer when they ask again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from order_cancellation.tables.orders import Orders
from tests.support import examples
from tests.support.functions import Response
from tests.support.rig import Service
from tests.support.sdk import Answer, Wire

if TYPE_CHECKING:
    from tests.integration.conftest import Records

ASK = {"reason": "customer_request", "note": "Ordered the wrong size."}


@pytest.fixture
def a_1(service: Service) -> str:
    """An order of acme's that can be cancelled."""
    assert service.place("A-1").status == 201
    return "A-1"


@pytest.fixture
def packed(service: Service) -> str:
    """An order of acme's that LAX1 has packed."""
    service.place("A-2")
    assert service.report("LAX1", "A-2", "picked_packed").status == 200
    return "A-2"


def is_cancelled_for_the_first_time(answer: Response) -> bool:
    return (answer.status, answer.body["outcome"]) == (200, "cancelled") and "idempotent-replayed" not in answer.headers


class TestTheAnswer:
    def test_yes(self, service: Service, a_1: str, orders: Orders) -> None:
        answer = service.cancel(a_1, ASK)
        assert is_cancelled_for_the_first_time(answer)
        assert answer.body["message"] == "Your order has been successfully cancelled."
        order = orders.find("acme", a_1)
        assert order
        assert order.status == "cancelled"
        assert order.cancellation
        assert answer.body["cancellation"] == {
            "cancellation_id": order.cancellation.cancellation_id,
            "kind": "seller",
            "cancelled_at": order.cancellation.cancelled_at,
            "actor": {"kind": "person", "id": "person-1", "name": "ops@acme.example"},
            **ASK,
        }

    def test_no_and_why_and_what_to_do_next(self, service: Service, packed: str) -> None:
        answer = service.cancel(packed, ASK)
        assert answer.status == 409
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.body
        steps = problem.pop("next_steps")
        assert problem == {
            "type": "https://portal.test/problems/order-picked-packed",
            "title": "Order already picked and packed",
            "status": 409,
            "code": "order_picked_packed",
            "detail": "Order A-2 can no longer be cancelled: "
            "fulfillment center LAX1 picked and packed it on 23 Nov 2026 at 14:01 UTC.",
            "order_id": "A-2",
            "order_status": "picked_packed",
            "packed": [{"fc_id": "LAX1", "at": examples.PACKED_AT}],
            "still_cancellable": [],
        }
        assert [step["action"] for step in steps] == ["contact_marketplace_or_customer"]

    def test_an_order_that_was_placed_in_a_newer_status_is_refused(
        self, service: Service, a_1: str, dynamodb: Any
    ) -> None:
        dynamodb.update_item(
            TableName="OrdersTable",
            Key={"seller_id": {"S": "acme"}, "order_id": {"S": a_1}},
            UpdateExpression="SET #s = :s",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":s": {"S": "on_hold"}},
        )
        answer = service.cancel(a_1)
        assert (answer.status, answer.body["code"]) == (409, "order_conflict")
        assert service.view(a_1).body["cancellable"] is False


class TestOneCall:
    """Exactly one request goes to DynamoDB, counted on the wire."""

    def test_for_a_cancel(self, service: Service, a_1: str, wire: Wire) -> None:
        wire.requests.clear()
        assert service.cancel(a_1, ASK).status == 200
        assert wire.requests == ["UpdateItem"]

    def test_for_a_replay(self, service: Service, a_1: str, wire: Wire) -> None:
        service.cancel(a_1, ASK, key="k-1")
        wire.requests.clear()
        assert service.cancel(a_1, ASK, key="k-1").headers["idempotent-replayed"] == "true"
        assert wire.requests == ["UpdateItem"]

    def test_for_a_refusal(self, service: Service, packed: str, wire: Wire) -> None:
        wire.requests.clear()
        assert service.cancel(packed).status == 409
        assert wire.requests == ["UpdateItem"]

    def test_for_an_order_that_is_not_there(self, service: Service, wire: Wire) -> None:
        assert service.cancel("A-404").status == 404
        assert wire.requests == ["UpdateItem"]

    def test_and_none_for_a_request_that_is_wrong(self, service: Service, wire: Wire) -> None:
        assert service.cancel("A-1", {"refund": True}).status == 400
        assert wire.requests == []


class TestALostAnswer:
    """The write is done, its answer is lost, the SDK tries again: G3."""

    @pytest.mark.parametrize(
        "loss",
        [
            ConnectionClosedError(endpoint_url="https://dynamodb"),
            ReadTimeoutError(endpoint_url="https://dynamodb"),
            Answer(500),
            Answer(503, b"<html>try again</html>"),
        ],
        ids=["connection closed", "read timeout", "500", "503"],
    )
    @pytest.mark.parametrize("key", [None, "k-1"])
    def test_is_cancelled_all_the_same(
        self, service: Service, a_1: str, wire: Wire, loss: Answer | Exception, key: str | None
    ) -> None:
        wire.requests.clear()
        wire.lose_answer(loss)
        assert is_cancelled_for_the_first_time(service.cancel(a_1, ASK, key=key))
        assert wire.requests == ["UpdateItem", "UpdateItem"]

    def test_writes_once(self, service: Service, a_1: str, wire: Wire, stream_records: Records) -> None:
        before = len(stream_records())
        wire.lose_answer(Answer(500))
        service.cancel(a_1, ASK)
        assert len(stream_records()) == before + 1

    def test_of_every_try_is_unknown_and_the_seller_who_asks_again_gets_the_answer(
        self, service: Service, a_1: str, wire: Wire
    ) -> None:
        for _ in range(3):
            wire.lose_answer(Answer(500))
        unknown = service.cancel(a_1, ASK, key="k-1")
        assert (unknown.status, unknown.body["code"]) == (503, "service_unavailable")
        again = service.cancel(a_1, ASK, key="k-1")
        assert (again.status, again.body["outcome"]) == (200, "cancelled")
        assert again.headers["idempotent-replayed"] == "true"


class TestTheSameKeyAgain:
    def test_is_the_same_body_and_says_so(self, service: Service, a_1: str) -> None:
        first = service.cancel(a_1, ASK, key="k-1")
        again = service.cancel(a_1, ASK, key="k-1")
        assert is_cancelled_for_the_first_time(first)
        assert again.headers["idempotent-replayed"] == "true"
        assert (again.status, again.text) == (first.status, first.text)

    def test_writes_nothing(self, service: Service, a_1: str, stream_records: Records) -> None:
        service.cancel(a_1, ASK, key="k-1")
        after_the_first = stream_records()
        service.cancel(a_1, ASK, key="k-1")
        service.cancel(a_1, ASK, key="k-2")
        assert stream_records() == after_the_first

    @pytest.mark.parametrize("name", ["Idempotency-Key", "idempotency-key", "IDEMPOTENCY-KEY"])
    @pytest.mark.parametrize("value", ["k-1", '"k-1"', " k-1 "])
    def test_in_a_header_of_any_case_quoted_or_bare(self, service: Service, a_1: str, name: str, value: str) -> None:
        service.cancel(a_1, ASK, key="k-1")
        again = service.cancel(a_1, ASK, headers={name: value})
        assert again.headers["idempotent-replayed"] == "true"

    @pytest.mark.parametrize("value", ["", '""', "k" * 129, "a\x07b", "schlüssel"])
    def test_that_is_no_key_is_refused(self, service: Service, a_1: str, wire: Wire, value: str) -> None:
        wire.requests.clear()
        answer = service.cancel(a_1, ASK, headers={"Idempotency-Key": value})
        assert (answer.status, answer.body["field"]) == (400, "Idempotency-Key")
        assert wire.requests == []

    def test_with_another_reason_is_refused_and_changes_nothing(
        self, service: Service, a_1: str, orders: Orders
    ) -> None:
        service.cancel(a_1, ASK, key="k-1")
        before = orders.find("acme", a_1)
        answer = service.cancel(a_1, {"reason": "wrong_address"}, key="k-1")
        assert (answer.status, answer.body["code"]) == (422, "idempotency_key_reused")
        assert orders.find("acme", a_1) == before

    def test_of_another_seller_is_a_key_of_its_own(self, service: Service, a_1: str) -> None:
        service.place(a_1, seller_id="bluebird")
        service.cancel(a_1, ASK, key="k-1")
        assert is_cancelled_for_the_first_time(service.cancel(a_1, ASK, key="k-1", seller_id="bluebird"))

    def test_on_a_packed_order_is_refused_again_in_the_same_words(self, service: Service, packed: str) -> None:
        first, again = (service.cancel(packed, ASK, key="k-1") for _ in range(2))
        assert (again.status, again.text) == (first.status, first.text) == (409, first.text)


class TestAnotherAsk:
    @pytest.mark.parametrize(("first", "second"), [(None, None), ("k-1", "k-2"), ("k-1", None), (None, "k-1")])
    def test_finds_it_cancelled_already(
        self, service: Service, a_1: str, first: str | None, second: str | None
    ) -> None:
        cancelled = service.cancel(a_1, ASK, key=first)
        answer = service.cancel(a_1, {"reason": "other"}, key=second)
        assert (answer.status, answer.body["outcome"]) == (200, "already_cancelled")
        assert answer.body["cancellation"] == cancelled.body["cancellation"]
        assert "idempotent-replayed" not in answer.headers


class TestWhoAsks:
    """G5: a seller is its token's claim, and reaches nothing of another's."""

    def test_another_sellers_order_is_not_there(self, service: Service, a_1: str) -> None:
        refused = service.cancel(a_1, seller_id="bluebird", request_id="r-1")
        service.place("A-1", seller_id="other")
        missing = service.cancel(a_1, seller_id="nobody", request_id="r-1")
        assert refused.status == 404
        assert refused == missing
        assert service.view(a_1).body["status"] == "received"
