"""Whether anything grows with the number of orders: the real handlers, in process, on tables of three sizes."""

import gc
import time
from collections.abc import Callable
from typing import Any

from tests.benchmarks.operations import MeteredTables
from tests.support import rig
from tests.support.memory_tables import ORDERS
from tests.support.rig import Service

SIZES = (1_000, 30_000, 1_000_000)
SELLERS = 100
ROUNDS = 9


def _fill(tables: MeteredTables, size: int) -> None:
    table = tables._tables[ORDERS]
    rig.know_centers(tables)
    shared = rig.order_item("x")
    for number in range(size):
        seller_id, order_id = f"seller-{number % SELLERS}", f"A-{number // SELLERS:06d}"
        item = {
            **shared,
            "seller_id": {"S": seller_id},
            "order_id": {"S": order_id},
            "marketplace_order_id": {"S": f"113-{number:07d}"},
            "placed_at": {"S": f"2026-{1 + number % 11:02d}-{1 + number % 28:02d}T{number % 24:02d}:00:00Z"},
        }
        table.store((seller_id, order_id), None, item, quietly=True)


def measure(say: Callable[[str], None]) -> list[dict[str, Any]]:
    """One row for each size and operation: milliseconds (the best of nine), calls, units."""
    rows: list[dict[str, Any]] = []
    for size in SIZES:
        say(f"Growth: {size:,} orders of {SELLERS} sellers")
        rows += _rows(size)
    return rows


def _rows(size: int) -> list[dict[str, Any]]:
    tables = MeteredTables()
    gc.disable()
    _fill(tables, size)
    for index in tables._tables[ORDERS].indexes.values():
        index.items()  # takes in what was put
    gc.freeze()  # DynamoDB's items are not in a function's process, so its collector does not look at them
    gc.enable()
    rows = []
    with rig.in_lambda():
        service = Service(tables)
        operations: dict[str, Callable[[str], Any]] = {
            "look at an order": lambda order: service.view(order, seller_id="seller-1"),
            "list 25 orders": lambda _: service.list(seller_id="seller-1"),
            "fulfillment center's event": lambda order: service.report("LAX1", order, "picking", seller_id="seller-1"),
            "cancel": lambda order: service.cancel(order, seller_id="seller-1"),
        }
        for name, act in operations.items():
            act("A-000009")  # a first time makes clients and fills what is remembered
            before, times = (tables.calls, tables.read_units, tables.write_units), []
            for number in range(ROUNDS):
                begun = time.perf_counter()
                answer = act(f"A-{number:06d}")
                times.append(time.perf_counter() - begun)
                assert answer.status == 200, (name, answer.body)
            after = tables.calls, tables.read_units, tables.write_units
            calls, reads, writes = ((now - then) / ROUNDS for now, then in zip(after, before, strict=True))
            figures = {"calls": calls, "read_units": reads, "write_units": writes}
            rows.append({"orders": size, "name": name, "ms": min(times) * 1000, **figures})
    return rows
