"""Other systems learn from the deployed bus what happened to an order: a rule of theirs, and a queue behind it."""

from typing import Any

from local import events, seed
from local.client import Client
from local.cloud import Cloud
from tests.end_to_end.test_summaries import eventually
from tests.support.local_stack import Place


def test_what_happens_to_an_order_is_on_the_bus(
    cloud: Cloud, description: dict[str, Any], acme: Client, planner: Client, lax1: Client, place: Place
) -> None:
    queue = events.subscribe(cloud, description["event_bus"])
    cancelled, auto, packed = place(), place(), place()
    cancellation = acme.cancel(cancelled).body["cancellation"]
    entry = {"seller_id": "acme", "order_id": auto, "reason": "stockout"}
    assert planner.post("/auto-cancellations", {"cancellations": [entry]}).body["outcome"] == "success"
    assert lax1.report("LAX1", "acme", packed, "picked_packed", seed.ago()).status == 200

    told: dict[tuple[str, str], dict[str, Any]] = {}

    def all_told() -> bool:
        for event in events.received(cloud, queue):
            told[event["detail-type"], event["detail"]["order_id"]] = event
        return len({order for _, order in told} & {cancelled, auto, packed}) == 3

    assert eventually(all_told)
    event = told["OrderCancelled", cancelled]
    assert event["source"] == "order-cancellation"
    assert event["detail"] == {
        "version": "1",
        "seller_id": "acme",
        "order_id": cancelled,
        "cancellation_id": cancellation["cancellation_id"],
        "kind": "seller",
        "reason": cancellation["reason"],
        "cancelled_at": cancellation["cancelled_at"],
    }
    assert told["OrderCancelled", auto]["detail"]["kind"] == "auto"
    assert told["OrderPicked", packed]["detail"]["fulfillment_center"] == "LAX1"
