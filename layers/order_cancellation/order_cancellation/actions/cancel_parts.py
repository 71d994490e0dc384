"""The cancel of parts of an order: read, decide, write if the order is still as it was read.

Two DynamoDB calls, and one more for each time that somebody else changed the order between the two.
"""

from collections.abc import Sequence

from order_cancellation.domain.cancellations import CancelCommand, Cancellation
from order_cancellation.domain.orders import PROGRESS, Order, without
from order_cancellation.domain.refusals import (
    InvalidRequest,
    NotCancellable,
    OrderNotFound,
    PartsMoved,
    PartsPacked,
    Unavailable,
)
from order_cancellation.tables.orders import TRIES, Orders


def cancel_parts(
    orders: Orders, command: CancelCommand, asked: Cancellation, summary_due_at: str | None
) -> tuple[Order, Cancellation]:
    """Cancel the parts that the command names, all of them or none.

    Returns the order after it, and the cancellation that ended them: an earlier one where nothing was left to cancel.
    Raises OrderNotFound, InvalidRequest, PartsPacked, PartsMoved, NotCancellable, Unavailable.
    """
    order = orders.find(command.seller_id, command.order_id)
    for _ in range(TRIES):
        if order is None:
            raise OrderNotFound(command.order_id)
        live = _live(order, command.fulfillment_centers)
        if not live:
            return order, _first(order, command.fulfillment_centers, asked)
        after = without(order, live, asked)
        written, now = orders.cancel_parts(order, after, asked, summary_due_at)
        if written and now:
            return now, asked
        order = now
    raise Unavailable


def _live(order: Order, named: Sequence[str]) -> Sequence[str]:
    """Those of the named parts that are to be cancelled now; none where all are cancelled already."""
    unknown = [fc_id for fc_id in named if fc_id not in (*order.fulfillment_centers, *order.moved)]
    if unknown:
        raise InvalidRequest("fulfillment_centers", f"names {unknown[0]}, which has no part of order {order.order_id}")
    live = [fc_id for fc_id in named if fc_id in order.live]
    if moved := [fc_id for fc_id in named if fc_id not in order.fulfillment_centers]:
        raise PartsMoved(order, moved)
    if live and order.status not in PROGRESS:
        raise NotCancellable(order)
    if packed := [fc_id for fc_id in live if fc_id not in order.still_cancellable]:
        raise PartsPacked(order, packed)
    return live


def _first(order: Order, named: Sequence[str], asked: Cancellation) -> Cancellation:
    """Of the cancellations that ended the named parts, the one that was asked for, or else that of the first."""
    ended = [cancellation for fc_id in named if (cancellation := order.cancellation_of(fc_id))]
    own = (cancellation for cancellation in ended if cancellation.cancellation_id == asked.cancellation_id)
    return next(own, ended[0])
