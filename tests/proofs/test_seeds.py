"""What `make verify` finds is found again: the same seed does the same, and what broke can be played again alone."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.proofs import exhaustive_search
from tests.proofs.faults import claim_without_condition
from tests.proofs.http_races import cancel_without_condition
from tests.proofs.run import again, run
from tests.proofs.scoreboard import Progress, Report
from tests.proofs.system_model import Bugs
from tests.support import rig

SEED = 7


def found(report: Report) -> dict[str, Any]:
    return {name: value for name, value in report.document().items() if name != "seconds"}


@pytest.mark.parametrize("name", ["histories", "machine", "model", "faults", "late-events"])
def test_a_run_with_the_same_seed_is_the_same_run(name: str) -> None:
    first, second = (run(name, SEED, print, None, short=True) for _ in range(2))
    assert found(first) == found(second)


def test_a_run_with_another_seed_is_another() -> None:
    first, second = (run("histories", seed, print, None, short=True) for seed in (SEED, SEED + 1))
    assert first.facts != second.facts


@pytest.mark.parametrize(
    ("name", "planted"), [("histories", cancel_without_condition), ("faults", claim_without_condition)]
)
def test_what_broke_breaks_again_by_its_own_seed(name: str, planted: Callable[[], Any]) -> None:
    with planted():
        broke = run(name, SEED, print, None, short=True).broke
        seed, what = told(broke[0])
        assert what in again(name, seed)
    assert again(name, seed) == []


def test_a_path_that_parts_from_the_handlers_does_so_again_by_its_own_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exhaustive_search, "SOUND", Bugs(own_cancel_forgotten=True))
    with rig.in_lambda():
        _, broke = exhaustive_search.replay(25, SEED, Progress("model", print), Bugs(own_cancel_forgotten=True))
    seed, what = told(broke[0])
    assert again("model", seed) == [what]


def told(broken: str) -> tuple[int, str]:
    """The seed that a line names, and what it says broke."""
    match = re.fullmatch(r"REPLAY=(\d+): (.*)", broken, re.DOTALL)
    assert match, broken
    return int(match[1]), match[2]
