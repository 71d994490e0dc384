"""Virtual time. Nothing in a simulation sleeps: time is a number that is moved on."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from unittest.mock import patch

from order_cancellation.domain import times

MINUTE = 60.0
HOUR = 3600.0
DAY = 86400.0


class Clock:
    """Seconds since the epoch, never going back. Every look by the code under test moves it on by ``tick``."""

    def __init__(self, start: str = "2026-11-23T09:00:00.000Z", *, tick: float = 0.0) -> None:
        self._start = times.to_datetime(start).timestamp()
        self._tick = tick
        self.restart()

    def restart(self) -> None:
        self.now = self._start
        self._tokens = count(1)

    def advance(self, seconds: float) -> None:
        self.advance_to(self.now + seconds)

    def advance_to(self, moment: float | str) -> None:
        """A number, or a time as the order_cancellation package writes it."""
        self.now = max(self.now, times.to_datetime(moment).timestamp() if isinstance(moment, str) else moment)

    def timestamp(self) -> str:
        """The present moment as ``times.now()`` gives it."""
        self.now += self._tick
        return to_millisecond(self.now)

    @contextmanager
    def ruling(self) -> Iterator[None]:
        """The code under test takes the time from here, and the random part of a summary's id: chance is ruled out."""
        with (
            patch.object(times, "now", self.timestamp),
            patch("order_cancellation.domain.summaries.secrets.token_hex", self._token),
        ):
            yield

    def _token(self, size: int) -> str:
        return f"{next(self._tokens):0{2 * size}x}"


class Stopwatch:
    """Stands for the module ``time`` where it only waits: whoever sleeps is awake at once, and that much later."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


def to_second(moment: float) -> str:
    """A moment of a Clock to the second, e.g. ``2026-11-23T09:00:00Z``."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%S}Z"


def to_millisecond(moment: float) -> str:
    """A moment of a Clock as the order_cancellation package writes times, e.g. ``2026-11-23T09:00:00.000Z``."""
    return times.from_datetime(datetime.fromtimestamp(moment, UTC))
