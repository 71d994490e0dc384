"""The rules. What may be cancelled, and how an order moves forward, is decided by the table in this file alone."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from order_cancellation.domain.cancellations import Cancellation
from order_cancellation.domain.marketplaces import SETTLED, TO_DO
from order_cancellation.domain.summaries import WITHOUT_SUMMARY
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
MAX_CENTERS: Final = 100  # that ever had a part of an order: each stays in its item
MAX_CLOCK_DIFFERENCE: Final = timedelta(days=1)


class Line(NamedTuple):
    """So many units of one SKU, and which fulfillment center is to ship them, where the planner says so."""

    sku: str
    quantity: int
    fulfillment_center: str | None = None


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


class PartCancellation(NamedTuple):
    """A cancellation of parts of an order that goes on, and what their fulfillment centers had reported by then.

    ``summary_id`` is the summary that tells of it, once there is one.
    """

    cancellation: Cancellation
    milestones: Mapping[str, Mapping[str, Any]]
    summary_id: str | None = None


class Order(NamedTuple):
    """One order with all its fulfillment centers: what one DynamoDB item holds.

    ``milestones`` has a key for each fulfillment center whose part was not taken from the order: the events that it
    reported and when they occurred, ``receipts`` when we heard of them. Both may hold what only a later version
    understands; ``reported`` leaves that out. What was taken from the order is in ``part_cancellations``, by
    cancellation id, and in ``moved``: the centers whose part went to another, each with ``at``. So nothing that counts
    only milestones counts these parts. ``cancellation`` ended the order, with every part that was left.

    While ``summary_due_at`` is set, an auto-cancellation of the order or of parts of it is due for a summary.
    ``summary_id`` is the summary that tells of the order's own. ``marketplace_mark`` is one of
    ``marketplaces.CANCELLATION_STATES`` once the seller said it. ``expires_at``, in seconds since the epoch, is set
    while it is over and may be deleted from then on.
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
    part_cancellations: Mapping[str, PartCancellation] = {}
    moved: Mapping[str, Mapping[str, Any]] = {}
    expires_at: int | None = None

    @property
    def marketplace_cancellation(self) -> str | None:
        """Whether the seller still has to do in the marketplace what was done here; None where nothing was."""
        return (self.marketplace_mark or TO_DO) if self.status == CANCELLED or self.part_cancellations else None

    @property
    def cancellable(self) -> bool:
        """Whether the whole order can be cancelled."""
        return self.status in CANCELLABLE

    @property
    def partially_cancelled(self) -> bool:
        """Whether parts of the order are cancelled, and others are not."""
        return bool(self.part_cancellations) and self.status != CANCELLED

    @property
    def fulfillment_centers(self) -> tuple[str, ...]:
        """Those that have a part of the order, or whose part was cancelled, in the order in which they were named."""
        cancelled = (fc_id for each in self.part_cancellations.values() for fc_id in each.milestones)
        present = {*self.milestones, *cancelled}
        placed = [fc_id for fc_id in self.placement.fulfillment_centers if fc_id in present or fc_id not in self.moved]
        return (*placed, *sorted(present.difference(placed)))

    @property
    def live(self) -> tuple[str, ...]:
        """The fulfillment centers whose part is not cancelled."""
        return tuple(fc_id for fc_id in self.fulfillment_centers if not self.cancellation_of(fc_id))

    @property
    def still_cancellable(self) -> tuple[str, ...]:
        """The fulfillment centers whose part can be cancelled: of an order in a status that this version knows."""
        if self.status not in PROGRESS:
            return ()
        packed = {fc_id for fc_id, _ in self.packed()}
        return tuple(fc_id for fc_id in self.live if fc_id not in packed)

    @property
    def due(self) -> tuple[Cancellation, ...]:
        """The auto-cancellations, of parts and of the order, that no summary has yet; the first one first."""
        if self.summary_due_at is None:
            return ()
        parts = [each.cancellation for each in self.part_cancellations.values() if each.summary_id is None]
        own = [self.cancellation] if self.cancellation and self.summary_id is None else []
        found = (each for each in (*parts, *own) if each.kind == "auto")
        return tuple(sorted(found, key=_when))

    @property
    def over(self) -> bool:
        """Whether nothing is left to be done about the order, here or in the marketplace, and nothing of it is due."""
        auto = [each for each in self.part_cancellations.values() if each.cancellation.kind == "auto"]
        return (
            self.status in (DELIVERED, CANCELLED)
            and self.marketplace_cancellation in (None, *SETTLED)
            and self.summary_due_at is None
            and all(each.summary_id for each in auto)
            and not (self.cancellation and self.cancellation.kind == "auto" and not self.summary_id)
        )

    @property
    def told_in(self) -> frozenset[str]:
        """The summaries that tell of auto-cancellations, of parts and of the order."""
        found = {self.summary_id, *(each.summary_id for each in self.part_cancellations.values())}
        return frozenset(summary_id for summary_id in found if summary_id and summary_id != WITHOUT_SUMMARY)

    def cancellations(self) -> tuple[Cancellation, ...]:
        """All that ended parts of the order, or what was left of it; the first one first."""
        parts = sorted(self.part_cancellations.values(), key=lambda each: _when(each.cancellation))
        return (*(each.cancellation for each in parts), *([self.cancellation] if self.cancellation else []))

    def cancellation_of(self, fc_id: str) -> Cancellation | None:
        """What ended the part of this fulfillment center: a cancellation of its own, or that of the order."""
        for each in self.part_cancellations.values():
            if fc_id in each.milestones:
                return each.cancellation
        return self.cancellation if fc_id in self.milestones else None

    def reported(self, fc_id: str) -> Mapping[str, str]:
        """The events of this fulfillment center that this version knows, in their order, and when they occurred."""
        for each in self.part_cancellations.values():
            if fc_id in each.milestones:
                return _known(each.milestones[fc_id])
        return _known(self.milestones.get(fc_id, {}))

    def fulfillment_center_status(self, fc_id: str) -> str:
        """``cancelled``, or the furthest step that this center has reported; ``received`` before its first."""
        return CANCELLED if self.cancellation_of(fc_id) else furthest(self.reported(fc_id))

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


def without(order: Order, fc_ids: Iterable[str], cancellation: Cancellation) -> Order:
    """The order after this cancellation of parts, each one in ``still_cancellable``.

    Where no other part is left, the order itself is cancelled.
    """
    ended = {fc_id: order.milestones[fc_id] for fc_id in fc_ids}
    left = {fc_id: reported for fc_id, reported in order.milestones.items() if fc_id not in ended}
    if not left:
        return order._replace(status=CANCELLED, cancellation=cancellation, marketplace_mark=None)
    taken = {**order.part_cancellations, cancellation.cancellation_id: PartCancellation(cancellation, ended)}
    return order._replace(status=status_of(left), milestones=left, part_cancellations=taken, marketplace_mark=None)


def routed_to(order: Order, fc_ids: Sequence[str], at: str) -> Order:
    """The order after its parts that are not cancelled went to these fulfillment centers, and to no other.

    The caller has made sure that none of those that leave has packed, and that none that is named is cancelled.
    """
    live = {fc_id: order.milestones.get(fc_id, {}) for fc_id in fc_ids}
    left = {fc_id: {"at": at} for fc_id in order.milestones if fc_id not in live}
    moved = {fc_id: each for fc_id, each in order.moved.items() if fc_id not in live} | left
    # What a center reported of a part that it does no more says nothing of one that it may get again.
    receipts = {fc_id: received for fc_id, received in order.receipts.items() if fc_id not in left}
    return order._replace(status=status_of(live), milestones=live, moved=moved, receipts=receipts)


def _known(reported: Mapping[str, Any]) -> dict[str, str]:
    return {event: reported[event] for event in EVENTS if isinstance(reported.get(event), str)}


def _when(cancellation: Cancellation) -> tuple[str, str]:
    return cancellation.cancelled_at, cancellation.cancellation_id


def _rank(status: str) -> int:
    return PROGRESS.index(status)
