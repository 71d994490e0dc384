"""The world that events/ speaks of: a few orders of two sellers, each at a stage of its way.

The local stack's seeds have the same orders at the same stages, so that an event does there what it does in the tests.
The summary they have not: it stands for one whose mail got no answer, and nobody has sent it again yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import replace
from typing import TYPE_CHECKING
from unittest.mock import patch

from order_cancellation.actions.cancel import cancel
from order_cancellation.domain import orders, summaries, times
from order_cancellation.domain.cancellations import CancelCommand, Identity
from order_cancellation.domain.orders import Event, Order
from order_cancellation.domain.sellers import Contact, Seller
from order_cancellation.tables.orders import Orders
from order_cancellation.tables.outbox import Outbox
from order_cancellation.tables.sellers import Sellers
from tests.support import examples

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
SUMMARY_ID = "S-20261120-093100123-9f2c41d07a3e"
_SUMMARIZED = Seller("bluebird", Contact("Bluebird Home", "hello@bluebird.example", "Europe/Berlin", "each_batch"))
_TIMES = {
    "allocated": "2026-11-23T13:30:00Z",
    "picking": "2026-11-23T13:40:00Z",
    "picked_packed": "2026-11-23T13:50:00Z",
    "shipped": "2026-11-23T14:00:00Z",
}


def furnish(dynamodb: DynamoDBClient, tables: Mapping[str, str]) -> None:
    """Put all of it into empty tables, by the product's own writes. ``tables``: names by their functions' variables."""
    for client_id, fc_id in FULFILLMENT_CENTERS.items():
        item = {"client_id": {"S": client_id}, "fc_id": {"S": fc_id}}
        dynamodb.put_item(TableName=tables["FULFILLMENT_CENTERS_TABLE"], Item=item)
    table = Orders(dynamodb, tables["ORDERS_TABLE"])
    for (seller_id, order_id), (centers, events) in ORDERS.items():
        order = _place(table, seller_id, order_id, *centers)
        for event in events:
            order = report(table, order, centers[0], event, _TIMES[event])
    Sellers(dynamodb, tables["SELLERS_TABLE"]).register(_SUMMARIZED.seller_id, _SUMMARIZED.contact)
    _seal_a_summary(table, Outbox(dynamodb, tables["ORDERS_TABLE"], tables["SUMMARIES_TABLE"]))


def _place(table: Orders, seller_id: str, order_id: str, *centers: str) -> Order:
    """A-1001 is Amazon's 113-4001001-2711418, and the newest of them."""
    number = order_id.partition("-")[2]
    placed = replace(
        examples.placement(*centers),
        marketplace_order_id=f"113-400{number}-2711418",
        placed_at=f"2026-11-23T08:{59 - int(number) % 100}:00Z",
    )
    _, order = table.place(seller_id, order_id, placed)
    assert order
    return order


def _seal_a_summary(table: Orders, outbox: Outbox) -> None:
    """Bluebird's order B-1003 was auto-cancelled, and its summary is pending under a lease that is over."""
    order = _place(table, _SUMMARIZED.seller_id, "B-1003", "LAX1")
    with patch.object(times, "now", lambda: "2026-11-20T09:30:02.118Z"):
        cancel(
            table,
            Identity("9b3a3e0e-5e3c-4b7b-9a39-0d7c7e1f3a52"),
            CancelCommand("auto", order.seller_id, order.order_id, "stockout", skus=("LAMP-HEAD-01",)),
        )
    with patch.object(summaries, "new_summary_id", lambda _: SUMMARY_ID):
        sealed = outbox.seal(_SUMMARIZED, [order.order_id], "2026-11-20T09:31:00.123Z")
    assert sealed
    assert sealed.lease_until < times.now()


def report(table: Orders, order: Order, fc_id: str, event: str, at: str) -> Order:
    """Record an event of a fulfillment center's that moves the order forward."""
    advanced = orders.advanced(order, fc_id, Event(order.seller_id, order.order_id, event, at, at))
    assert advanced
    written, result = table.advance(order, advanced)
    assert written
    assert result
    return result
