"""Make the Orders and the Summaries table agree again after one of them was restored to an earlier moment.

An order says in which summary it is, and the summary lists it. Restore one table alone, and what was mailed looks due
again, or a summary that orders name is not there. Run this before the sweep and the stream are enabled again:

    python -m scripts.after_restore --stack order-cancellation --restored orders
    python -m scripts.after_restore --stack order-cancellation --restored summaries --write

Without --write it only says what it would do. Both may be repeated.
"""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import boto3

from order_cancellation.domain import times
from order_cancellation.domain.summaries import WITHOUT_SUMMARY
from order_cancellation.tables.client import Table
from order_cancellation.tables.items import decode_item

Item = Mapping[str, Any]
Restored = Literal["orders", "summaries"]

_WHY = "the ledger was restored to an earlier moment: it may have been sent since"


@dataclass(frozen=True, slots=True)
class MarkTold:
    """An order looks due, and a summary has it."""

    seller_id: str
    order_id: str
    summary_id: str


@dataclass(frozen=True, slots=True)
class Park:
    """A summary that nobody knows to have been sent: a person decides. ``order_ids``: all that it has to list."""

    seller_id: str
    summary_id: str
    order_ids: Sequence[str]


Step = MarkTold | Park


def plan(restored: Restored, orders: Iterable[Item], summaries: Iterable[Item]) -> list[Step]:
    """What there is to do, from the items of both tables."""
    ledger = {(item["seller_id"], item["summary_id"]): item for item in summaries}
    listed = {
        (seller_id, order_id): summary_id
        for (seller_id, summary_id), item in ledger.items()
        for order_id in item.get("order_ids", ())
    }
    steps: list[Step] = []
    unknown: dict[tuple[str, str], list[str]] = {}
    for order in orders:
        seller_id, order_id, summary_id = order["seller_id"], order["order_id"], order.get("summary_id")
        if summary_id is None and "summary_due_at" in order and (seller_id, order_id) in listed:
            steps.append(MarkTold(seller_id, order_id, listed[seller_id, order_id]))
        elif summary_id not in (None, WITHOUT_SUMMARY) and listed.get((seller_id, order_id)) != summary_id:
            unknown.setdefault((seller_id, summary_id), []).append(order_id)
    if restored == "summaries":  # one that was being sealed then may list more orders since
        pending = {key: item.get("order_ids", []) for key, item in ledger.items() if item["status"] == "pending"}
        unknown |= {key: [*order_ids, *unknown.get(key, [])] for key, order_ids in pending.items()}
    return [*steps, *(Park(*key, tuple(order_ids)) for key, order_ids in sorted(unknown.items()))]


def carry_out(step: Step, orders: Table, summaries: Table, now: str) -> None:
    """One step; nothing where somebody has seen to it since. Raises Unavailable."""
    match step:
        case MarkTold(seller_id, order_id, summary_id):
            orders.update(
                {"seller_id": seller_id, "order_id": order_id},
                "SET summary_id = :summary REMOVE summary_due_at, summary_shard",
                condition="attribute_exists(summary_due_at) AND attribute_not_exists(summary_id)",
                summary=summary_id,
            )
        case Park(seller_id, summary_id, order_ids):
            summaries.update(
                {"seller_id": seller_id, "summary_id": summary_id},
                "SET #status = :parked, parked_at = :now, parked_because = :why, "
                "order_ids = :orders, email = if_not_exists(email, :nobody), "
                "created_at = if_not_exists(created_at, :now), attempts = if_not_exists(attempts, :one), "
                "#part = if_not_exists(#part, :one), parts = if_not_exists(parts, :one) "
                "REMOVE lease_until, lease_shard",
                condition="attribute_not_exists(#status) OR #status = :pending",
                parked="parked",
                pending="pending",
                now=now,
                why=_WHY,
                orders=order_ids,
                nobody="",
                one=1,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the Orders and the Summaries table agree after a restore.")
    parser.add_argument("--stack", required=True)
    parser.add_argument("--restored", required=True, choices=["orders", "summaries"])
    parser.add_argument("--write", action="store_true", help="do it; otherwise it is only said")
    arguments = parser.parse_args()
    (stack,) = boto3.client("cloudformation").describe_stacks(StackName=arguments.stack)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    dynamodb = boto3.client("dynamodb")
    orders, summaries = (Table(dynamodb, outputs[f"{name}TableName"]) for name in ("Orders", "Summaries"))
    steps = plan(arguments.restored, _items(orders), _items(summaries))
    for step in steps:
        print(step)
        if arguments.write:
            carry_out(step, orders, summaries, times.now())
    print(f"{len(steps)} {'done' if arguments.write else 'to do: --write does it'}.")


def _items(table: Table) -> Iterable[Item]:
    for page in table.dynamodb.get_paginator("scan").paginate(TableName=table.name, ConsistentRead=True):
        yield from map(decode_item, page["Items"])


if __name__ == "__main__":
    main()
