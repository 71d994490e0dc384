"""One of the two tables is restored to an earlier moment: nothing is mailed again, and nothing is lost."""

from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from order_cancellation.tables.client import Table, client
from order_cancellation.tables.items import decode_item, encode_item
from scripts import after_restore
from scripts.stack import Stack
from tests.simulation.product import Product
from tests.simulation.test_summaries import loaded, product
from tests.simulation.world import World
from tests.support import template
from tests.support.clock import HOUR, MINUTE

__all__ = ["loaded", "product"]  # the fixtures of the simulator

ORDERS, SUMMARIES = "OrdersTable", "SummariesTable"
NAMES = {"orders": ORDERS, "summaries": SUMMARIES}


def run(product: Product, restored: str, *, procedure: bool) -> World:
    """Four orders are mailed in two summaries; then a table is restored to the moment between the two."""
    world = product.world()
    product.connect(world)
    product.register(world, "acme")
    for order_id in ("A-1", "A-2"):
        product.auto_cancel("acme", order_id)
    world.run_until_quiet(still_for=HOUR)
    for order_id in ("A-3", "A-4"):
        product.auto_cancel("acme", order_id)
    backup = {table: world.tables.items(table) for table in NAMES.values()}  # cancelled, and not told yet
    world.run_until_quiet(still_for=HOUR)
    assert len(world.ses.accepted) == 2
    restore(world, NAMES[restored], backup[NAMES[restored]])
    if procedure:
        follow_the_procedure(world, restored)
    world.run(world.clock.now + 30 * MINUTE)
    return world


def restore(world: World, table: str, items: list[Any]) -> None:
    for item in world.tables.items(table):
        keys = ("seller_id", "order_id") if table == ORDERS else ("seller_id", "summary_id")
        world.tables.remove(table, *(item[key]["S"] for key in keys))
    for item in items:
        world.tables.put(table, item)


def follow_the_procedure(world: World, restored: Any) -> None:
    dynamodb = client()
    items = {table: [decode_item(item) for item in world.tables.items(table)] for table in NAMES.values()}
    for step in after_restore.plan(restored, items[ORDERS], items[SUMMARIES]):
        after_restore.carry_out(step, Table(dynamodb, ORDERS), Table(dynamodb, SUMMARIES), "2026-11-23T20:00:00.000Z")
    items = {table: [decode_item(item) for item in world.tables.items(table)] for table in NAMES.values()}
    left = after_restore.plan(restored, items[ORDERS], items[SUMMARIES])
    assert left == [], "it may be repeated, and has nothing left to do"


def test_restored_orders_alone_would_be_mailed_again(product: Product) -> None:
    assert len(run(product, "orders", procedure=False).ses.accepted) == 3


def test_restored_orders_are_not_mailed_again_after_the_procedure(product: Product) -> None:
    world = run(product, "orders", procedure=True)
    assert len(world.ses.accepted) == 2
    orders = {item["order_id"]["S"]: item for item in world.tables.items(ORDERS)}
    ledger = {
        entry["S"]: item["summary_id"] for item in world.tables.items(SUMMARIES) for entry in item["order_ids"]["L"]
    }
    assert {order_id: item["summary_id"] for order_id, item in orders.items()} == ledger
    assert not [item for item in world.tables.items(ORDERS) if "summary_due_at" in item]


def test_what_the_restored_ledger_does_not_know_is_given_to_a_person(product: Product) -> None:
    world = run(product, "summaries", procedure=True)
    assert len(world.ses.accepted) == 2
    told = {mail.tags["summary_id"] for mail in world.ses.accepted}
    ledger = {item["summary_id"]["S"]: item for item in world.tables.items(SUMMARIES)}
    assert ledger.keys() == told
    (parked,) = [item for item in ledger.values() if item["status"]["S"] == "parked"]
    assert [entry["S"] for entry in parked["order_ids"]["L"]] == ["A-3", "A-4"]
    assert "may have been sent" in parked["parked_because"]["S"]


SUMMARY = {"seller_id": "acme", "summary_id": "S-1", "order_ids": ["A-1"], "status": "sent"}
ORDER = {"seller_id": "acme", "order_id": "A-1"}


@pytest.mark.parametrize("restored", ["orders", "summaries"])
@pytest.mark.parametrize(
    "order",
    [
        ORDER | {"summary_id": "S-1"},
        ORDER | {"summary_id": "off"},
        ORDER,
        ORDER | {"order_id": "A-2", "summary_due_at": "2026"},
        ORDER | {"seller_id": "bluebird", "summary_due_at": "2026"},
    ],
)
def test_what_agrees_is_left_alone(restored: Any, order: Any) -> None:
    assert after_restore.plan(restored, [order], [SUMMARY]) == []


def test_a_pending_summary_of_a_restored_ledger_may_have_been_sent() -> None:
    pending = SUMMARY | {"status": "pending"}
    order = ORDER | {"summary_id": "S-1"}
    assert after_restore.plan("orders", [order], [pending]) == []
    assert after_restore.plan("summaries", [order], [pending]) == [after_restore.Park("acme", "S-1", ("A-1",))]


@pytest.mark.parametrize(("kept_since", "parked"), [("", 1), ("S-20260924", 0), ("S-20260922", 1)])
def test_a_summary_that_has_expired_is_not_missed(kept_since: str, parked: int) -> None:
    order = ORDER | {"summary_id": "S-20260923-140211123-9f2c41d07a3e"}
    assert len(after_restore.plan("orders", [order], [], kept_since)) == parked


def test_a_summary_that_was_being_sealed_then_lists_what_it_got_since() -> None:
    orders = [ORDER | {"order_id": order_id, "summary_id": "S-1"} for order_id in ("A-1", "A-2")]
    steps = after_restore.plan("summaries", orders, [SUMMARY | {"status": "pending"}])
    assert steps == [after_restore.Park("acme", "S-1", ("A-1", "A-2"))]


def test_of_a_split_order_each_cancellation_is_marked_by_itself() -> None:
    def part(name: str, **more: str) -> dict[str, Any]:
        return {name: {"cancellation": {"cancellation_id": name, "kind": "auto"}, "milestones": {}, **more}}

    told = {"order_id": "A-1", "cancellation_id": "p1"}
    ledger = {name: value for name, value in SUMMARY.items() if name != "order_ids"} | {"cancellations": [told]}
    due = ORDER | {"summary_due_at": "2026"}
    one, two = part("p1"), part("p1") | part("p2")
    mark = after_restore.MarkTold("acme", "A-1", "S-1", "p1")
    assert after_restore.plan("orders", [due | {"part_cancellations": one}], [ledger]) == [mark]
    left = replace(mark, last=False)
    assert after_restore.plan("orders", [due | {"part_cancellations": two}], [ledger]) == [left]
    whole = due | {"part_cancellations": one, "cancellation": {"cancellation_id": "c1", "kind": "auto"}}
    assert after_restore.plan("orders", [whole], [SUMMARY]) == [replace(mark, cancellation_id=None, last=False)]
    lost = ORDER | {"part_cancellations": part("p1", summary_id="S-9")}
    assert after_restore.plan("summaries", [lost], []) == [after_restore.Park("acme", "S-9", ("A-1",))]


@pytest.mark.parametrize("write", [False, True])
def test_the_command_does_it_only_when_it_is_told_to(write: bool) -> None:
    with mock_aws():
        dynamodb = boto3.Session(region_name="us-east-1").client("dynamodb")
        template.create_tables(dynamodb)
        due = {**ORDER, "summary_due_at": "2026-11-23T10:00:00.000Z", "summary_shard": "shard-0"}
        dynamodb.put_item(TableName=ORDERS, Item=encode_item(due))
        dynamodb.put_item(TableName=SUMMARIES, Item=encode_item(SUMMARY))
        stack = Stack("x", boto3.Session(region_name="us-east-1"))
        stack.outputs = {"OrdersTableName": ORDERS, "SummariesTableName": SUMMARIES}
        stack.parameters = {"SummariesKeptDays": "60"}
        expired = {**ORDER, "order_id": "A-9", "summary_id": "S-20250101-000000000-9f2c41d07a3e"}
        dynamodb.put_item(TableName=ORDERS, Item=encode_item(expired))
        said = "\n".join(after_restore.agree(stack, "orders", write))
        found = dynamodb.get_item(TableName=ORDERS, Key=encode_item(ORDER))["Item"]
    assert ("summary_id" in found, "summary_due_at" in found) == (write, not write)
    assert "Park" not in said
    assert "MarkTold(seller_id='acme', order_id='A-1', summary_id='S-1', cancellation_id=None, last=True)" in said
