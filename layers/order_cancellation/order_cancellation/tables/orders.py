"""The Orders table: one item per order, all its fulfillment centers inside it.

Every write to an order is one conditional UpdateItem, so DynamoDB decides whatever races for it: the write that comes
second sees its condition fail, and gets the item that made it fail (ALL_OLD) without a second read.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from order_cancellation.domain import times
from order_cancellation.domain.cancellations import Actor, Cancellation
from order_cancellation.domain.marketplaces import TO_DO
from order_cancellation.domain.orders import (
    CANCELLABLE,
    CANCELLED,
    RECEIVED,
    Line,
    Order,
    PartCancellation,
    Placement,
)
from order_cancellation.domain.refusals import Unavailable
from order_cancellation.domain.summaries import shard_of
from order_cancellation.observability import count, logger
from order_cancellation.tables.client import Table, call
from order_cancellation.tables.items import Item, decode_item, encode_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BATCH: Final = 100  # what one BatchGetItem reads
TRIES: Final = 20  # to write what was decided of an order as it was read: it changes that often while it is busy

_PAUSES = (0.0, 0.05, 0.1, 0.2, 0.4)  # before each try to read what a throttled table left unread, in seconds


class Orders:
    """A write returns (True, the order after it), or (False, the order that refused it: None where there is none)."""

    def __init__(self, dynamodb: DynamoDBClient, table: str, kept_days: int = 0) -> None:
        """``kept_days``: how long an order is kept that arrived whole; 0 is for ever."""
        self._table = Table(dynamodb, table)
        self._kept_days = kept_days

    def cancel(
        self, seller_id: str, order_id: str, cancellation: Cancellation, summary_due_at: str | None = None
    ) -> tuple[bool, Order | None]:
        """Cancel if the status is cancellable. One call, whatever comes of it.

        ``summary_due_at`` marks the order for its seller's next summary, in the same write. Raises Unavailable.
        """
        statuses = {f"cancellable{index}": status for index, status in enumerate(CANCELLABLE)}
        values: dict[str, Any] = {**statuses, "cancelled": CANCELLED, "cancellation": _cancellation_item(cancellation)}
        update = _ending(
            "SET #status = :cancelled, cancellation = :cancellation", seller_id, cancellation, summary_due_at, values
        )
        condition = f"#status IN ({', '.join(f':{name}' for name in statuses)})"
        return self._update(seller_id, order_id, update, condition, **values)

    def cancel_parts(
        self, seen: Order, to: Order, cancellation: Cancellation, summary_due_at: str | None = None
    ) -> tuple[bool, Order | None]:
        """Cancel parts of an order, if it is still as it was ``seen``; ``to`` is ``domain.orders.without``.

        ``summary_due_at`` as in ``cancel``. Raises Unavailable.
        """
        values: dict[str, Any] = {"to_status": to.status, "cancellation": _cancellation_item(cancellation)}
        if to.cancellation:
            update = "SET #status = :to_status, cancellation = :cancellation"
        else:
            name = cancellation.cancellation_id
            ended = {"cancellation": values.pop("cancellation"), "milestones": to.part_cancellations[name].milestones}
            # As long as the milestones are as seen, nobody else has made the map: each entry takes some of them away.
            taken = f"part_cancellations.#{name} = :part" if seen.part_cancellations else "part_cancellations = :parts"
            values |= {"part": ended} if seen.part_cancellations else {"parts": {name: ended}}
            values["to_milestones"] = to.milestones
            update = f"SET #status = :to_status, milestones = :to_milestones, {taken}"
        return self._write_if_as(seen, _ending(update, seen.seller_id, cancellation, summary_due_at, values), **values)

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
            lines=[_line_item(line) for line in placement.lines],
            fc_ids=placement.fulfillment_centers,
            milestones={fc_id: {} for fc_id in placement.fulfillment_centers},
        )

    def advance(self, seen: Order, to: Order) -> tuple[bool, Order | None]:
        """Record a fulfillment center's progress, if the order is still as it was ``seen``. Raises Unavailable."""
        # Where parts are cancelled, others write to what decides this: ``Retention.let_go`` does it.
        ends = self._kept_days and to.over and not to.part_cancellations and to.expires_at is None
        expires: dict[str, Any] = {"expires": times.expiry(self._kept_days)} if ends else {}
        return self._write_if_as(
            seen,
            "SET #status = :to_status, milestones = :to_milestones, receipts = :to_receipts"
            + (", expires_at = :expires" if ends else ""),
            to_status=to.status,
            to_milestones=to.milestones,
            to_receipts=to.receipts,
            **expires,
        )

    def move(self, seen: Order, to: Order) -> tuple[bool, Order | None]:
        """Give parts of the order to other centers, if it is still as it was ``seen``. Raises Unavailable."""
        return self._write_if_as(
            seen,
            "SET #status = :to_status, milestones = :to_milestones, receipts = :to_receipts, moved_parts = :to_moved",
            "moved_parts = :seen_moved"
            if seen.moved
            else "(attribute_not_exists(moved_parts) OR moved_parts = :seen_moved)",  # what came back leaves none
            to_status=to.status,
            to_milestones=to.milestones,
            to_receipts=to.receipts,
            to_moved=to.moved,
            seen_moved=seen.moved,
        )

    def mark(self, seller_id: str, order_id: str, state: str, at: str) -> tuple[bool, Order | None]:
        """Note what is to be done in the marketplace about an order of which something is cancelled.

        The same write takes the order out of the index of what is to do, or puts it back: behind what is to do since
        ``at`` if only parts of it are cancelled, else in its place by its cancellation. What is to do does not expire.
        Raises Unavailable.
        """
        if state == TO_DO:
            since = "if_not_exists(to_do_since, if_not_exists(cancellation.cancelled_at, :at))"
            update, values = (
                f"SET marketplace_cancellation = :state, to_do_since = {since} REMOVE expires_at",
                {"at": at},
            )
        else:
            update, values = "SET marketplace_cancellation = :state REMOVE to_do_since", {}
        return self._update(
            seller_id,
            order_id,
            update,
            "#status = :cancelled OR attribute_exists(part_cancellations)",
            **values,
            state=state,
            cancelled=CANCELLED,
        )

    def find(self, seller_id: str, order_id: str) -> Order | None:
        """Read one order, strongly consistent. Raises Unavailable."""
        item = self._table.get(_key(seller_id, order_id))
        return order_of(item) if item else None

    def any_is_there(self, seller_id: str, order_ids: Sequence[str]) -> bool:
        """Whether one of the orders is in the table, be it readable or not. Raises Unavailable."""
        batches = batched(order_ids, BATCH, strict=False)
        return any(any(self._read_some([encode_item(_key(seller_id, each)) for each in batch])) for batch in batches)

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
                found += readable(decode_item(item) for item in items)
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

    def _write_if_as(
        self, seen: Order, update: str, also: str | None = None, **values: Any
    ) -> tuple[bool, Order | None]:
        """Write, if no center has reported anything and no part has come or gone since the order was ``seen``."""
        condition = " AND ".join(filter(None, ("#status = :seen_status", "milestones = :seen_milestones", also)))
        values |= {"seen_status": seen.status, "seen_milestones": seen.milestones}
        return self._update(seen.seller_id, seen.order_id, update, condition, **values)

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


def readable(items: Iterable[Item]) -> list[Order]:
    """The orders that this version can read: one bad item costs nobody else.

    Each of the others is logged and counted, and an alarm says so.
    """
    orders: list[Order] = []
    for item in items:
        try:
            orders.append(order_of(item))
        except Unreadable as unreadable:
            logger.exception("unreadable order", extra={"item": str(unreadable)})
            count("OrdersUnreadable")
    return orders


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
                lines=tuple(
                    Line(line["sku"], line["quantity"], line.get("fulfillment_center"))
                    for line in item.get("order_lines", ())
                ),
                fulfillment_centers=tuple(item["fulfillment_centers"]),
            ),
            milestones={fc_id: dict(reported) for fc_id, reported in item["milestones"].items()},
            receipts={fc_id: dict(received) for fc_id, received in item.get("receipts", {}).items()},
            cancellation=_cancellation_of(item["cancellation"]) if "cancellation" in item else None,
            summary_due_at=item.get("summary_due_at"),
            summary_id=item.get("summary_id"),
            marketplace_mark=item.get("marketplace_cancellation"),
            part_cancellations={
                name: _part_cancellation_of(each) for name, each in item.get("part_cancellations", {}).items()
            },
            moved={fc_id: dict(each) for fc_id, each in item.get("moved_parts", {}).items()},
            expires_at=item.get("expires_at"),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unreadable(item) from error


def _part_cancellation_of(item: Item) -> PartCancellation:
    milestones = {fc_id: dict(reported) for fc_id, reported in item["milestones"].items()}
    return PartCancellation(_cancellation_of(item["cancellation"]), milestones, item.get("summary_id"))


def _cancellation_of(item: Item) -> Cancellation:
    actor = item.get("actor")
    skus, centers = item.get("skus", ()), item.get("fulfillment_centers", ())
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
        fulfillment_centers=tuple(centers) if isinstance(centers, list | tuple) else (),
    )


def _ending(
    update: str, seller_id: str, cancellation: Cancellation, summary_due_at: str | None, values: dict[str, Any]
) -> str:
    """The update of a cancel, with what goes along: what was done in the marketplace was done about something else.

    An order of which parts are due, or to do, already stays so since when they are. Only an order that is cancelled has
    a ``summary_id``; the previous version may have left one where it skipped parts that it knew nothing of.
    """
    update += ", to_do_since = if_not_exists(to_do_since, :at)"
    values["at"] = cancellation.cancelled_at
    if not summary_due_at:
        return f"{update} REMOVE marketplace_cancellation"
    values |= {"due": summary_due_at, "shard": shard_of(seller_id)}
    due = "summary_due_at = if_not_exists(summary_due_at, :due), summary_shard = :shard"
    return f"{update}, {due} REMOVE marketplace_cancellation, summary_id"


def _line_item(line: Line) -> Item:
    item: dict[str, Any] = {"sku": line.sku, "quantity": line.quantity}
    return item | ({"fulfillment_center": line.fulfillment_center} if line.fulfillment_center else {})


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
        "fulfillment_centers": cancellation.fulfillment_centers or None,
    }
    return item | {name: value for name, value in optional.items() if value is not None}


def _actor_item(actor: Actor) -> Item:
    return {"kind": actor.kind, "id": actor.id} | ({"name": actor.name} if actor.name else {})
