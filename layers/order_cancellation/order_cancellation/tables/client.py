"""How a table is asked: one way to read, one way to make a conditional write, one deadline."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from order_cancellation import aws
from order_cancellation.domain.refusals import Unavailable
from order_cancellation.tables.items import Item, decode_item, encode, encode_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryOutputTypeDef

# Three tries of at most 3 s each leave room in every function's timeout; a retry after a lost answer is safe (G3).
CLIENT_CONFIG: Final = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"total_max_attempts": 3, "mode": "standard"},
    max_pool_connections=32,
    tcp_keepalive=True,
)
MAX_CALL_SECONDS: Final = 12  # what one call can take at worst: three tries of 3 s, pauses of 1 s and 2 s
SIDE_BY_SIDE: Final[int] = CLIENT_CONFIG.max_pool_connections  # type: ignore[attr-defined]

_UNAVAILABLE_CODES = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
    }
)
_NAME = re.compile(r"#(\w+)")


def client() -> DynamoDBClient:
    """The DynamoDB client of a function; make it once per process."""
    made: DynamoDBClient = aws.client("dynamodb", CLIENT_CONFIG)
    return made


class Table:
    """One table. Keys, values and items are plain Python; in an expression ``#status`` is the attribute ``status``.

    Every call raises Unavailable where DynamoDB gives no answer, or none that is final.
    """

    def __init__(self, dynamodb: DynamoDBClient, name: str) -> None:
        self.dynamodb = dynamodb
        self.name = name

    def get(self, key: Item) -> Item | None:
        """Read one item, strongly consistent."""
        request: Any = {"TableName": self.name, "Key": encode_item(key), "ConsistentRead": True}
        response = call(lambda: self.dynamodb.get_item(**request), reading=True)
        return decode_item(response["Item"]) if "Item" in response else None

    def update(
        self, key: Item, update: str, *, condition: str | None, returning: bool = True, **values: Any
    ) -> tuple[bool, Item | None]:
        """Write if the condition holds: one UpdateItem. DynamoDB decides what races for an item.

        ``condition`` is None where there is none; ``values`` are what the expressions call ``:name``. Returns (True,
        the item after the write), or (False, the item that failed the condition: None where there is none).
        ``returning=False``: no items, whatever came of it.
        """
        request = {
            "TableName": self.name,
            **update_request(key, update, condition, values),
            "ReturnValues": "ALL_NEW" if returning else "NONE",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD" if returning else "NONE",
        }
        try:
            response = call(lambda: self.dynamodb.update_item(**request))
        except self.dynamodb.exceptions.ConditionalCheckFailedException as refused:
            item: Any = refused.response.get("Item")
            return False, decode_item(item) if item else None
        return True, decode_item(response["Attributes"]) if returning else None

    def query(
        self, condition: str, values: Item, *, after: Item | None = None, **options: Any
    ) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        """One page: the items, and the key to go on behind, or None at the end.

        ``options`` are Query's own, such as ``IndexName`` or ``Limit``.
        """
        start = {"ExclusiveStartKey": encode_item(after)} if after is not None else {}
        response = self._query(condition, values, **start, **options)
        last = response.get("LastEvaluatedKey")
        return [decode_item(item) for item in response["Items"]], decode_item(last) if last else None

    def count(self, condition: str, values: Item, **options: Any) -> int:
        """How many items one page has, without the items."""
        return self._query(condition, values, Select="COUNT", **options)["Count"]

    def _query(self, condition: str, values: Item, **options: Any) -> QueryOutputTypeDef:
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": _placeholders(values),
            **options,
        }
        return call(lambda: self.dynamodb.query(**request), reading=True)


def update_request(key: Item, update: str, condition: str | None, values: Item) -> dict[str, Any]:
    """What UpdateItem and an update in a transaction have in common."""
    request: dict[str, Any] = {
        "Key": encode_item(key),
        "UpdateExpression": update,
        "ExpressionAttributeValues": _placeholders(values),
    }
    if condition is not None:
        request["ConditionExpression"] = condition
    if names := _names(f"{update} {condition}"):
        request["ExpressionAttributeNames"] = names
    return request


def call[Response](request: Callable[[], Response], *, reading: bool = False) -> Response:
    """Make a DynamoDB call; no answer, or none that is final, becomes Unavailable."""
    try:
        return request()
    except ClientError as error:
        # A 5xx may come from what stands before DynamoDB, without a code of DynamoDB's.
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status >= 500 or error.response["Error"]["Code"] in _UNAVAILABLE_CODES:
            raise Unavailable(reading=reading) from error
        raise
    except BotoCoreError as error:
        raise Unavailable(reading=reading) from error


def _names(expressions: str) -> dict[str, str]:
    return {f"#{name}": name for name in _NAME.findall(expressions)}


def _placeholders(values: Item) -> dict[str, Any]:
    return {f":{name}": encode(value) for name, value in values.items()}
