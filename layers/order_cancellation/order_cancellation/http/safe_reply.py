"""What support can send to the buyer now.

Every sentence is about what has happened, or says as of when it holds, so it stays true whatever happens next. None
promises: not that a cancel will succeed, not that a parcel will come, not that money will be returned. The buyer reads
the marketplace's order id and never ours, and nothing about who shipped what from where.
"""

from datetime import UTC, tzinfo
from typing import Final

from order_cancellation.domain import marketplaces, orders, times
from order_cancellation.domain.orders import Order

_HAPPENED: Final = {
    orders.DELIVERED: "has been reported as delivered",
    orders.SHIPPED: "has been packed and handed over for delivery",
    orders.PICKED_PACKED: "has been packed",
}


def safe_reply(order: Order, now: str, zone: tzinfo = UTC) -> str:
    """The reply for an order as it is at ``now`` (a time stamp of ``times``), with the times of that zone."""
    number = order.placement.marketplace_order_id
    marketplace = marketplaces.name(order.placement.marketplace)
    as_of = times.to_minute(now, zone)
    if order.cancellation:
        return (
            f"Thank you for your message. Our warehouse stopped your order {number} on "
            f"{times.to_minute(order.cancellation.cancelled_at, zone)}, before it was packed. {marketplace} is updated "
            "separately, so the order may still be shown as open there."
        )
    if order.status not in orders.PROGRESS:  # a status of a later version: say only what is certain
        return (
            f"Thank you for your message. As of {as_of}, we have not cancelled your order {number}. We are checking it."
        )
    if order.part_cancellations or (order.still_cancellable and not order.cancellable):
        return f"Thank you for your message. {_in_parts(order, as_of, zone)}"
    if order.cancellable:
        return (
            f"Thank you for your message. As of {as_of}, your order {number} has not been cancelled. We are checking "
            "whether that is still possible, and cannot promise that it is: an order that has been packed can no "
            "longer be cancelled."
        )
    return (
        f"Thank you for your message. Your order {number} {_HAPPENED[order.status]}, so our warehouse can no longer "
        f"cancel it. If you do not want it any more, please ask us or {marketplace} about returning it."
    )


def _in_parts(order: Order, as_of: str, zone: tzinfo) -> str:
    """What became of an order that did not stay together: what was packed first, what was cancelled last."""
    number = order.placement.marketplace_order_id
    marketplace = marketplaces.name(order.placement.marketplace)
    reached = [order.fulfillment_center_status(fc_id) for fc_id in order.live]
    said = [f"Part of your order {number} {what}." for status, what in _HAPPENED.items() if status in reached]
    if said:
        said.append(f"If you do not want it any more, please ask us or {marketplace} about returning it.")
    if order.still_cancellable:
        said.append(
            f"As of {as_of}, part of your order {number} has neither been packed nor cancelled. We are checking "
            "whether it can still be cancelled, and cannot promise that it can."
        )
    if order.part_cancellations:
        last = times.to_minute(max(each.cancellation.cancelled_at for each in order.part_cancellations.values()), zone)
        said.append(
            f"Our warehouse stopped part of your order {number}, before it was packed; the last time on "
            f"{last}. {marketplace} is updated separately, so it may still be shown as open there."
            if len(order.part_cancellations) > 1
            else f"Our warehouse stopped part of your order {number} on {last}, before it was packed. "
            f"{marketplace} is updated separately, so it may still be shown as open there."
        )
    return " ".join(said)
