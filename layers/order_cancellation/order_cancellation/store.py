"""The Orders, Sellers and FulfillmentCenters tables. Only this module and ``ledger`` have DynamoDB expressions.

Every write to an order is one conditional UpdateItem, so DynamoDB serialises whatever races for it: the write that
comes second sees its condition fail, and gets the item that made it fail (ALL_OLD) without a second read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import boto3
from boto3.dynamodb.types import TypeSerializer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from order_cancellation.errors import Unavailable
from order_cancellation.orders import CANCELLABLE, CANCELLED, RECEIVED, TO_DO, Cancellation, Line, Order, Placement
from order_cancellation.requests import Contact
from order_cancellation.summaries import MailProblem, Seller, shard_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef, UpdateItemInputTypeDef

Item = Mapping[str, Any]

# Three tries of at most 3 s each leave room in every function's timeout; a retry after a lost answer is safe (G3).
CLIENT_CONFIG: Final = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"total_max_attempts": 3, "mode": "standard"},
    max_pool_connections=32,
    tcp_keepalive=True,
)
MAX_CALL_SECONDS: Final = 12  # what one call can take at worst: three tries of 3 s, pauses of 1 s and 2 s
SIDE_BY_SIDE: Final[int] = CLIENT_CONFIG.max_pool_connections  # type: ignore[attr-defined]
BATCH: Final = 100  # what one BatchGetItem reads

_PAUSES = (0.0, 0.05, 0.1, 0.2, 0.4)  # before each try to read what a throttled table left unread, in seconds

# Of attributes that never change after an order was placed, and nothing else: no cancel and no event writes it.
MARKETPLACE_INDEX: Final = "ByMarketplaceOrderId"

_UNAVAILABLE_CODES = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
    }
)

_serialize = TypeSerializer().serialize


def client() -> DynamoDBClient:
    """The DynamoDB client that all functions use; make it once per process."""
    return boto3.client("dynamodb", config=CLIENT_CONFIG)


class OrderName(NamedTuple):
    """What the index by marketplace order id knows of an order."""

    marketplace_order_id: str
    order_id: str


class Orders:
    """The Orders table: one item per order, all its fulfillment centers inside it."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def cancel(
        self, seller_id: str, order_id: str, cancellation: Cancellation, summary_due_at: str | None = None
    ) -> tuple[bool, Order | None]:
        """Cancel if the status is cancellable. One call, whatever comes of it.

        Returns (True, the order as cancelled), or (False, the order that refused: None where there is none).
        ``summary_due_at`` marks the order for its seller's next summary, in the same write. Raises Unavailable.
        """
        statuses = {f":cancellable{index}": status for index, status in enumerate(CANCELLABLE)}
        values: dict[str, Any] = {
            **statuses,
            ":cancelled": CANCELLED,
            ":cancellation": _cancellation_item(cancellation),
        }
        update = "SET #status = :cancelled, cancellation = :cancellation"
        if summary_due_at:
            update += ", summary_due_at = :due, summary_shard = :shard"
            values |= {":due": summary_due_at, ":shard": shard_of(seller_id)}
        return self._update(seller_id, order_id, update, f"#status IN ({', '.join(statuses)})", values)

    def place(self, seller_id: str, order_id: str, placement: Placement) -> tuple[bool, Order | None]:
        """Put a new order in. Returns (True, it), or (False, the one that has this id already). Raises Unavailable."""
        values = {
            ":received": RECEIVED,
            ":marketplace": placement.marketplace,
            ":marketplace_order_id": placement.marketplace_order_id,
            ":country": placement.destination_country,
            ":placed_at": placement.placed_at,
            ":lines": [{"sku": line.sku, "quantity": line.quantity} for line in placement.lines],
            ":fc_ids": list(placement.fulfillment_centers),
            ":milestones": {fc_id: {} for fc_id in placement.fulfillment_centers},
        }
        update = (
            "SET #status = :received, marketplace = :marketplace, marketplace_order_id = :marketplace_order_id, "
            "destination_country = :country, placed_at = :placed_at, order_lines = :lines, "
            "fulfillment_centers = :fc_ids, milestones = :milestones"
        )
        return self._update(seller_id, order_id, update, "attribute_not_exists(#status)", values)

    def advance(self, seen: Order, to: Order) -> tuple[bool, Order | None]:
        """Record a fulfillment center's progress, if the order is still as it was ``seen``.

        Returns (True, the order), or (False, the order as it has become meanwhile). Raises Unavailable.
        """
        return self._update(
            seen.seller_id,
            seen.order_id,
            "SET #status = :to_status, milestones = :to_milestones",
            "#status = :seen_status AND milestones = :seen_milestones",
            {
                ":to_status": to.status,
                ":to_milestones": to.milestones,
                ":seen_status": seen.status,
                ":seen_milestones": seen.milestones,
            },
        )

    def find(self, seller_id: str, order_id: str) -> Order | None:
        """Read one order, strongly consistent. Raises Unavailable."""
        response = call(
            lambda: self._dynamodb.get_item(
                TableName=self._table, Key=key(seller_id=seller_id, order_id=order_id), ConsistentRead=True
            )
        )
        return order_from(response["Item"]) if "Item" in response else None

    def page(
        self,
        seller_id: str,
        limit: int,
        after: str | None,
        status: str | None,
        marketplace_cancellation: str | None = None,
    ) -> tuple[list[Order], str | None]:
        """Up to ``limit`` orders of a seller by order id, beginning behind ``after``, with what is given of the rest.

        Returns the orders and the order id to go on behind, or None at the end. A page may be short, or even empty,
        before the end: one call reads at most ten pages of the table, however rare the orders are. Raises Unavailable.
        """
        found: list[Order] = []
        position = after
        for orders, last in self._read(seller_id, after, limit, _Filter.of(status, marketplace_cancellation)):
            for order in orders:
                if len(found) == limit:
                    return found, found[-1].order_id
                found.append(order)
            position = last
        return found, position

    def page_named(
        self,
        seller_id: str,
        marketplace_order_id: str,
        limit: int,
        after: str | None,
        status: str | None,
        marketplace_cancellation: str | None = None,
    ) -> tuple[list[Order], str | None]:
        """What ``page`` returns, of the orders for one order of a marketplace. Raises Unavailable.

        Up to ``limit`` of them are looked at, so a page may be short before the end here too.
        """
        behind = OrderName(marketplace_order_id, after) if after else None
        names, last = self.named_between(seller_id, marketplace_order_id, marketplace_order_id, limit, behind)
        found = [
            order
            for order in self.find_many(seller_id, [name.order_id for name in names])
            if status in (None, order.status) and marketplace_cancellation in (None, order.marketplace_cancellation)
        ]
        return sorted(found, key=lambda order: order.order_id), last and last.order_id

    def mark(self, seller_id: str, order_id: str, marketplace_cancellation: str) -> tuple[bool, Order | None]:
        """Set what is to be done in the marketplace about a cancelled order.

        Returns (True, the order), or (False, the order that is not cancelled: None where there is none).
        Raises Unavailable.
        """
        values = {":cancelled": CANCELLED, ":mark": marketplace_cancellation}
        return self._update(seller_id, order_id, "SET marketplace_cancellation = :mark", "#status = :cancelled", values)

    def named_between(
        self, seller_id: str, first: str, last: str, limit: int, after: OrderName | None = None
    ) -> tuple[list[OrderName], OrderName | None]:
        """Up to ``limit`` names of a seller's orders, by marketplace order id from ``first`` to ``last``.

        Begins behind ``after``; returns the names and the one to go on behind, or None at the end. There is more than
        one for an id where an order was placed again, or where two marketplaces use the same. The index lags behind a
        placement by a moment: an order that was placed this second may be missing. Raises Unavailable.
        """
        request: QueryInputTypeDef = {
            "TableName": self._table,
            "IndexName": MARKETPLACE_INDEX,
            "KeyConditionExpression": "seller_id = :seller AND marketplace_order_id BETWEEN :first AND :last",
            "ExpressionAttributeValues": {":seller": {"S": seller_id}, ":first": {"S": first}, ":last": {"S": last}},
            "Limit": limit,
        }
        if after is not None:
            request["ExclusiveStartKey"] = key(seller_id=seller_id, **after._asdict())
        response = call(lambda: self._dynamodb.query(**request))
        position = response.get("LastEvaluatedKey")
        return [_name(item) for item in response["Items"]], _name(position) if position else None

    def find_many(self, seller_id: str, order_ids: Sequence[str]) -> list[Order]:
        """Read orders, strongly consistent, a hundred a call; missing ones are left out. Raises Unavailable."""
        found: list[Order] = []
        for batch in batched(order_ids, BATCH, strict=False):
            keys = [key(seller_id=seller_id, order_id=order_id) for order_id in batch]
            for pause in _PAUSES:
                time.sleep(pause)
                items, keys = self._read_some(keys)
                found += map(order_from, items)
                if not keys:
                    break
            else:
                raise Unavailable
        return found

    def _read_some(self, keys: list[dict[str, Any]]) -> tuple[Sequence[Item], list[dict[str, Any]]]:
        """The items, and the keys that DynamoDB did not come to."""
        response = call(
            lambda: self._dynamodb.batch_get_item(RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}})
        )
        unprocessed = response.get("UnprocessedKeys", {})
        left = [dict(each) for each in unprocessed[self._table]["Keys"]] if self._table in unprocessed else []
        return response["Responses"].get(self._table, ()), left

    def _read(
        self, seller_id: str, after: str | None, limit: int, only: _Filter
    ) -> Iterator[tuple[list[Order], str | None]]:
        request: QueryInputTypeDef = {
            "TableName": self._table,
            "KeyConditionExpression": "seller_id = :seller",
            "ExpressionAttributeValues": {":seller": {"S": seller_id}},
            "ConsistentRead": True,
            "Limit": 200 if only.conditions else limit + 1,  # one more tells whether the page is the last
        }
        if only.conditions:
            request["FilterExpression"] = " AND ".join(only.conditions)
            request["ExpressionAttributeNames"] = {"#status": "status"}
            request["ExpressionAttributeValues"] = {
                ":seller": {"S": seller_id},
                **{name: {"S": value} for name, value in only.values.items()},
            }
        for _ in range(10):
            if after is not None:
                request["ExclusiveStartKey"] = key(seller_id=seller_id, order_id=after)
            response = call(lambda: self._dynamodb.query(**request))
            last = response.get("LastEvaluatedKey")
            after = last["order_id"]["S"] if last else None
            yield [order_from(item) for item in response["Items"]], after
            if after is None:
                return

    def _update(
        self, seller_id: str, order_id: str, update: str, condition: str, values: Mapping[str, Any]
    ) -> tuple[bool, Order | None]:
        request: UpdateItemInputTypeDef = {
            "TableName": self._table,
            "Key": key(seller_id=seller_id, order_id=order_id),
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {name: _serialize(value) for name, value in values.items()},
            "ReturnValues": "ALL_NEW",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        try:
            response = call(lambda: self._dynamodb.update_item(**request))
        except self._dynamodb.exceptions.ConditionalCheckFailedException as refused:
            item: Any = refused.response.get("Item")
            return False, order_from(item) if item else None
        return True, order_from(response["Attributes"])


@dataclass(frozen=True, slots=True)
class _Filter:
    """Which orders of a seller a list shows."""

    conditions: Sequence[str]
    values: Mapping[str, str]

    @classmethod
    def of(cls, status: str | None, marketplace_cancellation: str | None) -> _Filter:
        conditions: list[str] = []
        values: dict[str, str] = {}
        if status is not None:
            conditions.append("#status = :status")
            values[":status"] = status
        if marketplace_cancellation is not None:
            # A cancel writes no mark: without one, it is still to do.
            unmarked = "attribute_not_exists(marketplace_cancellation) OR " if marketplace_cancellation == TO_DO else ""
            conditions.append(f"#status = :cancelled AND ({unmarked}marketplace_cancellation = :mark)")
            values |= {":cancelled": CANCELLED, ":mark": marketplace_cancellation}
        return cls(conditions, values)


class Sellers:
    """The Sellers table: where a seller's summaries go, and whether they arrive there."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def register(self, seller_id: str, contact: Contact) -> None:
        """Create the seller or replace its contact; what is known of its mail delivery stays. Raises Unavailable."""
        call(
            lambda: self._dynamodb.update_item(
                TableName=self._table,
                Key=key(seller_id=seller_id),
                UpdateExpression="SET #name = :name, email = :email, time_zone = :time_zone, summaries = :summaries",
                ExpressionAttributeNames={"#name": "name"},
                ExpressionAttributeValues={
                    ":name": {"S": contact.name},
                    ":email": {"S": contact.email},
                    ":time_zone": {"S": contact.time_zone},
                    ":summaries": {"S": contact.summaries},
                },
            )
        )

    def find(self, seller_id: str) -> Seller | None:
        """Read a seller, strongly consistent; None where nobody has registered it. Raises Unavailable."""
        response = call(
            lambda: self._dynamodb.get_item(TableName=self._table, Key=key(seller_id=seller_id), ConsistentRead=True)
        )
        if "Item" not in response:
            return None
        plain = _plain(response["Item"])
        problem: Item | None = plain.get("mail_problem")
        return Seller(
            seller_id,
            Contact(plain["name"], plain["email"], plain["time_zone"], plain["summaries"]),
            MailProblem(problem["kind"], problem["email"], problem["at"]) if problem else None,
        )

    def mark_unreachable(self, seller_id: str, problem: MailProblem) -> bool:
        """Note that mail to this address does not arrive; False where the contact is another by now."""
        try:
            call(
                lambda: self._dynamodb.update_item(
                    TableName=self._table,
                    Key=key(seller_id=seller_id),
                    UpdateExpression="SET mail_problem = :problem",
                    ConditionExpression="email = :email",
                    ExpressionAttributeValues={
                        ":problem": {"M": key(kind=problem.kind, email=problem.email, at=problem.at)},
                        ":email": {"S": problem.email},
                    },
                )
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True


class FulfillmentCenters:
    """The FulfillmentCenters table: which client credentials are which fulfillment center."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def known_by(self, client_id: str) -> str | None:
        """The ``fc_id`` that this client speaks for, or None. Raises Unavailable."""
        response = call(
            lambda: self._dynamodb.get_item(TableName=self._table, Key=key(client_id=client_id), ConsistentRead=True)
        )
        return response["Item"]["fc_id"]["S"] if "Item" in response else None


class Summaries:
    """The Summaries table as a seller may see it: read only. What writes it is the ``ledger``."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def page(self, seller_id: str, limit: int, before: str | None) -> tuple[list[Item], str | None]:
        """Up to ``limit`` summaries, latest first, beginning with the one before ``before``.

        Returns them and the summary id to go on with, or None at the end. Raises Unavailable.
        """
        request: QueryInputTypeDef = {
            "TableName": self._table,
            "KeyConditionExpression": "seller_id = :seller",
            "ExpressionAttributeValues": {":seller": {"S": seller_id}},
            "ConsistentRead": True,
            "ScanIndexForward": False,
            "Limit": limit + 1,
        }
        if before is not None:
            request["ExclusiveStartKey"] = key(seller_id=seller_id, summary_id=before)
        items = call(lambda: self._dynamodb.query(**request))["Items"]
        found: list[Item] = [_plain(item) for item in items[:limit]]
        return found, found[-1]["summary_id"] if len(items) > limit else None


def call[Response](request: Callable[[], Response]) -> Response:
    """Make a DynamoDB call; no answer, or none that is final, becomes Unavailable."""
    try:
        return request()
    except ClientError as error:
        # A 5xx may come from what stands before DynamoDB, without a code of DynamoDB's.
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status >= 500 or error.response["Error"]["Code"] in _UNAVAILABLE_CODES:
            raise Unavailable from error
        raise
    except BotoCoreError as error:
        raise Unavailable from error


def key(**parts: str) -> dict[str, Any]:
    """A primary key of string attributes, as DynamoDB takes it."""
    return {name: {"S": value} for name, value in parts.items()}


def _cancellation_item(cancellation: Cancellation) -> Item:
    item: dict[str, Any] = {
        "cancellation_id": cancellation.cancellation_id,
        "kind": cancellation.kind,
        "reason": cancellation.reason,
        "cancelled_at": cancellation.cancelled_at,
        "request_id": cancellation.request_id,
    }
    if cancellation.note is not None:
        item["note"] = cancellation.note
    if cancellation.detail is not None:
        item["detail"] = cancellation.detail
    if cancellation.skus:
        item["skus"] = list(cancellation.skus)
    return item


def _name(item: Item) -> OrderName:
    return OrderName(item["marketplace_order_id"]["S"], item["order_id"]["S"])


def _plain(item: Item) -> dict[str, Any]:
    return {name: _value(attribute) for name, attribute in item.items()}


def _value(attribute: Item) -> Any:
    """An attribute as plain Python: boto3's TypeDeserializer for the types that we write, at several times its speed.

    A record of the stream or an item of a list costs little else than this. Raises ValueError for another type.
    """
    ((kind, content),) = attribute.items()
    match kind:
        case "S" | "BOOL":
            return content
        case "N":
            return int(content)
        case "M":
            return {name: _value(value) for name, value in content.items()}
        case "L":
            return [_value(value) for value in content]
        case "NULL":
            return None
    raise ValueError(f"Nothing here is written as {kind}.")


def order_from(item: Item) -> Order:
    """An item of the Orders table, or an image of one in its stream, as an Order. Raises KeyError where it is none."""
    plain = _plain(item)
    cancellation: Item | None = plain.get("cancellation")
    lines: Sequence[Item] = plain.get("order_lines", ())
    return Order(
        seller_id=plain["seller_id"],
        order_id=plain["order_id"],
        status=plain["status"],
        placement=Placement(
            marketplace=plain["marketplace"],
            marketplace_order_id=plain["marketplace_order_id"],
            destination_country=plain["destination_country"],
            placed_at=plain["placed_at"],
            lines=tuple(Line(line["sku"], line["quantity"]) for line in lines),
            fulfillment_centers=tuple(plain["fulfillment_centers"]),
        ),
        milestones=plain["milestones"],
        cancellation=Cancellation(**{**cancellation, "skus": tuple(cancellation.get("skus", ()))})
        if cancellation
        else None,
        summary_due_at=plain.get("summary_due_at"),
        summary_id=plain.get("summary_id"),
        marketplace_mark=plain.get("marketplace_cancellation"),
    )
