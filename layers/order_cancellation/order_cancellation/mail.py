"""Placeholder until the mail branch lands."""

from collections.abc import Sequence
from dataclasses import dataclass

from order_cancellation.orders import Order
from order_cancellation.requests import Contact


@dataclass(frozen=True, slots=True)
class Mail:
    subject: str
    html: str
    text: str


def compose(
    contact: Contact, summary_id: str, orders: Sequence[Order], part: int = 1, parts: int = 1, portal_origin: str = ""
) -> Mail:
    text = (
        f"{contact.name} {part}/{parts} {portal_origin} " + "\n".join(order.order_id for order in orders) + summary_id
    )
    return Mail(f"{len(orders)} orders cancelled", text, text)
