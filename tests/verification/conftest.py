"""Tables in memory, and the product's own client on them, made once: every test finds the tables empty."""

from collections.abc import Iterator
from typing import Any

import pytest

from verification import network, wire
from verification.tables import Tables


@pytest.fixture(scope="session")
def _shared() -> Iterator[tuple[Tables, Any, list[wire.Hook]]]:
    tables = Tables()
    hooks: list[wire.Hook] = [wire.no_hook]
    with network.environment():
        yield tables, wire.dynamodb(tables, lambda call: hooks[0](call)), hooks


@pytest.fixture
def tables(_shared: tuple[Tables, Any, list[wire.Hook]]) -> Iterator[Tables]:
    tables, _, hooks = _shared
    tables.clear()
    yield tables
    hooks[0] = wire.no_hook


@pytest.fixture
def dynamodb(tables: Tables, _shared: tuple[Tables, Any, list[wire.Hook]]) -> Any:
    return _shared[1]


@pytest.fixture
def hooks(_shared: tuple[Tables, Any, list[wire.Hook]]) -> list[wire.Hook]:
    """The one hook on the client's wire, to be replaced."""
    return _shared[2]
