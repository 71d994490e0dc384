"""What template.yaml says, for the tests that build on it without a deploy: its tables and its rules."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

from local import event_pattern
from local.bridges import template

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# the variable that names a table to a function, and the name: its logical id
TABLES = {
    "ORDERS_TABLE": "OrdersTable",
    "SUMMARIES_TABLE": "SummariesTable",
    "SELLERS_TABLE": "SellersTable",
    "FULFILLMENT_CENTERS_TABLE": "FulfillmentCentersTable",
}


CONFIGURATION_SET = "order-cancellation-summaries"  # of the stack that the tests are


def create_tables(dynamodb: DynamoDBClient) -> None:
    """Make all of them."""
    for logical_id in TABLES.values():
        dynamodb.create_table(TableName=logical_id, **properties(logical_id))


@functools.cache
def properties(logical_id: str) -> dict[str, Any]:
    """What template.yaml says of a table, as CreateTable takes it."""
    said = template()["Resources"][logical_id]["Properties"]
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode", "StreamSpecification")
    found = {name: _as_by_default(said[name]) for name in wanted if name in said}
    if "StreamSpecification" in found:
        found["StreamSpecification"] = {"StreamEnabled": True, **found["StreamSpecification"]}
    return found


def _as_by_default(said: Any) -> Any:
    """A list without conditions: each parameter's default is what makes its part."""
    if not isinstance(said, list):
        return said
    return [entry["If"][1] if entry.keys() == {"If"} else entry for entry in said]


@functools.cache
def rule(function: str) -> event_pattern.Pattern:
    """The pattern of the one EventBridge rule that feeds the queue of a function."""
    queue = {"GetAtt": f"{queue_of(function)}.Arn"}
    rules = [found["Properties"] for found in template()["Resources"].values() if found["Type"] == "AWS::Events::Rule"]
    [pattern] = [found["EventPattern"] for found in rules if found["Targets"][0]["Arn"] == queue]
    own_set = json.dumps({"Ref": "SummaryMail"})
    return event_pattern.parse(json.dumps(pattern).replace(own_set, json.dumps(CONFIGURATION_SET)))


@functools.cache
def redelivery(function: str) -> tuple[float, int]:
    """After how many seconds the queue of a function brings a message again that failed, and how often in all."""
    properties = template()["Resources"][queue_of(function)]["Properties"]
    return properties["VisibilityTimeout"], properties["RedrivePolicy"]["maxReceiveCount"]


def queue_of(function: str) -> str:
    """The logical id of the one queue that a function is fed from."""
    events = template()["Resources"][function]["Properties"]["Events"].values()
    [queue] = [event["Properties"]["Queue"]["GetAtt"] for event in events if event["Type"] == "SQS"]
    return str(queue).removesuffix(".Arn")
