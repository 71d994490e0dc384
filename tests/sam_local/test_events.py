"""Every function does in a container what the name of its event promises; the other events are tried in process.

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

from local.cloud import HOST, ROOT, two_free_ports
from local.deploy import logical_id
from tests.sam_local.conftest import Sam
from tests.support.events import ALL, DIRECTORY, VIEW, Effect, difference, function_of, read
from tests.support.functions import response


@pytest.mark.usefixtures("furnished")
class TestInvoke:
    """`sam local invoke`, as a developer types it."""

    @pytest.mark.parametrize("name", ["cancel_order-success", "fulfillment_center_events-recorded_packed"])
    def test_runs_a_function_with_an_event(self, sam: Sam, name: str) -> None:
        command = sam.command("invoke", logical_id(function_of(name)), "--event", str(DIRECTORY / f"{name}.json"))
        done = subprocess.run(
            command, cwd=ROOT, env=sam.environment, capture_output=True, text=True, timeout=90, check=False
        )
        assert done.stdout, done.stderr
        assert ALL[name].broken_by(json.loads(done.stdout.splitlines()[-1])) is None


@pytest.fixture(scope="module")
def functions(sam: Sam) -> Iterator[Any]:
    """A Lambda client of `sam local start-lambda`, where a container serves its function again and again."""
    port = two_free_ports()
    log = Path(sam.template).with_name("start-lambda.log")
    command = sam.command("start-lambda", "--port", str(port), "--warm-containers", "LAZY")
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=sam.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # SIGINT ends it, also where this run is in the background, where it would be ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
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


@pytest.mark.parametrize("name", {function_of(name): name for name in list(ALL)[::-1]}.values())
def test_an_event_does_in_a_container_what_its_name_promises(functions: Any, furnished: None, name: str) -> None:
    def run(event: str) -> Any:
        invoked = functions.invoke(FunctionName=logical_id(function_of(event)), Payload=json.dumps(read(event)))
        return json.loads(invoked["Payload"].read())

    promise = ALL[name]
    for earlier in promise.after:
        assert ALL[earlier].broken_by(run(earlier)) is None
    assert promise.broken_by(run(name)) is None
    if isinstance(promise, Effect):
        assert difference(promise.view, response(run(VIEW)).body) is None
