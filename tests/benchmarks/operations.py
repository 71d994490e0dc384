"""What each operation asks of DynamoDB: calls, read and write units, counted in process on the template's tables."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from tests.support import rig
from tests.support.attribute_values import Item, size_in_bytes
from tests.support.functions import seller_claims
from tests.support.memory_tables import Tables, View
from tests.support.rig import Service
from tests.support.ses import SimulatedSes

READ_UNIT, WRITE_UNIT = 4096, 1024


class MeteredTables(Tables):
    """Tables that count what DynamoDB would bill: each index that a write changes counts as well."""

    calls = 0
    read_units = 0.0
    write_units = 0

    def create_table(self, **definition: Any) -> None:
        super().create_table(**definition)
        table = self._tables[definition["TableName"]]
        table.listeners.append(lambda old, new: self._written(list(table.indexes.values()), old, new))

    def execute(self, operation: str, request: Any) -> dict[str, Any]:
        self.calls += 1
        doubled = 2 if operation == "TransactWriteItems" else 1
        before = self.write_units
        try:
            response = super().execute(operation, request)
        except ClientError as refused:
            shown: Any = refused.response.get("Item", {})  # a write that is refused is billed all the same
            self.write_units += doubled * _units(size_in_bytes(shown), WRITE_UNIT)
            raise
        self.write_units += (doubled - 1) * (self.write_units - before)
        if operation == "GetItem":
            self.read_units += _units(size_in_bytes(response.get("Item", {})), READ_UNIT)
        elif operation == "BatchGetItem":
            for wanted, found in zip(request["RequestItems"].values(), response["Responses"].values(), strict=True):
                share = 1 if wanted.get("ConsistentRead") else 0.5
                self.read_units += share * sum(_units(size_in_bytes(item), READ_UNIT) for item in found)
        elif operation == "Query":
            share = 1 if request.get("ConsistentRead") else 0.5
            size = sum(size_in_bytes(item) for item in response.get("Items", ()))
            self.read_units += share * _units(size, READ_UNIT)
        elif self.write_units == before:
            self.write_units += doubled  # it changed nothing
        return response

    def _written(self, indexes: list[View], old: Item | None, new: Item | None) -> None:
        self.write_units += _units(max(size_in_bytes(item or {}) for item in (old, new)), WRITE_UNIT)
        for index in indexes:
            there, then = (_projected(index, item) for item in (old, new))
            if there != then:
                moved = bool(there and then) and any(there[name] != then[name] for name in index.key)
                sizes = [size_in_bytes(item) for item in (there, then) if item]
                self.write_units += sum(_units(size, WRITE_UNIT) for size in (sizes if moved else [max(sizes)]))


def _units(size: int, unit: int) -> int:
    return max(1, math.ceil(size / unit))


def _projected(index: View, item: Item | None) -> Item:
    if item is None or not all(name in item for name in index.key):
        return {}
    return {name: value for name, value in item.items() if index._kept is None or name in index._kept}


def measure(say: Callable[[str], None]) -> list[dict[str, Any]]:
    """One row for each operation: its name, its status, calls, read and write units."""
    say("Counting calls and units")
    tables = MeteredTables()
    rows: list[dict[str, Any]] = []
    with rig.in_lambda():
        service = Service(tables, SimulatedSes())
        rig.furnish(tables, *(f"A-{number}" for number in range(320)))

        @contextmanager
        def row(name: str) -> Iterator[None]:
            before = tables.calls, tables.read_units, tables.write_units
            yield
            after = tables.calls, tables.read_units, tables.write_units
            calls, reads, writes = (now - then for now, then in zip(after, before, strict=True))
            rows.append({"name": name, "calls": calls, "read_units": reads, "write_units": writes})

        def do(name: str, action: Callable[[], Any], status: int = 200) -> None:
            with row(name):
                answer = action()
            assert answer.status == status, (name, answer.status, answer.body)

        do("cancel: done", lambda: service.cancel("A-0", key="k"))
        do("cancel: the same request again", lambda: service.cancel("A-0", key="k"))
        do("cancel: already cancelled", lambda: service.cancel("A-0"))
        do("fulfillment center's event, first of a process", lambda: service.report("LAX1", "A-1", "picking"))
        do("fulfillment center's event", lambda: service.report("LAX1", "A-1", "picked_packed"))
        do("cancel: refused, packed", lambda: service.cancel("A-1"), 409)
        do("cancel: no such order", lambda: service.cancel("none"), 404)
        hundred = [{"order_id": f"A-{number}"} for number in range(100, 200)]
        do("cancel: a hundred", lambda: service.cancel_many(*hundred))
        entries = [
            {"seller_id": rig.SELLER, "order_id": f"A-{number}", "reason": "stockout"} for number in range(200, 210)
        ]
        do("auto-cancel: ten", lambda: service.auto_cancel(*entries))
        changes = [{"seller_id": {"S": rig.SELLER}, "order_id": {"S": f"A-{number}"}} for number in range(200, 210)]
        records = [
            {"dynamodb": {"SequenceNumber": str(number), "NewImage": tables.get("OrdersTable", rig.SELLER, order)}}
            for number, order in enumerate(change["order_id"]["S"] for change in changes)
        ]
        with row("summary of ten: claimed, sent, recorded"):
            assert service.deliver(records) == []
        do("place an order", lambda: service.place("new"), 201)
        do("look at an order", lambda: service.view("A-2"))
        do("list 25 orders", lambda: service.list())
        do("mark as done in the marketplace", lambda: _mark(service))
    return rows


def _mark(service: Service) -> Any:
    claims = seller_claims(rig.SELLER)
    return service.send("mark_marketplace", claims, {"state": "done"}, order_id="A-0")
