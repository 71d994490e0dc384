"""What support can send to the buyer now.

Every sentence is about what has happened, or says as of when it holds, so it stays true whatever happens next. None
promises: not that a cancel will succeed, not that a parcel will come, not that money will be returned. The buyer reads
the marketplace's order id and never ours, and nothing about who shipped what from where.
"""

from order_cancellation.domain import marketplaces, orders, times
from order_cancellation.domain.orders import Order


def safe_reply(order: Order, now: str) -> str:
    """The reply for an order as it is at ``now`` (a time stamp of ``times``)."""
    number = order.placement.marketplace_order_id
    marketplace = marketplaces.name(order.placement.marketplace)
    as_of = times.to_minute(now)
    if order.cancellation:
        return (
            f"Thank you for your message. Our warehouse stopped your order {number} on "
            f"{times.to_minute(order.cancellation.cancelled_at)}, before it was packed. {marketplace} is updated "
            "separately, so the order may still be shown as open there."
        )
    if order.cancellable:
        return (
            f"Thank you for your message. As of {as_of}, your order {number} has not been cancelled. We are checking "
            "whether that is still possible, and cannot promise that it is: an order that has been packed can no "
            "longer be cancelled."
        )
    happened = {
        orders.PICKED_PACKED: "has been packed",
        orders.SHIPPED: "has been packed and handed over for delivery",
        orders.DELIVERED: "has been reported as delivered",
    }.get(order.status)
    if happened is None:  # a status of a later version: say only what is certain
        return (
            f"Thank you for your message. As of {as_of}, we have not cancelled your order {number}. We are checking it."
        )
    return (
        f"Thank you for your message. Your order {number} {happened}, so our warehouse can no longer cancel it. "
        f"If you do not want it any more, please ask us or {marketplace} about returning it."
    )
