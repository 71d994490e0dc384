"""What is said of a split order: first what goes on, then what does not, each part by what is true of it.

A part is what one fulfillment center does of an order.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from order_cancellation.domain import orders, times
from order_cancellation.domain.cancellations import Cancellation
from order_cancellation.domain.orders import Order

_REACHED: Final = {
    orders.PICKED_PACKED: "has packed its part",
    orders.SHIPPED: "has shipped its part",
    orders.DELIVERED: "has delivered its part",
}


def is_split(order: Order) -> bool:
    """Whether there is, or was, more than one part: then no sentence may speak of the order as of one parcel."""
    return len(order.fulfillment_centers) > 1


def listed(names: Sequence[str]) -> str:
    """e.g. ``LAX1``, ``LAX1 and EWR2``, ``LAX1, EWR2 and ONT8``."""
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def the_parts(fc_ids: Sequence[str], order: Order) -> str:
    """e.g. ``EWR2's part of order A-1001``, ``EWR2's and ONT8's parts of order A-1001``."""
    return f"{listed([f"{fc_id}'s" for fc_id in fc_ids])} {_part(fc_ids)} of order {order.order_id}"


def what_goes_on(order: Order) -> str:
    """A sentence about every part that is not cancelled: how far it has come. Empty where there is none."""
    if not order.live:
        return ""
    said = [f"{fc_id} {_REACHED.get(order.fulfillment_center_status(fc_id), _not_packed)}" for fc_id in order.live]
    return f"{listed(said)}."


def what_was_cancelled(order: Order, how: Callable[[str, Cancellation], str]) -> str:
    """Sentences about the parts that were cancelled by themselves; ``how`` words one of them."""
    return " ".join(
        how(the_parts(tuple(sorted(each.milestones)), order), each.cancellation) for each in in_sequence(order)
    )


def in_sequence(order: Order) -> Iterable[orders.PartCancellation]:
    """The cancellations of parts, the first one first."""
    return sorted(
        order.part_cancellations.values(), key=lambda each: (each.cancellation.cancelled_at, *sorted(each.milestones))
    )


def why_not_whole(order: Order, packed: Sequence[tuple[str, str]]) -> str:
    """Why a split order cannot be cancelled as a whole, and what of it can."""
    fc_id, at = packed[0]
    left = order.still_cancellable
    rest = f" {the_parts(left, order)} can still be cancelled." if left else ""
    return (
        f"Order {order.order_id} can no longer be cancelled as a whole: "
        f"fulfillment center {fc_id} picked and packed its part on {times.to_minute(at)}.{rest}"
    )


def too_late(order: Order, packed: Sequence[str]) -> str:
    """Why the parts that were named cannot be cancelled."""
    when = dict(order.packed())
    said = [f"{fc_id} picked and packed its part on {times.to_minute(when[fc_id])}" for fc_id in packed]
    return (
        f"{the_parts(packed, order)} can no longer be cancelled: {listed(said)}. Of what was asked, nothing was "
        "cancelled."
    )


def _part(fc_ids: Sequence[str]) -> str:
    return "part" if len(fc_ids) == 1 else "parts"


_not_packed: Final = "has not packed its part yet"
