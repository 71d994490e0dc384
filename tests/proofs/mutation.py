"""Mutants: every operator, operand, clause, status and call of the code that G1 to G7 rest on.

A mutant that the focused tests let pass is a hole in the tests. Those in EQUIVALENT cannot be told from the original by
any test, and say why; one of them that does not survive any more is a mistake in that list.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

from local.cloud import ROOT
from tests.proofs import portal_mutants
from tests.proofs.mutant_runner import every
from tests.proofs.mutants import PACKAGE
from tests.proofs.scoreboard import Progress, Report, Say, Twin, timed

LINE = "mutants"
# Not every mutant of these has been judged yet: `make verify` tries all of them, a sample is drawn from the others.
UNJUDGED = frozenset(
    {
        "domain.summaries",
        "functions.cancellation_summary",
        "functions.summary_feedback",
        "functions.summary_sweep",
        "http.checks",
        "http.documents",
        "http.parse",
        "http.request",
        "mail.compose",
        "mail.deliver",
        "mail.feedback",
        "mail.rounds",
        "mail.ses",
        "tables.order_lists",
        "tables.outbox",
        "tables.sellers",
        "tables.summaries",
        "template",
        *(f"portal.{name}" for name in portal_mutants.FILES),
    }
)
_ORDERS = (
    "tests/unit/test_orders.py",
    "tests/unit/test_order_writes.py",
    "tests/unit/test_cancel.py",
    "tests/unit/test_report.py",
    "tests/unit/test_condition.py",
)
_WRITES = (
    "tests/unit/test_order_writes.py",
    "tests/unit/test_summary_writes.py",
    "tests/unit/test_consistency.py",
    *_ORDERS,
)
_SENDING = (
    "tests/unit/test_deliveries.py",
    "tests/integration/test_summaries.py",
    "tests/integration/test_metrics.py",
)
_MAIL = ("tests/unit/test_summary_writes.py", "tests/unit/test_summaries.py", *_SENDING)
_VIEW = ("tests/integration/test_view.py", "tests/integration/test_marketplace.py")
_CANCEL = ("tests/integration/test_cancel.py", "tests/integration/test_batch.py")
_FAILURES = ("tests/integration/test_failures.py", "tests/integration/test_metrics.py")
_PARSE = ("tests/unit/test_parse.py", "tests/integration/test_malformed_requests.py")
_MARKETPLACE = ("tests/integration/test_marketplace.py",)
# module: the tests that should notice, those first that are most likely to; they stop at the first failure
TESTS: Mapping[str, Sequence[str]] = {
    "domain.orders": _ORDERS,
    "domain.links": ("tests/unit/test_links.py",),
    "domain.summaries": _MAIL,
    "domain.refusals": ("tests/unit/test_problems.py", "tests/unit/test_documents.py", *_CANCEL),
    "tables.client": (*_WRITES, "tests/integration/test_failures.py", *_VIEW),
    "tables.orders": (*_WRITES, *_MARKETPLACE),
    "tables.order_lists": ("tests/unit/test_order_lists.py", *_VIEW),
    "tables.outbox": _MAIL,
    "tables.summaries": (
        "tests/unit/test_summary_writes.py",
        "tests/unit/test_consistency.py",
        *_MAIL,
        "tests/integration/test_view_summaries.py",
    ),
    "tables.sellers": ("tests/unit/test_seller_writes.py", "tests/unit/test_deliveries.py"),
    "actions.cancel": ("tests/unit/test_cancel.py", *_CANCEL),
    "actions.mark": _MARKETPLACE,
    "actions.place": ("tests/integration/test_intake.py",),
    "actions.reconcile": ("tests/unit/test_reconcile.py", *_MARKETPLACE),
    "actions.report": ("tests/unit/test_report.py", "tests/integration/test_fulfillment_center_events.py"),
    "http.api": ("tests/unit/test_api.py", "tests/integration/test_who_asks.py", *_FAILURES),
    "http.batch": ("tests/integration/test_batch.py", *_MARKETPLACE),
    "http.checks": _PARSE,
    "http.cursors": ("tests/unit/test_cursors.py", "tests/integration/test_view.py"),
    "http.documents": ("tests/unit/test_documents.py", *_VIEW, *_CANCEL, "tests/integration/test_view_summaries.py"),
    "http.parse": (*_PARSE, *_VIEW),
    "http.problems": ("tests/unit/test_problems.py", "tests/integration/test_failures.py"),
    "http.request": ("tests/unit/test_request.py", "tests/integration/test_who_asks.py", *_CANCEL),
    "mail.compose": ("tests/unit/test_compose.py",),
    "mail.deliver": _SENDING,
    "mail.feedback": _SENDING,
    "mail.rounds": _SENDING,
    "mail.ses": ("tests/unit/test_ses.py", *_SENDING),
    "functions.cancel_order": _CANCEL,
    "functions.cancellation_summary": _SENDING,
    "functions.fulfillment_center_events": ("tests/integration/test_fulfillment_center_events.py",),
    "functions.marketplace_cancellation": _MARKETPLACE,
    "functions.order_intake": ("tests/integration/test_intake.py", "tests/integration/test_metrics.py", *_CANCEL),
    "functions.reconciliation": _MARKETPLACE,
    "functions.summary_feedback": _SENDING,
    "functions.summary_sweep": _SENDING,
    "functions.view_orders": _VIEW,
    "functions.view_summaries": ("tests/integration/test_view_summaries.py",),
    **{f"portal.{name}": ("tests/unit/portal/test_answers.py",) for name in portal_mutants.FILES},
    "template": (
        "tests/unit/test_mail_wiring.py",
        "tests/unit/test_template.py",
        "tests/proofs/test_proofs.py::test_a_proof_is_green_and_catches_what_is_planted[policies]",
        "tests/unit/test_summary_writes.py",
        "tests/unit/test_function_settings.py",
    ),
}
SIDE_BY_SIDE = 2
BLIND = "tests/unit/test_times.py"  # knows nothing of what is mutated
TWIN_MUTANTS = 4
_SOMETHING_COMES_BACK = "what a write wrote, or what refused it, comes back"
_SPEED = "how many are read or carried out at once is a matter of speed"
_A_MILLISECOND = "to the millisecond nobody has time left"
EQUIVALENT: Mapping[str, str] = {
    "tables.outbox._claim: True -> False": "what was claimed is in the summary, and that is what is asked for",
    "tables.outbox._claim: True -> False (2)": "DynamoDB gives one reason for every action",
    "tables.outbox.seal: 0 -> 1": "an order of unknown size: one write unit more or less of a thousand",
    "tables.outbox.seal: 0 -> -1": "for the same reason",
    "domain.orders.CANCELLABLE: CANCELLED -> PICKED_PACKED": "by the table, what may be cancelled may still be packed",
    "tables.client.call: 500 -> 499": "DynamoDB gives no 499",
    "tables.summaries.seller_of: 0 -> -1": "a summary's id has one seller",
    "tables.summaries.lease: taken and item without item": _SOMETHING_COMES_BACK,
    "actions.report.report: written and order is not None without order is not None": _SOMETHING_COMES_BACK,
    "actions.place.place: order and order.status == CANCELLED without order": _SOMETHING_COMES_BACK,
    "actions.place.place: order is None or not order.placement.says_the_same_as(placement) "
    "without order is None": _SOMETHING_COMES_BACK,
    "actions.reconcile._STRIDE: 250 -> 249": _SPEED,
    "actions.reconcile._STRIDE: 250 -> 251": _SPEED,
    "actions.reconcile._require: True -> False": "the comparison says by itself that it only read",
    "http.batch._each: min(len(commands), SIDE_BY_SIDE) -> max": _SPEED,
    "http.cursors.cut: 0 -> 1": "a byte more or less of four million",
    "http.cursors.cut: 0 -> -1": "a byte more or less of four million",
    "http.cursors.cut: size > MAX_BYTES -> size >= MAX_BYTES": "a byte more or less of four million",
    "http.cursors.cut: False -> True": "a page of other letters ends a little earlier",
    "mail.deliver.in_time: self._remaining_ms() > MIN_SEND_MS -> self._remaining_ms() >= MIN_SEND_MS": _A_MILLISECOND,
}


def check(sample: int | None, seed: int, say: Say) -> Report:
    """``sample``: how many of the mutants, or None for all."""
    report = Report(LINE, "handlers in process", seed, unit="mutants")
    mutants = [mutant for mutant in every() if not (only := chosen_modules()) or mutant.module in only]
    random = Random(seed)
    judged = [mutant for mutant in mutants if mutant.module not in UNJUDGED]
    chosen = mutants if sample is None else random.sample(judged, min(sample, len(judged)))
    blind = random.sample([mutant for mutant in mutants if mutant.name not in EQUIVALENT], TWIN_MUTANTS)
    with timed(report):
        tried = [(mutant.name, list(dict.fromkeys(TESTS[mutant.module]))) for mutant in chosen]
        results = _run(tried, Progress(LINE, say))
        names = {mutant.name for mutant in chosen}
        survivors = {name for name, verdict in results.items() if verdict == "survives"}
        report.tried = len(chosen)
        report.broke = [f"survived: {name}" for name in sorted(survivors - set(EQUIVALENT))]
        report.broke += [f"{verdict}: {name}" for name, verdict in results.items() if verdict.startswith("no verdict")]
        report.broke += [
            f"said to be equivalent, but noticed: {name}" for name in sorted((set(EQUIVALENT) & names) - survivors)
        ]
        known = {mutant.name for mutant in every()}
        report.broke += [f"said to be equivalent, but no mutant: {name}" for name in sorted(set(EQUIVALENT) - known)]
        report.facts = {
            "by module": dict(Counter(mutant.module for mutant in chosen)),
            "that do not end": sum(verdict == "does not end" for verdict in results.values()),
            "equivalent": {name: why for name, why in EQUIVALENT.items() if name in names},
        }
        unseen = _run([(mutant.name, [BLIND]) for mutant in blind], Progress(LINE, say))
        unnoticed = list(unseen.values()).count("survives")
        seen = f"{unnoticed} of {TWIN_MUTANTS} mutants survive tests that do not look"
        report.twins = [Twin("tests that look elsewhere", unnoticed == TWIN_MUTANTS, seen)]
    return report


def chosen_modules() -> Sequence[str]:
    """MODULES="mail.compose template": the mutants of these alone."""
    return (os.environ.get("MODULES") or "").split()


def _run(mutants: Sequence[tuple[str, Sequence[str]]], progress: Progress) -> dict[str, str]:
    """The verdict on each mutant, by tests: two processes share them. The tests must pass without any mutant."""
    tests = {test for _, files in mutants for test in files}
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        shares = [mutants[number::SIDE_BY_SIDE] for number in range(SIDE_BY_SIDE)]
        baselines: list[Sequence[str]] = [sorted(tests), []]
        done: dict[str, str] = {}

        def run(share: Sequence[tuple[str, Sequence[str]]], baseline: Sequence[str]) -> None:
            for result in _runner({"baselines": [baseline] if baseline else [], "mutants": share}):
                if result.get("baseline") is False:
                    raise RuntimeError("the tests fail without any mutant")
                if "name" in result:
                    done[result["name"]] = result["verdict"]
                    progress(len(done), len(mutants), "mutants")

        list(pool.map(run, shares, baselines))
    return {name: done[name] for name, _ in mutants}


def _runner(job: Mapping[str, object]) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-W", "ignore", "-m", "tests.proofs.mutant_runner"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(PACKAGE.parent)))}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as runner:
        assert runner.stdin
        assert runner.stdout
        json.dump(job, runner.stdin)
        runner.stdin.close()
        for line in runner.stdout:
            yield json.loads(line)
    if runner.returncode:
        raise RuntimeError("the mutants could not be run")
