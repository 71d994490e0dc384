"""The real handlers and the real SDK, on tables in memory, one call at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from order_cancellation.tables import client as tables_client
from order_cancellation.tables.orders import Orders
from tests.support import rig, sdk, world
from tests.support.memory_tables import ORDERS, Tables
from tests.support.rig import Service
from tests.support.sdk import Wire
from tests.support.ses import SimulatedSes
from tests.support.template import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    Records = Callable[[], list[Any]]


@pytest.fixture
def wire() -> Wire:
    """What goes over the wire of the functions' DynamoDB clients."""
    return Wire()


@pytest.fixture
def ses() -> SimulatedSes:
    return SimulatedSes()


@pytest.fixture
def aws(wire: Wire, ses: SimulatedSes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tables]:
    """The template's tables, empty. A function that is loaded now has its clients on them, and on ``ses``.

    A DynamoDB client that a test makes is its own: what goes through it is neither counted nor broken.
    """
    tables = Tables()
    own, functions = sdk.dynamodb(tables), sdk.dynamodb(tables, wire)
    clients = {"dynamodb": own, "sesv2": sdk.ses(ses)}
    monkeypatch.setattr(tables_client, "client", lambda: functions)
    monkeypatch.setattr(boto3, "client", lambda service, **_: clients[service])
    for variable, value in rig.VARIABLES.items():
        monkeypatch.setenv(variable, value)
    with rig.without_pauses():
        yield tables


@pytest.fixture
def dynamodb(aws: Tables) -> DynamoDBClient:
    return boto3.client("dynamodb")


@pytest.fixture
def service(aws: Tables, ses: SimulatedSes) -> Service:
    """All functions, and the fulfillment centers that they know."""
    rig.know_centers(aws)
    return Service(aws, ses, dynamodb=tables_client.client())


@pytest.fixture
def orders(dynamodb: DynamoDBClient) -> Orders:
    """The Orders table, past the wire."""
    return Orders(dynamodb, ORDERS)


@pytest.fixture
def furnished(dynamodb: DynamoDBClient) -> None:
    """The world of tests/support/world.py."""
    world.furnish(dynamodb, TABLES)


@pytest.fixture
def stream_records(aws: Tables) -> Records:
    """Reads what is on the Orders stream: one record for every write that changed something."""
    return lambda: list(aws.changes)
