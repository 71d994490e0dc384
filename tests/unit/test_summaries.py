"""When a due order is told to its seller."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from order_cancellation.domain import summaries, times
from order_cancellation.domain.sellers import Contact, MailProblem, Seller
from order_cancellation.domain.summaries import Plan, Postpone

LOS_ANGELES = ZoneInfo("America/Los_Angeles")


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
