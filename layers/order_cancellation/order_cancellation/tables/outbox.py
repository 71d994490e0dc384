"""The outbox: the due marks of auto-cancelled orders, and how a summary claims them.

A claim is one transaction: the orders lose their due mark and get the summary's id, and the summary lists them, or
nothing of it happens. So there is no moment at which a crash could leave an order between the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from order_cancellation.domain import summaries
from order_cancellation.domain.orders import Order
from order_cancellation.domain.refusals import Unavailable
from order_cancellation.domain.sellers import Seller
from order_cancellation.domain.summaries import WITHOUT_SUMMARY, Summary
from order_cancellation.tables.client import Table, call, update_request
from order_cancellation.tables.summaries import Summaries, until

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DUE_INDEX: Final = "DueForSummary"

_CLAIMS_PER_TRANSACTION = 99  # DynamoDB takes 100 actions; one of them is the summary's own
_CONFLICT_TRIES = 3
_CONDITION_FAILED = "ConditionalCheckFailed"


class Outbox:
    """The summary attributes of the Orders table, and the pending summaries that claim them."""

    def __init__(self, dynamodb: DynamoDBClient, orders_table: str, summaries_table: str) -> None:
        self._orders = Table(dynamodb, orders_table)
        self._summaries = Summaries(dynamodb, summaries_table)
        self._summaries_table = summaries_table

    def due(self, shard: str, now: str) -> Iterator[tuple[str, str]]:
        """(seller_id, order_id) of the orders in this shard whose time has come, oldest first.

        From the sparse index, so a moment behind: read an order before acting on it. Raises Unavailable.
        """
        for item in until(self._orders, DUE_INDEX, "summary_shard", "summary_due_at", shard, now):
            yield item["seller_id"], item["order_id"]

    def postpone(self, order: Order, moment: str) -> None:
        """Leave the order due, for ``moment``; nothing if it is no longer due as it was seen. Raises Unavailable."""
        self._change_due(order, "SET summary_due_at = :moment", moment=moment)

    def skip(self, order: Order) -> None:
        """Tell nobody of the order; nothing if it is no longer due as it was seen. Raises Unavailable."""
        update = "SET summary_id = :without REMOVE summary_due_at, summary_shard"
        self._change_due(order, update, without=WITHOUT_SUMMARY)

    def seal(self, seller: Seller, order_ids: Sequence[str], now: str, part: int = 1, parts: int = 1) -> Summary | None:
        """Claim those of the orders that are still due, and list them in a new pending summary under our lease.

        Returns the summary as its table has it; None if nothing was left to claim. An order that somebody else has
        claimed is left out: it is in their summary. Raises Unavailable; what was claimed by then is sent by the sweep.
        """
        draft = Summary(
            seller_id=seller.seller_id,
            summary_id=summaries.new_summary_id(now),
            status="pending",
            order_ids=(),
            email=seller.contact.email,
            created_at=now,
            lease_until=summaries.lease_after(now, 1),
            part=part,
            parts=parts,
        )
        for claims in batched(order_ids, _CLAIMS_PER_TRANSACTION, strict=False):
            self._claim(draft, list(claims))
        return self._summaries.find(draft.seller_id, draft.summary_id)  # an answer along the way may have been lost

    def _change_due(self, order: Order, update: str, **values: Any) -> None:
        # If the condition fails, the order was claimed, postponed or skipped meanwhile: whoever did it has seen to it.
        self._orders.update(
            {"seller_id": order.seller_id, "order_id": order.order_id},
            update,
            condition="summary_due_at = :seen",
            seen=order.summary_due_at,
            **values,
        )

    def _claim(self, draft: Summary, order_ids: list[str]) -> None:
        dynamodb = self._orders.dynamodb
        conflicts = 0
        while order_ids:
            actions: Any = [self._listing(draft, order_ids), *(self._taking(draft, each) for each in order_ids)]
            try:
                call(lambda actions=actions: dynamodb.transact_write_items(TransactItems=actions))  # type: ignore[misc]
            except dynamodb.exceptions.TransactionCanceledException as error:
                listing, *takings = [reason.get("Code") for reason in error.response["CancellationReasons"]]
                if listing == _CONDITION_FAILED:  # the lease ran out, and the sweep sends what was listed by then
                    raise Unavailable from error
                if {listing, *takings} <= {_CONDITION_FAILED, "None", None}:
                    order_ids = [
                        order_id for order_id, code in zip(order_ids, takings, strict=True) if code != _CONDITION_FAILED
                    ]
                    continue
                conflicts += 1  # somebody else is at one of these orders just now
                if conflicts == _CONFLICT_TRIES:
                    raise Unavailable from error
            else:
                return

    def _listing(self, draft: Summary, order_ids: Sequence[str]) -> dict[str, Any]:
        return self._action(
            self._summaries_table,
            {"seller_id": draft.seller_id, "summary_id": draft.summary_id},
            "SET order_ids = list_append(if_not_exists(order_ids, :none), :more), "
            "#status = :pending, email = :email, created_at = :now, attempts = :one, "
            "#part = :part, parts = :parts, lease_until = :lease, lease_shard = :shard",
            "attribute_not_exists(summary_id) OR lease_until = :lease",
            none=[],
            more=order_ids,
            pending=draft.status,
            email=draft.email,
            now=draft.created_at,
            one=draft.attempts,
            part=draft.part,
            parts=draft.parts,
            lease=draft.lease_until,
            shard=summaries.shard_of(draft.seller_id),
        )

    def _taking(self, draft: Summary, order_id: str) -> dict[str, Any]:
        return self._action(
            self._orders.name,
            {"seller_id": draft.seller_id, "order_id": order_id},
            "SET summary_id = :summary REMOVE summary_due_at, summary_shard",
            "attribute_exists(summary_due_at) AND attribute_not_exists(summary_id)",
            summary=draft.summary_id,
        )

    @staticmethod
    def _action(table: str, key: dict[str, str], update: str, condition: str, **values: Any) -> dict[str, Any]:
        return {"Update": {"TableName": table, **update_request(key, update, condition, values)}}
