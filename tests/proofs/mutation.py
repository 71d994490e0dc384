"""Mutants: every operator, operand, clause and status of the conditional writes, the transition table and the claims.

A mutant that the focused tests let pass is a hole in the tests. Those in EQUIVALENT cannot be told from the original by
any test, and say why; one of them that does not survive any more is a mistake in that list.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from random import Random

from local.cloud import ROOT
from tests.proofs.mutants import PACKAGE, every
from tests.proofs.scoreboard import Progress, Report, Say, Twin, timed

LINE = "mutants"
TESTS = (
    "tests/unit/test_order_writes.py",
    "tests/unit/test_summary_writes.py",
    "tests/unit/test_orders.py",
    "tests/unit/test_report.py",
    "tests/unit/test_cancel.py",
    "tests/unit/test_condition.py",
)
# What is most likely to notice comes first: the tests stop at the first failure.
FIRST = {
    "domain.summaries": TESTS[1],
    "tables.outbox": TESTS[1],
    "tables.summaries": TESTS[1],
    "actions.report": TESTS[3],
    "actions.cancel": TESTS[4],
}
BLIND = "tests/unit/test_times.py"  # knows nothing of what is mutated
TWIN_MUTANTS = 4
EQUIVALENT: Mapping[str, str] = {
    "tables.outbox._claim: True -> False": "DynamoDB gives one reason for every action",
    "tables.outbox._claim: {_CONDITION_FAILED, 'None', None} without None": "for no reason, DynamoDB writes 'None'",
    "tables.outbox._claim: {listing, *takings} <= {_CONDITION_FAILED, 'None', None} -> "
    "{listing, *takings} < {_CONDITION_FAILED, 'None', None}": "for the same reason the two sets are never equal",
    "tables.summaries.lease: seen is None or seen.status != 'pending' or seen.lease_until > now "
    "without seen.status != 'pending'": "the condition of the write that follows says the same; this saves the write",
    "tables.summaries.seller_of: 0 -> -1": "a summary's id has one seller",
    "domain.orders.CANCELLABLE: CANCELLED -> PICKED_PACKED": "by the table, what may be cancelled may still be packed",
    "tables.summaries.lease: taken and item without item": "what was taken comes back",
    "actions.report.report: written and order is not None without order is not None": "what was written comes back",
}


def check(sample: int | None, seed: int, say: Say) -> Report:
    """``sample``: how many of the mutants, or None for all."""
    report = Report(LINE, "handlers in process", seed, unit="mutants")
    mutants = every()
    random = Random(seed)
    chosen = mutants if sample is None else random.sample(mutants, min(sample, len(mutants)))
    blind = random.sample([mutant for mutant in mutants if mutant.name not in EQUIVALENT], TWIN_MUTANTS)
    job = {
        "baselines": [list(TESTS), [BLIND]],
        "mutants": [
            *(
                (mutant.name, sorted(TESTS, key=lambda test: test != FIRST.get(mutant.module, TESTS[0])))
                for mutant in chosen
            ),
            *((mutant.name, [BLIND]) for mutant in blind),
        ],
    }
    with timed(report):
        results = _run(job, Progress(LINE, say))
        baselines = [bool(result["baseline"]) for result in results if "baseline" in result]
        lived = [(str(result["name"]), bool(result["survives"])) for result in results if "name" in result]
        survivors = {name for name, survives in lived[: len(chosen)] if survives}
        report.tried = len(chosen)
        report.broke = [f"survived: {name}" for name in sorted(survivors - set(EQUIVALENT))]
        names = {mutant.name for mutant in chosen}
        report.broke += [
            f"said to be equivalent, but noticed: {name}" for name in sorted((set(EQUIVALENT) & names) - survivors)
        ]
        known = {mutant.name for mutant in mutants}
        report.broke += [f"said to be equivalent, but no mutant: {name}" for name in sorted(set(EQUIVALENT) - known)]
        if baselines != [True, True]:
            report.broke.append("the tests fail without any mutant")
        report.facts = {
            "by module": dict(Counter(mutant.module for mutant in chosen)),
            "equivalent": {name: why for name, why in EQUIVALENT.items() if name in names},
        }
        unnoticed = sum(survives for _, survives in lived[len(chosen) :])
        seen = f"{unnoticed} of {TWIN_MUTANTS} mutants survive tests that do not look"
        report.twins = [Twin("tests that look elsewhere", unnoticed == TWIN_MUTANTS, seen)]
    return report


def _run(job: Mapping[str, object], progress: Progress) -> list[dict[str, object]]:
    command = [sys.executable, "-W", "ignore", "-m", "tests.proofs.mutant_runner"]
    service = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(PACKAGE.parent)))}
    results: list[dict[str, object]] = []
    total = len(job["mutants"])  # type: ignore[arg-type]
    with subprocess.Popen(
        command, cwd=ROOT, env=service, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as runner:
        assert runner.stdin
        assert runner.stdout
        json.dump(job, runner.stdin)
        runner.stdin.close()
        for line in runner.stdout:
            results.append(json.loads(line))
            progress(len(results), total, "mutants")
    if runner.returncode:
        raise RuntimeError("the mutants could not be run")
    return results
