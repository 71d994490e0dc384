"""The Summaries table: which orders each summary is about, to whom it went, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from order_cancellation.domain import summaries
from order_cancellation.domain.summaries import FOLLOWS, Status, Summary
from order_cancellation.tables.client import Table
from order_cancellation.tables.items import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PENDING_INDEX: Final = "PendingSummaries"
ID_INDEX: Final = "BySummaryId"


class Summaries:
    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._table = Table(dynamodb, table)

    def find(self, seller_id: str, summary_id: str) -> Summary | None:
        """Read a summary, strongly consistent. Raises Unavailable."""
        item = self._table.get(_key(seller_id, summary_id))
        return _summary(item) if item else None

    def seller_of(self, summary_id: str) -> str | None:
        """Whose summary this is, or None; a moment behind a new one. Raises Unavailable."""
        items, _ = self._table.query("summary_id = :id", {"id": summary_id}, IndexName=ID_INDEX)
        return items[0]["seller_id"] if items else None

    def page(self, seller_id: str, limit: int, before: str | None) -> tuple[list[dict[str, Any]], str | None]:
        """Up to ``limit`` items of a seller's summaries, latest first, beginning with the one before ``before``.

        Returns them and the summary id to go on with, or None at the end. Raises Unavailable.
        """
        items, _ = self._table.query(
            "seller_id = :seller",
            {"seller": seller_id},
            after=_key(seller_id, before) if before is not None else None,
            ConsistentRead=True,
            ScanIndexForward=False,
            Limit=limit + 1,
        )
        return items[:limit], items[limit - 1]["summary_id"] if len(items) > limit else None

    def expired(self, shard: str, now: str) -> Iterator[tuple[str, str]]:
        """(seller_id, summary_id) of the pending summaries in this shard whose lease is over. Raises Unavailable."""
        for item in until(self._table, PENDING_INDEX, "lease_shard", "lease_until", shard, now):
            yield item["seller_id"], item["summary_id"]

    def lease(self, seller_id: str, summary_id: str, now: str) -> Summary | None:
        """Take a pending summary whose lease is over, to send it again; None if somebody else has. Raises Unavailable.

        From here on its set is final: whoever was still adding to it has lost the lease that they need for that.
        """
        seen = self.find(seller_id, summary_id)
        if seen is None or seen.status != "pending" or seen.lease_until > now:
            return None
        taken, item = self._table.update(
            _key(seller_id, summary_id),
            "SET lease_until = :until, attempts = attempts + :one",
            condition="#status = :pending AND lease_until = :seen",
            until=summaries.lease_after(now, seen.attempts + 1),
            one=1,
            pending="pending",
            seen=seen.lease_until,
        )
        return _summary(item) if taken and item else None

    def release(self, summary: Summary, moment: str) -> None:
        """Give the lease back at ``moment``: SES said for certain that it took nothing. Raises Unavailable."""
        self._table.update(
            _key(summary.seller_id, summary.summary_id),
            "SET lease_until = :moment",
            condition="#status = :pending AND lease_until = :mine",
            returning=False,
            moment=moment,
            pending="pending",
            mine=summary.lease_until,
        )

    def set_status(self, seller_id: str, summary_id: str, status: Status, at: str, **facts: str) -> bool:
        """Record what became of a summary, with ``facts`` such as ``ses_message_id``. Raises Unavailable.

        Returns False, changing nothing, where as much or more is known already. The lease goes with it, and so does
        the place in the index of the pending.
        """
        earlier = {f"before{index}": each for index, each in enumerate(FOLLOWS[status])}
        sets = ", ".join(["#status = :status", f"#{status}_at = :at", *(f"#{name} = :{name}" for name in facts)])
        recorded, _ = self._table.update(
            _key(seller_id, summary_id),
            f"SET {sets} REMOVE lease_until, lease_shard",
            condition=f"#status IN ({', '.join(f':{name}' for name in earlier)})",
            returning=False,  # it lists up to a thousand orders
            status=status,
            at=at,
            **facts,
            **earlier,
        )
        return recorded


def until(table: Table, index: str, hash_name: str, range_name: str, shard: str, now: str) -> Iterator[Item]:
    """The entries of a sparse index in this shard whose moment has come, oldest first, page after page."""
    after: Item | None = None
    while True:
        condition = f"{hash_name} = :shard AND {range_name} <= :now"
        items, after = table.query(condition, {"shard": shard, "now": now}, after=after, IndexName=index)
        yield from items
        if after is None:
            return


def _key(seller_id: str, summary_id: str) -> dict[str, str]:
    return {"seller_id": seller_id, "summary_id": summary_id}


def _summary(item: Item) -> Summary:
    return Summary(
        seller_id=item["seller_id"],
        summary_id=item["summary_id"],
        status=item["status"],
        order_ids=tuple(item["order_ids"]),
        email=item["email"],
        created_at=item["created_at"],
        lease_until=item.get("lease_until", ""),
        attempts=item["attempts"],
        part=item["part"],
        parts=item["parts"],
    )
