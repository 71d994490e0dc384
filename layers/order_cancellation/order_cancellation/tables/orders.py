"""The Orders table: one item per order, all its fulfillment centers inside it.

Every write to an order is one conditional UpdateItem, so DynamoDB decides whatever races for it: the write that comes
second sees its condition fail, and gets the item that made it fail (ALL_OLD) without a second read.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from order_cancellation.domain.cancellations import Actor, Cancellation
from order_cancellation.domain.orders import CANCELLABLE, CANCELLED, RECEIVED, Line, Order, Placement
from order_cancellation.domain.refusals import Unavailable
from order_cancellation.domain.summaries import shard_of
from order_cancellation.observability import count, logger
from order_cancellation.tables.client import Table, call
from order_cancellation.tables.items import Item, decode_item, encode_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BATCH: Final = 100  # what one BatchGetItem reads

_PAUSES = (0.0, 0.05, 0.1, 0.2, 0.4)  # before each try to read what a throttled table left unread, in seconds


class Orders:
    """A write returns (True, the order after it), or (False, the order that refused it: None where there is none)."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._table = Table(dynamodb, table)

    def cancel(
        self, seller_id: str, order_id: str, cancellation: Cancellation, summary_due_at: str | None = None
    ) -> tuple[bool, Order | None]:
        """Cancel if the status is cancellable. One call, whatever comes of it.

        ``summary_due_at`` marks the order for its seller's next summary, in the same write. Raises Unavailable.
        """
        statuses = {f"cancellable{index}": status for index, status in enumerate(CANCELLABLE)}
        values: dict[str, Any] = {**statuses, "cancelled": CANCELLED, "cancellation": _cancellation_item(cancellation)}
        update = "SET #status = :cancelled, cancellation = :cancellation"
        if summary_due_at:
            update += ", summary_due_at = :due, summary_shard = :shard"
            values |= {"due": summary_due_at, "shard": shard_of(seller_id)}
        condition = f"#status IN ({', '.join(f':{name}' for name in statuses)})"
        return self._update(seller_id, order_id, update, condition, **values)

    def place(self, seller_id: str, order_id: str, placement: Placement) -> tuple[bool, Order | None]:
        """Put a new order in; an order that has this id already refuses it. Raises Unavailable."""
        return self._update(
            seller_id,
            order_id,
            "SET #status = :received, marketplace = :marketplace, marketplace_order_id = :marketplace_order_id, "
            "destination_country = :country, placed_at = :placed_at, order_lines = :lines, "
            "fulfillment_centers = :fc_ids, milestones = :milestones",
            "attribute_not_exists(#status)",
            received=RECEIVED,
            marketplace=placement.marketplace,
            marketplace_order_id=placement.marketplace_order_id,
            country=placement.destination_country,
            placed_at=placement.placed_at,
            lines=[{"sku": line.sku, "quantity": line.quantity} for line in placement.lines],
            fc_ids=placement.fulfillment_centers,
            milestones={fc_id: {} for fc_id in placement.fulfillment_centers},
        )

    def advance(self, seen: Order, to: Order) -> tuple[bool, Order | None]:
        """Record a fulfillment center's progress, if the order is still as it was ``seen``. Raises Unavailable."""
        return self._update(
            seen.seller_id,
            seen.order_id,
            "SET #status = :to_status, milestones = :to_milestones, receipts = :to_receipts",
            "#status = :seen_status AND milestones = :seen_milestones",
            to_status=to.status,
            to_milestones=to.milestones,
            to_receipts=to.receipts,
            seen_status=seen.status,
            seen_milestones=seen.milestones,
        )

    def mark(self, seller_id: str, order_id: str, state: str) -> tuple[bool, Order | None]:
        """Note what is to be done in the marketplace about a cancelled order. Raises Unavailable."""
        return self._update(
            seller_id,
            order_id,
            "SET marketplace_cancellation = :state",
            "#status = :cancelled",
            state=state,
            cancelled=CANCELLED,
        )

    def find(self, seller_id: str, order_id: str) -> Order | None:
        """Read one order, strongly consistent. Raises Unavailable."""
        item = self._table.get(_key(seller_id, order_id))
        return order_of(item) if item else None

    def find_many(self, seller_id: str, order_ids: Sequence[str]) -> list[Order]:
        """Read orders, strongly consistent, a hundred a call. Raises Unavailable.

        Left out are those that are missing, and those that this version cannot read (which ``readable`` counts).
        """
        found: list[Order] = []
        for batch in batched(order_ids, BATCH, strict=False):
            keys = [encode_item(_key(seller_id, order_id)) for order_id in batch]
            for pause in _PAUSES:
                time.sleep(pause)
                items, keys = self._read_some(keys)
                found += readable(decode_item(item) for item in items)[0]
                if not keys:
                    break
            else:
                raise Unavailable(reading=True)
        return found

    def _read_some(self, keys: list[dict[str, Any]]) -> tuple[Sequence[Item], list[dict[str, Any]]]:
        """The items, and the keys that DynamoDB did not come to."""
        name = self._table.name
        wanted: Any = {name: {"Keys": keys, "ConsistentRead": True}}
        response = call(lambda: self._table.dynamodb.batch_get_item(RequestItems=wanted), reading=True)
        unprocessed: dict[str, Any] = dict(response.get("UnprocessedKeys", {}))
        return response["Responses"].get(name, ()), list(unprocessed[name]["Keys"]) if name in unprocessed else []

    def _update(
        self, seller_id: str, order_id: str, update: str, condition: str, **values: Any
    ) -> tuple[bool, Order | None]:
        written, item = self._table.update(_key(seller_id, order_id), update, condition=condition, **values)
        return written, order_of(item) if item else None


class Unreadable(ValueError):
    """An item of the table that this version cannot read: it lacks what every order has."""

    def __init__(self, item: Item) -> None:
        self.order_id = str(item.get("order_id"))
        super().__init__(f"{item.get('seller_id')} {self.order_id}")


def readable(items: Iterable[Item]) -> tuple[list[Order], list[str]]:
    """The orders that this version can read, and the ids of the others: one bad item costs nobody else.

    Each of the others is logged and counted, and an alarm says so.
    """
    orders: list[Order] = []
    others: list[str] = []
    for item in items:
        try:
            orders.append(order_of(item))
        except Unreadable as unreadable:
            logger.exception("unreadable order", extra={"item": str(unreadable)})
            count("OrdersUnreadable")
            others.append(unreadable.order_id)
    return orders, others


def order_from_image(image: Item) -> Order:
    """An image in the table's stream. Raises AttributeError, TypeError or ValueError if it is no order."""
    return order_of(decode_item(image))


def order_of(item: Item) -> Order:
    """A decoded item of the table. What only a later version understands is left out. Raises Unreadable."""
    try:
        return Order(
            seller_id=item["seller_id"],
            order_id=item["order_id"],
            status=item["status"],
            placement=Placement(
                marketplace=item["marketplace"],
                marketplace_order_id=item["marketplace_order_id"],
                destination_country=item["destination_country"],
                placed_at=item["placed_at"],
                lines=tuple(Line(line["sku"], line["quantity"]) for line in item.get("order_lines", ())),
                fulfillment_centers=tuple(item["fulfillment_centers"]),
            ),
            milestones={fc_id: dict(reported) for fc_id, reported in item["milestones"].items()},
            receipts={fc_id: dict(received) for fc_id, received in item.get("receipts", {}).items()},
            cancellation=_cancellation_of(item["cancellation"]) if "cancellation" in item else None,
            summary_due_at=item.get("summary_due_at"),
            summary_id=item.get("summary_id"),
            marketplace_mark=item.get("marketplace_cancellation"),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unreadable(item) from error


def _cancellation_of(item: Item) -> Cancellation:
    actor = item.get("actor")
    skus = item.get("skus", ())
    return Cancellation(
        cancellation_id=item["cancellation_id"],
        kind=item["kind"],
        reason=item["reason"],
        cancelled_at=item["cancelled_at"],
        request_id=item["request_id"],
        note=item.get("note"),
        detail=item.get("detail"),
        skus=tuple(skus) if isinstance(skus, list | tuple) else (),
        actor=Actor(actor["kind"], actor["id"], actor.get("name")) if isinstance(actor, dict) else None,
    )


def _key(seller_id: str, order_id: str) -> dict[str, str]:
    return {"seller_id": seller_id, "order_id": order_id}


def _cancellation_item(cancellation: Cancellation) -> Item:
    item: dict[str, Any] = {
        "cancellation_id": cancellation.cancellation_id,
        "kind": cancellation.kind,
        "reason": cancellation.reason,
        "cancelled_at": cancellation.cancelled_at,
        "request_id": cancellation.request_id,
    }
    optional: dict[str, Any] = {
        "note": cancellation.note,
        "detail": cancellation.detail,
        "skus": cancellation.skus or None,
        "actor": cancellation.actor and _actor_item(cancellation.actor),
    }
    return item | {name: value for name, value in optional.items() if value is not None}


def _actor_item(actor: Actor) -> Item:
    return {"kind": actor.kind, "id": actor.id} | ({"name": actor.name} if actor.name else {})
