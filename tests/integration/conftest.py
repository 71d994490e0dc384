"""The real handlers and the real SDK, on tables in memory, one call at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from order_cancellation.actions import announce
from order_cancellation.mail import ses as product_ses
from order_cancellation.tables import client as tables_client
from order_cancellation.tables.orders import Orders
from tests.support import rig, sdk, world
from tests.support.bus import SimulatedBus
from tests.support.clock import Clock
from tests.support.memory_tables import ORDERS, Tables
from tests.support.rig import Service
from tests.support.sdk import Wire
from tests.support.ses import SimulatedSes
from tests.support.template import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    Records = Callable[[], list[Any]]


class Account:
    """What is behind the SDK's clients in the test of the moment: the clients take their time to make."""

    def __init__(self) -> None:
        self.begin()
        self.own = sdk.connect(
            boto3.client("dynamodb", region_name="us-east-1"), lambda: self.tables, lambda: sdk.no_hook
        )
        self.functions = sdk.connect(tables_client.client(), lambda: self.tables, lambda: self.wire)
        self.mail = sdk.connect(product_ses.client(), lambda: self.ses, lambda: sdk.no_hook)

    def begin(self) -> None:
        self.tables, self.ses, self.wire, self.bus = Tables(), SimulatedSes(), Wire(), SimulatedBus()

    def client(self, service: str, **_: object) -> Any:
        """As ``boto3.client``: a client of the test's own."""
        return {"dynamodb": self.own, "sesv2": self.mail}[service]


@pytest.fixture(scope="session")
def _one_account() -> Account:
    return Account()


@pytest.fixture
def account(_one_account: Account) -> Account:
    _one_account.begin()
    return _one_account


@pytest.fixture
def wire(account: Account) -> Wire:
    """What goes over the wire of the functions' DynamoDB clients."""
    return account.wire


@pytest.fixture
def ses(account: Account) -> SimulatedSes:
    return account.ses


@pytest.fixture
def aws(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tables]:
    """The template's tables, empty. A function that is loaded now has its clients on them, and on ``ses``.

    A DynamoDB client that a test makes is its own: what goes through it is neither counted nor broken.
    """
    monkeypatch.setattr(tables_client, "client", lambda: account.functions)
    monkeypatch.setattr(product_ses, "client", lambda: account.mail)
    monkeypatch.setattr(boto3, "client", account.client)
    monkeypatch.setattr(announce, "client", lambda: account.bus)
    for variable, value in rig.VARIABLES.items():
        monkeypatch.setenv(variable, value)
    with rig.without_pauses():
        yield account.tables


@pytest.fixture
def dynamodb(aws: Tables) -> DynamoDBClient:
    return boto3.client("dynamodb")


@pytest.fixture
def service(aws: Tables, account: Account) -> Service:
    """All functions, and the fulfillment centers that they know."""
    rig.know_centers(aws)
    return Service(aws, dynamodb=account.functions, mail=account.mail)


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Time stands still unless the test lets it pass."""
    clock = Clock()
    with clock.ruling():
        yield clock


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
