"""A short version of every proof of `make verify` that needs no local cloud: green, and its planted bugs caught.

And what is found is found again: the same seed does the same, and what broke can be played again alone.
"""

import functools
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.proofs import exhaustive_search
from tests.proofs.faults import claim_without_condition
from tests.proofs.http_races import cancel_without_condition
from tests.proofs.run import PROOFS, again, run
from tests.proofs.scoreboard import Progress, Report
from tests.proofs.system_model import Bugs
from tests.support import rig

SEED = 20261123
IN_PROCESS = [name for name, proof in PROOFS.items() if not proof.needs_cloud]


@functools.cache
def first(name: str) -> Report:
    """The report of the first run."""
    return run(name, SEED, print, None, short=True)


@pytest.mark.parametrize("name", IN_PROCESS)
def test_a_proof_is_green_and_catches_what_is_planted(name: str) -> None:
    report = first(name)
    assert report.broke == []
    assert [twin.bug for twin in report.twins if not twin.caught] == []
    assert report.green


def found(report: Report) -> dict[str, Any]:
    return {name: value for name, value in report.document().items() if name != "seconds"}


@pytest.mark.parametrize("name", [name for name in IN_PROCESS if name != "mutants"])
def test_a_run_with_the_same_seed_is_the_same_run(name: str) -> None:
    assert found(run(name, SEED, print, None, short=True)) == found(first(name))


def test_a_run_with_another_seed_is_another() -> None:
    assert run("histories", SEED + 1, print, None, short=True).facts != first("histories").facts


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
