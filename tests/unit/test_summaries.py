"""When a due order is told to its seller."""

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from order_cancellation.domain import summaries, times
from order_cancellation.domain.sellers import Contact, MailProblem, Seller
from order_cancellation.domain.summaries import Plan, Postpone, Summary, WaitsFor

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
NOW, LATER = "2026-11-23T10:00:00.000Z", "2026-11-23T10:00:00.001Z"
SEALED = Summary("acme", "S-1", "pending", ("A-1",), "ops@acme.example", "2026-11-23T09:00:00.000Z", NOW)
BOUNCED = MailProblem("bounce", "ops@acme.example", NOW)


def seller(preference: str, zone: str = "America/Los_Angeles") -> Seller:
    return Seller("acme", Contact("Acme", "ops@acme.example", zone, preference))


@pytest.mark.parametrize(
    ("whose", "due_at", "now", "expected"),
    [
        pytest.param(
            seller("each_batch"), "2026-11-23T10:10:00.000Z", "2026-11-23T10:00:05.000Z", "send_now", id="at once"
        ),
        pytest.param(
            seller("off"), "2026-11-23T10:10:00.000Z", "2026-11-23T10:00:05.000Z", "skip", id="no mail wanted"
        ),
        pytest.param(
            None,
            "2026-11-23T10:10:00.000Z",
            "2026-11-23T10:00:05.000Z",
            Postpone("2026-11-23T10:10:00.000Z"),
            id="unknown: it stays due as it is",
        ),
        pytest.param(
            seller("daily"),
            "2026-11-23T10:10:00.000Z",
            "2026-11-23T10:00:05.000Z",
            Postpone("2026-11-23T16:00:00.000Z"),
            id="daily, this morning at 8 in Los Angeles",
        ),
        pytest.param(
            seller("daily"),
            "2026-11-23T16:00:00.000Z",
            "2026-11-23T10:00:05.000Z",
            Postpone("2026-11-23T16:00:00.000Z"),
            id="daily, waiting already",
        ),
        pytest.param(
            seller("daily"),
            "2026-11-23T16:00:00.000Z",
            "2026-11-23T16:00:20.000Z",
            "send_now",
            id="daily, the hour has come",
        ),
        pytest.param(
            seller("daily"),
            "2026-11-23T16:00:00.000Z",
            "2026-11-23T16:00:00.000Z",
            "send_now",
            id="daily, on the stroke of the hour",
        ),
        pytest.param(
            seller("daily"),
            "2026-11-23T16:09:59.000Z",
            "2026-11-23T16:10:20.000Z",
            Postpone("2026-11-24T16:00:00.000Z"),
            id="daily, cancelled just before the hour and seen after it: one summary a day, so tomorrow's",
        ),
        pytest.param(
            seller("daily", "Europe/Berlin"),
            "2026-11-23T16:00:00.000Z",
            "2026-11-23T16:00:20.000Z",
            Postpone("2026-11-24T07:00:00.000Z"),
            id="daily, and the seller has moved: the new place's hour",
        ),
    ],
)
def test_plan(whose: Seller | None, due_at: str, now: str, expected: Plan) -> None:
    assert summaries.plan(due_at, whose, now, daily_hour=8) == expected


@pytest.mark.parametrize(
    ("zone", "hour", "after", "expected"),
    [
        pytest.param(
            "America/Los_Angeles", 8, "2026-03-07T16:00:00Z", "2026-03-08T15:00:00Z", id="the clocks go forward"
        ),
        pytest.param("America/Los_Angeles", 8, "2026-10-31T15:00:00Z", "2026-11-01T16:00:00Z", id="the clocks go back"),
        pytest.param(
            "America/Los_Angeles", 2, "2026-03-08T09:00:00Z", "2026-03-08T10:00:00Z", id="two o'clock is skipped"
        ),
        pytest.param(
            "America/Los_Angeles", 1, "2026-11-01T07:00:00Z", "2026-11-01T08:00:00Z", id="one o'clock comes twice"
        ),
        pytest.param("America/Los_Angeles", 1, "2026-11-01T08:00:00Z", "2026-11-02T09:00:00Z", id="and counts once"),
        pytest.param("Africa/Cairo", 0, "2026-04-23T12:00:00Z", "2026-04-23T22:00:00Z", id="midnight is skipped"),
        pytest.param("Asia/Kolkata", 8, "2026-11-23T02:30:00Z", "2026-11-24T02:30:00Z", id="half an hour off"),
        pytest.param(
            "Pacific/Kiritimati", 8, "2026-11-23T00:00:00Z", "2026-11-23T18:00:00Z", id="fourteen hours ahead"
        ),
    ],
)
def test_the_daily_hour_on_the_days_when_the_clocks_change(zone: str, hour: int, after: str, expected: str) -> None:
    moment = summaries.next_daily(times.to_datetime(after), ZoneInfo(zone), hour)
    assert moment == times.to_datetime(expected)


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - made aware
    st.sampled_from(["America/Los_Angeles", "Europe/Berlin", "Africa/Cairo", "Australia/Lord_Howe", "Asia/Beirut"]),
    st.integers(0, 23),
)
def test_every_calendar_day_has_the_hour_once(start: datetime, zone_name: str, hour: int) -> None:
    zone = ZoneInfo(zone_name)
    days: list[date] = []
    moment = start
    for _ in range(5):
        later = summaries.next_daily(moment, zone, hour)
        assert later > moment
        assert summaries.next_daily(later - timedelta(milliseconds=1), zone, hour) == later
        days.append(later.astimezone(zone).date())
        moment = later
    assert days == [days[0] + timedelta(days=offset) for offset in range(5)]


def test_a_lease_doubles_with_every_attempt_that_left_no_answer_and_stops_growing() -> None:
    begun = "2026-11-23T10:00:00.000Z"
    minutes = [
        (times.to_datetime(summaries.lease_after(begun, attempts)) - times.to_datetime(begun)).total_seconds() / 60
        for attempts in range(1, 10)
    ]
    assert minutes == [5, 10, 20, 40, 80, 160, 320, 320, 320]


def test_an_address_is_unreachable_only_as_long_as_it_is_the_sellers() -> None:
    bounced = Seller(
        "acme", seller("daily").contact, MailProblem("bounce", "ops@acme.example", "2026-11-23T10:00:00.000Z")
    )
    assert bounced.unreachable
    moved = Seller("acme", Contact("Acme", "new@acme.example", "UTC", "daily"), bounced.mail_problem)
    assert moved.unreachable is None


def test_a_summary_id_sorts_by_time_and_is_a_tag_that_ses_takes() -> None:
    first, second = (summaries.new_summary_id(f"2026-11-23T10:00:01.00{millisecond}Z") for millisecond in (1, 2))
    assert first < second
    assert all(character.isalnum() or character == "-" for character in first)


def test_more_orders_than_one_summary_holds_make_several() -> None:
    parts = summaries.in_parts([str(number) for number in range(2500)])
    assert [len(part) for part in parts] == [1000, 1000, 500]
    assert [order for part in parts for order in part] == [str(number) for number in range(2500)]


def test_all_of_a_sellers_orders_are_in_one_shard() -> None:
    assert summaries.shard_of("acme") == summaries.shard_of("acme")
    used = {summaries.shard_of(f"seller-{number}") for number in range(200)}
    assert used == set(summaries.SHARDS)


@pytest.mark.parametrize(
    ("units", "sizes"),
    [
        ([], []),
        ([2] * 250, [99, 99, 52]),
        ([100] * 25, [10, 10, 5]),
        ([800, 800, 800], [1, 1, 1]),
        ([5000, 1, 1], [1, 2]),
        ([400, 400, 200, 1], [3, 1]),
        ([0] * 100, [99, 1]),
    ],
)
def test_a_claim_is_cut_by_its_orders_and_by_their_write_units(units: list[int], sizes: list[int]) -> None:
    order_ids = [str(number) for number in range(len(units))]
    claims = summaries.in_claims(order_ids, dict(zip(order_ids, units, strict=True)), 99)
    assert [len(claim) for claim in claims] == sizes
    assert [order_id for claim in claims for order_id in claim] == order_ids


def test_a_summary_id_has_its_moment_to_the_millisecond() -> None:
    assert summaries.new_summary_id("2026-11-23T14:02:11.123Z").startswith("S-20261123-140211123-")


def test_every_minute_another_shard_is_first() -> None:
    shards = ["a", "b", "c"]
    moments = [(0, 0), (0, 59), (1, 0), (1, 59), (2, 0), (2, 59)]
    turns = [summaries.in_turn(shards, f"2026-11-23T00:0{minute}:{second:02}.000Z") for minute, second in moments]
    assert [turn[0] for turn in turns] == ["a", "a", "b", "b", "c", "c"]
    assert {frozenset(turn) for turn in turns} == {frozenset(shards)}


@pytest.mark.parametrize(
    ("changes", "events_wait", "again"),
    [
        pytest.param({}, False, True, id="no answer came, and the lease is over"),
        pytest.param({"lease_until": LATER}, False, False, id="its lease is not over"),
        pytest.param({"status": "sent"}, False, False, id="it was sent"),
        pytest.param({"status": "delivered", "came_back": True}, False, False, id="it arrived after all"),
        pytest.param({"status": "bounced"}, False, False, id="it came back for good"),
        pytest.param({"status": "bounced", "came_back": True}, False, True, id="it came back for now"),
        pytest.param({}, True, False, id="an event may say that it was sent"),
        pytest.param({"not_taken": True}, True, True, id="no event can: nothing was taken"),
        pytest.param({"status": "bounced", "came_back": True}, True, True, id="no event can: it came back"),
        pytest.param({"lease_until": "2026-11-23T09:00:00.000Z"}, True, True, id="the event is an hour late"),
        pytest.param({"lease_until": "2026-11-23T09:00:00.001Z"}, True, False, id="it is less than an hour late"),
    ],
)
def test_a_summary_is_sent_again(changes: dict[str, Any], events_wait: bool, again: bool) -> None:
    sent = summaries.sent_again(SEALED._replace(**changes), "ops@acme.example", NOW, events_wait)
    assert (sent is not None) is again
    if sent:
        assert sent == SEALED._replace(
            lease_until="2026-11-23T10:10:00.000Z", attempts=2, mailing=2 if changes.get("came_back") else 1
        )


def test_a_summary_that_goes_to_another_address_is_another_mailing() -> None:
    sent = summaries.sent_again(SEALED, "new@acme.example", NOW)
    assert sent
    assert (sent.email, sent.mailing) == ("new@acme.example", 2)


@pytest.mark.parametrize(
    ("waits_for", "email", "whose", "over"),
    [
        ("address", "old@acme.example", seller("daily"), True),
        ("address", "OPS@acme.example", seller("daily"), False),
        ("registration", "ops@acme.example", seller("daily"), True),
        ("operator", "old@acme.example", seller("daily"), False),
        ("address", "old@acme.example", seller("off"), False),
        ("registration", "old@acme.example", seller("daily")._replace(mail_problem=BOUNCED), False),
        (None, "old@acme.example", seller("daily"), False),
    ],
)
def test_a_summary_that_did_not_reach_its_seller_goes_where_they_are_now(
    waits_for: WaitsFor | None, email: str, whose: Seller, over: bool
) -> None:
    waiting = SEALED._replace(status="bounced", waits_for=waits_for, email=email, attempts=3)
    moved = SEALED._replace(lease_until="2026-11-23T10:05:00.000Z", attempts=4, mailing=2)
    assert summaries.sent_elsewhere(waiting, whose, NOW) == (moved if over else None)
    if waits_for:
        assert summaries.wait_is_over(waits_for, email, whose) is over


def test_a_summary_tells_of_the_cancellations_that_it_names() -> None:
    assert SEALED.told_of("A-1") is None
    parts = SEALED._replace(cancellations=(("A-1", "C-1"), ("A-1", "C-2"), ("B-1", "C-3")))
    assert [parts.told_of(order_id) for order_id in ("A-1", "B-1", "C-1")] == [{"C-1", "C-2"}, {"C-3"}, frozenset()]


def test_where_a_time_zone_is_unknown_the_hour_is_that_of_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")  # what the machine's is says nothing
    time.tzset()
    try:
        due = summaries.plan(LATER, seller("daily", "Nowhere/Land"), NOW, daily_hour=8)
        assert due == Postpone("2026-11-24T08:00:00.000Z")
    finally:
        monkeypatch.undo()
        time.tzset()
