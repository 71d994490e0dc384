"""Which lines there are, how much each does, and one line run by its name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from local.cloud import Cloud
from tests.proofs.scoreboard import Report, Say


@dataclass(frozen=True)
class Proof:
    """One line of the scoreboard. ``amount`` is what ``check`` of its module is told; ``short`` is for `make test`."""

    module: str
    amount: Any
    short: Any
    needs_cloud: bool = False
    guarantee: str = ""
    replays: bool = False  # what it tries has seeds of its own: ``again`` of its module does one of them


# Longest first: two run at a time.
PROOFS: Mapping[str, Proof] = {
    "mutants": Proof("mutation", None, 4, guarantee="the tests of G1–G7"),
    "histories": Proof("histories", (20_000, 1_000), (120, 40), guarantee="G1, G2, G3", replays=True),
    "races": Proof("http_races", 2_000, 25, needs_cloud=True, guarantee="G1, G3"),
    "model": Proof("exhaustive_search", 300, 12, guarantee="G1–G4", replays=True),
    "mails": Proof("mails", (None, 10_000), (60, 300), guarantee="G4"),
    "parts": Proof("part_model", 4, 2, guarantee="G1–G4"),
    "machine": Proof("state_machine", (2_200, 50), (15, 20), guarantee="G1–G4"),
    "faults": Proof("faults", 5_000, 120, guarantee="G1, G3, G4", replays=True),
    "strangers": Proof("strangers", 1.0, 0.04, needs_cloud=True, guarantee="G5, G7"),
    "hostile": Proof("hostile_inputs", 12_000, 200, guarantee="G6"),
    "policies": Proof("policies", None, None, guarantee="G7"),
    "late-events": Proof("late_events", 5_000, 150, guarantee="G2"),
    "self-test": Proof("race_harness", 200, 40, needs_cloud=True, guarantee="the harness"),
    "proxy": Proof("fault_proxy", 150, 15, needs_cloud=True, guarantee="G1, G3"),
}
ORDER = (
    "self-test",
    "races",
    "histories",
    "model",
    "parts",
    "machine",
    "faults",
    "mails",
    "proxy",
    "late-events",
    "strangers",
    "hostile",
    "policies",
    "mutants",
)


def run(name: str, seed: int, say: Say, cloud: Cloud | None, short: bool = False) -> Report:
    """Run one line; a line that raises is a line that is red."""
    proof = PROOFS[name]
    amount = proof.short if short else proof.amount
    check: Callable[..., Report] = import_module(f"tests.proofs.{proof.module}").check
    return check(amount, seed, say, cloud) if proof.needs_cloud else check(amount, seed, say)


def again(name: str, seed: int) -> list[str]:
    """Do once more the one history, path or episode that has this seed; returns what broke, step by step."""
    replay: Callable[[int], list[str]] = import_module(f"tests.proofs.{PROOFS[name].module}").again
    return replay(seed)
