"""The rule stands in one place: the table of transitions, the allow-list and DynamoDB's condition say the same."""

from __future__ import annotations

from typing import Any, cast

import pytest

from order_cancellation.domain.orders import CANCELLABLE, CANCELLED, TRANSITIONS
from order_cancellation.tables.client import CLIENT_CONFIG, MAX_CALL_SECONDS
from order_cancellation.tables.orders import Orders
from tests.support import examples


class Recorder:
    """A DynamoDB client that takes down what it was asked, and gives an order back."""

    class exceptions:  # noqa: N801 - boto3's name
        class ConditionalCheckFailedException(Exception):
            pass

    def __init__(self) -> None:
        self.request: dict[str, Any] = {}

    def update_item(self, **request: Any) -> dict[str, Any]:
        self.request = request
        raise LookupError


def asked_for(call: Any) -> dict[str, Any]:
    """The UpdateItem that a call to the Orders table makes."""
    recorder = Recorder()
    with pytest.raises(LookupError):
        call(Orders(cast(Any, recorder), "orders"))
    return recorder.request


def test_the_allow_list_is_what_the_table_can_cancel() -> None:
    assert set(CANCELLABLE) == {status for status, reachable in TRANSITIONS.items() if CANCELLED in reachable}
    assert CANCELLABLE == ("received", "allocated", "picking")


def test_the_condition_of_a_cancel_is_the_allow_list_and_nothing_else() -> None:
    request = asked_for(lambda table: table.cancel("acme", "A-1001", examples.cancellation()))
    names = [f":cancellable{index}" for index in range(len(CANCELLABLE))]
    assert request["ConditionExpression"] == f"#status IN ({', '.join(names)})"
    assert [request["ExpressionAttributeValues"][name] for name in names] == [{"S": status} for status in CANCELLABLE]
    assert request["ExpressionAttributeNames"] == {"#status": "status"}
    assert request["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"


def test_the_key_is_the_seller_and_the_order() -> None:
    request = asked_for(lambda table: table.cancel("acme", "A-1001", examples.cancellation()))
    assert request["Key"] == {"seller_id": {"S": "acme"}, "order_id": {"S": "A-1001"}}


def test_only_an_auto_cancellation_is_due_for_a_summary() -> None:
    by_seller = asked_for(lambda table: table.cancel("acme", "A-1001", examples.cancellation()))
    by_network = asked_for(
        lambda table: table.cancel("acme", "A-1001", examples.auto_cancellation(), examples.CANCELLED_AT)
    )
    assert "summary_due_at" not in by_seller["UpdateExpression"]
    assert "summary_due_at = if_not_exists(summary_due_at, :due)" in by_network["UpdateExpression"]
    assert by_network["ExpressionAttributeValues"][":due"] == {"S": examples.CANCELLED_AT}


def test_progress_is_recorded_only_on_the_order_as_it_was_seen() -> None:
    seen = examples.order({"LAX1": {}})
    request = asked_for(lambda table: table.advance(seen, examples.packed_order()))
    assert request["ConditionExpression"] == "#status = :seen_status AND milestones = :seen_milestones"
    assert request["ExpressionAttributeValues"][":seen_status"] == {"S": "received"}
    assert request["ExpressionAttributeValues"][":seen_milestones"] == {"M": {"LAX1": {"M": {}}}}


def test_the_longest_call_is_known() -> None:
    """The batch begins no cancel that could not end in time, so this must not be less than the worst case."""
    config = cast(Any, CLIENT_CONFIG)
    tries = config.retries["total_max_attempts"]
    pauses = sum(2**retry for retry in range(tries - 1))  # botocore's standard mode: at most 1 s, then 2 s
    assert tries * (config.connect_timeout + config.read_timeout) + pauses <= MAX_CALL_SECONDS
