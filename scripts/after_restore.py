"""Make the Orders and the Summaries table agree again after one of them was restored to an earlier moment.

An order says in which summary it is, and the summary lists it. Restore one table alone, and what was mailed looks due
again, or a summary that orders name is not there. Run `python -m scripts after-restore` before the sweep and the stream
are enabled again. Without --write it only says what it would do. It may be repeated.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from order_cancellation.domain import times
from order_cancellation.domain.summaries import WITHOUT_SUMMARY, shard_of
from order_cancellation.tables.client import Table
from order_cancellation.tables.items import decode_item
from order_cancellation.tables.summaries import orders_of
from scripts.stack import Stack

Item = Mapping[str, Any]
Restored = Literal["orders", "summaries"]

_WHY = "the ledger was restored to an earlier moment: it may have been sent since"


@dataclass(frozen=True, slots=True)
class MarkTold:
    """A cancellation looks due, and a summary has it. ``cancellation_id``: it is of parts, not of the whole order.

    ``last``: nothing else of the order is due.
    """

    seller_id: str
    order_id: str
    summary_id: str
    cancellation_id: str | None = None
    last: bool = True


@dataclass(frozen=True, slots=True)
class Park:
    """A summary that nobody knows to have been sent: a person decides. ``order_ids``: all that it has to list."""

    seller_id: str
    summary_id: str
    order_ids: Sequence[str]


Step = MarkTold | Park


def plan(restored: Restored, orders: Iterable[Item], summaries: Iterable[Item], kept_since: str = "") -> list[Step]:
    """What there is to do, from the items of both tables.

    ``kept_since``: a summary with an earlier id that is not there arrived, and has expired. A restored table lacks
    none of that age: it has what there was at most 35 days ago.
    """
    ledger = {(item["seller_id"], item["summary_id"]): item for item in summaries}
    listed = {(seller_id, name): summary_id for (seller_id, summary_id), item in ledger.items() for name in _told(item)}
    steps: list[Step] = []
    unknown: dict[tuple[str, str], list[str]] = {}
    for order in orders:
        seller_id, order_id = order["seller_id"], order["order_id"]
        due = _due(order)
        told = [(part, where) for part, names in due if (where := _first(listed, seller_id, order_id, names))]
        for number, (part, where) in enumerate(told, start=1):
            steps.append(MarkTold(seller_id, order_id, where, part, number == len(due)))
        for summary_id, names in _marked(order):
            if summary_id >= kept_since and _first(listed, seller_id, order_id, names) != summary_id:
                unknown.setdefault((seller_id, summary_id), []).append(order_id)
    if restored == "summaries":  # one that was being sealed then may list more orders since
        pending = {key: orders_of(item) for key, item in ledger.items() if item["status"] == "pending"}
        unknown |= {key: [*order_ids, *unknown.get(key, [])] for key, order_ids in pending.items()}
    return [*steps, *(Park(*key, tuple(order_ids)) for key, order_ids in sorted(unknown.items()))]


def _told(summary: Item) -> Iterable[tuple[str, str | None]]:
    """(order_id, cancellation_id) of what a summary tells of; None is an order's own, whatever its id is."""
    yield from ((order_id, None) for order_id in summary.get("order_ids", ()))
    yield from ((each["order_id"], each["cancellation_id"]) for each in summary.get("cancellations", ()))


def _due(order: Item) -> Sequence[tuple[str | None, Sequence[str | None]]]:
    """What looks due of an order: the id where it is of parts, and the names that summaries have for it."""
    if "summary_due_at" not in order:
        return ()
    parts = order.get("part_cancellations", {}).items()
    due = sorted(name for name, each in parts if each["cancellation"]["kind"] == "auto" and "summary_id" not in each)
    cancellation = order.get("cancellation", {})
    own = "summary_id" not in order and (not due or cancellation.get("kind") == "auto")
    return [*((name, [name]) for name in due), *([(None, [cancellation.get("cancellation_id"), None])] if own else [])]


def _first(listed: Mapping[Any, str], seller_id: str, order_id: str, names: Sequence[str | None]) -> str | None:
    """The summary that has one of these."""
    return next((listed[key] for name in names if (key := (seller_id, (order_id, name))) in listed), None)


def _marked(order: Item) -> Iterable[tuple[str, Sequence[str | None]]]:
    """The summaries that an order says that it is in, and the names that they have for what they tell of."""
    parts = order.get("part_cancellations", {}).items()
    own = [order.get("cancellation", {}).get("cancellation_id"), None]
    for summary_id, names in (
        (order.get("summary_id"), own),
        *((each.get("summary_id"), [name, None]) for name, each in parts),
    ):
        if summary_id not in (None, WITHOUT_SUMMARY):
            yield summary_id, names


def carry_out(step: Step, orders: Table, summaries: Table, now: str) -> None:
    """One step; nothing where somebody has seen to it since. Raises Unavailable."""
    match step:
        case MarkTold(seller_id, order_id, summary_id, cancellation_id, last):
            mark = f"part_cancellations.#{cancellation_id}.summary_id" if cancellation_id else "summary_id"
            orders.update(
                {"seller_id": seller_id, "order_id": order_id},
                f"SET {mark} = :summary{' REMOVE summary_due_at, summary_shard' if last else ''}",
                condition=f"attribute_exists(summary_due_at) AND attribute_not_exists({mark})",
                summary=summary_id,
            )
        case Park(seller_id, summary_id, order_ids):
            summaries.update(
                {"seller_id": seller_id, "summary_id": summary_id},
                "SET #status = :parked, parked_at = :now, parked_because = :why, "
                "waits_for = :operator, waiting_shard = :shard, waiting_since = :now, "
                "order_ids = :orders, email = if_not_exists(email, :nobody), "
                "created_at = if_not_exists(created_at, :now), attempts = if_not_exists(attempts, :one), "
                "#part = if_not_exists(#part, :one), parts = if_not_exists(parts, :one) "
                "REMOVE lease_until, lease_shard",
                condition="attribute_not_exists(#status) OR #status = :pending",
                parked="parked",
                operator="operator",
                shard=shard_of(seller_id),
                pending="pending",
                now=now,
                why=_WHY,
                orders=order_ids,
                nobody="",
                one=1,
            )


def agree(stack: Stack, restored: Restored, write: bool) -> Iterator[str]:
    """Do what there is to do, or only say it."""
    dynamodb = stack.client("dynamodb")
    orders, summaries = (Table(dynamodb, stack.outputs[f"{name}TableName"]) for name in ("Orders", "Summaries"))
    days = int(stack.parameters.get("SummariesKeptDays", "0"))
    kept_since = f"S-{datetime.now(UTC) - timedelta(days=days):%Y%m%d}" if days else ""
    steps = plan(restored, _items(orders), _items(summaries), kept_since)
    for step in steps:
        yield str(step)
        if write:
            carry_out(step, orders, summaries, times.now())
    yield f"{len(steps)} {'done' if write else 'to do: --write does it'}."


def _items(table: Table) -> Iterable[Item]:
    for page in table.dynamodb.get_paginator("scan").paginate(TableName=table.name, ConsistentRead=True):
        yield from map(decode_item, page["Items"])
