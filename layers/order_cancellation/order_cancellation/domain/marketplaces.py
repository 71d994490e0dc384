"""Marketplaces, and what a seller still has to do in one about an order that is cancelled here."""

from typing import Final

# As each marketplace writes itself. The portal takes its choices from here.
NAMES: Final = {"amazon": "Amazon", "ebay": "eBay", "etsy": "Etsy", "shopify": "Shopify", "walmart": "Walmart"}

# Marketplaces that write themselves as hosts: the name leads nowhere but there.
HOSTS: Final = frozenset(
    ("allegro.pl", "bol.com", "cdiscount.com", "kaufland.de", "newegg.com", "otto.de", "overstock.com", "tiktok.shop")
)

# Where a seller finds an order there, for the marketplaces that have one address for all sellers.
ORDER_PAGES: Final = {
    "amazon": "https://sellercentral.amazon.com/orders-v3/order/{id}",
    "ebay": "https://www.ebay.com/mesh/ord/details?orderid={id}",
    "etsy": "https://www.etsy.com/your/orders/sold?order_id={id}",
}

# The seller says so themselves: no marketplace tells us.
TO_DO: Final = "to_do"
SETTLED: Final = ("done", "not_needed")
CANCELLATION_STATES: Final = (TO_DO, *SETTLED)


def is_known(marketplace: str) -> bool:
    """Whether the name is one that a marketplace has; one such as amazon.de counts."""
    plain = marketplace.lower()
    return plain in HOSTS or plain.partition(".")[0] in NAMES


def name(marketplace: str) -> str:
    """The marketplace as it writes itself; an unknown one as the planner named it."""
    return NAMES.get(marketplace.lower(), marketplace)
