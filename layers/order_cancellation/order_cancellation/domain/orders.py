"""The rules. What may be cancelled, and how an order moves forward, is decided by the table in this file alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from order_cancellation.domain.cancellations import Cancellation
from order_cancellation.domain.marketplaces import TO_DO
from order_cancellation.domain.times import to_datetime

RECEIVED: Final = "received"
ALLOCATED: Final = "allocated"
PICKING: Final = "picking"
PICKED_PACKED: Final = "picked_packed"
SHIPPED: Final = "shipped"
DELIVERED: Final = "delivered"
CANCELLED: Final = "cancelled"

# From which status an order may go to which. Fulfillment centers may skip steps; nothing goes back; cancelled is final.
TRANSITIONS: Final[Mapping[str, frozenset[str]]] = {
    RECEIVED: frozenset({ALLOCATED, PICKING, PICKED_PACKED, SHIPPED, DELIVERED, CANCELLED}),
    ALLOCATED: frozenset({PICKING, PICKED_PACKED, SHIPPED, DELIVERED, CANCELLED}),
    PICKING: frozenset({PICKED_PACKED, SHIPPED, DELIVERED, CANCELLED}),
    PICKED_PACKED: frozenset({SHIPPED, DELIVERED}),
    SHIPPED: frozenset({DELIVERED}),
    DELIVERED: frozenset(),
    CANCELLED: frozenset(),
}

STATUSES: Final = tuple(TRANSITIONS)
# An allow-list: a status that this version does not know refuses. The DynamoDB condition is built from this tuple.
CANCELLABLE: Final = tuple(status for status, reachable in TRANSITIONS.items() if CANCELLED in reachable)
# What a fulfillment center passes through, in order; it may report any of them but the first.
PROGRESS: Final = (RECEIVED, ALLOCATED, PICKING, PICKED_PACKED, SHIPPED, DELIVERED)
EVENTS: Final = PROGRESS[1:]


@dataclass(frozen=True, slots=True)
class Line:
    """So many units of one SKU."""

    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Placement:
    """An order as it was placed. ``placed_at`` is an RFC 3339 time stamp in UTC."""

    marketplace: str
    marketplace_order_id: str
    destination_country: str
    placed_at: str
    lines: tuple[Line, ...]
    fulfillment_centers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """What a fulfillment center says it did with an order, one of EVENTS, and when (RFC 3339, UTC)."""

    seller_id: str
    order_id: str
    event: str
    occurred_at: str


@dataclass(frozen=True, slots=True)
class Order:
    """One order with all its fulfillment centers: what one DynamoDB item holds.

    ``milestones`` has, for each ``fc_id``, the events that it reported and when they occurred. An auto-cancelled order
    is due for a summary while ``summary_due_at`` is set, and belongs to ``summary_id`` from then on.
    ``marketplace_mark`` is one of ``marketplaces.CANCELLATION_STATES`` once the seller said it; no cancel writes it.
    """

    seller_id: str
    order_id: str
    status: str
    placement: Placement
    milestones: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    cancellation: Cancellation | None = None
    summary_due_at: str | None = None
    summary_id: str | None = None
    marketplace_mark: str | None = None

    @property
    def marketplace_cancellation(self) -> str | None:
        """Whether a cancelled order is still to be cancelled in its marketplace; None for one that is not cancelled."""
        return (self.marketplace_mark or TO_DO) if self.status == CANCELLED else None

    @property
    def cancellable(self) -> bool:
        return self.status in CANCELLABLE

    def fulfillment_center_status(self, fc_id: str) -> str:
        """The furthest step that this fulfillment center has reported; ``received`` before its first."""
        return furthest(self.milestones.get(fc_id, {}))

    def packed(self) -> tuple[tuple[str, str], ...]:
        """(fc_id, time) of every fulfillment center that has packed its part, first packer first.

        One that skipped the report counts from the first later event: a shipped parcel was packed.
        """
        packers = []
        for fc_id, reported in self.milestones.items():
            reached = [at for event, at in reported.items() if _rank(event) >= _rank(PICKED_PACKED)]
            if reached:
                packers.append((fc_id, min(reached, key=to_datetime)))
        # as times, not as texts: centers report with different precision, and ".5Z" would sort before "Z"
        return tuple(sorted(packers, key=lambda packer: (to_datetime(packer[1]), packer[0])))


def furthest(reported: Mapping[str, str]) -> str:
    """The most advanced of the events that one fulfillment center reported."""
    return max(reported, key=_rank, default=RECEIVED)


def status_of(milestones: Mapping[str, Mapping[str, str]]) -> str:
    """The status of an uncancelled order, from the events of its fulfillment centers.

    Up to ``picked_packed`` the order is where its most advanced center is, for a packed parcel cannot be un-packed.
    Beyond that it is where its last center is: it is shipped when everything is.
    """
    ranks = [_rank(furthest(reported)) for reported in milestones.values()] or [_rank(RECEIVED)]
    return PROGRESS[max(min(ranks), min(max(ranks), _rank(PICKED_PACKED)))]


def advanced(order: Order, fc_id: str, reported: Event) -> Order | None:
    """The order after a fulfillment center's event, or None when the event is at or behind what is recorded.

    The caller has made sure that the order is not cancelled and that ``fc_id`` is one of its centers.
    """
    before = order.milestones[fc_id]
    if _rank(reported.event) <= _rank(furthest(before)):
        return None
    milestones = {**order.milestones, fc_id: {**before, reported.event: reported.occurred_at}}
    return replace(order, status=status_of(milestones), milestones=milestones)


def _rank(status: str) -> int:
    return PROGRESS.index(status)
