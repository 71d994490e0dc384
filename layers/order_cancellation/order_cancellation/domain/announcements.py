"""What other systems are told of an order: that it, or a part of it, was cancelled, or was picked.

Thin on purpose: ids, kind, reason, time, centers. No note, no detail and no address leaves the order.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from order_cancellation.domain.cancellations import Cancellation
from order_cancellation.domain.orders import CANCELLED, Order

VERSION: Final = "1"  # of what is told; a reader leaves out what it does not know
_PACKED: Final = ("picked_packed", "shipped", "delivered")  # a center may skip what it reports


class Announcement(NamedTuple):
    """``kind`` is the event's detail-type, ``detail`` its content."""

    kind: Literal["OrderCancelled", "OrderPicked"]
    detail: Mapping[str, Any]


def announcements(before: Order, after: Order) -> Iterator[Announcement]:
    """What one change of an order has to tell: of each cancellation once, and of each center's packing once."""
    about = {"version": VERSION, "seller_id": after.seller_id, "order_id": after.order_id}
    told = _cancellations(before)
    for cancellation_id, (cancellation, centers) in _cancellations(after).items():
        if cancellation_id not in told:
            yield Announcement(
                "OrderCancelled",
                {
                    **about,
                    "cancellation_id": cancellation_id,
                    "kind": cancellation.kind,
                    "reason": cancellation.reason,
                    "cancelled_at": cancellation.cancelled_at,
                    **({"fulfillment_centers": centers} if centers else {}),
                },
            )
    for fc_id, milestones in after.milestones.items():
        at = _packed_at(milestones)
        if at and not _packed_at(before.milestones.get(fc_id, {})):
            yield Announcement("OrderPicked", {**about, "fulfillment_center": fc_id, "picked_at": at})


def _cancellations(order: Order) -> dict[str, tuple[Cancellation, list[str]]]:
    """By id, each with the centers whose part it ended: none where it was the whole order."""
    found = {name: (each.cancellation, sorted(each.milestones)) for name, each in order.part_cancellations.items()}
    if order.status == CANCELLED and (whole := order.cancellation):
        found[whole.cancellation_id] = (whole, sorted(whole.fulfillment_centers))
    return found


def _packed_at(milestones: Mapping[str, Any]) -> str | None:
    return next((str(milestones[event]) for event in _PACKED if event in milestones), None)
