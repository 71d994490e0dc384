"""How long a finished order is kept, and a summary that arrived: ``expires_at``, from which on DynamoDB deletes them.

An order gets it when nothing is left to be done about it or told of it, and loses it with whatever brings it back:

    delivered, nothing cancelled          the center's last report writes it itself
    what was not delivered moved away     the write that moves it, and then ``let_go``
    cancelled, done in the marketplace    the write that notes so, and then ``let_go``
    its seller wants no summaries         the write that skips it, and then ``let_go``
    its summaries arrived                 SES's event that says so, and then ``let_go``
    to do again in the marketplace        the write that notes so takes it away
    its summary came back after all       ``keep``, and for ever: the summary may be sent again at any time

``let_go`` looks at the order as its caller's write left it. So whoever writes last sees all that is done, and whoever
dies before it leaves an order that is kept: too long is a mistake that can be mended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from order_cancellation.domain import times
from order_cancellation.domain.orders import Order
from order_cancellation.tables.client import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Retention:
    """``days`` are how long orders are kept once they are over; 0 is for ever."""

    def __init__(self, dynamodb: DynamoDBClient, orders_table: str, summaries_table: str, days: int) -> None:
        self._orders = Table(dynamodb, orders_table)
        self._summaries = Table(dynamodb, summaries_table)
        self._days = days

    @property
    def is_on(self) -> bool:
        """Whether any order expires."""
        return self._days > 0

    def let_go(self, order: Order) -> None:
        """Let an order expire if it is over, and every summary that tells of it has arrived. Raises Unavailable.

        A summary that comes back after it was asked here has its orders kept, which this write then finds.
        """
        if not self.is_on or not order.over or order.expires_at is not None:
            return
        if not all(self._arrived(order.seller_id, summary_id) for summary_id in sorted(order.told_in)):
            return
        done, values = "attribute_exists(order_id)", {}
        if order.marketplace_mark:
            done, values = "marketplace_cancellation = :done", {"done": order.marketplace_mark}
        self._orders.update(
            {"seller_id": order.seller_id, "order_id": order.order_id},
            "SET expires_at = :expires",
            condition=f"{done} AND attribute_not_exists(summary_due_at) AND attribute_not_exists(kept_since)",
            returning=False,
            expires=times.expiry(self._days),
            **values,
        )

    def keep(self, seller_id: str, order_id: str) -> None:
        """Let an order never expire: a summary that tells of it did not arrive after all. Raises Unavailable."""
        self._orders.update(
            {"seller_id": seller_id, "order_id": order_id},
            "SET kept_since = :now REMOVE expires_at",
            condition="attribute_exists(order_id)",
            returning=False,
            now=times.now(),
        )

    def _arrived(self, seller_id: str, summary_id: str) -> bool:
        """Whether a summary arrived; one that is gone did, and has expired since."""
        item = self._summaries.get({"seller_id": seller_id, "summary_id": summary_id})
        return item is None or item["status"] == "delivered"
