"""A short version of every proof of `make verify` that needs no local cloud: green, and its planted bugs caught."""

import pytest

from tests.proofs.run import PROOFS, run

SEED = 20261123


@pytest.mark.parametrize("name", [name for name, proof in PROOFS.items() if not proof.needs_cloud])
def test_a_proof_is_green_and_catches_what_is_planted(name: str) -> None:
    report = run(name, SEED, print, None, short=True)
    assert report.broke == []
    assert [twin.bug for twin in report.twins if not twin.caught] == []
    assert report.green
