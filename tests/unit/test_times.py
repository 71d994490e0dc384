"""Time stamps: UTC, ISO 8601, ``Z``."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from order_cancellation.domain import times


@pytest.mark.parametrize(
    ("reported", "normal"),
    [
        ("2026-11-23T14:01:58Z", "2026-11-23T14:01:58Z"),
        ("2026-11-23T06:01:58-08:00", "2026-11-23T14:01:58Z"),
        ("2026-11-24T00:01:58+10:00", "2026-11-23T14:01:58Z"),
        ("2026-11-23T14:01:58.1Z", "2026-11-23T14:01:58.1Z"),
        ("2026-11-23T14:01:58.123456789Z", "2026-11-23T14:01:58.123Z"),
        ("2028-02-29T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("2026-12-31T23:59:59-00:01", "2027-01-01T00:00:59Z"),
    ],
)
def test_a_reported_time_is_normalized_to_utc_with_its_own_precision(reported: str, normal: str) -> None:
    assert times.normalize(reported) == normal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-23",
        "2026-11-23T14:01:58",  # no offset
        "2026-11-23T14:01Z",
        "2026-11-23 14:01:58Z",
        "20261123T140158Z",
        "2026-11-23T14:01:58,5Z",
        "2026-11-23T14:01:58.Z",
        "2026-11-23T14:01:58.1234567890Z",
        "2026-11-23T14:01:58+0100",
        "2026-11-23T14:01:58+24:00",
        "2026-02-30T14:01:58Z",
        "2026-02-29T14:01:58Z",
        "2026-13-01T14:01:58Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T14:60:58Z",
        "2026-11-23T14:01:60Z",
        "2026-11-23T14:01:61Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",  # before the first year there is
        "9999-12-31T23:59:59-14:00",  # behind the last
        "２０２６-11-23T14:01:58Z",  # digits, but not ASCII's
        " 2026-11-23T14:01:58Z",
        "2026-11-23T14:01:58Z\n",
    ],
)
def test_what_is_no_rfc_3339_time_with_an_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the kind is all that is promised
        times.normalize(text)


_offsets = st.builds(timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23)))


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.timezones() | _offsets))  # noqa: DTZ001
def test_our_own_times_are_utc_with_milliseconds_and_read_back(moment: datetime) -> None:
    text = times.from_datetime(moment)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    assert timedelta(0) <= moment - times.to_datetime(text) < timedelta(milliseconds=1)
    assert times.normalize(text) == text


def test_now_is_now() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    assert before <= times.to_datetime(times.now()) <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-11-23T14:01:58Z", "23 Nov 2026 at 14:01 UTC"),
        ("2026-01-02T03:04:05.678Z", "2 Jan 2026 at 03:04 UTC"),
    ],
)
def test_a_person_reads_minutes(text: str, read: str) -> None:
    assert times.to_minute(text) == read
