"""An order comes in: once under its id, however often it is sent."""

from order_cancellation.domain.orders import CANCELLED, Order, Placement
from order_cancellation.domain.refusals import AlreadyPlaced, PlacedAndCancelled
from order_cancellation.tables.orders import Orders


def place(orders: Orders, seller_id: str, order_id: str, placement: Placement) -> tuple[bool, Order]:
    """Place the order; returns whether it is new, and the order as it is now.

    Raises PlacedAndCancelled or AlreadyPlaced where the id belongs to an order that is cancelled, or that has other
    particulars; or Unavailable.
    """
    created, order = orders.place(seller_id, order_id, placement)
    if order and order.status == CANCELLED:
        raise PlacedAndCancelled(order)
    if order is None or not order.placement.says_the_same_as(placement):
        raise AlreadyPlaced(seller_id, order_id)
    return created, order
