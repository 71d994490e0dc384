"""The cancel: one command, one conditional write, one definite answer. Of parts of an order: ``cancel_parts``.

command ──▶ cancellation (id from the Idempotency-Key or the request) ──▶ Orders.cancel: one UpdateItem
    written          the order is ours: ``cancelled``
    refused, and the order that won comes back with the refusal:
        none                              OrderNotFound
        cancelled under our own id        ``cancelled``: an earlier try of this very request won (G3)
        cancelled under another id        ``already_cancelled``, with the first cancellation
        packed, shipped, delivered        NotCancellable, which says what won, where and when
"""

from typing import Literal, NamedTuple

from order_cancellation.actions.cancel_parts import cancel_parts
from order_cancellation.domain import summaries, times
from order_cancellation.domain.cancellations import CancelCommand, Cancellation, Identity
from order_cancellation.domain.orders import Order
from order_cancellation.domain.refusals import KeyReused, NotCancellable, OrderNotFound, Refusal
from order_cancellation.observability import logger
from order_cancellation.tables.orders import Orders


class Cancelled(NamedTuple):
    """The order is cancelled, or the parts that were named: ``cancellation`` is what ended them.

    ``replayed``: an earlier request with the same key did it, this one changed nothing.
    """

    order: Order
    outcome: Literal["cancelled", "already_cancelled"]
    cancellation: Cancellation
    fulfillment_centers: tuple[str, ...] = ()
    replayed: bool = False


def cancel(orders: Orders, identity: Identity, command: CancelCommand) -> Cancelled:
    """Cancel one order in one DynamoDB call, or parts of it in two.

    An ``auto`` cancellation is due for a summary from this moment on; a seller's own is not.
    Raises OrderNotFound, NotCancellable, KeyReused, Unavailable; and what ``cancel_parts`` does.
    """
    now = times.now()
    asked = Cancellation.of(command, identity, now)
    due = summaries.due_after(now) if command.kind == "auto" else None
    audit = {
        "seller_id": command.seller_id,
        "order_id": command.order_id,
        "kind": command.kind,
        "cancellation_id": asked.cancellation_id,
        **({"fulfillment_centers": command.fulfillment_centers} if command.fulfillment_centers else {}),
    }
    try:
        carry_out = cancel_parts if command.fulfillment_centers else _cancel_order
        cancelled = _outcome(asked, *carry_out(orders, command, asked, due))
    except Refusal as refusal:
        logger.info("cancel refused", extra={**audit, "code": refusal.code})
        raise
    logger.info("cancel", extra={**audit, "outcome": cancelled.outcome, "replayed": cancelled.replayed})
    return cancelled


def _cancel_order(
    orders: Orders, command: CancelCommand, asked: Cancellation, due: str | None
) -> tuple[Order, Cancellation]:
    """The order after it, and the cancellation that ended it."""
    _, order = orders.cancel(command.seller_id, command.order_id, asked, due)
    if order is None:
        raise OrderNotFound(command.order_id)
    if order.cancellation is None:
        raise NotCancellable(order)
    return order, order.cancellation


def _outcome(asked: Cancellation, order: Order, first: Cancellation) -> Cancelled:
    named = asked.fulfillment_centers
    if first.cancellation_id != asked.cancellation_id:
        return Cancelled(order, "already_cancelled", first, named)
    if not first.says_the_same_as(asked):
        raise KeyReused(order)
    return Cancelled(order, "cancelled", first, named, replayed=first.request_id != asked.request_id)
