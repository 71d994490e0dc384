"""A fulfillment center's event: forward only, never over a cancellation."""

from typing import Literal

from order_cancellation.domain.orders import CANCELLED, PROGRESS, Event, Order, advanced
from order_cancellation.domain.refusals import OrderNotFound, PutBack, PutBackPart, UnknownStatus
from order_cancellation.observability import logger
from order_cancellation.tables.orders import Orders
from order_cancellation.tables.retention import Retention

Outcome = Literal["recorded", "already_recorded"]


def report(orders: Orders, retention: Retention, fc_id: str, reported: Event) -> tuple[Outcome, Order]:
    """Record the event and return the order after it.

    Raises OrderNotFound (also where the order is none of this center's), PutBack where it is cancelled, PutBackPart
    where the center's part is, or has become another's, UnknownStatus, Unavailable.
    """
    order = orders.find(reported.seller_id, reported.order_id)
    # Each round that fails lost to another event or to a cancel, and an order sees only so many of them: this ends.
    while True:
        seen = _open_for(order, fc_id, reported)
        after = advanced(seen, fc_id, reported)
        if after is None:
            retention.let_go(seen)  # whoever recorded it may have died before
            return "already_recorded", seen
        written, order = orders.advance(seen, after)
        if written and order is not None:
            retention.let_go(order)
            logger.info("event", extra={"seller_id": order.seller_id, "order_id": order.order_id, "fc_id": fc_id})
            return "recorded", order


def _open_for(order: Order | None, fc_id: str, reported: Event) -> Order:
    if order is None or fc_id not in (*order.fulfillment_centers, *order.moved):
        raise OrderNotFound(reported.order_id)
    if order.status == CANCELLED:
        raise PutBack(order)
    if fc_id not in order.live:
        raise PutBackPart(order, fc_id)
    if order.status not in PROGRESS:
        raise UnknownStatus(order)
    return order
