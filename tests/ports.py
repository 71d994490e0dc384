"""Free ports for what the tests start themselves."""

import random
import socket

import pytest


def two_free_ports(host: str) -> int:
    """A port that is free together with the next one."""
    # Not from the first on: whoever else runs these tests at this moment looks for ports too.
    for port in random.sample(range(14566, 15566, 2), k=500):
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind((host, port))
                second.bind((host, port + 1))
            except OSError:
                continue
            return port
    pytest.fail(f"No two free ports were found between 14566 and 15566 on {host}.")
