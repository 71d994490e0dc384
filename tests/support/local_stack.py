"""The local stack, once for a whole test run: the template as it is, IAM enforced, real tokens, real HTTP.

A plugin of tests/conftest.py, so that all folders whose tests ask for it share one stack.

Or a stack that is deployed somewhere already, which ``make e2e`` names: then only those tests run that ask it as its
callers do, and read its tables at most. The others are left out, and the end of the run says why.
"""

import fcntl
import functools
import itertools
import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.dynamodb.types import TypeDeserializer
from botocore.loaders import JSONFileLoader

from local import deploy, seed, stack
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
Aws = Callable[[Any], Any]

# What ``make describe`` or ``make up`` wrote of the stack to be tested; empty: the tests make one for themselves.
DEPLOYED = os.environ.get("E2E_STACK_JSON", "")
# Why a test cannot run against a stack that is deployed already: by a fixture that it needs, or by its file.
NEEDS = {
    "cloud": "changes or reads what only a local cloud of its own has",
    "operate": "types an operator's commands, which change accounts and mail",
}
NOT_TWICE = {
    "test_docs.py": "places orders under the ids that the documents have",
    "test_access.py": "places orders under ids of its own, which a second run finds cancelled",
    "test_conformance.py": "make conformance asks a deployed stack the same",
}


def why_not(fixtures: list[str], file: str) -> str | None:
    """Why a test cannot run against a deployed stack, or None."""
    return NOT_TWICE.get(file) or next((NEEDS[name] for name in NEEDS if name in fixtures), None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not DEPLOYED:
        return
    reasons = [why_not(getattr(item, "fixturenames", []), item.path.name) for item in items]
    found = list(zip(items, reasons, strict=True))
    config.stash[LEFT_OUT] = Counter(f"{item.path.name}: {reason}" for item, reason in found if reason)
    config.hook.pytest_deselected(items=[item for item, reason in found if reason])
    items[:] = [item for item, reason in found if not reason]


LEFT_OUT = pytest.StashKey[Counter[str]]()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for reason, number in sorted(config.stash.get(LEFT_OUT, Counter[str]()).items()):
        terminalreporter.write_line(f"left out {number} of {reason}")


def build_once(directory: Path) -> None:
    """`sam build`, once for all processes that share the tests of a run; each has it in a directory of its own."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    shared = ROOT / ".local" / "test-builds" / run
    shared.parent.mkdir(parents=True, exist_ok=True)
    with (shared.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.exists():
            shutil.rmtree(shared.with_suffix(".part"), ignore_errors=True)
            deploy.build(shared.with_suffix(".part"))
            shared.with_suffix(".part").rename(shared)
    shutil.copytree(shared, directory, copy_function=os.link)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):  # the process that ends last
        shutil.rmtree(ROOT / ".local" / "test-builds", ignore_errors=True)


@pytest.fixture(scope="session")
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    """A local cloud that these tests have for themselves, with the template deployed. Failures leave its logs."""
    port = two_free_ports()
    cloud = Cloud(ROOT / ".local" / f"test-{port}", port)
    stack.up(cloud, print, build_once)
    yield cloud
    cloud.stop()
    if not request.session.testsfailed:
        shutil.rmtree(cloud.directory)


@pytest.fixture(scope="session")
def description(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What its stack.json says."""
    if DEPLOYED:
        return dict(json.loads(Path(DEPLOYED).read_text()))
    return stack.read_description(request.getfixturevalue("cloud").directory)


@pytest.fixture(scope="session")
def aws(description: dict[str, Any]) -> Aws:
    """Clients of the services where the stack is; of AWS with the credentials of the environment."""
    here = description["endpoint_url"].startswith("http://127.0.0.1")
    local = {"endpoint_url": description["endpoint_url"], "aws_access_key_id": "test", "aws_secret_access_key": "test"}
    session = boto3.Session(region_name=description["region"])
    return lambda service: session.client(service, **(local if here else {}))


@pytest.fixture(scope="session")
def tokens(aws: Aws, description: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The Cognito tokens of every seller's person, by seller id."""
    client_id = description["portal_client_id"]
    return {
        seller["seller_id"]: seller_tokens(aws("cognito-idp"), client_id, seller["username"], seller["password"])
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
    # The seeded orders have the ids that the first numbers make; a deployed stack knows those of earlier runs.
    numbers = itertools.count(int(time.time()) if DEPLOYED else 1001)

    def place_one(*centers: str, seller_id: str = "acme") -> str:
        number = next(numbers)
        order_id = f"T-{number}"
        body = seed.placement(number, centers or ("LAX1",), ("SKU-1", "SKU-2"))
        answer = planner.put(f"/sellers/{seller_id}/orders/{order_id}", body)
        assert answer.status == 201, answer.raw
        return order_id

    return place_one


@pytest.fixture(scope="session")
def item(aws: Aws, description: dict[str, Any]) -> Items:
    """Reads what the Orders table has of an order of acme's (or ``seller_id``'s), as plain values."""
    dynamodb = aws("dynamodb")
    deserialize = TypeDeserializer().deserialize

    def read(order_id: str, seller_id: str = "acme") -> dict[str, Any] | None:
        key = {"seller_id": {"S": seller_id}, "order_id": {"S": order_id}}
        found = dynamodb.get_item(TableName=description["tables"]["orders"], Key=key, ConsistentRead=True).get("Item")
        return {name: deserialize(value) for name, value in found.items()} if found else None

    return read


@pytest.fixture(scope="session")
def stream_records(aws: Aws, description: dict[str, Any]) -> Records:
    """Reads the records of an order on the Orders stream: one for every write that changed it."""
    streams = aws("dynamodbstreams")
    table = aws("dynamodb").describe_table(TableName=description["tables"]["orders"])["Table"]

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
