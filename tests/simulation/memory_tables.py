"""DynamoDB tables in memory: exact in what our store uses of them, and fast enough for thousands of orders.

moto does 100 to 200 updates a second here and takes seconds for a transaction of fifty; these tables do thousands.
Differential tests hold them to moto (``test_memory_tables``), and where moto is wrong, to the documentation.

Operations, by their API names and parameters: GetItem, BatchGetItem, PutItem, UpdateItem, DeleteItem,
TransactWriteItems, Query (also of global secondary indexes). Anything else raises NotImplementedError.

Unlike moto, and like DynamoDB: reserved words, unused placeholders, writes to key attributes and transactions of more
than 4 MB are refused; numbers are normalized; pages end at 1 MB; a page that ends at its Limit has a LastEvaluatedKey,
even with nothing behind it; a transaction repeated under its token is not executed again; a write that changes nothing
puts nothing on the stream. Reads that are not strongly consistent may lag: ``read_lag`` for tables, ``index_lag`` for
indexes, in virtual seconds.
"""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from botocore.exceptions import ClientError

from tests.simulation import expressions
from tests.simulation.attribute_values import (
    InvalidRequest,
    Item,
    comparable,
    copied,
    normalized_item,
    size_in_bytes,
)
from tests.simulation.clock import Clock
from tests.simulation.conditions import All, Between, Comparison, Condition, Operand, Path, Probe, Scope
from tests.simulation.service_errors import client_error
from tests.simulation.sorted_items import Key, Schema, SortedItems

Params = Mapping[str, Any]
Response = dict[str, Any]
Listener = Callable[[Item | None, Item | None], object]

_PAGE_BYTES = 1024 * 1024
_ITEM_BYTES = 400 * 1024
_TRANSACTION_BYTES = 4 * 1024 * 1024
_TOKEN_LIFETIME = 600.0


class Table:
    """One table with its indexes. ``listeners`` are told of every change, as (old item, new item)."""

    def __init__(self, definition: Params, clock: Clock, *, index_lag: float, read_lag: float) -> None:
        self.name = definition["TableName"]
        self.schema = _schema(definition["KeySchema"])
        self.types = {each["AttributeName"]: each["AttributeType"] for each in definition["AttributeDefinitions"]}
        self.current = SortedItems(self.schema, clock)
        self.replica = SortedItems(self.schema, clock, lag=read_lag) if read_lag else self.current
        self.indexes = {
            index["IndexName"]: SortedItems(
                _schema(index["KeySchema"]),
                clock,
                lag=index_lag,
                kept=_kept(index, self.schema),
            )
            for index in definition.get("GlobalSecondaryIndexes", ())
        }
        self.listeners: list[Listener] = []

    def key_of(self, key: Mapping[str, Any]) -> Key:
        """The table key in a request's Key, or in an item. Raises InvalidRequest."""
        for name in self.schema.attributes:
            _require(name in key, "The provided key element does not match the schema")
            self._require_key_type(name, key[name])
        return tuple(comparable(key[name]) for name in self.schema.attributes)

    def exact_key(self, key: Mapping[str, Any]) -> tuple[Key, Item]:
        _require(key.keys() == set(self.schema.attributes), "The provided key element does not match the schema")
        item = normalized_item(key)
        return self.key_of(item), item

    def store(self, key: Key, old: Item | None, new: Item | None) -> None:
        self.current.put(key, new)
        if self.replica is not self.current:
            self.replica.put(key, new)
        for index in self.indexes.values():
            index.put(key, new)
        if old != new:
            for listener in self.listeners:
                listener(old, new)

    def check(self, item: Item) -> None:
        """What DynamoDB requires of an item that is to be stored. Raises InvalidRequest."""
        for index in self.indexes.values():
            for name in index.schema.attributes:
                if name in item:
                    self._require_key_type(name, item[name])
        _require(size_in_bytes(item) <= _ITEM_BYTES, "Item size has exceeded the maximum allowed size")

    def _require_key_type(self, name: str, value: Mapping[str, Any]) -> None:
        kind = self.types[name]
        _require(value.keys() == {kind}, f"Type mismatch for key {name} expected: {kind} actual: {next(iter(value))}")
        _require(
            value[kind] not in ("", b""),
            f"The AttributeValue for a key attribute cannot contain an empty value: {name}",
        )


class MemoryTables:
    """All tables of an account. ``execute`` is one request, from start to end; requests never overlap."""

    def __init__(self, clock: Clock | None = None, *, index_lag: float = 0.0, read_lag: float = 0.0) -> None:
        self.clock = clock or Clock()
        self._lags = {"index_lag": index_lag, "read_lag": read_lag}
        self._tables: dict[str, Table] = {}
        self._tokens: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()  # a handler may call from a pool of threads

    def create_table(self, **definition: Any) -> None:
        """A table as CreateTable takes it; what does not concern its items is ignored."""
        self._tables[definition["TableName"]] = Table(definition, self.clock, **self._lags)

    def listen(self, table: str, listener: Listener) -> None:
        """Tell of every change of the table's items from now on, as (old, new); e.g. ``Stream.append``."""
        self._table(table).listeners.append(listener)

    def items(self, table: str) -> list[Item]:
        """Copies of all items of a table, for a checker."""
        return [copied(item) for item in self._table(table).current.items()]

    def execute(self, operation: str, params: Params) -> Response:
        """One request, by the names of the API. Raises the ClientError that boto3 would raise."""
        method, known = _OPERATIONS.get(operation, (None, frozenset()))
        if method is None:
            raise NotImplementedError(operation)
        if unknown := params.keys() - known:
            raise NotImplementedError(f"{operation} with {sorted(unknown)}")
        with self._lock:
            try:
                return method(self, params)
            except InvalidRequest as error:
                raise client_error("dynamodb", operation, "ValidationException", str(error)) from error

    # ------------------------------------------------------------------------------------------------------------ reads

    def get_item(self, params: Params) -> Response:
        table = self._table(params["TableName"])
        key, _ = table.exact_key(params["Key"])
        item = _readable(table, params).get(key)
        scope = Scope(params.get("ExpressionAttributeNames"), None)
        shown = _projected(item, params, scope)
        scope.require_all_used()
        return {"Item": shown} if shown is not None else {}

    def batch_get_item(self, params: Params) -> Response:
        wanted = params["RequestItems"]
        count = sum(len(each["Keys"]) for each in wanted.values())
        _require(1 <= count <= 100, "Too many items requested for the BatchGetItem call")
        responses: dict[str, list[Item]] = {}
        for name, request in wanted.items():
            table = self._table(name)
            keys = [table.exact_key(key)[0] for key in request["Keys"]]
            _require(len(set(keys)) == len(keys), "Provided list of item keys contains duplicates")
            scope = Scope(request.get("ExpressionAttributeNames"), None)
            found = [_projected(_readable(table, request).get(key), request, scope) for key in keys]
            responses[name] = [item for item in found if item is not None]
        return {"Responses": responses, "UnprocessedKeys": {}}

    def query(self, params: Params) -> Response:
        table = self._table(params["TableName"])
        source = _readable(table, params)
        if "IndexName" in params:
            _require(params["IndexName"] in table.indexes, "The table does not have the specified index")
            _require(not params.get("ConsistentRead"), "Consistent reads are not supported on global secondary indexes")
            source = table.indexes[params["IndexName"]]
        scope = _scope(params)
        partition, test = _key_condition(params["KeyConditionExpression"], source.schema, scope)
        wanted: Condition | None = None
        if "FilterExpression" in params:
            wanted = _admitted(expressions.condition(params["FilterExpression"]), scope)
        limit = params.get("Limit")
        _require(limit is None or limit >= 1, "Limit must be greater than or equal to 1")
        after = None
        if start := params.get("ExclusiveStartKey"):
            item = normalized_item(start)
            expected = {*table.schema.attributes, *source.schema.attributes}
            _require(item.keys() == expected, "The provided starting key is invalid")
            after = source.position(item, table.key_of(item))
        items, scanned, bytes_read, last = [], 0, 0, None
        for _, item in source.partition(partition, after, ascending=params.get("ScanIndexForward", True)):
            if test and not test(item, scope):
                continue
            scanned += 1
            bytes_read += size_in_bytes(item)
            if wanted is None or wanted(item, scope):
                items.append(_projected(item, params, scope))
            if scanned == limit or bytes_read >= _PAGE_BYTES:
                names = dict.fromkeys([*table.schema.attributes, *source.schema.attributes])
                last = {name: copied(item[name]) for name in names}
                break
        if not scanned and "ProjectionExpression" in params:
            _admitted(expressions.projection(params["ProjectionExpression"]), scope)
        scope.require_all_used()
        shown = {} if params.get("Select") == "COUNT" else {"Items": items}
        return {**shown, "Count": len(items), "ScannedCount": scanned} | ({"LastEvaluatedKey": last} if last else {})

    # ----------------------------------------------------------------------------------------------------------- writes

    def put_item(self, params: Params) -> Response:
        return self._write("PutItem", params, self._put)

    def update_item(self, params: Params) -> Response:
        return self._write("UpdateItem", params, self._update)

    def delete_item(self, params: Params) -> Response:
        return self._write("DeleteItem", params, self._delete)

    def transact_write_items(self, params: Params) -> Response:
        token = params.get("ClientRequestToken")
        content = json.dumps(params["TransactItems"], sort_keys=True, default=repr)
        if token and self._is_repeated(token, content):
            return {}
        requests = [next(iter(each.items())) for each in params["TransactItems"]]
        _require(1 <= len(requests) <= 100, "Member must have length between 1 and 100")
        changes = [self._changes[kind](self, request) for kind, request in requests]
        targets = [(change.table.name, change.key) for change in changes]
        _require(
            len(set(targets)) == len(targets), "Transaction request cannot include multiple operations on one item"
        )
        sizes = [max(size_in_bytes(item or {}) for item in (change.old, change.new)) for change in changes]
        _require(sum(sizes) <= _TRANSACTION_BYTES, "Aggregated size of all items in the request exceeds 4 MB")
        if any(change.refused for change in changes):
            raise _transaction_cancelled(changes, [request for _, request in requests])
        for change in changes:
            change.commit()
        if token:
            self._tokens[token] = (self.clock.now, content)
        return {}

    def _is_repeated(self, token: str, content: str) -> bool:
        executed = self._tokens.get(token)
        if executed is None or self.clock.now - executed[0] > _TOKEN_LIFETIME:
            return False
        if executed[1] != content:
            raise client_error(
                "dynamodb",
                "TransactWriteItems",
                "IdempotentParameterMismatchException",
                "An error occurred: the token was used with other parameters",
            )
        return True

    def _write(self, operation: str, params: Params, prepare: Callable[[Params], "Change"]) -> Response:
        change = prepare(params)
        if change.refused:
            members = _refusing_item(change, params)
            raise client_error(
                "dynamodb", operation, "ConditionalCheckFailedException", "The conditional request failed", **members
            )
        change.commit()
        shown = {"ALL_OLD": change.old, "ALL_NEW": change.new, "NONE": None}.get(
            params.get("ReturnValues", "NONE"), ...
        )
        if shown is ...:
            raise NotImplementedError(f"ReturnValues {params['ReturnValues']}")
        return {"Attributes": copied(shown)} if shown else {}

    def _put(self, params: Params) -> "Change":
        table = self._table(params["TableName"])
        item = normalized_item(params["Item"])
        return self._change(table, table.key_of(item), params, lambda old, scope: item)  # noqa: ARG005

    def _update(self, params: Params) -> "Change":
        table = self._table(params["TableName"])
        key, key_item = table.exact_key(params["Key"])
        parsed = expressions.update(params["UpdateExpression"]) if "UpdateExpression" in params else None

        def updated(old: Item | None, scope: Scope) -> Item:
            return parsed.tree(old or key_item, scope) if parsed else old or key_item

        return self._change(table, key, params, updated, parsed)

    def _delete(self, params: Params) -> "Change":
        table = self._table(params["TableName"])
        return self._change(table, table.exact_key(params["Key"])[0], params, lambda old, scope: None)  # noqa: ARG005

    def _check(self, params: Params) -> "Change":
        table = self._table(params["TableName"])
        return self._change(table, table.exact_key(params["Key"])[0], params, lambda old, scope: old)  # noqa: ARG005

    def _change(
        self,
        table: Table,
        key: Key,
        params: Params,
        become: Callable[[Item | None, Scope], Item | None],
        update: expressions.Parsed | None = None,
    ) -> "Change":
        scope = _scope(params)
        if update:
            scope.admit(update.placeholders)
            touched = update.tree.touches(frozenset(table.schema.attributes), scope)
            _require(not touched, f"Cannot update attribute {touched}. This attribute is part of the key")
        condition: Condition | None = None
        if "ConditionExpression" in params:
            condition = _admitted(expressions.condition(params["ConditionExpression"]), scope)
        scope.require_all_used()
        old = table.current.get(key)
        if condition and not condition(old or {}, scope):
            return Change(table, key, old, old, refused=True)
        new = become(old, scope)
        if new is not None and new is not old:
            table.check(new)
        return Change(table, key, old, new)

    def _table(self, name: str) -> Table:
        if name not in self._tables:
            raise client_error(
                "dynamodb", "DescribeTable", "ResourceNotFoundException", f"Requested resource not found: Table: {name}"
            )
        return self._tables[name]

    _changes: Mapping[str, Callable[["MemoryTables", Params], "Change"]] = {
        "Put": _put,
        "Update": _update,
        "Delete": _delete,
        "ConditionCheck": _check,
    }


@dataclass(frozen=True)
class Change:
    """What a write would do; ``refused``: its condition does not hold."""

    table: Table
    key: Key
    old: Item | None
    new: Item | None
    refused: bool = False

    def commit(self) -> None:
        self.table.store(self.key, self.old, self.new)


_EXPRESSION = {"ExpressionAttributeNames", "ExpressionAttributeValues"}
_CONDITION = _EXPRESSION | {"ConditionExpression", "ReturnValuesOnConditionCheckFailure", "ReturnValues"}
_READ = {"ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"}
_OPERATIONS: Mapping[str, tuple[Callable[[MemoryTables, Params], Response], frozenset[str]]] = {
    "GetItem": (MemoryTables.get_item, frozenset({"TableName", "Key"} | _READ)),
    "BatchGetItem": (MemoryTables.batch_get_item, frozenset({"RequestItems"})),
    "PutItem": (MemoryTables.put_item, frozenset({"TableName", "Item"} | _CONDITION)),
    "UpdateItem": (MemoryTables.update_item, frozenset({"TableName", "Key", "UpdateExpression"} | _CONDITION)),
    "DeleteItem": (MemoryTables.delete_item, frozenset({"TableName", "Key"} | _CONDITION)),
    "TransactWriteItems": (MemoryTables.transact_write_items, frozenset({"TransactItems", "ClientRequestToken"})),
    "Query": (
        MemoryTables.query,
        frozenset(
            {"TableName", "IndexName", "KeyConditionExpression", "FilterExpression", "Limit", "ScanIndexForward"}
            | {"ExclusiveStartKey", "Select"}
            | _READ
            | _EXPRESSION
        ),
    ),
}


def _schema(key_schema: Sequence[Mapping[str, str]]) -> Schema:
    names = {each["KeyType"]: each["AttributeName"] for each in key_schema}
    return Schema(names["HASH"], names.get("RANGE"))


def _kept(index: Params, table: Schema) -> frozenset[str] | None:
    projection = index["Projection"]
    if projection["ProjectionType"] == "ALL":
        return None
    keys = {*table.attributes, *_schema(index["KeySchema"]).attributes}
    return frozenset(keys | set(projection.get("NonKeyAttributes", ())))


def _readable(table: Table, params: Params) -> SortedItems:
    return table.current if params.get("ConsistentRead") else table.replica


def _scope(params: Params) -> Scope:
    return Scope(params.get("ExpressionAttributeNames"), params.get("ExpressionAttributeValues"))


def _admitted(parsed: expressions.Parsed, scope: Scope) -> Any:
    scope.admit(parsed.placeholders)
    return parsed.tree


def _projected(item: Item | None, params: Params, scope: Scope) -> Item | None:
    names = None
    if "ProjectionExpression" in params:
        paths = _admitted(expressions.projection(params["ProjectionExpression"]), scope)
        names = {str(path.resolve(scope)[0]) for path in paths}
    if item is None:
        return None
    return {name: copied(value) for name, value in item.items() if names is None or name in names}


def _key_condition(text: str, schema: Schema, scope: Scope) -> tuple[Any, Condition | None]:
    """The partition that a key condition names, and what it asks of the sort key. Raises InvalidRequest."""
    scope.admit(expressions.condition(text).placeholders)
    partition, rest = _key_parts(text, schema, tuple(scope.names.items()))
    value = partition.read({}, scope)
    _require(value is not None, f"Query condition missed key schema element: {schema.partition}")
    assert value
    return comparable(value), rest


@lru_cache(maxsize=1_024)
def _key_parts(text: str, schema: Schema, names: tuple[tuple[str, str], ...]) -> tuple[Operand, Condition | None]:
    tree = expressions.condition(text).tree
    partition: Operand | None = None
    rest: list[Condition] = []
    for part in tree.conditions if isinstance(tree, All) else [tree]:
        name = _attribute(part, dict(names))
        if name == schema.partition and isinstance(part, Comparison) and part.sign == "=":
            partition = part.right
        elif name == schema.sort and _is_sort_condition(part):
            rest.append(part)
        else:
            raise InvalidRequest("Query condition missed key schema element, or has one that is not supported")
    if partition is None:
        raise InvalidRequest(f"Query condition missed key schema element: {schema.partition}")
    _require(len(rest) <= 1, "KeyConditionExpressions must only contain one condition per key")
    return partition, rest[0] if rest else None


def _attribute(part: Condition, names: Mapping[str, str]) -> str | None:
    operand = getattr(part, "left", None) or getattr(part, "operand", None)
    if not isinstance(operand, Path) or len(operand.elements) > 1:
        return None
    return names.get(str(operand.elements[0]), str(operand.elements[0]))


def _is_sort_condition(part: Condition) -> bool:
    if isinstance(part, Comparison):
        return part.sign != "<>"
    return isinstance(part, Between) or (isinstance(part, Probe) and part.name == "begins_with")


def _refusing_item(change: Change, params: Params) -> dict[str, Item]:
    wants = params.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    return {"Item": copied(change.old)} if wants and change.old else {}


def _transaction_cancelled(changes: Sequence[Change], requests: Sequence[Params]) -> ClientError:
    codes = ["ConditionalCheckFailed" if change.refused else "None" for change in changes]
    reasons: list[dict[str, Any]] = [
        {"Code": code, "Message": "The conditional request failed", **_refusing_item(change, request)}
        if change.refused
        else {"Code": code}
        for code, change, request in zip(codes, changes, requests, strict=True)
    ]
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(codes)}]"
    return client_error(
        "dynamodb", "TransactWriteItems", "TransactionCanceledException", message, CancellationReasons=reasons
    )


def _require(condition: object, message: str) -> None:
    if not condition:
        raise InvalidRequest(message)
