"""The portal's modules without a browser: Node calls their functions, and answers in JSON."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.support.node import NODE


class Run(Protocol):
    """``run("csv.js", "module.parse(argument)", "a,b")``"""

    def __call__(self, module: str, expression: str, argument: Any = None) -> Any: ...


@pytest.fixture(scope="session")
def run() -> Iterator[Run]:
    """Calls a function of one of the portal's modules."""
    program = Path(__file__).parent / "modules.mjs"
    node = subprocess.Popen(
        [NODE, "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert node.stdin
    assert node.stdout
    to, back = node.stdin, node.stdout

    def call(module: str, expression: str, argument: Any = None) -> Any:
        to.write(json.dumps({"module": module, "expression": expression, "argument": argument}) + "\n")
        to.flush()
        answer = json.loads(back.readline())
        if "error" in answer:
            pytest.fail(answer["error"])
        return answer["value"]

    yield call
    to.close()
    assert node.wait(timeout=10) == 0
    back.close()
