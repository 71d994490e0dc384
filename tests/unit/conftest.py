"""The domain alone: no test here can open a socket, so none can talk to AWS, or to anything else."""

import pytest


@pytest.fixture(autouse=True)
def _no_network(socket_disabled: None) -> None:
    """pytest-socket makes every attempt fail."""
