"""The local stack, once for a whole test run: the template as it is, IAM enforced, real tokens, real HTTP.

A plugin of tests/conftest.py, so that all folders whose tests ask for it share one stack.
"""

import itertools
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local import seed, stack
from local.client import Client, seller_tokens
from local.cloud import HOST, ROOT, Cloud

Place = Callable[..., str]


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    """A local cloud that these tests have for themselves, with the template deployed."""
    port = _two_free_ports()
    cloud = Cloud(ROOT / ".local" / f"test-{port}", port)
    stack.up(cloud, print)
    yield cloud
    cloud.stop()


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
    numbers = itertools.count(1)

    def place_one(*centers: str, seller_id: str = "acme") -> str:
        number = next(numbers)
        order_id = f"T-{number}"
        body = seed.placement(number, centers or ("LAX1",), ("SKU-1", "SKU-2"))
        answer = planner.put(f"/sellers/{seller_id}/orders/{order_id}", body)
        assert answer.status == 201, answer.raw
        return order_id

    return place_one


def _two_free_ports() -> int:
    """A port that is free together with the next one."""
    for port in range(14566, 15566, 2):
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind((HOST, port))
                second.bind((HOST, port + 1))
            except OSError:
                continue
            return port
    pytest.fail("No two free ports were found between 14566 and 15566.")
