"""Which mutants earlier runs have noticed, so that only what may have changed is tried again."""

import functools
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from threading import Lock

from local.cloud import ROOT
from tests.proofs.mutants import Mutant

_FOLDERS = ("events", "functions", "layers/order_cancellation", "local", "portal", "scripts", "tests")
_KINDS = frozenset({".css", ".html", ".js", ".json", ".py", ".txt", ".yaml"})


class Noticed:
    """Kept in .local. It holds until the code, what the tests share, or the tests that noticed it change."""

    def __init__(self) -> None:
        self._place = ROOT / ".local" / f"noticed-{_digest(_shared())[:16]}.jsonl"
        self._place.parent.mkdir(exist_ok=True)
        lines = self._place.read_text().splitlines() if self._place.exists() else []
        self._known = dict(map(json.loads, lines))
        self._lock = Lock()

    def __contains__(self, mutant: Mutant) -> bool:
        file, digest = self._known.get(_key(mutant), ("", ""))
        return bool(file) and (ROOT / file).exists() and _of_file(file) == digest

    def add(self, mutant: Mutant, file: str) -> None:
        """The tests of this file have noticed it."""
        with self._lock, self._place.open("a") as kept:
            print(json.dumps([_key(mutant), [file, _of_file(file)]]), file=kept)


def _shared() -> Iterable[Path]:
    """All that a test's result may rest on but its own file, and what makes the mutants."""
    found = (path for folder in _FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in _KINDS)
    # A file of tests counts for what it notices; the others that are left out judge nothing.
    apart = ("test_", "mut", "noticed", "reached")
    return [ROOT / "template.yaml", *sorted(path for path in found if not path.name.startswith(apart))]


def _key(mutant: Mutant) -> str:
    return hashlib.sha256(f"{mutant.name}\n{mutant.source}".encode()).hexdigest()[:32]


@functools.cache
def _of_file(name: str) -> str:
    return _digest([ROOT / name])[:16]


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()
