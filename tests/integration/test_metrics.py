"""What alarms and dashboards read: each function counts what it did, when it has done it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from order_cancellation.domain.summaries import shard_of
from tests.support.clock import MINUTE, Clock
from tests.support.functions import Context
from tests.support.memory_tables import Tables
from tests.support.rig import Service, furnish, stream_records

if TYPE_CHECKING:
    from tests.support.ses import SimulatedSes

Counted = Callable[[str], bool]
DUE = {"seller_id": "acme", "order_id": "A-1", "reason": "stockout"}


@pytest.fixture
def counted(capsys: pytest.CaptureFixture[str]) -> Counted:
    """Whether a metric, e.g. ``"Sweeps":[1.0]``, was written since the last question."""
    return lambda metric: metric in capsys.readouterr().out


def test_a_placement_and_the_same_again(service: Service, counted: Counted) -> None:
    service.place("A-1")
    assert counted('"OrdersPlaced":[1.0]')
    service.place("A-1")
    assert counted('"OrdersPlacedAgain":[1.0]')


def test_what_the_sweep_found(aws: Tables, service: Service, clock: Clock, counted: Counted) -> None:
    furnish(aws, "A-1")
    service.auto_cancel(DUE)
    clock.advance(11 * MINUTE)
    service.sweep()
    assert counted('"OrdersSwept":[1.0]')


def test_what_the_stream_brought_and_could_not_be_told(aws: Tables, service: Service, counted: Counted) -> None:
    furnish(aws, "A-1")
    service.auto_cancel(DUE)
    [record] = stream_records(aws)
    service.deliver([{**record, "dynamodb": {**record["dynamodb"], "NewImage": {}}}])
    assert counted('"RecordsReceived":[1.0],"RecordsFailed":[1.0]')


def test_that_ses_takes_nothing_from_the_sweep(
    aws: Tables, service: Service, ses: SimulatedSes, clock: Clock, counted: Counted
) -> None:
    furnish(aws, "A-1")
    service.auto_cancel(DUE)
    clock.advance(11 * MINUTE)
    ses.refuse("SendingPausedException")
    service.sweep()
    assert counted('"SendingStopped":[1.0]')


def test_how_late_the_oldest_due_order_is_and_how_many_summaries_wait(
    aws: Tables, service: Service, ses: SimulatedSes, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    def measured() -> tuple[float, float]:
        service.function("summary_watch").lambda_handler({}, Context())
        [line] = [line for line in capsys.readouterr().out.splitlines() if '"SummaryLate"' in line]
        values = json.loads(line)
        return values["SummaryLate"][0], values["SummariesWaiting"][0]

    furnish(aws, "A-1", "A-2")
    assert measured() == (0, 0)
    service.place("U-1", seller_id="unregistered")
    service.auto_cancel({**DUE, "seller_id": "unregistered", "order_id": "U-1"})
    clock.advance(5 * MINUTE)
    service.auto_cancel(DUE)
    clock.advance(3 * MINUTE)
    service.register("bluebird")
    service.place("B-1", seller_id="bluebird")
    service.auto_cancel({**DUE, "seller_id": "bluebird", "order_id": "B-1"})
    assert shard_of("bluebird") != shard_of("acme")
    clock.advance(11 * MINUTE)
    assert measured() == (4 * MINUTE, 0)  # the unregistered seller's is older, and cannot be told
    ses.refuse("MessageRejected")
    service.sweep()
    assert measured() == (0, 1)
    clock.advance(24 * 60 * MINUTE)
    assert measured() == (0, 1)  # until somebody sees to it
