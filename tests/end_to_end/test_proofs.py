"""A short version of the proofs of `make verify` that need the local cloud."""

from typing import Any

import pytest

from local.cloud import Cloud
from tests.proofs.run import PROOFS, run

SEED = 20261123


@pytest.mark.parametrize("name", [name for name, proof in PROOFS.items() if proof.needs_cloud])
def test_a_proof_is_green_and_catches_what_is_planted(name: str, cloud: Cloud, description: dict[str, Any]) -> None:
    report = run(name, SEED, print, cloud, short=True)
    assert report.broke == []
    assert [twin.bug for twin in report.twins if not twin.caught] == []
    assert report.green
