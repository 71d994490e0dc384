"""The race harness itself: it must find the double winners of a backend that is not atomic, and none on one that is.

A race: eight writers at one order, through the product's own store, each with another cancel or a packing. Exactly one
may be told that it wrote. moto looks at the condition and writes in two steps, so threads that are switched often
enough get in between. This line says what a double winner looks like when there is one.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random
from typing import Any

import boto3
from moto import mock_aws

from local.cloud import Cloud
from order_cancellation.domain import orders
from order_cancellation.domain.cancellations import Cancellation
from order_cancellation.domain.orders import Event, Line, Order, Placement
from order_cancellation.tables.client import CLIENT_CONFIG
from order_cancellation.tables.orders import Orders
from tests.proofs.scoreboard import Progress, Report, Say, Twin, timed
from tests.support import rig
from tests.support.template import properties

LINE = "race harness"
WRITERS = 8
PACKED_AT = "2026-11-23T14:00:00Z"
CANCELLED_AT = "2026-11-23T14:00:00.500Z"
PLACEMENT = Placement("amazon", "113-1", "US", "2026-11-23T08:00:00Z", (Line("TENT", 1),), ("LAX1", "EWR2"))


def check(races: int, seed: int, say: Say, cloud: Cloud) -> Report:
    """``races`` on the local cloud, and as many on bare moto."""
    report = Report(LINE, "local cloud (DynamoDB)", seed, unit="races")
    with timed(report), rig.in_lambda():
        name = f"races-{seed}"
        local = cloud.client("dynamodb")
        _create(local, name)
        clients = [_client(cloud) for _ in range(WRITERS)]
        winners = run_races(clients, name, races, seed, Progress(LINE, say))
        local.delete_table(TableName=name)
        report.tried = races
        report.broke = [f"race {number}: {count} winners" for number, count in enumerate(winners) if count != 1]
        with mock_aws(), _switching_often():
            shared = boto3.client("dynamodb")
            _create(shared, name)
            torn = run_races([shared] * WRITERS, name, races, seed, Progress(LINE, say))
        doubles = sum(count > 1 for count in torn)
        report.twins = [
            Twin(
                "a backend that is not atomic (bare moto)", doubles > 0, f"double winners in {doubles} of {races} races"
            )
        ]
    return report


def run_races(clients: list[Any], table: str, races: int, seed: int, progress: Progress) -> list[int]:
    """How many writers were told that they wrote, race by race."""
    random = Random(seed)
    winners = []
    for race in range(races):
        order_id = f"R-{race}"
        _, order = Orders(clients[0], table).place("acme", order_id, PLACEMENT)
        assert order
        packed = orders.advanced(order, "LAX1", Event("acme", order_id, "picked_packed", PACKED_AT, PACKED_AT))
        assert packed
        start = threading.Barrier(len(clients))
        told: list[bool] = []
        packers = random.sample(range(len(clients)), 3)
        threads = [
            threading.Thread(
                target=_write,
                args=(Orders(client, table), order, packed if number in packers else number, start, told),
            )
            for number, client in enumerate(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        winners.append(sum(told) if len(told) == len(clients) else -1)
        progress(race + 1, races, "races")
    return winners


def _write(store: Orders, order: Order, what: Order | int, start: threading.Barrier, told: list[bool]) -> None:
    """Write the order as packed, or the cancel of this number, and take down whether it was written."""
    start.wait()
    with suppress(RuntimeError):  # moto trips over its own dictionaries: the missing answer is what is counted
        if isinstance(what, Order):
            written, _ = store.advance(order, what)
        else:
            cancellation = Cancellation(f"c-{what}", "seller", "other", CANCELLED_AT, f"r-{what}")
            written, _ = store.cancel(order.seller_id, order.order_id, cancellation)
        told.append(written)


def _create(dynamodb: Any, name: str) -> None:
    dynamodb.create_table(TableName=name, **properties("OrdersTable"))


def _client(cloud: Cloud) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=cloud.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=CLIENT_CONFIG.merge(rig.PATIENT),
    )


@contextmanager
def _switching_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
