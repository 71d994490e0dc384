"""The service as its callers use it, in this process: each call builds the event and runs the real handler."""

from functools import cache
from types import ModuleType
from typing import Any

from tests.support import examples, functions
from tests.support.functions import Context, Response, http_event, machine_claims, seller_claims

FUNCTIONS = {
    "cancel_one": "cancel_order",
    "cancel_many": "cancel_order",
    "view_order": "view_orders",
    "list_orders": "view_orders",
    "register_seller": "order_intake",
    "place_order": "order_intake",
    "auto_cancel": "order_intake",
    "report": "fulfillment_center_events",
}
PLANNER = machine_claims("client-planner", "network/orders", "network/sellers")


class Service:
    """All functions. Each is loaded when it is called first: its DynamoDB client is made then."""

    def __init__(self) -> None:
        self.function = cache(functions.load)

    def module(self, route: str) -> ModuleType:
        return self.function(FUNCTIONS[route])

    def send(
        self, route: str, claims: dict[str, str], body: Any = None, context: Context | None = None, **event: Any
    ) -> Response:
        """Any request to one of functions.ROUTES; ``event`` is what http_event takes."""
        return functions.call(self.module(route), http_event(route, claims, body, **event), context)

    def cancel(self, order_id: str, body: Any = None, *, seller_id: str = "acme", **event: Any) -> Response:
        return self.send("cancel_one", seller_claims(seller_id), body, order_id=order_id, **with_key(event))

    def cancel_many(self, *orders: dict[str, Any], seller_id: str = "acme", **event: Any) -> Response:
        return self.send("cancel_many", seller_claims(seller_id), {"orders": list(orders)}, **with_key(event))

    def view(self, order_id: str, *, seller_id: str = "acme") -> Response:
        return self.send("view_order", seller_claims(seller_id), order_id=order_id)

    def list(self, *, seller_id: str = "acme", **query: str) -> Response:
        single = {name: [value] for name, value in query.items()}
        return self.send("list_orders", seller_claims(seller_id), query=single)

    def register(self, seller_id: str, **changes: Any) -> Response:
        return self.send("register_seller", PLANNER, examples.contact_document(**changes), seller_id=seller_id)

    def place(self, order_id: str, *centers: str, seller_id: str = "acme", **changes: Any) -> Response:
        body = examples.placement_document(*centers, **changes)
        return self.send("place_order", PLANNER, body, seller_id=seller_id, order_id=order_id)

    def auto_cancel(self, *cancellations: dict[str, Any], **event: Any) -> Response:
        return self.send("auto_cancel", PLANNER, {"cancellations": list(cancellations)}, **with_key(event))

    def report(
        self, fc_id: str, order_id: str, event: str, at: str = examples.PACKED_AT, *, seller_id: str = "acme"
    ) -> Response:
        body = {"seller_id": seller_id, "order_id": order_id, "event": event, "occurred_at": at}
        claims = machine_claims(f"client-{fc_id}", "fulfillment/events")
        return self.send("report", claims, body, fc_id=fc_id)


def with_key(event: dict[str, Any]) -> dict[str, Any]:
    """What http_event takes, where ``key`` is the Idempotency-Key."""
    if key := event.pop("key", None):
        event["headers"] = {"Idempotency-Key": key, **event.get("headers", {})}
    return event
