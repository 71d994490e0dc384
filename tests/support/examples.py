"""Orders to speak of: the values that tests of every level begin with."""

from collections.abc import Mapping, Sequence
from typing import Any

from order_cancellation.domain import orders
from order_cancellation.domain.cancellations import Actor, Cancellation
from order_cancellation.domain.orders import Event, Line, Order, PartCancellation, Placement

PLACED_AT = "2026-11-23T08:15:00Z"
CANCELLED_AT = "2026-11-23T14:02:11.123Z"
PACKED_AT = "2026-11-23T14:01:58Z"
RECEIVED_AT = "2026-11-23T14:02:00.000Z"
PERSON = Actor("person", "person-1", "ops@acme.example")
NETWORK = Actor("network", "client-planner")


def event(name: str, at: str) -> Event:
    """What a fulfillment center reports about the order of these examples."""
    return Event("acme", "A-1001", name, at, RECEIVED_AT)


def placement(*centers: str, marketplace: str = "amazon") -> Placement:
    """An order as it was placed, at LAX1 unless told."""
    return Placement(
        marketplace=marketplace,
        marketplace_order_id="113-4000553-2711418",
        destination_country="US",
        placed_at=PLACED_AT,
        lines=(Line("TENT-2P-GRN", 1), Line("LAMP-HEAD-01", 2)),
        fulfillment_centers=centers or ("LAX1",),
    )


def placement_document(*centers: str, **changes: Any) -> dict[str, Any]:
    """The body that places such an order; ``changes`` replaces fields."""
    return {
        "marketplace": "amazon",
        "marketplace_order_id": "113-4000553-2711418",
        "destination_country": "US",
        "placed_at": PLACED_AT,
        "lines": [{"sku": "TENT-2P-GRN", "quantity": 1}, {"sku": "LAMP-HEAD-01", "quantity": 2}],
        "fulfillment_centers": list(centers or ("LAX1",)),
        **changes,
    }


def contact_document(**changes: Any) -> dict[str, Any]:
    """The body that registers a seller; ``changes`` replaces fields."""
    return {
        "name": "Acme Outdoor",
        "email": "ops@acme.example",
        "time_zone": "America/Los_Angeles",
        "summaries": "each_batch",
        **changes,
    }


def order(milestones: Mapping[str, Mapping[str, str]] | None = None, **changes: Any) -> Order:
    """Acme's order A-1001, as far on its way as the milestones of its centers say; ``changes`` replaces fields."""
    reported = milestones or {"LAX1": {}}
    fields: dict[str, Any] = {
        "seller_id": "acme",
        "order_id": "A-1001",
        "status": orders.status_of(reported),
        "placement": placement(*reported),
        "milestones": reported,
    }
    return Order(**fields | changes)


def packed_order(**changes: Any) -> Order:
    return order({"LAX1": {"picking": "2026-11-23T13:40:00Z", "picked_packed": PACKED_AT}}, **changes)


def cancellation(**changes: Any) -> Cancellation:
    """A seller's cancellation; ``changes`` replaces fields."""
    fields: dict[str, Any] = {
        "cancellation_id": "c1" * 16,
        "kind": "seller",
        "reason": "customer_request",
        "cancelled_at": CANCELLED_AT,
        "request_id": "request-1",
    }
    return Cancellation(**fields | changes)


def auto_cancellation(**changes: Any) -> Cancellation:
    """The network's own cancellation; ``changes`` replaces fields."""
    auto: dict[str, Any] = {"kind": "auto", "reason": "stockout", "skus": ("TENT-2P-GRN",)}
    return cancellation(**auto | changes)


def split_order(
    live: Mapping[str, Mapping[str, str]], *ended: tuple[str, Cancellation], moved: Sequence[str] = (), **changes: Any
) -> Order:
    """The same, split: what its live parts reported; which parts were cancelled, by what; and which were moved away."""
    return order(
        live,
        placement=placement(*live, *(fc_id for fc_id, _ in ended), *moved),
        part_cancellations={each.cancellation_id: PartCancellation(each, {fc_id: {}}) for fc_id, each in ended},
        moved={fc_id: {"at": CANCELLED_AT} for fc_id in moved},
        **changes,
    )


def cancelled_order(by: Cancellation | None = None) -> Order:
    return order(status=orders.CANCELLED, cancellation=by or cancellation())
