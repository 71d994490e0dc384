"""docs/verification.md: a run of some lines renews these, and leaves the others as they stand."""

from pathlib import Path

import pytest

from tests.proofs import documents
from tests.proofs.run import ORDER
from tests.proofs.scoreboard import Report, Twin

BY_LINE = {"histories": "histories, linearizable", "parts": "parts, every interleaving", "proxy": "faults in a proxy"}


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "verification.md"
    monkeypatch.setattr(documents, "PAGE", path)
    return path


def report(name: str, tried: int, *broke: str) -> Report:
    twins = [Twin("a planted bug", True, "seen ### at once")]
    return Report(BY_LINE[name], "handlers in process", 7, tried, "runs", list(broke), twins, {"of them": {"odd": 3}})


def rows(page: Path) -> list[str]:
    return [line for line in page.read_text().splitlines() if line.startswith("| ") and "guarantees" not in line]


def test_a_line_is_renewed_alone(page: Path) -> None:
    documents.write({name: report(name, 100) for name in BY_LINE})
    first = page.read_text()
    documents.write({"parts": report("parts", 2_000)})
    old, new = first.splitlines(), page.read_text().splitlines()
    changed = [now for before, now in zip(old, new, strict=True) if before != now and "- run: " not in now]
    assert changed == ["| parts, every interleaving | G1–G4 | handlers in process | 2,000 runs | 0 | 1 of 1 | 0 |"]


def test_lines_stand_in_their_order_whenever_they_ran(page: Path) -> None:
    for name in ("proxy", "parts", "histories"):
        documents.write({name: report(name, 100)})
    names = sorted(BY_LINE, key=ORDER.index)
    assert [row.split(" | ")[0] for row in rows(page)] == [f"| {BY_LINE[name]}" for name in names]
    assert page.read_text().count("\n### ") == page.read_text().count("- run: ") == 3


def test_a_red_line_is_red_until_it_runs_green(page: Path) -> None:
    documents.write({"parts": report("parts", 100, "lost")})
    documents.write({"proxy": report("proxy", 100)})
    assert rows(page)[0].startswith("| **RED** parts")
    documents.write({"parts": report("parts", 100)})
    assert "RED" not in page.read_text()
