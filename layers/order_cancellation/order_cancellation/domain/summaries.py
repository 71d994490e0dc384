"""When an auto-cancellation is told to its seller, and what a summary is. Pure: no clock, no network.

An auto-cancellation, of an order or of parts of it, is *due* until it is in a sealed summary, or skipped. It is always
exactly one of

    due               ``summary_due_at`` and ``summary_shard`` are set: the sparse index DueForSummary shows its order
    in a summary      its ``summary_id`` is set, and that summary lists it, for ever
    skipped           its ``summary_id`` is WITHOUT_SUMMARY: its seller wants no summaries

The order's own has its ``summary_id`` in the order, one of parts in its place in ``part_cancellations``.
"""

import secrets
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import batched
from typing import Final, Literal, NamedTuple

from order_cancellation.domain import times
from order_cancellation.domain.sellers import Seller, same_address

# What a summary that did not reach its seller waits for: another address, that the network registers them (again), or
# an operator's decision.
WaitsFor = Literal["address", "registration", "operator"]
Status = Literal["pending", "sent", "delivered", "bounced", "parked"]

# What each status may follow. A late or repeated event never takes a summary back. All but ``sent`` may also follow a
# ``bounced`` that came back for now.
FOLLOWS: Final[Mapping[Status, Sequence[Status]]] = {
    "sent": ("pending",),
    "delivered": ("pending", "sent"),
    "bounced": ("pending", "sent", "delivered"),
    "parked": ("pending", "sent"),
}

SHARDS: Final = tuple(f"shard-{number}" for number in range(8))  # spread the sparse indexes over as many partitions
WITHOUT_SUMMARY: Final = "off"
MAX_ORDERS: Final = 1000  # in one summary; a seller with more gets several, numbered

# Write units that one claim takes of a seller's partition: as many as DynamoDB lets a partition have in a second.
CLAIM_UNITS: Final = 1000

# How long the stream may take before the sweep takes an order on: the longest batching window and some retries.
GRACE: Final = timedelta(minutes=10)
# How long one attempt to send keeps others away. Longer than any function that sends may run, and longer than an SES
# Send event usually takes; it doubles with each attempt that leaves no answer.
LEASE: Final = timedelta(minutes=5)
MAX_LEASE_DOUBLINGS: Final = 6
# How long after the lease a summary without an answer is kept back while events of SES wait to be recorded: one of them
# may say that it was sent. So it is not sent again right after an outage of ours, and a stuck event holds nothing long.
EVENTS_FIRST: Final = timedelta(hours=1)
# How often a summary is mailed that comes back each time for a reason that may pass, such as a full mailbox: over
# nearly a day. Then a person has to see to it.
MAX_MAILINGS: Final = 8
# How many of one seller's due orders a sweep takes on in one run, so that it comes to the others as well.
SHARE: Final = 2 * MAX_ORDERS


class Summary(NamedTuple):
    """One e-mail to one seller about a sealed set of orders.

    ``lease_until`` is set while it is pending: nobody else sends it before that moment. ``email`` is where it was sent
    last. ``mailing`` counts how often it had to be mailed because it came back, from 1; all attempts to get an answer
    from SES are one mailing. What SES says of an earlier mailing is of no account any more. ``came_back`` is set while
    the last one came back for now. ``waits_for`` is set since ``waiting_since`` where it did not reach its seller.
    ``not_taken``: SES said for certain that it took nothing of the last attempt. ``cancellations`` are (order_id,
    cancellation_id) of what it tells of where parts of orders are among it; without them it is each order's own.
    """

    seller_id: str
    summary_id: str
    status: Status
    order_ids: tuple[str, ...]
    email: str
    created_at: str
    lease_until: str
    attempts: int = 1
    part: int = 1
    parts: int = 1
    mailing: int = 1
    came_back: bool = False
    waits_for: WaitsFor | None = None
    waiting_since: str = ""
    not_taken: bool = False
    cancellations: tuple[tuple[str, str], ...] = ()

    def told_of(self, order_id: str) -> frozenset[str] | None:
        """The ids of the cancellations of this order that it tells of; None: the order's own."""
        if not self.cancellations:
            return None
        return frozenset(cancellation_id for name, cancellation_id in self.cancellations if name == order_id)


class Postpone(NamedTuple):
    """Leave the order due, and look again at ``until``; if that is when it is due already, whenever a sweep comes."""

    until: str


# ``send_now``: put the order into a summary now. ``skip``: its seller wants no summaries, so it is no longer due.
Plan = Literal["send_now", "skip"] | Postpone


def plan(summary_due_at: str, seller: Seller | None, now: str, daily_hour: int) -> Plan:
    """What to do with a due order of this seller; None is a seller whom nobody has registered.

    ``daily_hour`` (0–23) is when ``daily`` sellers get their summary, by their own clock.
    """
    moment = times.to_datetime(now)
    if seller is None:
        return Postpone(summary_due_at)
    if seller.contact.summaries == "off":
        return "skip"
    if seller.contact.summaries == "daily":
        zone = seller.contact.zone or UTC
        due = times.to_datetime(summary_due_at)
        if next_daily(due - timedelta(milliseconds=1), zone, daily_hour) != due:  # not yet waiting for its day's hour
            return Postpone(times.from_datetime(next_daily(moment, zone, daily_hour)))
        if due > moment:
            return Postpone(summary_due_at)
    return "send_now"


def next_daily(after: datetime, zone: tzinfo, hour: int) -> datetime:
    """The first moment later than ``after`` at which it is ``hour`` o'clock in ``zone``, once for every calendar day.

    An hour that the clocks skip counts where they jump to; of an hour that comes twice, the first counts.
    """
    day = after.astimezone(zone).date()
    while True:
        moment = datetime.combine(day, time(hour), zone).astimezone(UTC)
        if moment > after:
            return moment
        day += timedelta(days=1)


def due_after(cancelled_at: str) -> str:
    """When the sweep takes on an order that was cancelled at this moment, if the stream has not done so."""
    return times.from_datetime(times.to_datetime(cancelled_at) + GRACE)


def sent_again(summary: Summary, email: str, now: str, events_wait: bool = False) -> Summary | None:
    """A summary as it is while it is sent again, to this address; None where that is not called for (yet).

    That is when its lease is over and no answer came, or when it came back for now. ``events_wait``: there are events
    of SES that nobody has recorded yet.
    """
    waits = summary.status == "pending" or (summary.status == "bounced" and summary.came_back)
    if not waits or summary.lease_until > now:
        return None
    unknown = summary.status == "pending" and not summary.not_taken
    if events_wait and unknown and times.to_datetime(now) < times.to_datetime(summary.lease_until) + EVENTS_FIRST:
        return None
    return summary._replace(
        status="pending",
        email=email,
        lease_until=lease_after(now, summary.attempts + 1),
        attempts=summary.attempts + 1,
        mailing=summary.mailing + (summary.came_back or email != summary.email),
        came_back=False,
        not_taken=False,
    )


def wait_is_over(waits_for: WaitsFor, email: str, seller: Seller) -> bool:
    """Whether a summary that went to this address without reaching its seller may be sent to where they are now."""
    if waits_for == "operator" or seller.unreachable or seller.contact.summaries == "off":
        return False
    return waits_for == "registration" or not same_address(email, seller.contact.email)


def sent_elsewhere(summary: Summary, seller: Seller, now: str) -> Summary | None:
    """A summary that did not reach its seller as it is while it is sent to where they are now; None if it has to wait.

    It goes once for each change of the address. Where it waits for a registration, the same address will do.
    """
    if summary.waits_for is None or not wait_is_over(summary.waits_for, summary.email, seller):
        return None
    return summary._replace(
        status="pending",
        email=seller.contact.email,
        lease_until=lease_after(now, 1),
        attempts=summary.attempts + 1,
        mailing=summary.mailing + 1,
        waits_for=None,
    )


def lease_after(now: str, attempts: int) -> str:
    """Until when attempt number ``attempts`` keeps others from sending the same summary."""
    return times.from_datetime(times.to_datetime(now) + LEASE * 2 ** min(attempts - 1, MAX_LEASE_DOUBLINGS))


def in_turn(shards: Sequence[str], now: str) -> Sequence[str]:
    """The shards, beginning with another one every minute: whoever comes last in one sweep comes first in a later."""
    begin = int(times.to_datetime(now).timestamp() // 60) % len(shards)
    return (*shards[begin:], *shards[:begin])


def in_shares(entries: Iterable[tuple[str, str]], had: Counter[str], most: int = SHARE) -> list[tuple[str, list[str]]]:
    """By seller, the first of their orders, at most so many; who has the fewest comes first.

    ``entries`` are (seller_id, order_id) in any sequence; ``had`` is how many each seller has had in this run, and is
    brought up to date. So a seller with very many orders keeps nobody waiting.
    """
    shares: dict[str, list[str]] = {}
    for seller_id, order_id in entries:
        if had[seller_id] < most:
            had[seller_id] += 1
            shares.setdefault(seller_id, []).append(order_id)
    return sorted(shares.items(), key=lambda share: len(share[1]))


def shard_of(seller_id: str) -> str:
    """The part of the sparse indexes that a seller is in; all its orders are in the same."""
    return SHARDS[zlib.crc32(seller_id.encode()) % len(SHARDS)]


def new_summary_id(now: str) -> str:
    """An id that sorts by time and that SES accepts as a tag, e.g. ``S-20261123-140211123-9f2c41d07a3e``."""
    moment = times.to_datetime(now)
    return f"S-{moment:%Y%m%d-%H%M%S}{moment.microsecond // 1000:03d}-{secrets.token_hex(6)}"


def in_claims(order_ids: Sequence[str], units: Mapping[str, int], most: int) -> list[list[str]]:
    """The orders, in their sequence, cut into claims: each of at most ``most`` orders, and of so many write units.

    ``units`` is what each takes, as far as known. That keeps a claim far below the 4 MB of a transaction too.
    """
    claims: list[list[str]] = []
    left = 0
    for order_id in order_ids:
        left -= units.get(order_id, 0)
        if not claims or left < 0 or len(claims[-1]) == most:
            claims.append([])
            left = CLAIM_UNITS - units.get(order_id, 0)
        claims[-1].append(order_id)
    return claims


def in_parts(order_ids: Sequence[str]) -> list[Sequence[str]]:
    """The orders of one seller, cut into as few summaries as hold them."""
    return list(batched(order_ids, MAX_ORDERS, strict=False))
