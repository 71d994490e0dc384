"""The rules. What may be cancelled, and how an order moves forward, is decided by the table in this file alone."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

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
# Between a fulfillment center's clock and ours. Further ahead is refused; further behind is late, or a wrong clock.
MAX_CLOCK_DIFFERENCE: Final = timedelta(days=1)


class Line(NamedTuple):
    """So many units of one SKU."""

    sku: str
    quantity: int


class Placement(NamedTuple):
    """An order as it was placed. ``placed_at`` is an RFC 3339 time stamp in UTC."""

    marketplace: str
    marketplace_order_id: str
    destination_country: str
    placed_at: str
    lines: tuple[Line, ...]
    fulfillment_centers: tuple[str, ...]

    def says_the_same_as(self, other: "Placement") -> bool:
        """Whether both place the same order. The same moment may be written with or without fractions of a second."""
        moments = to_datetime(self.placed_at), to_datetime(other.placed_at)
        return moments[0] == moments[1] and self._replace(placed_at=other.placed_at) == other


class Event(NamedTuple):
    """What a fulfillment center says it did with an order, one of EVENTS, and when; ``received_at`` is by our clock."""

    seller_id: str
    order_id: str
    event: str
    occurred_at: str
    received_at: str


class Order(NamedTuple):
    """One order with all its fulfillment centers: what one DynamoDB item holds.

    ``milestones`` has, for each ``fc_id``, the events that it reported and when they occurred, ``receipts`` when we
    heard of them. Both may hold what only a later version understands; ``reported`` leaves that out. An auto-cancelled
    order is due for a summary while ``summary_due_at`` is set, and belongs to ``summary_id`` from then on.
    ``marketplace_mark`` is one of ``marketplaces.CANCELLATION_STATES`` once the seller said it; no cancel writes it.
    """

    seller_id: str
    order_id: str
    status: str
    placement: Placement
    milestones: Mapping[str, Mapping[str, Any]] = {}
    cancellation: Cancellation | None = None
    summary_due_at: str | None = None
    summary_id: str | None = None
    marketplace_mark: str | None = None
    receipts: Mapping[str, Mapping[str, Any]] = {}

    @property
    def marketplace_cancellation(self) -> str | None:
        """Whether a cancelled order is still to be cancelled in its marketplace; None for one that is not cancelled."""
        return (self.marketplace_mark or TO_DO) if self.status == CANCELLED else None

    @property
    def cancellable(self) -> bool:
        return self.status in CANCELLABLE

    def reported(self, fc_id: str) -> Mapping[str, str]:
        """The events of this fulfillment center that this version knows, in their order, and when they occurred."""
        return _known(self.milestones.get(fc_id, {}))

    def fulfillment_center_status(self, fc_id: str) -> str:
        """The furthest step that this fulfillment center has reported; ``received`` before its first."""
        return furthest(self.reported(fc_id))

    def packed(self) -> tuple[tuple[str, str], ...]:
        """(fc_id, time) of every fulfillment center that has packed its part, first packer first.

        One that never reported it counts from its first later event: a shipped parcel was packed.
        """
        packers = []
        for fc_id in self.milestones:
            reached = {event: at for event, at in self.reported(fc_id).items() if _rank(event) >= _rank(PICKED_PACKED)}
            if reached:
                event = (
                    PICKED_PACKED if PICKED_PACKED in reached else min(reached, key=lambda e: to_datetime(reached[e]))
                )
                packers.append((self._believed(fc_id, event, reached[event]), fc_id, reached[event]))
        return tuple((fc_id, at) for _, fc_id, at in sorted(packers))

    def _believed(self, fc_id: str, event: str, at: str) -> datetime:
        """When an event occurred: by the center's clock, but by ours where the two are more than a day apart."""
        occurred, received = to_datetime(at), self.receipts.get(fc_id, {}).get(event)
        if isinstance(received, str) and abs(to_datetime(received) - occurred) > MAX_CLOCK_DIFFERENCE:
            return to_datetime(received)
        return occurred


def furthest(reported: Mapping[str, str]) -> str:
    """The most advanced of the events that one fulfillment center reported."""
    return max(reported, key=_rank, default=RECEIVED)


def status_of(milestones: Mapping[str, Mapping[str, Any]]) -> str:
    """The status of an uncancelled order, from the events of its fulfillment centers.

    Up to ``picked_packed`` the order is where its most advanced center is: a packed parcel cannot be unpacked.
    Beyond that it is where its last center is: it is shipped when everything is.
    """
    ranks = [_rank(furthest(_known(reported))) for reported in milestones.values()] or [_rank(RECEIVED)]
    return PROGRESS[max(min(ranks), min(max(ranks), _rank(PICKED_PACKED)))]


def advanced(order: Order, fc_id: str, event: Event) -> Order | None:
    """The order after a fulfillment center's event, or None when that event is recorded already.

    One that comes late, behind what the center has reported since, is recorded with its own time; the status never
    moves back. The caller has made sure that the status is one of PROGRESS, and ``fc_id`` one of the order's centers.
    """
    before = order.milestones[fc_id]
    if event.event in before:
        return None
    milestones = {**order.milestones, fc_id: {**before, event.event: event.occurred_at}}
    receipts = {**order.receipts, fc_id: {**order.receipts.get(fc_id, {}), event.event: event.received_at}}
    status = max(order.status, status_of(milestones), key=_rank)
    return order._replace(status=status, milestones=milestones, receipts=receipts)


def _known(reported: Mapping[str, Any]) -> dict[str, str]:
    return {event: reported[event] for event in EVENTS if isinstance(reported.get(event), str)}


def _rank(status: str) -> int:
    return PROGRESS.index(status)
