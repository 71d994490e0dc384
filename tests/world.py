"""The world that events/ speaks of: a few orders of two sellers, each at a stage of its way.

The local stack's seeds have the same orders at the same stages, so that an event does there what it does in the tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from order_cancellation import orders
from order_cancellation.orders import Order
from order_cancellation.store import Orders
from tests import examples

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FULFILLMENT_CENTERS = {"client-LAX1": "LAX1", "client-EWR2": "EWR2"}

# order: its fulfillment centers, and what the first of them has reported
ORDERS = {
    ("acme", "A-1001"): (("LAX1",), ("allocated",)),
    ("acme", "A-1002"): (("EWR2",), ("allocated", "picking")),
    ("acme", "A-1003"): (("LAX1",), ("allocated", "picking", "picked_packed")),
    ("acme", "A-1004"): (("EWR2",), ()),
    ("acme", "A-1005"): (("LAX1", "EWR2"), ("allocated",)),
    ("acme", "A-1009"): (("LAX1",), ("allocated", "picking", "picked_packed", "shipped")),
    ("bluebird", "B-1001"): (("LAX1",), ("allocated",)),
    ("bluebird", "B-1002"): (("EWR2",), ("allocated", "picking")),
}
_TIMES = {
    "allocated": "2026-11-23T13:30:00Z",
    "picking": "2026-11-23T13:40:00Z",
    "picked_packed": "2026-11-23T13:50:00Z",
    "shipped": "2026-11-23T14:00:00Z",
}


def furnish(dynamodb: DynamoDBClient, orders_table: str, fulfillment_centers_table: str) -> None:
    """Put the fulfillment centers and the orders into empty tables, by the product's own writes."""
    for client_id, fc_id in FULFILLMENT_CENTERS.items():
        item = {"client_id": {"S": client_id}, "fc_id": {"S": fc_id}}
        dynamodb.put_item(TableName=fulfillment_centers_table, Item=item)
    table = Orders(dynamodb, orders_table)
    for (seller_id, order_id), (centers, events) in ORDERS.items():
        _, order = table.place(seller_id, order_id, examples.placement(*centers))
        for event in events:
            assert order
            order = report(table, order, centers[0], event, _TIMES[event])


def report(table: Orders, order: Order, fc_id: str, event: str, at: str) -> Order:
    """Record an event of a fulfillment center's that moves the order forward."""
    advanced = orders.record(order, fc_id, event, at)
    assert advanced
    written, result = table.advance(order, advanced)
    assert written
    assert result
    return result
