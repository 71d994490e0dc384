"""The template's four tables, in memory: ``tests.simulation.memory_tables`` under the names that the handlers know."""

import re
from collections.abc import Mapping
from typing import Any, Final

from tests.simulation.memory_tables import MemoryTables
from tests.support.template import properties

Item = Mapping[str, Any]
Request = Mapping[str, Any]

ORDERS: Final = "OrdersTable"
SUMMARIES: Final = "SummariesTable"
SELLERS: Final = "SellersTable"
FULFILLMENT_CENTERS: Final = "FulfillmentCentersTable"
TABLES: Final = (ORDERS, SUMMARIES, SELLERS, FULFILLMENT_CENTERS)

# DynamoDB refuses a name or a value that no expression mentions; the mutants do without that help.
REFUSES_WHAT_IS_UNUSED = True

_PLACEHOLDER = re.compile(r"[#:][A-Za-z0-9_]+")


class Tables:
    """The tables. ``changes`` is the Orders stream: (item before, item after) of every write that changed something."""

    changes: list[tuple[Item, Item]]

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._memory = MemoryTables()
        self.changes = []
        for table in TABLES:
            self._memory.create_table(TableName=table, **properties(table))
        self._memory.listen(ORDERS, lambda old, new: self.changes.append((old or {}, new or {})))

    def answer(self, operation: str, request: Request) -> dict[str, Any]:
        """Carry out one request. Raises ClientError."""
        if not REFUSES_WHAT_IS_UNUSED:
            request = _pruned(request)
        return self._memory.execute(operation, request)

    def items(self, table: str) -> list[Item]:
        return list(self._memory.items(table))

    def get(self, table: str, *key: str) -> Item | None:
        """An item, past every client."""
        return next((item for item in self.items(table) if _key(table, item) == key), None)

    def put(self, table: str, item: Item) -> None:
        """Put an item in, past every client and every condition; the stream does not tell of it."""
        changes = len(self.changes)
        self._memory.execute("PutItem", {"TableName": table, "Item": item})
        del self.changes[changes:]


def _key(table: str, item: Item) -> tuple[str, ...]:
    return tuple(item[part["AttributeName"]]["S"] for part in properties(table)["KeySchema"])


def _pruned(request: Request) -> Request:
    """The request, and every update in it, without the placeholders that none of its expressions mentions."""
    if "TransactItems" in request:
        actions = [{"Update": _pruned(action["Update"])} for action in request["TransactItems"]]
        return {**request, "TransactItems": actions}
    texts = [str(text) for name, text in request.items() if name.endswith("Expression")]
    mentioned = set(_PLACEHOLDER.findall(" ".join(texts)))
    pruned = dict(request)
    for kind in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        used = {name: value for name, value in request.get(kind, {}).items() if name in mentioned}
        pruned.pop(kind, None)
        if used:
            pruned[kind] = used
    return pruned
