"""The same handlers behind a fault proxy, with the local cloud as their DynamoDB: real sockets break.

microburst stands between the SDK and the local cloud. The seed decides which SDK call of which request meets which
fault, one at a time, so what was fired is known exactly; the proxy's own record of it is what is counted.
"""

import json
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import boto3
import urllib3

from local import stack
from local.cloud import HOST, Cloud
from order_cancellation.tables.client import CLIENT_CONFIG
from tests.proofs.callers import ask
from tests.proofs.histories import own_cancel_forgotten, told
from tests.proofs.linearizability import UNKNOWN, Operation, linearizable
from tests.proofs.order_model import AutoCancel, Cancel, Request, View, new_order
from tests.proofs.order_model import Report as FcReport
from tests.proofs.scoreboard import Progress, Report, Say, Twin, timed
from tests.support import rig
from tests.support.memory_tables import Tables
from tests.support.rig import CENTERS, PATIENT, Service

LINE = "faults through a proxy"
FAULTS: Mapping[str, Mapping[str, Any]] = {
    "throttled": {"error": {"code": "ThrottlingException", "status": 400}},
    "500": {"error": {"code": "InternalServerError", "status": 500}},
    "reset": {"reset": True},
    "lost response after commit": {"response": {"abort_bytes": 0}},
    "conflict": {"error": {"code": "TransactionConflictException", "status": 400}},
}


def check(faults: int, seed: int, say: Say, cloud: Cloud) -> Report:
    """Needs the deployed stack of ``cloud``."""
    report = Report(LINE, "handlers in process, local cloud", seed, unit="faults")
    description = stack.read_description(cloud.directory)
    with timed(report), rig.in_lambda(), _proxy(cloud) as proxy, patch.dict("os.environ", _tables(description)):
        world = _World(proxy, cloud, description, seed)
        progress = Progress(LINE, say)
        while (fired := len(proxy.fired())) < faults:
            history = world.history()
            if not linearizable(history, new_order(CENTERS)):
                report.broke.append(told(history))
            progress(fired, faults, "faults")
        report.tried = len(proxy.fired())
        report.facts = {"by request": dict(sorted(Counter(event["operation"] for event in proxy.fired()).items()))}
        with own_cancel_forgotten():
            rejected = sum(not linearizable(world.history(), new_order(CENTERS)) for _ in range(40))
        bug = "a retry that does not know its own cancel"
        report.twins = [Twin(bug, rejected > 0, f"{rejected} of 40 histories rejected")]
    return report


class Proxy:
    """A running microburst."""

    def __init__(self, port: int) -> None:
        self.endpoint_url = f"http://{HOST}:{port}"
        self._http = urllib3.PoolManager(retries=False, timeout=60.0)

    def plant(self, operation: str, fault: str) -> None:
        """The next request for this operation fails in this way."""
        self._send("POST", "rules", [{"service": "dynamodb", "operation": operation, "times": 1, **FAULTS[fault]}])

    def fired(self) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self._send("GET", "fired?limit=100000")
        return events

    def _send(self, method: str, path: str, document: Any = None) -> Any:
        body = None if document is None else json.dumps(document)
        response = self._http.request(method, f"{self.endpoint_url}/_microburst/{path}", body=body)
        if response.status != 200:
            raise RuntimeError(f"microburst: {response.status} {response.data!r}")
        return json.loads(response.data)


class _World:
    """Orders in the local cloud, and one caller after the other who asks about them through the proxy."""

    def __init__(self, proxy: Proxy, cloud: Cloud, description: Mapping[str, Any], seed: int) -> None:
        self._proxy = proxy
        self._random = Random(seed)
        self._run = f"{time.time_ns():x}"
        self._number = 0
        self._direct = cloud.client("dynamodb")
        self._orders = description["tables"]["orders"]
        self._clients = {center["fc_id"]: center["client_id"] for center in description["fulfillment_centers"]}
        through = boto3.client(
            "dynamodb",
            endpoint_url=proxy.endpoint_url,
            region_name=cloud_region(description),
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=CLIENT_CONFIG.merge(PATIENT),
        )
        self._service = Service(Tables(), dynamodb=through)

    def history(self) -> list[Operation]:
        self._number += 1
        order_id = f"P-{self._run}-{self._number}"
        self._direct.put_item(TableName=self._orders, Item=rig.order_item(order_id))
        requests: list[Request] = [
            Cancel(order_id, f"request-{self._number}", "by key", key="key-1"),
            AutoCancel(order_id, f"request-{self._number}", "auto"),
            FcReport(order_id, "LAX1", "picking", "2026-11-23T14:00:01Z"),
            FcReport(order_id, "EWR2", "picked_packed", "2026-11-23T14:00:02Z"),
            Cancel(order_id, f"request-{self._number}-again", "by key", key="key-1"),
        ]
        self._random.shuffle(requests)
        history: list[Operation] = []
        for start, request in enumerate(requests):
            operation = self._random.choice(("UpdateItem", "UpdateItem", "GetItem"))
            fault = self._random.choice(sorted(FAULTS))
            self._proxy.plant(operation, fault)
            answer = ask(self._service, request, self._clients)
            if answer == UNKNOWN or fault.startswith("lost"):
                history.append(Operation.lost(request, start))
            if answer != UNKNOWN:
                history.append(Operation(request, answer, start, start + 0.5))
        look = View(order_id)
        self._proxy.plant("DescribeTable", "500")  # never sent: the look meets no fault
        answer = ask(self._service, look)
        return [*history, Operation(look, answer, len(requests), len(requests))]


def cloud_region(description: Mapping[str, Any]) -> str:
    return str(description["region"])


def _tables(description: Mapping[str, Any]) -> dict[str, str]:
    return {f"{name.upper()}_TABLE": physical for name, physical in description["tables"].items()}


@contextmanager
def _proxy(cloud: Cloud) -> Iterator[Proxy]:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "microburst"), "--host", HOST, "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--upstream", cloud.endpoint_url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
                break
            time.sleep(0.05)
        yield Proxy(port)
    finally:
        process.kill()  # asked politely, it waits for connections that are kept alive
        process.wait(10)
