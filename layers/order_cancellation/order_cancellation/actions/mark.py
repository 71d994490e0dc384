"""A seller notes what they have done in the marketplace about an order that is cancelled here."""

from order_cancellation.domain import times
from order_cancellation.domain.orders import Order
from order_cancellation.domain.refusals import NotCancelled, OrderNotFound
from order_cancellation.tables.orders import Orders
from order_cancellation.tables.retention import Retention


def mark(orders: Orders, retention: Retention, seller_id: str, order_id: str, state: str) -> Order:
    """Record the state, one of ``marketplaces.CANCELLATION_STATES``; the same again changes nothing.

    Raises OrderNotFound, NotCancelled, Unavailable.
    """
    written, order = orders.mark(seller_id, order_id, state, times.now())
    if order is None:
        raise OrderNotFound(order_id)
    if not written:
        raise NotCancelled(order)
    retention.let_go(order)
    return order
