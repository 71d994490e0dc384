"""The words that the portal has from the service: statuses, marketplaces and reasons, each written once, in the layer.

They are part of the portal's config.json, which is made when the portal is published or served, so the portal needs no
build step and a new reason is one entry in the layer's catalog.
"""

from pathlib import Path
from typing import Any

from order_cancellation.domain import marketplaces, orders, reasons

ROOT = Path(__file__).resolve().parent.parent


def catalog() -> dict[str, Any]:
    """``statuses`` in their order, ``steps`` of a fulfillment center, names of ``marketplaces``, and ``reasons``."""
    return {
        "statuses": list(orders.STATUSES),
        "steps": list(orders.EVENTS),
        "marketplaces": dict(marketplaces.NAMES),
        "order_pages": dict(marketplaces.ORDER_PAGES),
        "reasons": [
            {"code": reason.code, "kind": reason.kind, "title": reason.title, "what_to_do": reason.what_to_do}
            for reason in reasons.CATALOGUE.values()
        ],
    }
