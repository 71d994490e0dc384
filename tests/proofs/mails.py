"""G4: no auto-cancellation goes unreported, and none is mailed twice where SES's events arrive.

Two orders of one seller meet every fault at every call, and every pair of faults; then thousands of orders, whole and
in parts, are cancelled under fire (tests/simulation/product.py).
"""

import itertools
from collections import Counter
from typing import Any

import pytest

from tests.proofs.scoreboard import Progress, Report, Say, Twin, timed
from tests.simulation.calls import CallFault
from tests.simulation.crash_plans import EVERY, explore
from tests.simulation.product import (
    SPLIT,
    Product,
    no_claim,
    playing,
    scenario,
    sdk_retries,
    under_fire,
    verdicts,
)
from tests.simulation.world import World
from tests.support import rig

LINE = "mails under fire"
TWIN_ORDERS = 100


def check(amount: tuple[int | None, int], seed: int, say: Say) -> Report:
    """``amount``: how many pairs of faults, None for all; and how many auto-cancellations under fire."""
    most_pairs, cancellations = amount
    report = Report(LINE, "handlers in process", seed, unit="runs and cancellations")
    progress = Progress(LINE, say)
    with timed(report), playing() as product:
        plans = explore(scenario(product), verdicts, kinds=EVERY, most_pairs=most_pairs, random_plans=50, seed=seed)
        report.broke = [f"{what} in {count} runs: {plans}" for what, count in plans.verdicts.items()]
        progress(1, 2, "halves")
        broke, facts = _under_fire(product, cancellations, seed)
        report.broke += broke
        report.tried = plans.runs.total() + cancellations
        report.facts = {"runs by faults": {str(faults): runs for faults, runs in sorted(plans.runs.items())}, **facts}
        report.twins = _twins(product, seed)
    return report


def _under_fire(product: Product, cancellations: int, seed: int) -> tuple[list[str], dict[str, Any]]:
    """A fifth of the cancellations' orders are split; some records cannot be read. Lost events of SES may double."""
    split = cancellations // 5
    orders, sellers, poison = cancellations - split * len(SPLIT), max(cancellations // 50, 5), 20
    world, mapping = under_fire(product, seed, sellers, orders, poison, split=split)
    found = Counter(verdicts(world))
    broke = [f"under fire: {what} {count} times" for what, count in found.items() if what != "doubled"]
    if (cancelled := _cancellations(world)) != cancellations:
        broke.append(f"under fire: {cancelled} cancellations of {cancellations}")
    given_up = {
        record["dynamodb"]["Keys"]["order_id"]["S"] for note in mapping.failures.notes for record in mapping.fetch(note)
    }
    if given_up != {f"poison-{number}" for number in range(poison)}:
        broke.append(f"under fire: given up were {sorted(given_up)}")
    return broke, {
        "under fire": {"cancellations": cancelled, "sellers": sellers, "mails": len(world.ses.accepted)},
        "under fire, mailed twice for an event of SES that was lost": found["doubled"],
        "records that nobody can read, all of them in the failure queue": len(given_up),
    }


def _cancellations(world: World) -> int:
    every = (rig.cancellations(item).values() for item in world.tables.items("OrdersTable"))
    return Counter(itertools.chain.from_iterable(every))["auto"]


def _twins(product: Product, seed: int) -> list[Twin]:
    with pytest.MonkeyPatch.context() as patch:
        sdk_retries(product, patch)
        plans = explore(scenario(product), verdicts, kinds=(CallFault.LOSE_ANSWER,), pairs=False, seed=seed)
    with pytest.MonkeyPatch.context() as patch:
        no_claim(product, patch)
        world, _ = under_fire(product, seed, 2, TWIN_ORDERS)
        found = Counter(verdicts(world))
    return [
        Twin("an SDK that retries by itself", "doubled" in plans.verdicts, str(dict(plans.verdicts))),
        Twin("a claim without its condition", "in two" in found, str(dict(found))),
    ]
