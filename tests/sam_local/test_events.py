"""Every event in events/ does in a container what its name promises.

The commands exit with 0 whatever comes of a call, so what counts is what the function returned.
"""

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.cloud import HOST, ROOT
from tests.events import DIRECTORY, PROMISES, difference, function_of, read
from tests.functions import Response, response
from tests.ports import two_free_ports
from tests.sam_local.conftest import Sam

FUNCTIONS = sorted({function_of(name) for name in PROMISES})


def logical_id(function: str) -> str:
    """CancelOrderFunction for cancel_order."""
    return "".join(map(str.capitalize, function.split("_"))) + "Function"


def kept(name: str, answer: Response) -> str | None:
    """How an answer breaks the promise of an event, or None."""
    promise = PROMISES[name]
    if answer.status != promise.status:
        return f"it is {answer.status}: {answer.text}"
    return difference(promise.body, answer.body)


@pytest.mark.usefixtures("furnished")
class TestInvoke:
    """`sam local invoke`, as a developer types it."""

    @pytest.mark.parametrize(
        "name",
        [
            "cancel_order-success",
            "view_orders-not_cancellable",
            "order_intake-order_placed",
            "fulfillment_center_events-recorded",
        ],
    )
    def test_runs_a_function_with_an_event(self, sam: Sam, name: str) -> None:
        command = sam.command("invoke", logical_id(function_of(name)), "--event", str(DIRECTORY / f"{name}.json"))
        done = subprocess.run(
            command, cwd=ROOT, env=sam.environment, capture_output=True, text=True, timeout=90, check=False
        )
        returned = [line for line in done.stdout.splitlines() if '"statusCode"' in line]
        assert len(returned) == 1, done.stdout + done.stderr
        assert kept(name, response(json.loads(returned[0]))) is None


@pytest.fixture(scope="module")
def functions(sam: Sam) -> Iterator[Any]:
    """A Lambda client of `sam local start-lambda`, where a container serves its function again and again."""
    port = two_free_ports(HOST)
    log = Path(sam.template).with_name("start-lambda.log")
    command = sam.command("start-lambda", "--port", str(port), "--warm-containers", "LAZY")
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=sam.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait_for(port, log)
        yield boto3.client("lambda", endpoint_url=f"http://{HOST}:{port}")
    finally:
        process.send_signal(signal.SIGINT)  # it removes its containers
        process.wait(60)


def _wait_for(port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"sam local start-lambda did not start: {log.read_text()}")


@pytest.mark.parametrize("name", PROMISES)
def test_an_event_does_in_a_container_what_its_name_promises(functions: Any, furnished: None, name: str) -> None:
    def send(event: str) -> Response:
        invoked = functions.invoke(FunctionName=logical_id(function_of(event)), Payload=json.dumps(read(event)))
        return response(json.loads(invoked["Payload"].read()))

    for earlier in PROMISES[name].after:
        assert kept(earlier, send(earlier)) is None
    answer = send(name)
    assert kept(name, answer) is None
    for header, value in PROMISES[name].headers.items():
        assert answer.headers.get(header) == value
