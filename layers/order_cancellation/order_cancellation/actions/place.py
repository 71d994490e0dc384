"""An order comes in: once under its id, however often it is sent."""

from order_cancellation.domain.orders import Order, Placement
from order_cancellation.domain.refusals import AlreadyPlaced
from order_cancellation.tables.orders import Orders


def place(orders: Orders, seller_id: str, order_id: str, placement: Placement) -> tuple[bool, Order]:
    """Place the order; returns whether it is new, and the order as it is now.

    Raises AlreadyPlaced where the id belongs to an order with other particulars, or Unavailable.
    """
    created, order = orders.place(seller_id, order_id, placement)
    if order is None or order.placement != placement:
        raise AlreadyPlaced(seller_id, order_id)
    return created, order
