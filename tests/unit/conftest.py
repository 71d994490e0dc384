"""No test here can open a socket, so none can talk to AWS, or to anything else; tables are in memory."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import rig, sdk
from tests.support.memory_tables import Tables


@pytest.fixture(autouse=True)
def _no_network(socket_disabled: None) -> None:
    """pytest-socket makes every attempt fail."""


@pytest.fixture(scope="session")
def _shared() -> tuple[Tables, Any, list[sdk.Hook]]:
    """Made once: a client takes its time to make."""
    tables = Tables()
    hooks: list[sdk.Hook] = [sdk.no_hook]
    return tables, sdk.dynamodb(tables, lambda call: hooks[0](call)), hooks


@pytest.fixture
def tables(_shared: tuple[Tables, Any, list[sdk.Hook]]) -> Iterator[Tables]:
    """The template's tables, empty."""
    tables, _, hooks = _shared
    tables.clear()
    with rig.in_lambda():
        yield tables
    hooks[0] = sdk.no_hook


@pytest.fixture
def dynamodb(tables: Tables, _shared: tuple[Tables, Any, list[sdk.Hook]]) -> Any:
    """The product's own client, on those tables."""
    return _shared[1]


@pytest.fixture
def hooks(_shared: tuple[Tables, Any, list[sdk.Hook]]) -> list[sdk.Hook]:
    """The one hook on the client's wire, to be replaced."""
    return _shared[2]
