from types import ModuleType

from tests.functions import call, http_event, machine_claims, seller_claims

PLACEMENT = {
    "marketplace": "amazon",
    "marketplace_order_id": "113-1",
    "destination_country": "US",
    "placed_at": "2026-11-23T09:00:00Z",
    "lines": [{"sku": "TENT", "quantity": 2}],
    "fulfillment_centers": ["LAX1"],
}


def test_place_and_cancel(order_intake: ModuleType, cancel_order: ModuleType) -> None:
    planner = machine_claims("planner", "network/orders")
    event = http_event("place_order", planner, PLACEMENT, seller_id="acme", order_id="A-1")
    assert call(order_intake, event).status == 201
    assert call(order_intake, event).status == 200
    answer = call(cancel_order, http_event("cancel_one", seller_claims("acme"), order_id="A-1"))
    assert answer.status == 200
    assert answer.body["outcome"] == "cancelled"
