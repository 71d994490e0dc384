"""Many cancels in one request: a result for each order, in the order asked, and no failure hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from order_cancellation.domain import summaries
from order_cancellation.tables.client import MAX_CALL_SECONDS
from order_cancellation.tables.orders import Orders
from tests.support.functions import Context, Response
from tests.support.rig import Service
from tests.support.sdk import Wire, error

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.integration.conftest import Records


pytestmark = pytest.mark.usefixtures("furnished")


def outcomes(answer: Response) -> list[tuple[str, str]]:
    return [(result["order_id"], result["outcome"]) for result in answer.body["results"]]


def asked(*order_ids: str) -> list[dict[str, Any]]:
    return [{"order_id": order_id} for order_id in order_ids]


class TestResults:
    def test_come_in_the_order_asked(self, service: Service) -> None:
        order_ids = [f"A-{number}" for number in (7, 3, 9, 1, 5)]
        for order_id in order_ids:
            service.place(order_id)
        answer = service.cancel_many(*asked(*order_ids))
        assert (answer.status, answer.body["outcome"]) == (200, "success")
        assert outcomes(answer) == [(order_id, "cancelled") for order_id in order_ids]
        assert answer.body["counts"] == {"orders": 5, "cancelled": 5, "already_cancelled": 0, "refused": 0}

    def test_are_what_the_single_call_would_say(self, service: Service) -> None:
        batch = service.cancel_many(*asked("A-1001", "A-1003", "A-9999"), request_id="r-1").body["results"]
        again = [service.cancel(order_id, request_id="r-1").body for order_id in ("A-1001", "A-1003", "A-9999")]
        assert batch[0] == again[0]
        assert batch[1] == {"outcome": "refused", **again[1]}
        assert batch[2] == {"outcome": "refused", **again[2]}

    def test_hide_no_failure(self, service: Service) -> None:
        answer = service.cancel_many(*asked("A-1003", "A-1001", "A-9999"))
        assert answer.body["outcome"] == "partial_success"
        assert answer.body["counts"] == {"orders": 3, "cancelled": 1, "already_cancelled": 0, "refused": 2}
        packed, cancelled, missing = answer.body["results"]
        assert cancelled["outcome"] == "cancelled"
        assert packed["code"] == "order_picked_packed"
        assert packed["detail"].startswith("Order A-1003 can no longer be cancelled")
        assert packed["next_steps"][0]["action"] == "contact_marketplace_or_customer"
        assert missing["code"] == "order_not_found"

    @pytest.mark.parametrize(
        ("order_ids", "outcome"),
        [
            (["A-1001", "A-1002"], "success"),
            (["A-1001", "A-1003"], "partial_success"),
            (["A-1003", "A-9999"], "failure"),
            (["A-1001"], "success"),
            (["A-1003"], "failure"),
        ],
    )
    def test_add_up(self, service: Service, order_ids: list[str], outcome: str) -> None:
        assert service.cancel_many(*asked(*order_ids)).body["outcome"] == outcome

    def test_count_an_order_that_was_cancelled_before_as_done(self, service: Service) -> None:
        service.cancel("A-1001")
        answer = service.cancel_many(*asked("A-1001", "A-1002"))
        assert answer.body["outcome"] == "success"
        assert outcomes(answer) == [("A-1001", "already_cancelled"), ("A-1002", "cancelled")]

    def test_fold_an_order_that_is_named_twice(self, service: Service, wire: Wire) -> None:
        answer = service.cancel_many(
            {"order_id": "A-1001", "note": "first"}, {"order_id": "A-1002"}, {"order_id": "A-1001", "note": "second"}
        )
        assert outcomes(answer) == [("A-1001", "cancelled"), ("A-1002", "cancelled")]
        assert answer.body["results"][0]["cancellation"]["note"] == "first"
        assert wire.requests == ["UpdateItem"] * 2

    def test_of_a_hundred_orders_take_a_hundred_calls(self, service: Service, wire: Wire) -> None:
        answer = service.cancel_many(*asked(*(f"A-{number}" for number in range(100))))
        assert answer.body["counts"]["refused"] == 100
        assert wire.requests == ["UpdateItem"] * 100

    def test_are_none_when_one_entry_is_wrong(self, service: Service, wire: Wire) -> None:
        answer = service.cancel_many({"order_id": "A-1001"}, {"order_id": "A-1002", "reason": "stockout"})
        assert (answer.status, answer.body["field"]) == (400, "orders[1].reason")
        assert wire.requests == []


class TestAFailureInTheMiddle:
    @pytest.mark.parametrize(
        ("failure", "told"),
        [("ThrottlingException", "service_unavailable"), ("ResourceNotFoundException", "internal_error")],
    )
    def test_does_not_take_the_others_along(self, service: Service, wire: Wire, failure: str, told: str) -> None:
        wire.refuse(error(failure), times=3, about="A-1002")
        answer = service.cancel_many(*asked("A-1001", "A-1002", "A-1004"))
        assert (answer.status, answer.body["outcome"]) == (200, "partial_success")
        assert outcomes(answer) == [("A-1001", "cancelled"), ("A-1002", "refused"), ("A-1004", "cancelled")]
        assert answer.body["results"][1]["code"] == told


class TestNoTimeLeft:
    def test_no_call_is_begun_that_might_not_end(self, service: Service, wire: Wire) -> None:
        late = Context(remaining_ms=MAX_CALL_SECONDS * 1000 - 1)
        answer = service.cancel_many(*asked("A-1001", "A-1002"), context=late)
        assert (answer.status, answer.body["outcome"]) == (200, "failure")
        assert [result["code"] for result in answer.body["results"]] == ["service_unavailable"] * 2
        assert wire.requests == []

    def test_the_same_request_does_the_rest(self, service: Service) -> None:
        service.cancel_many(*asked("A-1001"), key="k-1")
        late = Context(remaining_ms=0)
        assert service.cancel_many(*asked("A-1001", "A-1002"), key="k-1", context=late).body["outcome"] == "failure"
        rest = service.cancel_many(*asked("A-1001", "A-1002"), key="k-1")
        assert rest.body["outcome"] == "success"
        assert outcomes(rest) == [("A-1001", "cancelled"), ("A-1002", "cancelled")]
        assert "idempotent-replayed" not in rest.headers, "one of the two was done just now"

    def test_there_is_time_enough(self, service: Service) -> None:
        enough = Context(remaining_ms=MAX_CALL_SECONDS * 1000)
        assert service.cancel_many(*asked("A-1001"), context=enough).body["outcome"] == "success"


class TestTheSameKeyAgain:
    def test_gives_the_same_body_and_says_so(self, service: Service, stream_records: Records) -> None:
        orders = asked("A-1001", "A-1003", "A-1002")
        first = service.cancel_many(*orders, key="k-1")
        written = stream_records()
        again = service.cancel_many(*orders, key="k-1")
        assert "idempotent-replayed" not in first.headers
        assert again.headers["idempotent-replayed"] == "true"
        assert again.text == first.text
        assert stream_records() == written

    def test_is_a_replay_whatever_was_cancelled_before_by_others(self, service: Service) -> None:
        service.cancel("A-1002", key="another")
        for _ in range(2):
            answer = service.cancel_many(*asked("A-1001", "A-1002"), key="k-1")
            assert outcomes(answer) == [("A-1001", "cancelled"), ("A-1002", "already_cancelled")]
        assert answer.headers["idempotent-replayed"] == "true"

    def test_is_no_replay_where_nothing_was_cancelled(self, service: Service) -> None:
        for _ in range(2):
            answer = service.cancel_many(*asked("A-1003"), key="k-1")
            assert answer.body["outcome"] == "failure"
            assert "idempotent-replayed" not in answer.headers

    def test_with_another_reason_is_refused_for_that_order_alone(self, service: Service) -> None:
        service.cancel_many(*asked("A-1001", "A-1002"), key="k-1")
        answer = service.cancel_many({"order_id": "A-1001", "reason": "wrong_address"}, *asked("A-1002"), key="k-1")
        assert outcomes(answer) == [("A-1001", "refused"), ("A-1002", "cancelled")]
        assert answer.body["results"][0]["code"] == "idempotency_key_reused"

    def test_the_single_call_and_the_batch_know_each_others_keys(self, service: Service) -> None:
        service.cancel("A-1001", key="k-1")
        answer = service.cancel_many(*asked("A-1001"), key="k-1")
        assert outcomes(answer) == [("A-1001", "cancelled")]
        assert answer.headers["idempotent-replayed"] == "true"


class TestAutoCancel:
    STOCKOUT: ClassVar[dict[str, Any]] = {
        "seller_id": "acme",
        "order_id": "A-1001",
        "reason": "stockout",
        "skus": ["TENT-2P-GRN"],
    }

    def test_names_the_seller_with_each_order(self, service: Service) -> None:
        entries = [self.STOCKOUT, {"seller_id": "bluebird", "order_id": "B-1001", "reason": "mislinked_sku"}]
        answer = service.auto_cancel(*entries)
        assert answer.body["outcome"] == "success"
        named = [(result["seller_id"], result["order_id"], result["outcome"]) for result in answer.body["results"]]
        assert named == [("acme", "A-1001", "cancelled"), ("bluebird", "B-1001", "cancelled")]

    def test_makes_the_order_due_for_a_summary_in_the_same_write(
        self, service: Service, wire: Wire, dynamodb: DynamoDBClient
    ) -> None:
        service.auto_cancel(self.STOCKOUT)
        assert wire.requests == ["UpdateItem"]
        item = dynamodb.get_item(TableName="OrdersTable", Key={"seller_id": {"S": "acme"}, "order_id": {"S": "A-1001"}})
        cancelled_at = item["Item"]["cancellation"]["M"]["cancelled_at"]["S"]
        assert item["Item"]["summary_due_at"]["S"] == summaries.due_after(cancelled_at)
        assert item["Item"]["summary_shard"]["S"] == summaries.shard_of("acme")

    def test_a_sellers_cancel_is_due_for_none(self, service: Service, dynamodb: DynamoDBClient) -> None:
        service.cancel("A-1001")
        item = dynamodb.get_item(TableName="OrdersTable", Key={"seller_id": {"S": "acme"}, "order_id": {"S": "A-1001"}})
        assert "summary_due_at" not in item["Item"]

    def test_of_an_order_that_the_seller_cancelled_leaves_it_as_it_is(self, service: Service, orders: Orders) -> None:
        service.cancel("A-1001")
        before = orders.find("acme", "A-1001")
        answer = service.auto_cancel(self.STOCKOUT)
        assert outcomes(answer) == [("A-1001", "already_cancelled")]
        assert "was cancelled by its seller already" in answer.body["results"][0]["message"]
        assert orders.find("acme", "A-1001") == before

    def test_of_a_packed_order_is_refused(self, service: Service) -> None:
        answer = service.auto_cancel({**self.STOCKOUT, "order_id": "A-1003"})
        assert answer.body["outcome"] == "failure"
        (result,) = answer.body["results"]
        assert (result["seller_id"], result["code"]) == ("acme", "order_picked_packed")

    def test_again_with_the_same_key_is_a_replay_and_makes_nothing_due_twice(
        self, service: Service, stream_records: Records
    ) -> None:
        first = service.auto_cancel(self.STOCKOUT, key="k-1")
        written = stream_records()
        again = service.auto_cancel(self.STOCKOUT, key="k-1")
        assert again.headers["idempotent-replayed"] == "true"
        assert again.text == first.text
        assert stream_records() == written

    def test_then_the_seller_sees_why(self, service: Service) -> None:
        service.auto_cancel(self.STOCKOUT)
        document = service.view("A-1001").body
        assert document["cancellation"]["kind"] == "auto"
        assert document["cancellation"]["skus"] == ["TENT-2P-GRN"]
        assert "out of stock" in document["not_cancellable_because"]["detail"]
