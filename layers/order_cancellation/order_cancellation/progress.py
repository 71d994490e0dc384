"""A fulfillment center's event: forward only, never over a cancellation."""

from typing import Literal, Protocol

from order_cancellation import answers, orders
from order_cancellation.errors import OrderNotFound, Problem
from order_cancellation.observability import logger
from order_cancellation.orders import Order
from order_cancellation.requests import FulfillmentEvent

Outcome = Literal["recorded", "already_recorded"]


class ProgressStore(Protocol):
    """The calls that recording an event makes."""

    def find(self, seller_id: str, order_id: str) -> Order | None: ...
    def advance(self, seen: Order, to: Order) -> tuple[bool, Order | None]: ...


def record(store: ProgressStore, fc_id: str, reported: FulfillmentEvent) -> tuple[Outcome, Order]:
    """Record the event and return the order after it.

    Raises OrderNotFound (also where the order is none of this center's), Problem ``order_cancelled`` with the
    instruction to put the goods back, or Unavailable.
    """
    order = store.find(reported.seller_id, reported.order_id)
    # Each round that fails lost to another event or to a cancel, and an order sees only so many of them: this ends.
    while True:
        seen = _open_for(order, fc_id, reported.order_id)
        advanced = orders.record(seen, fc_id, reported.event, reported.occurred_at)
        if advanced is None:
            return "already_recorded", seen
        written, order = store.advance(seen, advanced)
        if written and order is not None:
            logger.info("event", extra={"seller_id": order.seller_id, "order_id": order.order_id, "fc_id": fc_id})
            return "recorded", order


def _open_for(order: Order | None, fc_id: str, order_id: str) -> Order:
    if order is None or fc_id not in order.milestones:
        raise OrderNotFound(order_id)
    if order.cancellation:
        raise Problem("order_cancelled", **answers.put_back(order))
    return order
