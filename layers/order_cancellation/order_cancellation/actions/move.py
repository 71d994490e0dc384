"""The network routes an order anew: parts that are not packed go from one fulfillment center to another."""

from collections.abc import Sequence

from order_cancellation.domain import times
from order_cancellation.domain.orders import CANCELLED, DELIVERED, MAX_CENTERS, PROGRESS, SHIPPED, Order, routed_to
from order_cancellation.domain.refusals import (
    InvalidRequest,
    NotMovable,
    OrderNotFound,
    PlacedAndCancelled,
    Unavailable,
    UnknownStatus,
)
from order_cancellation.observability import logger
from order_cancellation.tables.orders import TRIES, Orders
from order_cancellation.tables.retention import Retention


def move(orders: Orders, retention: Retention, seller_id: str, order_id: str, fc_ids: Sequence[str]) -> Order:
    """Let these fulfillment centers, and no others, do what is not cancelled of the order; returns it after that.

    The same again changes nothing. Raises OrderNotFound, PlacedAndCancelled, NotMovable, InvalidRequest, UnknownStatus,
    Unavailable.
    """
    order = orders.find(seller_id, order_id)
    for _ in range(TRIES):
        seen = _movable(order, order_id, fc_ids)
        if set(seen.live) == set(fc_ids):
            retention.let_go(seen)  # whoever moved it may have died before
            return seen
        written, order = orders.move(seen, routed_to(seen, fc_ids, times.now()))
        if written and order is not None:
            retention.let_go(order)  # what was left of it may have been delivered already
            logger.info("move", extra={"seller_id": seller_id, "order_id": order_id, "fulfillment_centers": fc_ids})
            return order
    raise Unavailable


def _movable(order: Order | None, order_id: str, fc_ids: Sequence[str]) -> Order:
    if order is None:
        raise OrderNotFound(order_id)
    if order.status == CANCELLED:
        raise PlacedAndCancelled(order)
    if order.status not in PROGRESS:
        raise UnknownStatus(order)
    if cancelled := [fc_id for fc_id in fc_ids if order.cancellation_of(fc_id)]:
        raise NotMovable(order, cancelled, "part_withdrawn")
    packed = [fc_id for fc_id, _ in order.packed()]
    if stuck := [fc_id for fc_id in packed if fc_id not in fc_ids]:
        raise NotMovable(order, stuck, "order_picked_packed")
    if order.status in (SHIPPED, DELIVERED) and set(fc_ids) != set(order.live):
        raise NotMovable(order, packed, f"order_{order.status}")
    if len({*fc_ids, *order.fulfillment_centers, *order.moved}) > MAX_CENTERS:
        raise InvalidRequest("fulfillment_centers", f"would give the order more than {MAX_CENTERS} fulfillment centers")
    return order
