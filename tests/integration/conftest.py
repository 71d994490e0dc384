"""The real handlers on moto, in one thread. moto is not atomic: nothing here says anything about a race."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from order_cancellation.tables import client as tables_client
from order_cancellation.tables.orders import Orders
from tests.integration.service import Service
from tests.integration.wire import Wire
from tests.support import world
from tests.support.template import TABLES, create_tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    Records = Callable[[], list[Any]]

KEEP_SESSION: Any = {"core": {"reset_boto3_session": False}}  # a new one reads all of botocore's models again


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty AWS account with the template's tables."""
    # moto answers stream calls only at the host without the account id
    monkeypatch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")
    with mock_aws(config=KEEP_SESSION):
        create_tables(boto3.client("dynamodb"))
        for variable, logical_id in TABLES.items():
            monkeypatch.setenv(variable, logical_id)
        yield


@pytest.fixture
def dynamodb(aws: None) -> DynamoDBClient:
    """A client of the tests' own: what goes through it is neither counted nor broken."""
    return boto3.client("dynamodb")


@pytest.fixture
def wire(aws: None, monkeypatch: pytest.MonkeyPatch) -> Wire:
    """The wire that all functions of the test share. No pause is made between the SDK's tries."""
    client = tables_client.client()
    monkeypatch.setattr(tables_client, "client", lambda: client)
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    return Wire(client)


@pytest.fixture
def service(wire: Wire, dynamodb: DynamoDBClient) -> Service:
    """All functions, and the fulfillment centers that they know."""
    for client_id, fc_id in world.FULFILLMENT_CENTERS.items():
        item = {"client_id": {"S": client_id}, "fc_id": {"S": fc_id}}
        dynamodb.put_item(TableName=os.environ["FULFILLMENT_CENTERS_TABLE"], Item=item)
    return Service()


@pytest.fixture
def orders(dynamodb: DynamoDBClient) -> Orders:
    """The Orders table, past the wire."""
    return Orders(dynamodb, os.environ["ORDERS_TABLE"])


@pytest.fixture(scope="session")
def world_items() -> dict[str, list[Any]]:
    """The items of tests/support/world.py, by table, written once: moto takes its time."""
    with mock_aws(config=KEEP_SESSION):
        dynamodb = boto3.client("dynamodb")
        create_tables(dynamodb)
        world.furnish(dynamodb, TABLES)
        return {table: dynamodb.scan(TableName=table)["Items"] for table in TABLES.values()}


@pytest.fixture
def furnished(dynamodb: DynamoDBClient, world_items: dict[str, list[Any]]) -> None:
    """The world of tests/support/world.py."""
    puts: dict[str, Any] = {
        table: [{"PutRequest": {"Item": item}} for item in items] for table, items in world_items.items()
    }
    dynamodb.batch_write_item(RequestItems=puts)


@pytest.fixture
def stream_records(dynamodb: DynamoDBClient) -> Records:
    """Reads what is on the Orders stream: one record for every write."""

    def read() -> list[Any]:
        streams = boto3.client("dynamodbstreams")
        arn = dynamodb.describe_table(TableName=os.environ["ORDERS_TABLE"])["Table"]["LatestStreamArn"]
        shards = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        iterators = [
            streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
            for shard in shards
        ]
        return [
            record
            for iterator in iterators
            for record in streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
        ]

    return read
