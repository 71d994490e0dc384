"""Virtual time. Nothing in a simulation sleeps: time is a number that is moved on."""

from datetime import UTC, datetime

import pytest

from order_cancellation.domain import times

MINUTE = 60.0
HOUR = 3600.0
DAY = 86400.0


class Clock:
    """Seconds since the epoch, never going back."""

    def __init__(self, start: str = "2026-11-23T09:00:00.000Z") -> None:
        self.now = times.to_datetime(start).timestamp()

    def advance(self, seconds: float) -> None:
        self.advance_to(self.now + seconds)

    def advance_to(self, moment: float) -> None:
        self.now = max(self.now, moment)

    def timestamp(self) -> str:
        """The present moment as ``times.now()`` gives it."""
        return times.from_datetime(self.datetime())

    def datetime(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)

    def rule(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """From now on the code under test takes the time from here."""
        monkeypatch.setattr(times, "now", self.timestamp)


def to_second(moment: float) -> str:
    """A moment of a Clock to the second, e.g. ``2026-11-23T09:00:00Z``."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%S}Z"


def to_millisecond(moment: float) -> str:
    """A moment of a Clock as the order_cancellation package writes times, e.g. ``2026-11-23T09:00:00.000Z``."""
    return times.from_datetime(datetime.fromtimestamp(moment, UTC))
