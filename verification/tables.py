"""The template's tables in memory: atomic, strongly consistent, fast, and exact in what this service asks of them.

Every call is one step that nothing can come between, as with DynamoDB's single-item writes and transactions. Indexes
have no delay here. tests/verification/test_tables.py holds the answers against moto's, request by request.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from verification.expressions import Condition, ExpressionError, Item, condition, mentions, update

Request = Mapping[str, Any]
Answer = dict[str, Any]
Key = tuple[str, str]

ORDERS: Final = "OrdersTable"
SUMMARIES: Final = "SummariesTable"
SELLERS: Final = "SellersTable"
FULFILLMENT_CENTERS: Final = "FulfillmentCentersTable"

# table: its key attributes. index: the attributes it sorts by, all of which an item must have to be in it
# DynamoDB refuses a name or a value that no expression mentions; the mutants do without that help.
REFUSES_WHAT_IS_UNUSED = True

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    ORDERS: ("seller_id", "order_id"),
    SUMMARIES: ("seller_id", "summary_id"),
    SELLERS: ("seller_id",),
    FULFILLMENT_CENTERS: ("client_id",),
}
INDEXES: Final[Mapping[str, tuple[str, ...]]] = {
    "DueForSummary": ("summary_shard", "summary_due_at"),
    "PendingSummaries": ("lease_shard", "lease_until"),
    "BySummaryId": ("summary_id",),
}


class Refused(Exception):
    """DynamoDB's own error with this ``code``; ``members`` stand beside the message."""

    def __init__(self, code: str, message: str = "refused", **members: Any) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.members = members


@dataclass
class Tables:
    """The four tables. ``changes`` is the Orders stream: (item before, item after), for every write that changed it."""

    items: dict[str, dict[Key, Item]] = field(default_factory=lambda: {table: {} for table in KEYS})
    changes: list[tuple[Item, Item]] = field(default_factory=list)
    _tokens: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, operation: str, request: Request) -> Answer:
        """Carry out one request. Raises Refused."""
        with self._lock:
            try:
                return self._carry_out(operation, request)
            except ExpressionError as error:
                raise Refused("ValidationException", str(error)) from error

    def get(self, table: str, *key: str) -> Item | None:
        """An item, past every client."""
        return self.items[table].get(_key(key))

    def put(self, table: str, item: Item) -> None:
        """Put an item in, past every client and every condition."""
        self.items[table][_key_of(table, item)] = item

    def clear(self) -> None:
        for items in self.items.values():
            items.clear()
        self.changes.clear()
        self._tokens.clear()

    def _carry_out(self, operation: str, request: Request) -> Answer:
        match operation:
            case "GetItem":
                item = self.items[request["TableName"]].get(_key_of(request["TableName"], request["Key"]))
                return {"Item": item} if item is not None else {}
            case "UpdateItem":
                before, after = self._prepare(request)
                self._commit(request, before, after)
                return {"Attributes": after} if request.get("ReturnValues") == "ALL_NEW" else {}
            case "TransactWriteItems":
                return self._transact(request)
            case "BatchGetItem":
                return self._batch_get(request)
            case "Query":
                return self._query(request)
        raise Refused("UnknownOperationException", operation)

    def _prepare(self, request: Request) -> tuple[Item, Item]:
        """The item before and after an update whose condition holds."""
        table, names, values = _expression_members(request)
        before = self.items[table].get(_key_of(table, request["Key"]), {})
        if REFUSES_WHAT_IS_UNUSED:
            _require_all_used(request)
        text = request.get("ConditionExpression")
        if text is not None and not condition(text)(before, names, values):
            wants_item = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and before
            members = {"Item": before} if wants_item else {}
            raise Refused("ConditionalCheckFailedException", "The conditional request failed", **members)
        after = update(request["UpdateExpression"])(before or request["Key"], names, values)
        if any(after.get(name) != value for name, value in request["Key"].items()):
            raise Refused("ValidationException", "a part of the key cannot be updated")
        return before, after

    def _commit(self, request: Request, before: Item, after: Item) -> None:
        table = request["TableName"]
        self.items[table][_key_of(table, request["Key"])] = after
        if table == ORDERS and before != after:
            self.changes.append((before, after))

    def _transact(self, request: Request) -> Answer:
        token = request.get("ClientRequestToken")
        if token in self._tokens:
            return {}  # the same transaction once more: done already
        updates: Sequence[Request] = [action["Update"] for action in request["TransactItems"]]
        keys = [(each["TableName"], _key_of(each["TableName"], each["Key"])) for each in updates]
        if len(set(keys)) < len(keys) or len(keys) > 100:
            raise Refused("ValidationException", "a transaction of 1 to 100 different items")
        prepared: list[tuple[Item, Item]] = []
        reasons: list[dict[str, str]] = []
        for each in updates:
            try:
                prepared.append(self._prepare(each))
                reasons.append({"Code": "None"})
            except Refused as refused:
                if refused.code != "ConditionalCheckFailedException":
                    raise
                reasons.append({"Code": "ConditionalCheckFailed"})
        if len(prepared) < len(updates):
            raise Refused("TransactionCanceledException", "cancelled", CancellationReasons=reasons)
        for each, (before, after) in zip(updates, prepared, strict=True):
            self._commit(each, before, after)
        if token:
            self._tokens.add(token)
        return {}

    def _batch_get(self, request: Request) -> Answer:
        found = {
            table: [
                item
                for key in asked["Keys"]
                if (item := self.items[table].get(_key_of(table, key))) is not None
            ]
            for table, asked in request["RequestItems"].items()
        }
        return {"Responses": found, "UnprocessedKeys": {}}

    def _query(self, request: Request) -> Answer:
        table, names, values = _expression_members(request)
        index = request.get("IndexName")
        sorted_by = INDEXES[index] if index else KEYS[table]
        matches = condition(request["KeyConditionExpression"])
        order = (*sorted_by, *KEYS[table])
        found = sorted(
            (
                item
                for item in self.items[table].values()
                if all(name in item for name in sorted_by) and matches(item, names, values)
            ),
            key=lambda item: [item[name]["S"] for name in order],
        )
        if start := request.get("ExclusiveStartKey"):
            position = [start[name]["S"] for name in KEYS[table]]
            found = [item for item in found if [item[name]["S"] for name in KEYS[table]] > position]
        limit = request.get("Limit", len(found))
        read, rest = found[:limit], found[limit:]
        answer: Answer = {}
        if read and len(read) == limit and (rest or "Limit" in request):
            answer["LastEvaluatedKey"] = {name: read[-1][name] for name in KEYS[table]}
        keep: Condition = condition(request["FilterExpression"]) if "FilterExpression" in request else _every
        read = [item for item in read if keep(item, names, values)]
        if index:
            read = [{name: item[name] for name in dict.fromkeys(order)} for item in read]
        return {**answer, "Items": read, "Count": len(read)}


def _expression_members(request: Request) -> tuple[str, Mapping[str, str], Item]:
    return (
        request["TableName"],
        request.get("ExpressionAttributeNames", {}),
        request.get("ExpressionAttributeValues", {}),
    )


def _require_all_used(request: Request) -> None:
    """DynamoDB refuses a request with a name or a value that none of its expressions mentions."""
    texts = (request.get(kind, "") for kind in ("ConditionExpression", "UpdateExpression"))
    mentioned = mentions(" ".join(texts))
    for kind in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        if unused := set(request.get(kind, {})) - mentioned:
            raise ExpressionError(f"{kind} unused in expressions: {sorted(unused)}")


def _every(*_: object) -> bool:
    return True


def _key_of(table: str, item: Item) -> Key:
    return _key([item[name]["S"] for name in KEYS[table]])


def _key(parts: Sequence[str]) -> Key:
    return parts[0], parts[1] if len(parts) == 2 else ""
