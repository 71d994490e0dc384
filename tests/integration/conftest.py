"""The real handlers on moto, in one thread. moto is not atomic: nothing here says anything about a race."""

import os
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.bridges import template
from order_cancellation import store
from tests import functions

TABLES = {
    "ORDERS_TABLE": "OrdersTable",
    "SUMMARIES_TABLE": "SummariesTable",
    "SELLERS_TABLE": "SellersTable",
    "FULFILLMENT_CENTERS_TABLE": "FulfillmentCentersTable",
}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty AWS account with the template's tables."""
    # moto answers stream calls only at the host without the account id
    monkeypatch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")
    with mock_aws():
        dynamodb = boto3.client("dynamodb")
        for variable, logical_id in TABLES.items():
            dynamodb.create_table(TableName=logical_id, **table_properties(logical_id))
            monkeypatch.setenv(variable, logical_id)
        yield


def table_properties(logical_id: str) -> dict[str, Any]:
    """What template.yaml says of a table, as CreateTable takes it."""
    properties = template()["Resources"][logical_id]["Properties"]
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode", "StreamSpecification")
    found = {name: properties[name] for name in wanted if name in properties}
    if "StreamSpecification" in found:
        found["StreamSpecification"] = {"StreamEnabled": True, **found["StreamSpecification"]}
    return found


@pytest.fixture
def cancel_order(aws: None) -> ModuleType:
    return functions.load("cancel_order")


@pytest.fixture
def view_orders(aws: None) -> ModuleType:
    return functions.load("view_orders")


@pytest.fixture
def order_intake(aws: None) -> ModuleType:
    return functions.load("order_intake")


@pytest.fixture
def fulfillment_center_events(aws: None) -> ModuleType:
    dynamodb = boto3.client("dynamodb")
    for fc_id in ("LAX1", "EWR2"):
        dynamodb.put_item(
            TableName=os.environ["FULFILLMENT_CENTERS_TABLE"],
            Item={"client_id": {"S": f"client-{fc_id}"}, "fc_id": {"S": fc_id}},
        )
    return functions.load("fulfillment_center_events")


@pytest.fixture
def orders(aws: None) -> store.Orders:
    return store.Orders(store.client(), os.environ["ORDERS_TABLE"])
