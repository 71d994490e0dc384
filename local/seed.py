"""Sellers and orders to play with, placed through the API as the network's planner does it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from local.client import Client, machine_token

SELLERS: tuple[dict[str, str], ...] = (
    {
        "seller_id": "acme",
        "username": "ops@acme.example",
        "password": "Acme-local-only-1",
        "email": "ops@acme.example",
        "name": "Acme Outdoor",
        "time_zone": "America/Los_Angeles",
    },
    {
        "seller_id": "bluebird",
        "username": "hello@bluebird.example",
        "password": "Bluebird-local-only-1",
        "email": "hello@bluebird.example",
        "name": "Bluebird Home",
        "time_zone": "Europe/Berlin",
    },
)

_GOODS = (
    ("TENT-2P-GRN", "LAMP-HEAD-01", "STOVE-GAS-S", "BOTTLE-1L-BLU"),
    ("MUG-STONE-4", "THROW-WOOL-GR", "VASE-M-WHT", "CANDLE-FIG"),
)
_MARKETPLACES = (("amazon", "113-{:07d}-{:07d}"), ("walmart", "2000{:07d}{:03d}"), ("shopify", "#{:d}{:02d}"))
_PROGRESS = ((), ("allocated",), ("allocated", "picking"), ("allocated", "picking", "picked_packed"))
_SHIPPED = (*_PROGRESS[3], "shipped")


def placement(number: int, centers: tuple[str, ...], goods: tuple[str, ...], country: str = "US") -> dict[str, Any]:
    """An order body; the number makes its particulars."""
    marketplace, pattern = _MARKETPLACES[number % len(_MARKETPLACES)]
    return {
        "marketplace": marketplace,
        "marketplace_order_id": pattern.format(4_000_000 + number * 7919, number % 100),
        "destination_country": country,
        "placed_at": ago(hours=30 - number % 24),
        "lines": [{"sku": goods[(number + i) % len(goods)], "quantity": 1 + i} for i in range(1 + number % 2)],
        "fulfillment_centers": list(centers),
    }


def network_client(description: dict[str, Any]) -> Client:
    """The planner, with both of its scopes."""
    network = description["network"]
    token = machine_token(
        description["token_url"], network["client_id"], network["client_secret"], "network/orders network/sellers"
    )
    return Client(description["api_url"], token, "planner")


def fulfillment_center_client(description: dict[str, Any], fc_id: str) -> Client:
    """A fulfillment center by its own credentials."""
    center = next(entry for entry in description["fulfillment_centers"] if entry["fc_id"] == fc_id)
    token = machine_token(description["token_url"], center["client_id"], center["client_secret"], "fulfillment/events")
    return Client(description["api_url"], token, fc_id)


def orders(description: dict[str, Any], reached: Callable[[str], object]) -> None:
    """Register the sellers and place forty orders each, at every stage of their way; ``reached`` is told how far."""
    planner = network_client(description)
    centers = {
        entry["fc_id"]: fulfillment_center_client(description, entry["fc_id"])
        for entry in description["fulfillment_centers"]
    }
    for seller, goods, prefix in zip(SELLERS, _GOODS, "AB", strict=True):
        contact = {name: seller[name] for name in ("name", "email", "time_zone")} | {"summaries": "each_batch"}
        _expect(planner.put(f"/sellers/{seller['seller_id']}", contact).status, 200)
        for number in range(1, 41):
            order_id = f"{prefix}-{1000 + number}"
            reached(f"orders of {seller['name']}: {number} of 40")
            split = ("LAX1", "EWR2") if number % 5 == 0 else ("LAX1",) if number % 2 else ("EWR2",)
            route = f"/sellers/{seller['seller_id']}/orders/{order_id}"
            _expect(planner.put(route, placement(number, split, goods)).status, 201)
            events = _SHIPPED if number % 10 == 9 else _PROGRESS[number % len(_PROGRESS)]
            for step, event in enumerate(events):
                at = ago(minutes=40 - 10 * step)
                _expect(centers[split[0]].report(split[0], seller["seller_id"], order_id, event, at).status, 200)


def ago(**duration: float) -> str:
    """The time stamp of so long ago, as a fulfillment center reports it; of now, without any."""
    moment = datetime.now(UTC) - timedelta(**duration)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _expect(status: int, expected: int) -> None:
    if status != expected:
        raise RuntimeError(f"The API answered {status} instead of {expected} while seeding.")
