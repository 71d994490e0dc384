"""The catalogue of cancellation reasons. It is data: adding a reason is adding an entry."""

from typing import Final, NamedTuple

from order_cancellation.domain.cancellations import Kind


class Reason(NamedTuple):
    """Why an order was cancelled, in words that a seller understands.

    ``short`` fits a subject line ("2 out of stock"), ``short_plural`` is there where it differs ("2 mis-linked SKUs");
    ``explanation`` is true of one order and of many; ``what_to_do`` is an imperative sentence or two.
    """

    code: str
    kind: Kind
    title: str
    short: str
    explanation: str
    what_to_do: str
    short_plural: str = ""

    def counted(self, orders: int) -> str:
        """So many orders with this reason, e.g. ``1 mis-linked SKU`` or ``2 mis-linked SKUs``."""
        return f"{orders} {self.short if orders == 1 else self.short_plural or self.short}"


_ENTRIES = (
    Reason(
        "customer_request",
        "seller",
        "The customer asked for it",
        "at the customer's request",
        "Your customer no longer wants the order.",
        "Tell the customer that the order was cancelled.",
    ),
    Reason(
        "wrong_address",
        "seller",
        "Wrong address",
        "with a wrong address",
        "The order would have gone to a wrong address.",
        "Send the order again with the right address if the customer still wants it.",
    ),
    Reason(
        "duplicate_order",
        "seller",
        "Duplicate order",
        "ordered twice",
        "The order was placed more than once.",
        "Check that the other order is still there.",
    ),
    Reason(
        "pricing_error",
        "seller",
        "Pricing error",
        "with a wrong price",
        "The order was sold at a wrong price.",
        "Correct the price in the marketplace before the next order comes in.",
    ),
    Reason(
        "other",
        "seller",
        "Other",
        "for another reason",
        "The order was cancelled for a reason of your own.",
        "Nothing more is to be done here.",
    ),
    Reason(
        "stockout",
        "auto",
        "Out of stock",
        "out of stock",
        "No fulfillment center has enough stock to ship the order.",
        "Either send us more stock and place the order as a new one, or have another fulfillment service ship it, and "
        "leave it open in the marketplace; or cancel it there.",
    ),
    Reason(
        "international_unfulfillable",
        "auto",
        "International order that cannot be fulfilled",
        "international",
        "The order goes to a country that we cannot ship its goods to.",
        "Either have another fulfillment service ship it, and leave it open in the marketplace; or cancel it there. "
        "Stop offering these goods in that country.",
    ),
    Reason(
        "mislinked_sku",
        "auto",
        "Mis-linked SKU",
        "mis-linked SKU",
        "The marketplace listing is linked to a SKU that is not the product it sells, or to none.",
        "Correct the SKU link of the listing. Then either place the order as a new one, and leave it open in the "
        "marketplace; or cancel it there.",
        short_plural="mis-linked SKUs",
    ),
)

CATALOGUE: Final = {entry.code: entry for entry in _ENTRIES}
SELLER_REASONS: Final = tuple(entry.code for entry in _ENTRIES if entry.kind == "seller")
AUTO_REASONS: Final = tuple(entry.code for entry in _ENTRIES if entry.kind == "auto")
UNSTATED: Final = "other"  # what a seller's cancel without a reason is recorded as
