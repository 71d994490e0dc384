"""The template's tables, made without a deploy: their keys, indexes and streams are read from template.yaml."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

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


def create_tables(dynamodb: DynamoDBClient) -> None:
    """Make all of them."""
    for logical_id in TABLES.values():
        dynamodb.create_table(TableName=logical_id, **properties(logical_id))


@functools.cache
def properties(logical_id: str) -> dict[str, Any]:
    """What template.yaml says of a table, as CreateTable takes it."""
    said = template()["Resources"][logical_id]["Properties"]
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode", "StreamSpecification")
    found = {name: said[name] for name in wanted if name in said}
    if "StreamSpecification" in found:
        found["StreamSpecification"] = {"StreamEnabled": True, **found["StreamSpecification"]}
    return found
