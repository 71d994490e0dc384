"""The cancel that all peers make: the same condition, the same record in the order, the same answer."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

CANCELLABLE = ("received", "allocated", "picking")
CONDITION = "#status IN (:s0, :s1, :s2)"


def key(event: Mapping[str, Any]) -> dict[str, Any]:
    claims = event["requestContext"]["authorizer"]["claims"]
    return {"seller_id": {"S": claims["custom:seller_id"]}, "order_id": {"S": event["pathParameters"]["order_id"]}}


def cancellation(event: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    request_id = event["requestContext"]["requestId"]
    return {
        "cancellation_id": hashlib.sha256(request_id.encode()).hexdigest()[:32],
        "kind": "seller",
        "reason": body.get("reason", "other"),
        "note": body.get("note"),
        "cancelled_at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def update(table: str, event: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    """UpdateItem's parameters."""
    claims = event["requestContext"]["authorizer"]["claims"]
    attributes = {name: {"S": value} for name, value in record.items() if value is not None}
    actor = {"kind": {"S": "person"}, "id": {"S": claims["sub"]}, "name": {"S": claims["email"]}}
    values = {f":s{number}": {"S": status} for number, status in enumerate(CANCELLABLE)}
    return {
        "TableName": table,
        "Key": key(event),
        "UpdateExpression": "SET #status = :cancelled, cancellation = :cancellation",
        "ConditionExpression": CONDITION,
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": {
            **values,
            ":cancelled": {"S": "cancelled"},
            ":cancellation": {"M": {**attributes, "actor": {"M": actor}}},
        },
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def answer(item: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    """What the caller reads, from the item as DynamoDB has it."""
    marketplace = item["marketplace"]["S"]
    return {
        "order_id": item["order_id"]["S"],
        "status": item["status"]["S"],
        "outcome": "cancelled",
        "cancellation": dict(record),
        "next_steps": [
            {
                "action": "cancel_in_marketplace",
                "marketplace": marketplace,
                "marketplace_order_id": item["marketplace_order_id"]["S"],
                "text": f"Cancel the order in {marketplace} as well: it was not told.",
            }
        ],
    }


def refusal(item: Mapping[str, Any] | None) -> tuple[int, dict[str, Any]]:
    if item is None:
        return 404, {"code": "order_not_found"}
    return 409, {"code": f"order_{item['status']['S']}"}
