"""In step with the marketplace, on the deployed template: routes with their own IAM roles, and what a cancel costs."""

from typing import Any

import pytest

from local.client import Client
from local.cloud import Cloud
from order_cancellation.actions.cancel import cancel
from order_cancellation.domain import times
from order_cancellation.domain.cancellations import CancelCommand, Identity
from order_cancellation.domain.orders import Line, Placement
from order_cancellation.tables.orders import Orders
from tests.support.local_stack import Place


class Metered:
    """The Orders table of the local cloud, and the capacity that each call to it consumed."""

    def __init__(self, cloud: Cloud, table: str) -> None:
        dynamodb = cloud.client("dynamodb")
        self.consumed: list[tuple[str, Any]] = []
        self.orders = Orders(dynamodb, table)
        dynamodb.meta.events.register("provide-client-params.dynamodb.*", self._ask)
        dynamodb.meta.events.register("after-call.dynamodb.*", self._note)

    def _ask(self, params: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**params, "ReturnConsumedCapacity": "INDEXES"}

    def _note(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        self.consumed.append((model.name, parsed["ConsumedCapacity"]))


@pytest.fixture
def metered(cloud: Cloud, description: dict[str, Any]) -> Metered:
    return Metered(cloud, description["tables"]["orders"])


def test_a_sellers_cancel_is_one_call_and_a_write_unit_for_the_order_and_its_to_do(metered: Metered) -> None:
    placement = Placement("amazon", "113-77", "US", "2026-11-23T09:00:00Z", (Line("TENT", 1),), ("LAX1",))
    metered.orders.place("acme", "COST-1", placement)
    ((_, placed),) = metered.consumed
    assert units(placed) == {"ByMarketplaceOrderId": 1.0, "ByPlacedAt": 1.0}
    metered.consumed.clear()

    identity = Identity("request-1", "key-1")
    cancel(metered.orders, identity, CancelCommand("seller", "acme", "COST-1", "other"))
    ((operation, cost),) = metered.consumed
    assert (operation, cost["Table"]["CapacityUnits"], units(cost)) == ("UpdateItem", 1.0, {"ToDo": 1.0})
    metered.consumed.clear()
    metered.orders.mark("acme", "COST-1", "done", times.now())
    ((_, marked),) = metered.consumed
    assert units(marked) == {"ToDo": 1.0}


def units(cost: Any) -> dict[str, float]:
    """What a call consumed of each index."""
    return {name: index["CapacityUnits"] for name, index in cost.get("GlobalSecondaryIndexes", {}).items()}


def test_the_to_do_of_a_cancelled_order(acme: Client, bluebird: Client, place: Place) -> None:
    order_id = place()
    route = f"/orders/{order_id}/marketplace-cancellation"
    assert acme.put(route, {"state": "done"}).body["code"] == "order_conflict"
    assert acme.cancel(order_id).status == 200
    assert order_id in to_do(acme)
    assert bluebird.put(route, {"state": "done"}).status == 404
    assert acme.put(route, {"state": "done"}).body["marketplace_cancellation"] == "done"
    assert order_id not in to_do(acme)
    assert acme.get(f"/orders/{order_id}").body["marketplace_cancellation"] == "done"


def to_do(client: Client) -> list[str]:
    found: list[str] = []
    query: dict[str, str | int] = {"marketplace_cancellation": "to_do", "limit": 100}
    while True:
        body = client.get("/orders", **query).body
        found += [order["order_id"] for order in body["orders"]]
        if body["cursor"] is None:
            return found
        query["cursor"] = body["cursor"]


def test_found_by_the_marketplaces_order_id_by_its_seller_only(acme: Client, bluebird: Client, place: Place) -> None:
    order_id = place()
    wanted = acme.get(f"/orders/{order_id}").body["marketplace_order_id"]
    found = acme.get("/orders", marketplace_order_id=wanted)
    assert order_id in [order["order_id"] for order in found.body["orders"]]
    theirs = bluebird.get("/orders", marketplace_order_id=wanted)
    assert order_id not in [order["order_id"] for order in theirs.body["orders"]]


def test_a_reconciliation_of_a_thousand_rows(acme: Client, place: Place) -> None:
    live, cancelled = place(), place()
    acme.cancel(cancelled)
    numbers = {name: acme.get(f"/orders/{name}").body["marketplace_order_id"] for name in (live, cancelled)}
    marketplace = acme.get(f"/orders/{live}").body["marketplace"]
    rows = [{"marketplace_order_id": f"none-{number}", "state": "open"} for number in range(998)]
    rows.append({"marketplace_order_id": numbers[live], "state": "cancelled"})
    rows.append({"marketplace_order_id": numbers[cancelled], "state": "open"})
    answer = acme.post("/reconciliations", {"marketplace": marketplace, "orders": rows})
    assert answer.status == 200, answer.raw
    assert live in [row["order_id"] for row in answer.body["cancelled_there_live_here"]]
    assert answer.body["counts"]["unknown"] >= 998
    assert answer.body["counts"]["orders"] == 1000


def test_the_summaries_of_a_seller(acme: Client) -> None:
    body = acme.get("/summaries").body
    assert body["contact"] == {
        "email": "ops@acme.example",
        "time_zone": "America/Los_Angeles",
        "summaries": "each_batch",
        "mail_problem": None,
    }


def test_the_reply_for_the_buyer_and_the_milestones(acme: Client, lax1: Client, place: Place) -> None:
    order_id = place("LAX1")
    for event, at in (("allocated", "2026-11-23T09:10:00Z"), ("picking", "2026-11-23T09:20:00Z")):
        assert lax1.report("LAX1", "acme", order_id, event, at).status == 200
    order = acme.get(f"/orders/{order_id}").body
    assert order["fulfillment_centers"] == [
        {
            "fc_id": "LAX1",
            "status": "picking",
            "at": "2026-11-23T09:20:00Z",
            "cancellable": True,
            "events": [
                {"event": "allocated", "at": "2026-11-23T09:10:00Z"},
                {"event": "picking", "at": "2026-11-23T09:20:00Z"},
            ],
        }
    ]
    assert order["marketplace_order_id"] in order["safe_reply"]
    assert "cannot promise" in order["safe_reply"]
