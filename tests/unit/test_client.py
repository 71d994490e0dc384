"""A call of DynamoDB, tried as often as its client says; what comes of no answer depends on what was asked."""

from collections.abc import Callable
from typing import Any

import pytest

from order_cancellation.domain.refusals import Unavailable
from order_cancellation.tables.orders import Orders
from tests.support import examples, rig, sdk
from tests.support.memory_tables import ORDERS


@pytest.mark.parametrize(
    ("ask", "operation"),
    [
        (lambda orders: orders.find("acme", "A-1"), "GetItem"),
        (lambda orders: orders.advance(examples.order({"LAX1": {}}), examples.packed_order()), "UpdateItem"),
    ],
)
def test_a_call_is_tried_three_times_and_what_was_not_a_read_may_have_been_done(
    dynamodb: Any, hooks: list[sdk.Hook], ask: Callable[[Orders], object], operation: str
) -> None:
    tried: list[str] = []

    def refuse(call: sdk.Call) -> sdk.Fault:
        tried.append(call.operation)
        return sdk.Fault.SERVER_ERROR

    hooks[0] = refuse
    with rig.without_pauses(), pytest.raises(Unavailable) as failed:
        ask(Orders(dynamodb, ORDERS))
    assert tried == [operation] * 3
    assert failed.value.reading is (operation == "GetItem")
