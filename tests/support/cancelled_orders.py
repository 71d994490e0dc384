"""Orders that the network cancelled, and the seller who is told: what the tests of the mail are about."""

from typing import Any

from order_cancellation.domain.cancellations import Cancellation
from order_cancellation.domain.orders import Line, Order, Placement
from order_cancellation.domain.sellers import Contact

ACME = Contact("Acme Outdoor", "ops@acme.example", "America/Los_Angeles", "each_batch")


def auto_cancelled(order_id: str = "A-1001", reason: str = "stockout", **changes: Any) -> Order:
    """An order of acme's. Other fields of the placement or of the cancellation are given by name."""
    placement: dict[str, Any] = {
        "marketplace": "amazon",
        "marketplace_order_id": "113-4007919-4007971",
        "destination_country": "US",
        "placed_at": "2026-11-23T09:00:00Z",
        "lines": (Line("TENT-2P-GRN", 1), Line("LAMP-HEAD-01", 2)),
        "fulfillment_centers": ("LAX1",),
    }
    cancellation: dict[str, Any] = {
        "cancellation_id": "5f0c",
        "kind": "auto",
        "reason": reason,
        "cancelled_at": "2026-11-23T14:02:11.123Z",
        "request_id": "request-1",
        "skus": ("TENT-2P-GRN",),
        "detail": "LAX1 has none left.",
    }
    for name, value in changes.items():
        (placement if name in placement else cancellation)[name] = value
    return Order("acme", order_id, "cancelled", Placement(**placement), {}, Cancellation(**cancellation))


def one_of_each() -> list[Order]:
    """Two orders out of stock, one international, one mis-linked SKU: the mail of the pictures."""
    return [
        auto_cancelled("A-1042", detail="LAX1 and EWR2 have none left; the next delivery is due on 30 November."),
        auto_cancelled(
            "A-1057",
            marketplace="walmart",
            marketplace_order_id="200004007919072",
            cancelled_at="2026-11-23T14:03:40.004Z",
            skus=("LAMP-HEAD-01", "STOVE-GAS-S"),
            detail=None,
        ),
        auto_cancelled(
            "A-1061",
            "international_unfulfillable",
            marketplace="ebay",
            marketplace_order_id="14-12377-09811",
            cancelled_at="2026-11-23T14:03:41.870Z",
            skus=("STOVE-GAS-S",),
            detail="Gas cartridges cannot be sent to Norway by air.",
        ),
        auto_cancelled(
            "A-1066",
            "mislinked_sku",
            marketplace="shopify",
            marketplace_order_id="#433433",
            cancelled_at="2026-11-23T14:05:02.311Z",
            skus=("BOTTLE-1L-BLU",),
            detail=None,
        ),
    ]


def longest(count: int, character: str = "A") -> list[Order]:
    """Orders with ids of 64 characters, and whatever else may be long 10,000 characters long."""
    endless = character * 10_000
    skus = tuple(f"{number}-{endless}" for number in range(100))
    return [
        auto_cancelled(
            f"{number:04}".ljust(64, "A"),
            ("stockout", "international_unfulfillable", "mislinked_sku")[number % 3],
            marketplace=endless,
            marketplace_order_id=endless,
            skus=skus,
            detail=endless,
        )
        for number in range(count)
    ]
