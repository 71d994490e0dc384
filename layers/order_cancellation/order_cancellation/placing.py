"""An order comes in: once under its id, however often it is sent."""

from typing import Protocol

from order_cancellation.errors import Problem
from order_cancellation.orders import Order, Placement


class PlacingStore(Protocol):
    """The one call that placing makes."""

    def place(self, seller_id: str, order_id: str, placement: Placement) -> tuple[bool, Order | None]: ...


def place(store: PlacingStore, seller_id: str, order_id: str, placement: Placement) -> tuple[bool, Order]:
    """Place the order; returns whether it is new, and the order as it is now.

    Raises Problem ``order_conflict`` where the id belongs to an order with other particulars, or Unavailable.
    """
    created, order = store.place(seller_id, order_id, placement)
    if order is None or order.placement != placement:
        raise Problem(
            "order_conflict",
            f"Order {order_id} of seller {seller_id} was placed already, with other particulars. Nothing was changed.",
            order_id=order_id,
        )
    return created, order
