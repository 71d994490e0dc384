"""`make e2e`: which of the end-to-end tests a deployed stack is asked, and why not the others."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local.cloud import ROOT
from tests.support import local_stack


@pytest.mark.parametrize(
    ("fixtures", "file", "runs"),
    [
        (["acme", "place", "item", "aws", "description"], "test_race.py", True),
        (["acme", "cloud"], "test_cancel.py", False),
        (["description", "operate", "cloud"], "test_scripts.py", False),
        (["description"], "test_docs.py", False),
    ],
)
def test_who_asks_as_callers_do_runs(fixtures: list[str], file: str, runs: bool) -> None:
    assert (local_stack.why_not(fixtures, file) is None) == runs


def test_every_file_that_is_left_out_is_there() -> None:
    assert [name for name in local_stack.NOT_TWICE if not (ROOT / "tests/end_to_end" / name).exists()] == []


@pytest.mark.parametrize("deployed", ["", ".local/stack.json"])
def test_what_is_left_out_is_counted_with_its_reason(monkeypatch: pytest.MonkeyPatch, deployed: str) -> None:
    monkeypatch.setattr(local_stack, "DEPLOYED", deployed)
    runs, not_it = (SimpleNamespace(fixturenames=names, path=Path("test_x.py")) for names in (["acme"], ["cloud"]))
    left_out: list[Any] = []
    hook = SimpleNamespace(pytest_deselected=lambda items: left_out.extend(items))
    config: Any = SimpleNamespace(stash=pytest.Stash(), hook=hook)
    items: list[Any] = [runs, not_it]
    local_stack.pytest_collection_modifyitems(config, items)
    assert (items, left_out) == (([runs], [not_it]) if deployed else ([runs, not_it], []))
    lines: list[str] = []
    local_stack.pytest_terminal_summary(SimpleNamespace(write_line=lines.append), config)
    assert lines == ([f"left out 1 of test_x.py: {local_stack.NEEDS['cloud']}"] if deployed else [])
