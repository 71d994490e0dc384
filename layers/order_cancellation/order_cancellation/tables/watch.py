"""What is due and what waits, as the sparse indexes show it: read to be measured, not to be acted on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from order_cancellation.tables.client import Table
from order_cancellation.tables.items import Item
from order_cancellation.tables.outbox import DUE_INDEX
from order_cancellation.tables.sellers import Sellers
from order_cancellation.tables.summaries import WAITING_INDEX

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST_PAGES: Final = 5  # of a shard that unregistered sellers fill: some fifty thousand orders


class Watch:
    def __init__(self, dynamodb: DynamoDBClient, orders_table: str, summaries_table: str, sellers: Sellers) -> None:
        self._orders = Table(dynamodb, orders_table)
        self._summaries = Table(dynamodb, summaries_table)
        self._sellers = sellers

    def oldest_due(self, shard: str, now: str) -> str | None:
        """Since when the oldest due order of this shard has been due, or None where none is. Raises Unavailable.

        Orders of sellers whom nobody has registered do not count: they cannot be told, and have an alarm of their own.
        """
        unregistered: set[str] = set()
        after: Item | None = None
        for _ in range(MOST_PAGES):
            items, after = self._orders.query(
                "summary_shard = :shard AND summary_due_at <= :now",
                {"shard": shard, "now": now},
                after=after,
                IndexName=DUE_INDEX,
            )
            for item in items:
                seller_id = item["seller_id"]
                if seller_id not in unregistered and self._sellers.find(seller_id):
                    return str(item["summary_due_at"])
                unregistered.add(seller_id)
            if after is None:
                break
        return None

    def waiting(self, shard: str) -> int:
        """How many summaries of this shard did not reach their seller, and wait. Raises Unavailable."""
        number = 0
        after: Item | None = None
        while True:
            items, after = self._summaries.query(
                "waiting_shard = :shard", {"shard": shard}, after=after, IndexName=WAITING_INDEX
            )
            number += len(items)
            if after is None:
                return number
