"""Let the orders that version 1.0 cancelled enter the index of what is still to do in the marketplaces.

Without --write, `python -m scripts enter-to-do` only counts them. With it, the place that it has come to is kept in a
file after every page of the table, and whoever starts it again goes on there. It may run beside everything else, and be
repeated: an order that has been marked, or has entered, since it was read is left alone. The index of all orders needs
nothing of the kind: every order has its attribute, and DynamoDB fills it when it makes it.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from order_cancellation.domain.marketplaces import TO_DO
from order_cancellation.domain.orders import CANCELLED
from order_cancellation.tables.client import Table
from order_cancellation.tables.items import decode_item, encode_item
from scripts.stack import Stack

Item = Mapping[str, Any]


def is_missing(order: Item) -> bool:
    """Whether an order belongs into the index and is not in it."""
    open_there = order.get("marketplace_cancellation", TO_DO) == TO_DO
    return order["status"] == CANCELLED and open_there and "to_do_since" not in order and "cancellation" in order


def enter(orders: Table, order: Item) -> bool:
    """Put it in, in its place by when it was cancelled; False if somebody has seen to it since. Raises Unavailable."""
    entered, _ = orders.update(
        {"seller_id": order["seller_id"], "order_id": order["order_id"]},
        "SET to_do_since = :since",
        condition="#status = :cancelled AND attribute_not_exists(to_do_since) AND "
        "(attribute_not_exists(marketplace_cancellation) OR marketplace_cancellation = :to_do)",
        returning=False,
        since=order["cancellation"]["cancelled_at"],
        cancelled=CANCELLED,
        to_do=TO_DO,
    )
    return entered


def pages(orders: Table, place: Path | None) -> Iterator[list[dict[str, Any]]]:
    """The table from the place in the file on; the file says where the last page ended, and is gone at the end."""
    start: dict[str, Any] = {}
    if place and place.exists():
        start["ExclusiveStartKey"] = encode_item(json.loads(place.read_text()))
    while True:
        page: Any = orders.dynamodb.scan(TableName=orders.name, ConsistentRead=True, **start)
        yield [decode_item(item) for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        start["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        if place:
            place.write_text(json.dumps(decode_item(page["LastEvaluatedKey"])))
    if place:
        place.unlink(missing_ok=True)


def run(stack: Stack, place: Path, write: bool) -> Iterator[str]:
    """Do it, or count what there is to do; says how far it has come after every page."""
    orders = Table(stack.client("dynamodb"), stack.outputs["OrdersTableName"])
    read = missing = 0
    for page in pages(orders, place if write else None):
        read += len(page)
        missing += sum(enter(orders, order) if write else True for order in page if is_missing(order))
        yield f"{read:,} orders read, {missing:,} {'entered' if write else 'to enter'}"
