"""The mail ledger: which auto-cancelled orders are due, which summary each is in, and what became of that summary.

A claim is one transaction: the orders lose their due mark and get the summary's id, and the summary lists them, or
nothing of it happens. So there is no moment at which a crash could leave an order between the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from order_cancellation import store, summaries
from order_cancellation.errors import Unavailable
from order_cancellation.orders import Order
from order_cancellation.summaries import SETTLED_WITHOUT_MAIL, Seller, Status, Summary

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef, TransactWriteItemTypeDef

Item = Mapping[str, Any]

DUE_INDEX: Final = "DueForSummary"
PENDING_INDEX: Final = "PendingSummaries"
ID_INDEX: Final = "BySummaryId"

_CLAIMS_PER_TRANSACTION = 99  # DynamoDB takes 100 actions; one of them is the summary's own
_CONFLICT_TRIES = 3
_CONDITION_FAILED = "ConditionalCheckFailed"
# What may follow what. A late or repeated event never takes a summary back.
_SETTLES: Final[Mapping[Status, Sequence[Status]]] = {
    "sent": ("pending",),
    "delivered": ("pending", "sent"),
    "bounced": ("pending", "sent", "delivered"),
    "parked": ("pending", "sent"),
}


class Ledger:
    """The Summaries table, and the summary attributes of the Orders table."""

    def __init__(self, dynamodb: DynamoDBClient, orders_table: str, summaries_table: str) -> None:
        self._dynamodb = dynamodb
        self._orders = orders_table
        self._summaries = summaries_table

    # ------------------------------------------------------------------------------------------------ due orders

    def due(self, shard: str, now: str) -> Iterator[tuple[str, str]]:
        """(seller_id, order_id) of the orders in this shard whose time has come, oldest first.

        From the sparse index, so a moment behind: read an order before acting on it. Raises Unavailable.
        """
        for item in self._query(self._orders, DUE_INDEX, "summary_shard", "summary_due_at", shard, now):
            yield item["seller_id"]["S"], item["order_id"]["S"]

    def postpone(self, order: Order, until: str) -> None:
        """Leave the order due, for ``until``; nothing if it is no longer due as it was seen. Raises Unavailable."""
        self._change_due(
            order,
            "SET summary_due_at = :until",
            {":until": {"S": until}, ":seen": {"S": order.summary_due_at or ""}},
        )

    def settle(self, order: Order) -> None:
        """Take the order off the list without a mail; nothing if it is no longer due as it was seen."""
        self._change_due(
            order,
            "SET summary_id = :off REMOVE summary_due_at, summary_shard",
            {":off": {"S": SETTLED_WITHOUT_MAIL}, ":seen": {"S": order.summary_due_at or ""}},
        )

    def _change_due(self, order: Order, update: str, values: Item) -> None:
        try:
            store.call(
                lambda: self._dynamodb.update_item(
                    TableName=self._orders,
                    Key=store.key(seller_id=order.seller_id, order_id=order.order_id),
                    UpdateExpression=update,
                    ConditionExpression="summary_due_at = :seen",
                    ExpressionAttributeValues=values,
                )
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return  # it was claimed, postponed or settled meanwhile: whoever did it has seen to it

    # -------------------------------------------------------------------------------------------- claim and seal

    def seal(self, seller: Seller, order_ids: Sequence[str], now: str, part: int = 1, parts: int = 1) -> Summary | None:
        """Claim those of the orders that are still due, and list them in a new pending summary under our lease.

        Returns the summary as the ledger has it; None if nothing was left to claim. An order that somebody else has
        claimed is left out: it is in his summary. Raises Unavailable; what was claimed by then is sent by the sweep.
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
        return self.find(draft.seller_id, draft.summary_id)  # what we were told along the way may have been lost

    def _claim(self, draft: Summary, order_ids: list[str]) -> None:
        conflicts = 0
        while order_ids:
            actions = [self._listing(draft, order_ids), *(self._taking(draft, order_id) for order_id in order_ids)]
            try:
                store.call(lambda actions=actions: self._dynamodb.transact_write_items(TransactItems=actions))  # type: ignore[misc]
            except self._dynamodb.exceptions.TransactionCanceledException as error:
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

    def _listing(self, draft: Summary, order_ids: Sequence[str]) -> TransactWriteItemTypeDef:
        return {
            "Update": {
                "TableName": self._summaries,
                "Key": store.key(seller_id=draft.seller_id, summary_id=draft.summary_id),
                "UpdateExpression": "SET order_ids = list_append(if_not_exists(order_ids, :none), :more), "
                "#status = :pending, email = :email, created_at = :now, attempts = :one, "
                "#part = :part, parts = :parts, lease_until = :lease, lease_shard = :shard",
                "ConditionExpression": "attribute_not_exists(summary_id) OR lease_until = :lease",
                "ExpressionAttributeNames": {"#status": "status", "#part": "part"},
                "ExpressionAttributeValues": {
                    ":none": {"L": []},
                    ":more": {"L": [{"S": order_id} for order_id in order_ids]},
                    ":pending": {"S": "pending"},
                    ":email": {"S": draft.email},
                    ":now": {"S": draft.created_at},
                    ":one": {"N": str(draft.attempts)},
                    ":part": {"N": str(draft.part)},
                    ":parts": {"N": str(draft.parts)},
                    ":lease": {"S": draft.lease_until},
                    ":shard": {"S": summaries.shard_of(draft.seller_id)},
                },
            }
        }

    def _taking(self, draft: Summary, order_id: str) -> TransactWriteItemTypeDef:
        return {
            "Update": {
                "TableName": self._orders,
                "Key": store.key(seller_id=draft.seller_id, order_id=order_id),
                "UpdateExpression": "SET summary_id = :summary REMOVE summary_due_at, summary_shard",
                "ConditionExpression": "attribute_exists(summary_due_at) AND attribute_not_exists(summary_id)",
                "ExpressionAttributeValues": {":summary": {"S": draft.summary_id}},
            }
        }

    # --------------------------------------------------------------------------------------------------- summaries

    def find(self, seller_id: str, summary_id: str) -> Summary | None:
        """Read a summary, strongly consistent. Raises Unavailable."""
        response = store.call(
            lambda: self._dynamodb.get_item(
                TableName=self._summaries,
                Key=store.key(seller_id=seller_id, summary_id=summary_id),
                ConsistentRead=True,
            )
        )
        return _summary(response["Item"]) if "Item" in response else None

    def seller_of(self, summary_id: str) -> str | None:
        """Whose summary this is, or None; a moment behind a new one. Raises Unavailable."""
        response = store.call(
            lambda: self._dynamodb.query(
                TableName=self._summaries,
                IndexName=ID_INDEX,
                KeyConditionExpression="summary_id = :id",
                ExpressionAttributeValues={":id": {"S": summary_id}},
            )
        )
        return response["Items"][0]["seller_id"]["S"] if response["Items"] else None

    def expired(self, shard: str, now: str) -> Iterator[tuple[str, str]]:
        """(seller_id, summary_id) of the pending summaries in this shard whose lease is over. Raises Unavailable."""
        for item in self._query(self._summaries, PENDING_INDEX, "lease_shard", "lease_until", shard, now):
            yield item["seller_id"]["S"], item["summary_id"]["S"]

    def lease(self, seller_id: str, summary_id: str, now: str) -> Summary | None:
        """Take a pending summary whose lease is over, to send it again; None if somebody else has. Raises Unavailable.

        From here on its set is final: whoever was still adding to it has lost the lease that he needs for that.
        """
        seen = self.find(seller_id, summary_id)
        if seen is None or seen.status != "pending" or seen.lease_until > now:
            return None
        taken = self._update(
            seen,
            "SET lease_until = :until, attempts = attempts + :one",
            "#status = :pending AND lease_until = :seen",
            {
                ":until": {"S": summaries.lease_after(now, seen.attempts + 1)},
                ":one": {"N": "1"},
                ":pending": {"S": "pending"},
                ":seen": {"S": seen.lease_until},
            },
        )
        return _summary(taken) if taken else None

    def try_again_at(self, summary: Summary, moment: str) -> None:
        """Give the lease back: SES said for certain that it took nothing. Raises Unavailable."""
        self._update(
            summary,
            "SET lease_until = :until",
            "#status = :pending AND lease_until = :mine",
            {":until": {"S": moment}, ":pending": {"S": "pending"}, ":mine": {"S": summary.lease_until}},
        )

    def settle_summary(self, seller_id: str, summary_id: str, status: Status, at: str, **facts: str) -> bool:
        """Record what became of a summary, with ``facts`` such as ``ses_message_id``. Raises Unavailable.

        Returns False, changing nothing, where as much or more is known already. Once it is settled its lease is gone,
        and with it its place in the index of the pending.
        """
        names = {f"#fact{index}": name for index, name in enumerate(facts)}
        values = {f":fact{index}": {"S": value} for index, value in enumerate(facts.values())}
        before = {f":before{index}": {"S": earlier} for index, earlier in enumerate(_SETTLES[status])}
        sets = ["#status = :status", "#at = :at", *(f"#fact{index} = :fact{index}" for index in range(len(facts)))]
        try:
            store.call(
                lambda: self._dynamodb.update_item(
                    TableName=self._summaries,
                    Key=store.key(seller_id=seller_id, summary_id=summary_id),
                    UpdateExpression=f"SET {', '.join(sets)} REMOVE lease_until, lease_shard",
                    ConditionExpression=f"#status IN ({', '.join(before)})",
                    ExpressionAttributeNames={"#status": "status", "#at": f"{status}_at", **names},
                    ExpressionAttributeValues={":status": {"S": status}, ":at": {"S": at}, **values, **before},
                )
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _update(self, summary: Summary, update: str, condition: str, values: Item) -> Item | None:
        try:
            response = store.call(
                lambda: self._dynamodb.update_item(
                    TableName=self._summaries,
                    Key=store.key(seller_id=summary.seller_id, summary_id=summary.summary_id),
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeNames={"#status": "status"},
                    ExpressionAttributeValues=values,
                    ReturnValues="ALL_NEW",
                )
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return None
        return response["Attributes"]

    def _query(self, table: str, index: str, hash_name: str, range_name: str, shard: str, now: str) -> Iterator[Item]:
        request: QueryInputTypeDef = {
            "TableName": table,
            "IndexName": index,
            "KeyConditionExpression": f"{hash_name} = :shard AND {range_name} <= :now",
            "ExpressionAttributeValues": {":shard": {"S": shard}, ":now": {"S": now}},
        }
        while True:
            page = store.call(lambda: self._dynamodb.query(**request))
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _summary(item: Item) -> Summary:
    return Summary(
        seller_id=item["seller_id"]["S"],
        summary_id=item["summary_id"]["S"],
        status=item["status"]["S"],
        order_ids=tuple(entry["S"] for entry in item["order_ids"]["L"]),
        email=item["email"]["S"],
        created_at=item["created_at"]["S"],
        lease_until=item.get("lease_until", {}).get("S", ""),
        attempts=int(item["attempts"]["N"]),
        part=int(item["part"]["N"]),
        parts=int(item["parts"]["N"]),
    )
