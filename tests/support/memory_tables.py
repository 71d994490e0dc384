"""DynamoDB in memory: exact in what the product uses of it, atomic, and fast enough for thousands of orders.

A differential test holds it to moto (``tests/simulation/test_memory_tables``); where moto is wrong, the documentation
does. What the product does not use raises NotImplementedError.

Unlike moto, and like DynamoDB: reserved words, unused placeholders and writes to key attributes are refused; pages
end at 1 MB, and one that ends at its Limit has a LastEvaluatedKey even with nothing behind it; a transaction has at
most 100 actions and 4 MB; one that is repeated under its token is not executed again; a write that changes nothing
puts nothing on the stream. Reads that are not strongly consistent may lag, by so many virtual seconds.
"""

import bisect
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final

from tests.support import expressions, template
from tests.support.attribute_values import (
    InvalidRequest,
    Item,
    comparable,
    copied,
    normalized_item,
    require,
    size_in_bytes,
)
from tests.support.clock import Clock
from tests.support.expressions import Path, Scope, Term
from tests.support.service_errors import client_error

Request = Mapping[str, Any]
Response = dict[str, Any]
Key = tuple[Any, ...]
Listener = Callable[[Item | None, Item | None], object]

ORDERS: Final = "OrdersTable"
SUMMARIES: Final = "SummariesTable"
SELLERS: Final = "SellersTable"
FULFILLMENT_CENTERS: Final = "FulfillmentCentersTable"

_ITEM_BYTES = 400 * 1024
_PAGE_BYTES = 1024 * 1024
_TRANSACTION_BYTES = 4 * 1024 * 1024
_ACTIONS = 100
_TOKEN_LIFETIME = 600.0


class View:
    """Items in partitions, in the order of their sort keys: a table as its readers see it, or one of its indexes.

    ``kept`` are the attributes of an index that has not all of them. Changes show after ``lag`` seconds.
    """

    def __init__(self, schema: Sequence[Mapping[str, str]], clock: Clock, lag: float, kept: frozenset[str] | None):
        self.key = tuple(each["AttributeName"] for each in schema)  # the partition key comes first
        self._clock = clock
        self._lag = lag
        self._kept = kept
        self._items: dict[Key, Item] = {}
        self._partitions: dict[Any, list[tuple[Any, Key]]] = {}
        self._coming: deque[tuple[float, Key, Item | None]] = deque()

    def put(self, key: Key, item: Item | None) -> None:
        """The item under this key of the table has become this; None: it is gone."""
        self._coming.append((self._clock.now + self._lag, key, item))

    def get(self, key: Key) -> Item | None:
        return self._current().get(key)

    def items(self) -> list[Item]:
        return list(self._current().values())

    def partition(self, value: Any, after: tuple[Any, Key] | None, *, ascending: bool) -> Iterator[Item]:
        """A partition's items in order, behind a position."""
        items = self._current()
        entries = self._partitions.get(value, [])
        if ascending:
            places = range(bisect.bisect_right(entries, after) if after else 0, len(entries))
        else:
            places = range((bisect.bisect_left(entries, after) if after else len(entries)) - 1, -1, -1)
        for place in places:
            yield items[entries[place][1]]

    def position(self, item: Item, key: Key) -> tuple[Any, Key]:
        """Where an item stands in its partition: by the sort key, and where that is equal, by the table's key."""
        return comparable(item[self.key[1]]) if len(self.key) > 1 else None, key

    def _current(self) -> dict[Key, Item]:
        while self._coming and self._coming[0][0] <= self._clock.now:
            _, key, item = self._coming.popleft()
            self._apply(key, item)
        return self._items

    def _apply(self, key: Key, item: Item | None) -> None:
        if item is not None and not all(name in item for name in self.key):
            item = None  # sparse: an item without the index's key attributes is not in it
        if item is not None and self._kept is not None:
            item = {name: value for name, value in item.items() if name in self._kept}
        old = self._items.pop(key, None)
        if old is not None:
            entries = self._partitions[comparable(old[self.key[0]])]
            del entries[bisect.bisect_left(entries, self.position(old, key))]
        if item is not None:
            self._items[key] = item
            bisect.insort(self._partitions.setdefault(comparable(item[self.key[0]]), []), self.position(item, key))


class Table:
    """One table with its indexes. ``listeners`` are told of every change, as (old item, new item)."""

    def __init__(self, definition: Request, clock: Clock, lag: float) -> None:
        self.types = {each["AttributeName"]: each["AttributeType"] for each in definition["AttributeDefinitions"]}
        self.current = View(definition["KeySchema"], clock, 0, None)
        self.replica = View(definition["KeySchema"], clock, lag, None) if lag else self.current
        self.indexes: dict[str, View] = {}
        for index in definition.get("GlobalSecondaryIndexes", ()):
            names = {each["AttributeName"] for each in (*definition["KeySchema"], *index["KeySchema"])}
            kept = frozenset(names) if index["Projection"]["ProjectionType"] == "KEYS_ONLY" else None
            self.indexes[index["IndexName"]] = View(index["KeySchema"], clock, lag, kept)
        self.listeners: list[Listener] = []

    def key_of(self, key: Request) -> Key:
        """The key in a request's Key, or in an item."""
        require(key.keys() >= set(self.current.key), "The provided key element does not match the schema")
        self._check_types(self.current.key, key)
        return tuple(comparable(key[name]) for name in self.current.key)

    def exact_key(self, key: Request) -> Key:
        require(key.keys() == set(self.current.key), "The provided key element does not match the schema")
        return self.key_of(key)

    def view(self, request: Request) -> View:
        """What a read reads."""
        consistent = request.get("ConsistentRead", False)
        if "IndexName" not in request:
            return self.current if consistent else self.replica
        require(request["IndexName"] in self.indexes, "The table does not have the specified index")
        require(not consistent, "Consistent reads are not supported on global secondary indexes")
        return self.indexes[request["IndexName"]]

    def check(self, item: Item) -> None:
        """What DynamoDB requires of an item that is to be stored."""
        for index in self.indexes.values():
            self._check_types([name for name in index.key if name in item], item)
        require(size_in_bytes(item) <= _ITEM_BYTES, "Item size has exceeded the maximum allowed size")

    def store(self, key: Key, old: Item | None, new: Item | None, *, quietly: bool = False) -> None:
        if old == new:
            return
        for view in {self.current, self.replica, *self.indexes.values()}:
            view.put(key, new)
        for listener in () if quietly else self.listeners:
            listener(old, new)

    def _check_types(self, names: Sequence[str], item: Request) -> None:
        for name in names:
            kind = self.types[name]
            require(item[name].keys() == {kind}, f"Type mismatch for key {name} expected: {kind}")
            require(item[name][kind] != "", f"A key attribute cannot contain an empty string value: {name}")


@dataclass(frozen=True)
class Write:
    """What a write would do. ``shown`` is the item that its condition did not hold of, if the request wants it."""

    table: Table
    key: Key
    old: Item | None
    new: Item | None
    refused: bool = False
    shown: Mapping[str, Item] | None = None

    @property
    def size(self) -> int:
        return max(size_in_bytes(item or {}) for item in (self.old, self.new))


class Tables:
    """All tables of an account: the template's, by their logical ids, and what ``create_table`` adds.

    ``changes`` is the Orders stream: (item before, item after) of every write that changed something, ``{}`` for none.
    """

    changes: list[tuple[Item, Item]]

    def __init__(self, clock: Clock | None = None, *, lag: float = 0.0) -> None:
        self._clock = clock or Clock()
        self._lag = lag
        self._lock = threading.Lock()  # a handler may call from a pool of threads
        self.clear()

    def clear(self) -> None:
        """Begin anew, with the template's tables, empty."""
        self.changes = []
        self._tables: dict[str, Table] = {}
        self._tokens: dict[str, tuple[float, str]] = {}
        for logical_id in template.TABLES.values():
            self.create_table(TableName=logical_id, **template.properties(logical_id))
        self.listen(ORDERS, lambda old, new: self.changes.append((old or {}, new or {})))

    def create_table(self, **definition: Any) -> None:
        """A table as CreateTable takes it; what does not concern its items is ignored."""
        self._tables[definition["TableName"]] = Table(definition, self._clock, self._lag)

    def listen(self, table: str, listener: Listener) -> None:
        """Tell of every change of the table's items from now on, as (old, new); e.g. ``Stream.append``."""
        self._tables[table].listeners.append(listener)

    def items(self, table: str) -> list[Item]:
        """Copies of all items of a table, past every client."""
        return [copied(item) for item in self._tables[table].current.items()]

    def get(self, table: str, *key: str) -> Item | None:
        """A copy of an item, past every client."""
        return copied(self._tables[table].current.get(key))  # type: ignore[no-any-return]

    def put(self, table: str, item: Request) -> None:
        """Put an item in, past every client and every condition; the stream does not tell of it."""
        there, new = self._tables[table], normalized_item(item)
        there.store(there.key_of(new), None, new, quietly=True)

    def remove(self, table: str, *key: str) -> None:
        """Take an item out, past every client; the stream does not tell of it."""
        there = self._tables[table]
        there.store(key, there.current.get(key), None, quietly=True)

    def execute(self, operation: str, request: Request) -> Response:
        """One request, from start to end, by the names of the API. Raises the ClientError that boto3 would raise."""
        if operation not in _OPERATIONS:
            raise NotImplementedError(operation)
        method, known = _OPERATIONS[operation]
        if unknown := request.keys() - known:
            raise NotImplementedError(f"{operation} with {sorted(unknown)}")
        with self._lock:
            try:
                return method(self, request)
            except InvalidRequest as error:
                raise client_error("dynamodb", operation, "ValidationException", str(error)) from error

    # ------------------------------------------------------------------------------------------------------------ reads

    def _get_item(self, request: Request) -> Response:
        table = self._table(request["TableName"])
        item = table.view(request).get(table.exact_key(request["Key"]))
        return {"Item": copied(item)} if item is not None else {}

    def _scan(self, request: Request) -> Response:
        """Whole, whatever its size: no function may scan, only a test does."""
        return {"Items": self.items(request["TableName"])}

    def _batch_get_item(self, request: Request) -> Response:
        responses: dict[str, list[Item]] = {}
        for name, wanted in request["RequestItems"].items():
            table = self._table(name)
            keys = [table.exact_key(key) for key in wanted["Keys"]]
            require(1 <= len(keys) <= 100, "Too many items requested for the BatchGetItem call")
            require(len(set(keys)) == len(keys), "Provided list of item keys contains duplicates")
            found = [table.view(wanted).get(key) for key in keys]
            responses[name] = [copied(item) for item in found if item is not None]
        return {"Responses": responses, "UnprocessedKeys": {}}

    def _query(self, request: Request) -> Response:
        table = self._table(request["TableName"])
        view, scope = table.view(request), Scope(request)
        partition, sort_condition = _key_condition(request["KeyConditionExpression"], view, scope)
        scope.require_all_used()
        names = dict.fromkeys([*table.current.key, *view.key])
        after = None
        if start := request.get("ExclusiveStartKey"):
            require(start.keys() == names.keys(), "The provided starting key is invalid")
            within = comparable(start[view.key[0]]) == partition
            within = within and (not sort_condition or expressions.holds(sort_condition, start, scope))
            require(within, "The provided starting key is outside query boundaries based on provided conditions")
            after = view.position(start, table.key_of(start))
        items: list[Item] = []
        size, last = 0, None
        for item in view.partition(partition, after, ascending=request.get("ScanIndexForward", True)):
            if sort_condition and not expressions.holds(sort_condition, item, scope):
                continue
            size += size_in_bytes(item)
            items.append(copied(item))
            if len(items) == request.get("Limit") or size >= _PAGE_BYTES:
                last = {name: copied(item[name]) for name in names}
                break
        shown = {} if request.get("Select") == "COUNT" else {"Items": items}
        return {**shown, "Count": len(items), "ScannedCount": len(items)} | ({"LastEvaluatedKey": last} if last else {})

    # ----------------------------------------------------------------------------------------------------------- writes

    def _put_item(self, request: Request) -> Response:
        item = normalized_item(request["Item"])
        table = self._table(request["TableName"])
        return self._carry_out("PutItem", request, self._write(table, table.key_of(item), request, lambda *_: item))

    def _update_item(self, request: Request) -> Response:
        return self._carry_out("UpdateItem", request, self._update(request))

    def _transact_write_items(self, request: Request) -> Response:
        token = request.get("ClientRequestToken")
        content = json.dumps(request["TransactItems"], sort_keys=True)
        if token and self._is_repeated(token, content):
            return {}
        require(1 <= len(request["TransactItems"]) <= _ACTIONS, "Member must have length between 1 and 100")
        if any(action.keys() != {"Update"} for action in request["TransactItems"]):
            raise NotImplementedError("actions other than Update")
        writes = [self._update(action["Update"]) for action in request["TransactItems"]]
        targets = {(id(write.table), write.key) for write in writes}
        require(len(targets) == len(writes), "Transaction request cannot include multiple operations on one item")
        size = sum(write.size for write in writes)
        require(size <= _TRANSACTION_BYTES, "The aggregate size of the items in the transaction exceeds 4 MB")
        if any(write.refused for write in writes):
            raise _transaction_cancelled(writes)
        for write in writes:
            write.table.store(write.key, write.old, write.new)
        if token:
            self._tokens[token] = (self._clock.now, content)
        return {}

    def _is_repeated(self, token: str, content: str) -> bool:
        executed = self._tokens.get(token)
        if executed is None or self._clock.now - executed[0] > _TOKEN_LIFETIME:
            return False
        if executed[1] != content:
            code = "IdempotentParameterMismatchException"
            raise client_error("dynamodb", "TransactWriteItems", code, "the token was used with other parameters")
        return True

    def _carry_out(self, operation: str, request: Request, write: Write) -> Response:
        if write.refused:
            code, message = "ConditionalCheckFailedException", "The conditional request failed"
            raise client_error("dynamodb", operation, code, message, **(write.shown or {}))
        write.table.store(write.key, write.old, write.new)
        shown = {"ALL_OLD": write.old, "ALL_NEW": write.new, "NONE": None}[request.get("ReturnValues", "NONE")]
        return {"Attributes": copied(shown)} if shown else {}

    def _update(self, request: Request) -> Write:
        table = self._table(request["TableName"])
        parsed = expressions.update(request["UpdateExpression"])

        def become(old: Item | None, scope: Scope) -> Item:
            actions = scope.admit(parsed)
            touched = {scope.resolve(path)[0] for path, _ in actions} & set(table.current.key)
            require(not touched, f"Cannot update attribute {touched}. This attribute is part of the key")
            return expressions.updated(actions, old or normalized_item(request["Key"]), scope)

        return self._write(table, table.exact_key(request["Key"]), request, become, parsed)

    def _write(
        self,
        table: Table,
        key: Key,
        request: Request,
        become: Callable[[Item | None, Scope], Item],
        *parsed: expressions.Parsed,
    ) -> Write:
        scope = Scope(request)
        for each in parsed:
            scope.admit(each)
        condition = None
        if "ConditionExpression" in request:
            condition = scope.admit(expressions.condition(request["ConditionExpression"]))
        scope.require_all_used()
        old = table.current.get(key)
        if condition and not expressions.holds(condition, old or {}, scope):
            wants = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
            return Write(table, key, old, old, refused=True, shown={"Item": copied(old)} if wants and old else None)
        new = become(old, scope)
        table.check(new)
        return Write(table, key, old, new)

    def _table(self, name: str) -> Table:
        if name not in self._tables:
            message = f"Requested resource not found: Table: {name}"
            raise client_error("dynamodb", "DescribeTable", "ResourceNotFoundException", message)
        return self._tables[name]


_EXPRESSIONS = {"ExpressionAttributeNames", "ExpressionAttributeValues"}
_WRITE = _EXPRESSIONS | {"TableName", "ConditionExpression", "ReturnValuesOnConditionCheckFailure", "ReturnValues"}
_OPERATIONS: Mapping[str, tuple[Callable[[Tables, Request], Response], Set[str]]] = {
    "GetItem": (Tables._get_item, {"TableName", "Key", "ConsistentRead"}),
    "BatchGetItem": (Tables._batch_get_item, {"RequestItems"}),
    "Scan": (Tables._scan, {"TableName"}),
    "PutItem": (Tables._put_item, _WRITE | {"Item"}),
    "UpdateItem": (Tables._update_item, _WRITE | {"Key", "UpdateExpression"}),
    "TransactWriteItems": (Tables._transact_write_items, {"TransactItems", "ClientRequestToken"}),
    "Query": (
        Tables._query,
        _EXPRESSIONS
        | {"TableName", "IndexName", "KeyConditionExpression", "Limit", "ScanIndexForward"}
        | {"ExclusiveStartKey", "Select", "ConsistentRead"},
    ),
}


def _key_condition(text: str, view: View, scope: Scope) -> tuple[Any, Term | None]:
    """The partition that a key condition names, and what it asks of the sort key."""
    tree = scope.admit(expressions.condition(text))
    parts = dict[str, Term]()
    for part in tree.operands if tree.operator == "AND" else (tree,):
        path = part.operands[0]
        require(isinstance(path, Path), "Query condition missed key schema element")
        parts[scope.resolve(path)[0]] = part
    partition = parts.pop(view.key[0], None)
    fits = partition and partition.operator == "=" and parts.keys() <= set(view.key[1:])
    fits = fits and all(part.operator in {"=", "<", "<=", ">", ">=", "BETWEEN"} for part in parts.values())
    require(fits, f"Query condition missed key schema element: {view.key[0]}, or has one that is not supported")
    assert partition
    value = scope.read(partition.operands[1], {})
    assert value
    return comparable(value), next(iter(parts.values()), None)


def _transaction_cancelled(writes: Sequence[Write]) -> Exception:
    failed = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
    reasons = [{**failed, **(write.shown or {})} if write.refused else {"Code": "None"} for write in writes]
    codes = ", ".join(str(reason["Code"]) for reason in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    code = "TransactionCanceledException"
    return client_error("dynamodb", "TransactWriteItems", code, message, CancellationReasons=reasons)
