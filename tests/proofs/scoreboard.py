"""The report of a line: what was tried, how often, what broke, the seed, and whether the planted bugs were caught."""

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Say = Callable[[str], None]


@dataclass(frozen=True)
class Twin:
    """A bug that was planted to see the line catch it. ``seen`` says what the line saw of it."""

    bug: str
    caught: bool
    seen: str


@dataclass
class Report:
    """What a line did. ``on`` is what was checked: the model, the handlers in process, or the local cloud."""

    line: str
    on: str
    seed: int
    tried: int = 0
    unit: str = ""
    broke: list[str] = field(default_factory=list)
    twins: list[Twin] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def green(self) -> bool:
        return not self.broke and bool(self.twins) and all(twin.caught for twin in self.twins) and self.tried > 0

    def document(self) -> Mapping[str, Any]:
        return {**dataclasses.asdict(self), "green": self.green}


def say(message: str) -> None:
    """For a person at a terminal."""
    print(message, flush=True)


class Progress:
    """Says how far a line is, at most every few seconds."""

    def __init__(self, line: str, say: Say, interval: float = 5.0) -> None:
        self._line = line
        self._say = say
        self._interval = interval
        self._last = time.monotonic()

    def __call__(self, done: int, of: int, what: str) -> None:
        if time.monotonic() - self._last >= self._interval:
            self._last = time.monotonic()
            self._say(f"{self._line}: {done:,} of {of:,} {what}")


@contextmanager
def timed(report: Report) -> Iterator[Report]:
    began = time.monotonic()
    yield report
    report.seconds = round(time.monotonic() - began, 1)


def table(reports: Sequence[Report]) -> str:
    """The scoreboard for a terminal."""
    rows = [("", "line", "checked on", "tried", "broke", "planted bugs", "seconds", "seed")]
    for report in reports:
        caught = sum(twin.caught for twin in report.twins)
        rows.append(
            (
                "ok" if report.green else "RED",
                report.line,
                report.on,
                f"{report.tried:,} {report.unit}",
                str(len(report.broke)),
                f"{caught} of {len(report.twins)} caught",
                f"{report.seconds:.0f}",
                str(report.seed),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    rule = "  ".join("-" * width for width in widths)
    return "\n".join([rule, lines[0], rule, *lines[1:], rule])
