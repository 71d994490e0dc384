"""The local stack under load: 1, 8, 32 and 50 clients with a mix of requests, each for a bounded time.

What one request costs in our own code is measured in process beside it, and what the local cloud's tables take for it
without any function of ours; the rest is the local cloud's way to the function. Its figures say how the stack behaves
when many come at once, and nothing about AWS's speed.
"""

import itertools
import json
import shutil
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import urllib3

from local import stack
from local.client import machine_token, seller_tokens
from local.cloud import ROOT, Cloud, two_free_ports
from tests.benchmarks.operations import MeteredTables
from tests.support import rig
from tests.support.rig import Service

CLIENTS = (1, 8, 32, 50)
SECONDS = 8.0
ORDERS = 2_000  # of a seller of the stack's own, put in past the API
MIX = ("view", "view", "view", "view", "list", "cancel", "cancel", "event", "event", "view")


class _Stack:
    """The local stack, its tokens, and orders that nobody has touched yet."""

    def __init__(self, cloud: Cloud) -> None:
        description = stack.read_description(cloud.directory)
        seller = description["sellers"][0]
        center = description["fulfillment_centers"][0]
        tokens = seller_tokens(
            cloud.client("cognito-idp"), description["portal_client_id"], seller["username"], seller["password"]
        )
        self.url = description["api_url"]
        self.center = center["fc_id"]
        self.person = {"Authorization": f"Bearer {tokens['IdToken']}"}
        token = machine_token(
            description["token_url"], center["client_id"], center["client_secret"], "fulfillment/events"
        )
        self.machine = {"Authorization": f"Bearer {token}"}
        self.fresh = itertools.count()
        dynamodb = cloud.client("dynamodb")
        for number in range(ORDERS):
            item = rig.order_item(f"L-{number}", (self.center,))
            dynamodb.put_item(
                TableName=description["tables"]["orders"], Item={**item, "seller_id": {"S": seller["seller_id"]}}
            )
        self.seller_id = seller["seller_id"]
        self.dynamodb, self.table = dynamodb, description["tables"]["orders"]
        self.temporary = cloud.directory / "tmp"
        self.pool = urllib3.PoolManager(maxsize=max(CLIENTS), retries=False, timeout=60)

    def act(self, what: str) -> int:
        """One request; returns its status."""
        number = next(self.fresh) % ORDERS if what in ("cancel", "event") else 0
        headers = {"Content-Type": "application/json", **(self.machine if what == "event" else self.person)}
        method, route, body = {
            "view": ("GET", "/orders/L-0", None),
            "list": ("GET", "/orders?limit=25", None),
            "cancel": ("POST", f"/orders/L-{number}/cancel", {}),
            "event": ("POST", f"/fulfillment-centers/{self.center}/events", self._event(number)),
        }[what]
        text = None if body is None else json.dumps(body)
        return self.pool.request(method, self.url + route, body=text, headers=headers).status

    def processes(self) -> int:
        """How many processes of functions were started; each has a directory of its own."""
        return len(list(self.temporary.glob("ministack-lambda-*")))

    def ask_tables(self) -> dict[str, float]:
        """Milliseconds of what a look and a list ask of a table, asked without a function."""
        of_seller: Any = {
            "IndexName": "ByPlacedAt",
            "KeyConditionExpression": "seller_id = :seller_id",
            "ExpressionAttributeValues": {":seller_id": {"S": self.seller_id}},
            "ScanIndexForward": False,
            "Limit": 25,
        }
        key: Any = {"seller_id": {"S": self.seller_id}, "order_id": {"S": "L-0"}}
        return {
            "view": _median_ms(lambda _: self.dynamodb.get_item(TableName=self.table, Key=key, ConsistentRead=True)),
            "list": _median_ms(lambda _: self.dynamodb.query(TableName=self.table, **of_seller)),
        }

    def _event(self, number: int) -> dict[str, str]:
        return {
            "seller_id": self.seller_id,
            "order_id": f"L-{number}",
            "event": "picking",
            "occurred_at": "2026-11-23T10:00:00Z",
        }


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """``levels``: requests a second, percentiles in ms, answers by status, processes that were started for it.

    By request, in ms: ``alone``, in process; ``tables``, the local cloud's tables without a function.
    """
    port = two_free_ports()
    cloud = Cloud(ROOT / ".local" / f"bench-{port}", port)
    stack.up(cloud, say)
    try:
        there = _Stack(cloud)
        for what in set(MIX):
            there.act(what)
        tables = there.ask_tables()
        levels = []
        for clients in CLIENTS:
            say(f"Load: {clients} clients, {SECONDS:.0f} s")
            levels.append({"clients": clients, **_level(there, clients)})
    finally:
        cloud.stop(started_here=True)
        shutil.rmtree(cloud.directory, ignore_errors=True)
    return {"levels": levels, "alone": _in_process(), "tables": tables}


def _level(there: _Stack, clients: int) -> dict[str, Any]:
    processes = there.processes()
    start = time.monotonic()
    end = start + SECONDS
    seen: list[tuple[str, float, str]] = []

    def one_client(offset: int) -> None:
        for what in itertools.islice(itertools.cycle(MIX), offset, None):
            begun = time.monotonic()
            if begun >= end:
                return
            try:
                status = str(there.act(what))
            except urllib3.exceptions.HTTPError as error:
                status = type(error).__name__
            seen.append((what, time.monotonic() - begun, status))

    threads = [threading.Thread(target=one_client, args=(offset,)) for offset in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.monotonic() - start  # what was asked before the end is waited for
    times = sorted(seconds * 1000 for _, seconds, _ in seen)
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return {
        "requests_per_second": len(seen) / elapsed,
        "p50": cuts[49],
        "p95": cuts[94],
        "p99": cuts[98],
        "longest": times[-1],
        "answers": dict(sorted(Counter(status for _, _, status in seen).items())),
        "processes": there.processes() - processes,
    }


def _in_process() -> dict[str, float]:
    """Milliseconds of each request of the mix, without gateway, emulator and network."""
    tables = MeteredTables()
    took: dict[str, float] = {}
    with rig.in_lambda():
        service = Service(tables)
        rig.furnish(tables, *(f"L-{number}" for number in range(120)))
        acts: dict[str, Callable[[int], Any]] = {
            "view": lambda number: service.view(f"L-{number}"),
            "list": lambda _: service.list(),
            "event": lambda number: service.report("LAX1", f"L-{number}", "picking"),
            "cancel": lambda number: service.cancel(f"L-{number}"),
        }
        for name, act in acts.items():
            took[name] = _median_ms(act)
    return took


def _median_ms(act: Callable[[int], Any]) -> float:
    times = []
    for number in range(60):
        begun = time.perf_counter()
        act(number)
        times.append(time.perf_counter() - begun)
    return statistics.median(times[10:]) * 1000
