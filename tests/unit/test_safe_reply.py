"""The sentence for the buyer: true when it is sent, true whatever happens next, and no promise."""

import itertools
import re
from zoneinfo import ZoneInfo

import pytest

from order_cancellation.domain import orders
from order_cancellation.domain.cancellations import Cancellation
from order_cancellation.domain.orders import Order, PartCancellation, Placement
from order_cancellation.http.safe_reply import safe_reply

NOW = "2026-11-23T14:05:00.000Z"
PACKED_AT = "2026-11-23T14:01:58Z"
PLACEMENT = Placement("amazon", "113-2201", "US", "2026-11-23T09:00:00Z", (), ("LAX1",))
CANCELLATION = Cancellation("c" * 32, "seller", "other", "2026-11-23T14:02:11.123Z", "request-1", note="a wrong price")
# Words of a promise, and of what we do not know: money, time of arrival.
PROMISE = re.compile(
    r"\b(will|shall|won't|going to|guarantee|definitely|refund\w*|soon|shortly|today|tomorrow)\b", re.IGNORECASE
)


def order(status: str) -> Order:
    cancellation = CANCELLATION if status == orders.CANCELLED else None
    milestones = {"LAX1": {status: PACKED_AT} if status in orders.EVENTS else {}}
    return Order("acme", "A-1001", status, PLACEMENT, milestones, cancellation)


@pytest.mark.parametrize("status", [*orders.STATUSES, "a_status_of_the_future"])
def test_it_promises_nothing_and_names_the_order_as_the_buyer_knows_it(status: str) -> None:
    reply = safe_reply(order(status), NOW)
    assert not PROMISE.search(reply)
    assert "113-2201" in reply
    for inside in ("A-1001", "acme", "LAX1", "wrong price"):
        assert inside not in reply


@pytest.mark.parametrize(
    ("now", "later"), [(a, b) for a in orders.STATUSES for b in sorted({a} | orders.TRANSITIONS[a])]
)
def test_what_it_says_still_holds_in_every_status_that_can_follow(now: str, later: str) -> None:
    for says, holds in CLAIMS:
        if says in safe_reply(order(now), NOW):
            assert holds(now, later), says


def test_every_claim_that_is_checked_is_made_by_some_reply() -> None:
    every = " ".join(safe_reply(order(status), NOW) for status in orders.STATUSES)
    assert all(says in every for says, _ in CLAIMS)


def test_what_has_not_happened_is_said_with_its_time() -> None:
    for status in orders.CANCELLABLE:
        assert "As of 23 Nov 2026 at 14:05 UTC, your order 113-2201 has not been cancelled" in safe_reply(
            order(status), NOW
        )
    for status in set(orders.STATUSES) - set(orders.CANCELLABLE):
        assert "not been cancelled" not in safe_reply(order(status), NOW)


def test_its_times_are_those_of_the_zone_that_is_asked_for() -> None:
    zone = ZoneInfo("America/Los_Angeles")
    assert "As of 23 Nov 2026 at 06:05 PST" in safe_reply(order(orders.RECEIVED), NOW, zone)
    assert "on 23 Nov 2026 at 06:02 PST" in safe_reply(order(orders.CANCELLED), NOW, zone)


def test_each_stage_has_a_reply_of_its_own() -> None:
    stages = (*orders.PROGRESS[2:], orders.CANCELLED)
    for one, other in itertools.combinations(stages, 2):
        assert safe_reply(order(one), NOW) != safe_reply(order(other), NOW)


# What a reply may claim without a time, and whether it holds in the status at sending and in a later one.
CLAIMS = (
    ("stopped your order", lambda now, later: {now, later} == {orders.CANCELLED}),
    (
        "can no longer cancel it",
        lambda now, later: orders.CANCELLED not in orders.TRANSITIONS[now] and later != orders.CANCELLED,
    ),
    ("order 113-2201 has been packed", lambda now, later: _rank(now) >= 3 and _rank(later) >= 3),
    ("handed over for delivery", lambda now, later: _rank(now) >= 4 and _rank(later) >= 4),
    ("has been reported as delivered", lambda now, later: now == later == orders.DELIVERED),
)


def _rank(status: str) -> int:
    return orders.PROGRESS.index(status) if status in orders.PROGRESS else -1


def test_of_an_order_in_parts_it_says_what_left_and_when_something_was_stopped_last() -> None:
    ended = {
        name: PartCancellation(CANCELLATION._replace(cancellation_id=name, cancelled_at=at), {fc_id: {}})
        for name, fc_id, at in (
            ("c1", "EWR2", "2026-11-23T14:02:11.123Z"),
            ("c2", "ONT8", "2026-11-23T13:00:00.000Z"),
        )
    }
    one = order("shipped")._replace(part_cancellations={"c1": ended["c1"]})
    assert safe_reply(one, NOW) == (
        "Thank you for your message. Part of your order 113-2201 has been packed and handed over for delivery. If you "
        "do not want it any more, please ask us or Amazon about returning it. Our warehouse stopped part of your order "
        "113-2201 on 23 Nov 2026 at 14:02 UTC, before it was packed. Amazon is updated separately, so it may still be "
        "shown as open there."
    )
    assert "before it was packed; the last time on 23 Nov 2026 at 14:02 UTC. Amazon" in safe_reply(
        one._replace(part_cancellations=ended), NOW
    )
