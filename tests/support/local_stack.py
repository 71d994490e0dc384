"""The local stack, once for a whole test run: the template as it is, IAM enforced, real tokens, real HTTP.

A plugin of tests/conftest.py, so that all folders whose tests ask for it share one stack.
"""

import functools
import itertools
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from boto3.dynamodb.types import TypeDeserializer
from botocore.loaders import JSONFileLoader

from local import seed, stack
from local.client import Client, seller_tokens
from local.cloud import ROOT, Cloud, two_free_ports
from scripts.__main__ import main

_load_file = JSONFileLoader.load_file


@functools.cache
def _read_once(path: str) -> Any:
    return _load_file(JSONFileLoader(), path)


# Each session, and a command makes one, would read the models of its services anew: half of what a client costs.
JSONFileLoader.load_file = lambda _, path: _read_once(path)  # type: ignore[method-assign, assignment]

Place = Callable[..., str]
Items = Callable[..., dict[str, Any] | None]
Records = Callable[..., list[Any]]
Operate = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    """A local cloud that these tests have for themselves, with the template deployed. Failures leave its logs."""
    port = two_free_ports()
    cloud = Cloud(ROOT / ".local" / f"test-{port}", port)
    stack.up(cloud, print)
    yield cloud
    cloud.stop()
    if not request.session.testsfailed:
        shutil.rmtree(cloud.directory)


@pytest.fixture(scope="session")
def description(cloud: Cloud) -> dict[str, Any]:
    """What its stack.json says."""
    return stack.read_description(cloud.directory)


@pytest.fixture(scope="session")
def tokens(cloud: Cloud, description: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The Cognito tokens of every seller's person, by seller id."""
    client_id = description["portal_client_id"]
    return {
        seller["seller_id"]: seller_tokens(
            cloud.client("cognito-idp"), client_id, seller["username"], seller["password"]
        )
        for seller in description["sellers"]
    }


@pytest.fixture(scope="session")
def acme(description: dict[str, Any], tokens: dict[str, dict[str, str]]) -> Client:
    return Client(description["api_url"], tokens["acme"]["IdToken"], "acme")


@pytest.fixture(scope="session")
def bluebird(description: dict[str, Any], tokens: dict[str, dict[str, str]]) -> Client:
    return Client(description["api_url"], tokens["bluebird"]["IdToken"], "bluebird")


@pytest.fixture(scope="session")
def planner(description: dict[str, Any]) -> Client:
    return seed.network_client(description)


@pytest.fixture(scope="session")
def lax1(description: dict[str, Any]) -> Client:
    return seed.fulfillment_center_client(description, "LAX1")


@pytest.fixture(scope="session")
def ewr2(description: dict[str, Any]) -> Client:
    return seed.fulfillment_center_client(description, "EWR2")


@pytest.fixture(scope="session")
def place(planner: Client) -> Place:
    """Places a new order of acme's (or ``seller_id``'s) and returns its id."""
    numbers = itertools.count(1001)  # the seeded orders have the ids that the first numbers make

    def place_one(*centers: str, seller_id: str = "acme") -> str:
        number = next(numbers)
        order_id = f"T-{number}"
        body = seed.placement(number, centers or ("LAX1",), ("SKU-1", "SKU-2"))
        answer = planner.put(f"/sellers/{seller_id}/orders/{order_id}", body)
        assert answer.status == 201, answer.raw
        return order_id

    return place_one


@pytest.fixture(scope="session")
def item(cloud: Cloud, description: dict[str, Any]) -> Items:
    """Reads what the Orders table has of an order of acme's (or ``seller_id``'s), as plain values."""
    dynamodb = cloud.client("dynamodb")
    deserialize = TypeDeserializer().deserialize

    def read(order_id: str, seller_id: str = "acme") -> dict[str, Any] | None:
        key = {"seller_id": {"S": seller_id}, "order_id": {"S": order_id}}
        found = dynamodb.get_item(TableName=description["tables"]["orders"], Key=key, ConsistentRead=True).get("Item")
        return {name: deserialize(value) for name, value in found.items()} if found else None

    return read


@pytest.fixture(scope="session")
def stream_records(cloud: Cloud, description: dict[str, Any]) -> Records:
    """Reads the records of an order on the Orders stream: one for every write that changed it."""
    streams = cloud.client("dynamodbstreams")
    table = cloud.client("dynamodb").describe_table(TableName=description["tables"]["orders"])["Table"]

    def read(order_id: str) -> list[Any]:
        arn = table["LatestStreamArn"]
        records = []
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            place = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            position = streams.get_shard_iterator(**place)["ShardIterator"]
            while position and (page := streams.get_records(ShardIterator=position))["Records"]:
                records += page["Records"]
                position = page.get("NextShardIterator")
        return [record for record in records if record["dynamodb"]["Keys"]["order_id"]["S"] == order_id]

    return read


@pytest.fixture
def operate(
    cloud: Cloud, description: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Operate:
    """Types a command; returns its exit code and what it said, to standard output and to standard error."""
    for name, value in cloud.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)

    def run(*arguments: str, stack: str = description["stack_name"]) -> tuple[int, str, str]:
        code = main([arguments[0], "--stack", stack, *arguments[1:]])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run
