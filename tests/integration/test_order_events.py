"""Other systems are told of every cancellation and every packing once, in the documented shape, and of nothing else."""

import json
import re
from typing import Any

import jsonschema_rs
import pytest

from local.cloud import ROOT
from order_cancellation.actions import announce
from tests.integration.conftest import Account
from tests.support.bus import SimulatedBus
from tests.support.functions import Context
from tests.support.memory_tables import Tables
from tests.support.rig import Service, changes, furnish

SCHEMAS = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "docs/events").glob("*.json"))}
SECRET = "please do not tell 5551234"


@pytest.fixture
def bus(account: Account) -> SimulatedBus:
    return account.bus


def deliver(service: Service, aws: Tables, after: int = 0) -> list[str]:
    """Hand over the stream from a position on; returns the numbers that were given back."""
    event = {"Records": changes(aws, after)}
    result = service.function("order_events").lambda_handler(event, Context())
    return [each["itemIdentifier"] for each in result["batchItemFailures"]]


def test_what_happens_to_orders_is_told_and_nothing_that_is_not_theirs_to_know(
    aws: Tables, service: Service, bus: SimulatedBus
) -> None:
    furnish(aws, "A-1", "A-2", "A-3", "A-4")
    service.cancel("A-1", {"reason": "other", "note": SECRET})
    service.cancel("A-1", {"reason": "other"})
    service.auto_cancel({"seller_id": "acme", "order_id": "A-2", "reason": "stockout", "detail": SECRET})
    service.report("LAX1", "A-3", "picking")
    service.report("LAX1", "A-3", "picked_packed")
    service.report("EWR2", "A-3", "shipped")
    service.report("LAX1", "A-3", "shipped")
    service.cancel("A-4", {"reason": "other", "fulfillment_centers": ["EWR2"]})
    service.cancel("A-4", {"reason": "other", "fulfillment_centers": ["LAX1"]})
    assert deliver(service, aws) == []
    told = bus.told()
    for kind, detail in told:
        jsonschema_rs.validate(SCHEMAS[kind], detail)
    assert [(kind, detail["order_id"], detail.get("kind")) for kind, detail in told] == [
        ("OrderCancelled", "A-1", "seller"),
        ("OrderCancelled", "A-2", "auto"),
        ("OrderPicked", "A-3", None),
        ("OrderPicked", "A-3", None),
        ("OrderCancelled", "A-4", "seller"),
        ("OrderCancelled", "A-4", "seller"),
    ]
    assert [detail.get("fulfillment_centers") for kind, detail in told if kind == "OrderCancelled"] == [
        None,
        None,
        ["EWR2"],
        ["LAX1"],
    ]
    assert [detail["fulfillment_center"] for kind, detail in told if kind == "OrderPicked"] == ["LAX1", "EWR2"]
    assert {each["Source"] for each in bus.taken} == {"order-cancellation"}
    assert {each["EventBusName"] for each in bus.taken} == {"orders"}
    everything = json.dumps(bus.taken)
    assert SECRET not in everything
    assert "@" not in everything
    assert SCHEMAS.keys() == {kind for kind, _ in told}


@pytest.mark.parametrize("event", ["picked_packed", "shipped", "delivered"])
def test_a_center_that_skips_what_it_reports_is_told_of_once(
    aws: Tables, service: Service, bus: SimulatedBus, monkeypatch: pytest.MonkeyPatch, event: str
) -> None:
    counted: list[str] = []
    monkeypatch.setattr(announce, "count", counted.append)
    furnish(aws, "A-1")
    service.report("LAX1", "A-1", event)
    service.report("LAX1", "A-1", "delivered")
    assert deliver(service, aws) == []
    assert [(kind, detail["fulfillment_center"]) for kind, detail in bus.told()] == [("OrderPicked", "LAX1")]
    assert counted == ["Announced.OrderPicked"]


def test_a_repetition_is_known_by_its_cancellation_id(aws: Tables, service: Service, bus: SimulatedBus) -> None:
    furnish(aws, "A-1")
    answer = service.cancel("A-1").body
    for _ in range(2):
        deliver(service, aws)
    assert {detail["cancellation_id"] for _, detail in bus.told()} == {answer["cancellation"]["cancellation_id"]}
    assert len(bus.told()) == 2


def cancelled(aws: Tables, service: Service, number: int) -> list[str]:
    """So many orders, cancelled one after the other; returns their ids."""
    order_ids = [f"A-{each}" for each in range(1, number + 1)]
    furnish(aws, *order_ids)
    for order_id in order_ids:
        service.cancel(order_id)
    return order_ids


def test_what_the_bus_does_not_take_comes_again_and_everything_gets_there(
    aws: Tables, service: Service, bus: SimulatedBus
) -> None:
    order_ids = cancelled(aws, service, 25)
    numbers = [each["dynamodb"]["SequenceNumber"] for each in changes(aws)]
    bus.refuses = lambda entry: "ThrottlingException" if '"A-13"' in entry["Detail"] else None
    returned = deliver(service, aws)
    assert returned[0] == numbers[12]  # Lambda goes on from the lowest
    assert set(returned) == {numbers[12], *numbers[20:]}  # what was not tried comes again as well
    assert bus.calls == 2
    bus.refuses = lambda _: None
    assert deliver(service, aws, after=int(returned[0]) - 1) == []
    assert {detail["order_id"] for _, detail in bus.told()} == set(order_ids)


def test_without_an_answer_all_of_it_comes_again(aws: Tables, service: Service, bus: SimulatedBus) -> None:
    cancelled(aws, service, 3)
    bus.down = True
    assert deliver(service, aws) == [each["dynamodb"]["SequenceNumber"] for each in changes(aws)]
    assert bus.told() == []


def test_an_unreadable_record_costs_itself(
    aws: Tables, service: Service, bus: SimulatedBus, capsys: pytest.CaptureFixture[str]
) -> None:
    cancelled(aws, service, 2)
    records: list[Any] = changes(aws)
    del records[0]["dynamodb"]["NewImage"]["status"]
    result = service.function("order_events").lambda_handler({"Records": records}, Context())
    assert result == {"batchItemFailures": []}
    assert [detail["order_id"] for _, detail in bus.told()] == ["A-2"]
    assert '"OrdersUnreadable":[1.0]' in capsys.readouterr().out


def test_the_documents_example_is_one() -> None:
    [example] = re.findall(r"^```json\n(.*?)^```$", (ROOT / "docs/events.md").read_text(), re.MULTILINE | re.DOTALL)
    event = json.loads(example)
    jsonschema_rs.validate(SCHEMAS[event["detail-type"]], event["detail"])
