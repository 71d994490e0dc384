"""Marketplaces, and what a seller still has to do in one about an order that is cancelled here."""

from typing import Final

# As each marketplace writes itself. The portal takes its choices from here.
NAMES: Final = {"amazon": "Amazon", "ebay": "eBay", "etsy": "Etsy", "shopify": "Shopify", "walmart": "Walmart"}

# Where a seller finds an order there, for the marketplaces that have one address for all sellers.
ORDER_PAGES: Final = {
    "amazon": "https://sellercentral.amazon.com/orders-v3/order/{id}",
    "ebay": "https://www.ebay.com/mesh/ord/details?orderid={id}",
    "etsy": "https://www.etsy.com/your/orders/sold?order_id={id}",
}

# The seller says so themselves: no marketplace tells us.
TO_DO: Final = "to_do"
CANCELLATION_STATES: Final = (TO_DO, "done", "not_needed")


def name(marketplace: str) -> str:
    """The marketplace as it writes itself; an unknown one as the planner named it."""
    return NAMES.get(marketplace.lower(), marketplace)
