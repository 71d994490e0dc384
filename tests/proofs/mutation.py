"""Mutants: every operator, operand, clause, status and call of the code that G1 to G7 rest on.

A mutant that the tests let pass is a hole in the tests. Against each run the tests that reach its line, and no others
(tests/proofs/reached.py). Those in EQUIVALENT cannot be told from the original by any test, and say why; one of them
that does not survive any more is a mistake in that list.
"""

import functools
import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from local.cloud import ROOT
from tests.proofs import mutants, template_mutants
from tests.proofs.mutant_runner import every
from tests.proofs.mutants import PACKAGE, Mutant, path_of
from tests.proofs.noticed import Noticed
from tests.proofs.scoreboard import Progress, Report, Say, Twin, timed

LINE = "mutants"
# What may notice a mutant of the code. Left out is what starts programs of its own, which no mutant gets into.
TESTS = ("tests/unit", "tests/integration", "tests/simulation")
_START_PROGRAMS = ("portal", "test_docs.py", "test_docs_commands.py", "test_newcomer.py", "test_setup.py")
# A few mutants, for `make test`: of these, by these tests.
SAMPLED = ("domain.orders.TRANSITIONS:", "tables.orders.cancel:", "tables.orders.advance:")
SAMPLED_BY = (
    "tests/unit/test_orders.py",
    "tests/unit/test_order_writes.py",
    "tests/unit/test_cancel.py",
    "tests/unit/test_condition.py",
)
# What is no code is not reached by line: the tests that read it, those first that are about such a thing.
_ALARMS = "tests/unit/test_alarms.py"
_POLICIES = "tests/proofs/test_proofs.py::test_a_proof_is_green_and_catches_what_is_planted[policies]"
_WIRING = ("tests/unit/test_mail_wiring.py", "tests/unit/test_template.py", "tests/unit/test_alarms.py")
_STARTS = ("tests/unit/test_function_settings.py", "tests/unit/test_translated.py", "tests/unit/test_summary_writes.py")
_ANSWERS = "tests/unit/portal/test_answers.py"
FIRST_SECONDS = 1.5  # of tests, by the time they took alone
SECONDS = 30.0
SIDE_BY_SIDE = 2
BLIND = "tests/unit/test_times.py"  # knows nothing of what is mutated
TWIN_MUTANTS = 4
_SOMETHING_COMES_BACK = "what a write wrote, or what refused it, comes back"
_SPEED = "how many are read or carried out at once is a matter of speed"
_LOGGED = "what a log line tells beside its ids, and how much of it, is a choice"
_A_MILLISECOND = "to the millisecond nobody has time left"
_A_CUT = "where a long text is cut is a choice; that it is cut is tested with the longest"
_ALL_OF_IT = "only a whole order is told of without the ids of its cancellations"
_SAID = "the service always says which; only tests leave it out"
_SHARE = "how many shards, orders of a share or of a count, or minutes of patience is a choice; the tests follow it"
EQUIVALENT: Mapping[str, str] = {
    "domain.summaries.SHARDS: 8 -> 7": _SHARE,
    "domain.summaries.SHARDS: 8 -> 9": _SHARE,
    "domain.summaries.SHARE: 2 -> 1": _SHARE,
    "domain.summaries.SHARE: 2 -> 3": _SHARE,
    **{
        f"mail.compose.{name}: {cut} -> {other}": _A_CUT
        for name, cut, others in (
            ("_split_row", 128, (127, 129)),
            ("_split_row", 40, (39, 41)),
            ("_split_row", 2000, (1000, 4000)),
            ("_part", 80, (79, 81)),
            ("_part", 200, (199, 201)),
            ("_detail", 160, (159, 161)),
        )
        for other in others
    },
    "mail.ses.send: 1 -> 0": _SAID,
    "mail.ses.send: 1 -> 2": _SAID,
    "mail.ses.refused: 4 -> 3": _SPEED,
    "mail.ses.refused: 4 -> 5": _SPEED,
    **{
        f"mail.compose._as_much_as_fits: {change}": "how the limit is looked for is a matter of speed"
        for change in (
            *("0 -> -1", "1 -> 2", "0 -> -1 (3)", "0 -> 1 (3)", "1 -> 0 (4)", "4 -> 3", "4 -> 5"),
            "left - 1 -> left + 1",
            "left <= 1 or room < 0 without room < 0",
        )
    },
    "mail.compose._as_much_as_fits: room < 0 -> room <= 0": "to the byte no mail is full",
    "mail.compose.can_tell: told or () without ()": _ALL_OF_IT,
    "mail.compose._reason_told: told or () without ()": _ALL_OF_IT,
    "mail.feedback._SIDE_BY_SIDE: 8 -> 7": _SPEED,
    "mail.feedback._SIDE_BY_SIDE: 8 -> 9": _SPEED,
    "mail.rounds.SIDE_BY_SIDE: 8 -> 7": _SPEED,
    "mail.rounds.SIDE_BY_SIDE: 8 -> 9": _SPEED,
    "mail.rounds.tell_each: 1000 -> 500": _LOGGED,
    "mail.rounds.tell_each: 1000 -> 2000": _LOGGED,
    "mail.sweep.LEAST_MS: 1000 -> 500": _SPEED,
    "mail.sweep.LEAST_MS: 1000 -> 2000": _SPEED,
    "mail.sweep.run: remaining_ms() < MIN_SEND_MS + LEAST_MS "
    "-> remaining_ms() <= MIN_SEND_MS + LEAST_MS": _A_MILLISECOND,
    **{f"mail.sweep._sweep: {change}": _SPEED for change in ("0 -> 1", "0 -> -1", "2 -> 3")},
    "mail.sweep._sweep: remaining_ms() > MIN_SEND_MS + left / 2 "
    "-> remaining_ms() >= MIN_SEND_MS + left / 2": _A_MILLISECOND,
    "tables.outbox.waiting: after['summary_due_at'] <= moment -> after['summary_due_at'] < moment": _A_MILLISECOND,
    "domain.summaries.plan: 1 -> 2": "a due hour is a whole second: a millisecond before it or two is the same",
    "tables.outbox._claim: {listing, *takings} without listing (3)": _LOGGED,
    "tables.outbox._claim: {listing, *takings} without *takings (3)": _LOGGED,
    "tables.outbox._claim_by_halves: 0 -> -1": "of one order, the first is the last",
    **{
        f"tables.summaries.{name}: seen is None or mine is None without seen is None": "who was not seen is not mine"
        for name in ("lease", "readdress")
    },
    "tables.summaries.readdress: taken and item without item": _SOMETHING_COMES_BACK,
    "tables.summaries.page: 1 -> 2": _SPEED,
    "tables.outbox._change_due: changed and item without item": _SOMETHING_COMES_BACK,
    "tables.outbox._claim: True -> False (2)": "DynamoDB gives one reason for every action",
    "tables.summaries.lease: taken and item without item": _SOMETHING_COMES_BACK,
    "actions.cancel_parts.cancel_parts: written and now without now": _SOMETHING_COMES_BACK,
    "actions.reconcile._STRIDE: 250 -> 249": _SPEED,
    "actions.reconcile._STRIDE: 250 -> 251": _SPEED,
    "actions.reconcile._require: True -> False": "the comparison says by itself that it only read",
    "functions.view_orders.list_orders: True -> False": "a page has a place for each order",
    **{f"tables.client.CLIENT_CONFIG: {change}": _SPEED for change in ("32 -> 31", "32 -> 33", "True -> False")},
    **{
        f"tables.order_lists._STEPS: {change}": _SPEED
        for change in ("200 -> 201", "400 -> 399", "400 -> 401", "800 -> 799", "800 -> 801", "7 -> 6", "7 -> 8")
    },
    "tables.order_lists.MOST_COUNTED: 1000 -> 500": _SHARE,
    "tables.order_lists.MOST_COUNTED: 1000 -> 2000": _SHARE,
    "tables.order_lists._read: 1 -> 2": _SPEED,
    "tables.order_lists.count_to_do: 1 -> 2": _SPEED,
    "tables.sellers.register: 'attribute_not_exists(mail_problem) OR mail_problem.#kind <> :complaint' "
    "without attribute_not_exists(mail_problem)": "it then takes a second call, which writes the same",
    "tables.watch.MOST_PAGES: 5 -> 4": _SHARE,
    "tables.watch.MOST_PAGES: 5 -> 6": _SHARE,
    "tables.order_lists.NAMED: True -> False": "those with one marketplace order id are in no sequence",
    "tables.order_lists.bounds: 19 -> 18": _SPEED,
    "tables.order_lists.bounds: 19 -> 18 (2)": _SPEED,
    **{
        f"tables.order_lists.filtered: {change}": _SPEED
        for change in (
            "self.statuses or self.cancellable is not None without self.cancellable is not None",
            "self.cancellable is not None -> self.cancellable is None",
            (
                "self.marketplace_cancellation is not None and self.listing is not TO_DO "
                "without self.marketplace_cancellation is not None"
            ),
            "self.listing is not TO_DO -> self.listing is TO_DO",
            "self.marketplace_cancellation is not None -> self.marketplace_cancellation is None",
            (
                "self.marketplace_cancellation is not None and self.listing is not TO_DO "
                "-> self.marketplace_cancellation is not None or self.listing is not TO_DO"
            ),
            (
                "self.marketplace_cancellation is not None and self.listing is not TO_DO "
                "without self.listing is not TO_DO"
            ),
        )
    },
    "aws._OURS: False -> True": _SPEED,
    "domain.places.countries: line and (not line.startswith('#')) without line": "the table has no blank line",
    "domain.refusals.__init__: 'a read' if reading else 'a write': the other way round": _LOGGED,
    "actions.announce._put: True -> False": "AWS gives one result for each entry",
    "actions.cancel_parts._live: 0 -> -1": "which of several is named is a choice",
    "domain.announcements._cancellations: order.status == CANCELLED and (whole := order.cancellation) "
    "without order.status == CANCELLED": "what has a cancellation is cancelled",
    "http.request.query: 0 -> -1": "there is one",
    "http.request._idempotency_key: 0 -> -1": "they are the same",
    "http.documents._too_late: 0 -> -1": "what is not split has one center",
    "http.cursors.cut: 0 -> 1": "a byte more or less of four million",
    "http.cursors.cut: 0 -> -1": "a byte more or less of four million",
    "http.cursors.cut: size > MAX_BYTES -> size >= MAX_BYTES": "a byte more or less of four million",
    "http.cursors.cut: False -> True": "a page of other letters ends a little earlier",
}


def check(sample: int | None, seed: int, say: Say) -> Report:
    """``sample``: how many of the mutants, or None for all; MUTANTS=6 is every sixth, beginning where the seed says."""
    report = Report(LINE, "handlers in process", seed, unit="mutants")
    with timed(report):
        sampled_from = sorted({name.rpartition(".")[0] for name in SAMPLED})
        known = mutants.every(sampled_from) if sample is not None else every()
        there = [mutant for mutant in known if not (only := chosen_modules()) or mutant.module in only]
        random = Random(seed)
        if sample is not None:
            reached, nth = Reached.by(SAMPLED_BY), 1
            chosen = random.sample([mutant for mutant in there if mutant.name.startswith(SAMPLED)], sample)
        else:
            reached, nth = Reached.by(_tests()), int(os.environ.get("MUTANTS") or 1)
            chosen = there[seed % nth :: nth]
        blind = random.sample([mutant for mutant in there if mutant.name not in EQUIVALENT], TWIN_MUTANTS)
        unseen = [replace(mutant, name=f"unseen {mutant.name}") for mutant in blind]
        before = Noticed() if sample is None else None
        results = {mutant.name: "noticed" for mutant in chosen if before and mutant in before}
        known_by_now = len(results)
        left = [mutant for mutant in chosen if mutant.name not in results]
        work = [(mutant, reached.stages(mutant, mutant.name in EQUIVALENT)) for mutant in left]
        results |= _run([*work, *((mutant, [[BLIND]]) for mutant in unseen)], say, before)
        unnoticed = [results.pop(mutant.name) for mutant in unseen].count("survives")
        survivors = {name for name, verdict in results.items() if verdict == "survives"}
        report.tried = len(chosen)
        report.broke = [f"survived: {name}" for name in sorted(survivors - set(EQUIVALENT))]
        report.broke += [f"{verdict}: {name}" for name, verdict in results.items() if verdict.startswith("no verdict")]
        report.broke += [
            f"said to be equivalent, but noticed: {name}"
            for name in sorted((set(EQUIVALENT) & set(results)) - survivors)
        ]
        if sample is None:
            gone = set(EQUIVALENT) - {mutant.name for mutant in known}
            report.broke += [f"said to be equivalent, but no mutant: {name}" for name in sorted(gone)]
        report.facts = {
            "there are": len(there),
            "by module": dict(Counter(mutant.module for mutant in chosen)),
            "noticed by an earlier run, and neither the code nor the tests that noticed have changed": known_by_now,
            "that do not end": sum(verdict == "does not end" for verdict in results.values()),
            "equivalent": {name: why for name, why in EQUIVALENT.items() if name in results},
        }
        seen = f"{unnoticed} of {TWIN_MUTANTS} mutants survive tests that do not look"
        report.twins = [Twin("tests that look elsewhere", unnoticed == TWIN_MUTANTS, seen)]
    return report


def chosen_modules() -> Sequence[str]:
    """MODULES="mail.compose template": the mutants of these alone."""
    return (os.environ.get("MODULES") or "").split()


def _tests() -> Sequence[str]:
    files = (path for folder in TESTS for path in sorted((ROOT / folder).glob("test_*.py")))
    return [str(path.relative_to(ROOT)) for path in files if path.name not in _START_PROGRAMS]


@dataclass(frozen=True)
class Reached:
    """Who reached each line of each file, a test or a whole file of tests; and how long each test took."""

    lines: Mapping[str, Mapping[str, Sequence[str]]]
    seconds: Mapping[str, float]

    @classmethod
    def by(cls, files: Sequence[str]) -> "Reached":
        """Run the tests of these files, which must pass; what they reached is kept until a source changes."""
        digest = hashlib.sha256("\n".join(files).encode())
        for folder in ("layers/order_cancellation", "functions", "local", "tests/support", *TESTS):
            for path in sorted((ROOT / folder).rglob("*.py")):
                digest.update(path.read_bytes())
        kept = ROOT / ".local" / f"reached-{digest.hexdigest()[:16]}.json"
        if not kept.exists():
            with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
                lines, seconds = _merged(pool.map(_watched, (files[n::SIDE_BY_SIDE] for n in range(SIDE_BY_SIDE))))
            kept.parent.mkdir(exist_ok=True)
            kept.write_text(json.dumps({"lines": lines, "seconds": seconds}))
        return cls(**json.loads(kept.read_bytes()))

    def stages(self, mutant: Mutant, briefly: bool = False) -> Sequence[Sequence[str]]:
        """The tests for one mutant: for a moment those that are likeliest to notice, then, if not ``briefly``, the
        others.
        """
        if mutant.module == template_mutants.MODULE:
            return _readers(mutant)
        if mutant.module.startswith("portal."):
            return [[_ANSWERS]]
        by_name = self._that_name(mutant)
        own = {f"tests/unit/test_{mutant.module.rpartition('.')[2]}.py", *map(_file, by_name)}
        tests = {*by_name, *self._tests_of(mutant)}
        first = self._within(FIRST_SECONDS, self._ranked(tests, own))
        others = self._within(SECONDS, sorted(tests - set(first), key=lambda test: (self.seconds[test], test)))
        return [stage for stage in (first, [] if briefly else others) if stage]

    def _within(self, seconds: float, tests: Sequence[str]) -> Sequence[str]:
        """As many as this time has room for, and one at least."""
        chosen, spent = list(tests[:1]), self.seconds[tests[0]] if tests else 0.0
        for test in tests[1:]:
            if spent + self.seconds[test] <= seconds:
                spent += self.seconds[test]
                chosen.append(test)
        return chosen

    def _tests_of(self, mutant: Mutant) -> Sequence[str]:
        here, around, anywhere = [(mutant.module, mutant.line)], mutant.around, self._lines_of(mutant.module)
        for where in (here, around, anywhere):
            who = [who for module, line in where for who in self._of_module(module).get(str(line), ())]
            if who:
                return [test for one in dict.fromkeys(who) for test in ([one] if "::" in one else self._of_file(one))]
        return []

    def _that_name(self, mutant: Mutant) -> Sequence[str]:
        """A constant may be compared as it stands: by the files that name it."""
        if mutant.line:
            return []
        constant = re.compile(rf"\b{mutant.name.partition(':')[0].rpartition('.')[2]}\b")
        files = set(map(_file, self.seconds))
        return [test for file in sorted(files) if constant.search(_source(file)) for test in self._of_file(file)]

    def _of_module(self, module: str) -> Mapping[str, Sequence[str]]:
        return self.lines.get(str(path_of(module).relative_to(ROOT)), {})

    def _lines_of(self, module: str) -> Sequence[tuple[str, int]]:
        return [(module, int(line)) for line in self._of_module(module)]

    def _of_file(self, file: str) -> Sequence[str]:
        return [test for test in self.seconds if test.startswith(f"{file}::")]

    def _ranked(self, tests: Collection[str], own: Collection[str]) -> Sequence[str]:
        """First those of the mutant's ``own`` files, which have its module's name, or name the constant, the quickest
        first; then some of each file in turn.
        """
        turns = Counter[str]()
        ranks: dict[str, tuple[bool, int, float, str]] = {}
        for test in sorted(tests, key=lambda test: (self.seconds[test], test)):
            turns[_file(test)] += _file(test) not in own
            ranks[test] = (_file(test) not in own, turns[_file(test)], self.seconds[test], test)
        return sorted(ranks, key=ranks.__getitem__)


def _file(test: str) -> str:
    return test.partition("::")[0]


def _watched(files: Sequence[str]) -> Any:
    command = [sys.executable, "-W", "ignore", "-m", "tests.proofs.reached", *files]
    ran = subprocess.run(command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, check=False)
    if ran.returncode:
        raise RuntimeError("the tests fail without any mutant")
    return json.loads(ran.stdout)


def _merged(runs: Iterable[Any]) -> tuple[dict[str, dict[str, list[str]]], dict[str, float]]:
    """The lines and the seconds of runs that had different tests."""
    lines: dict[str, dict[str, list[str]]] = {}
    seconds: dict[str, float] = {}
    for run in runs:
        seconds |= run["seconds"]
        for file, reached in run["lines"].items():
            for line, who in reached.items():
                lines.setdefault(file, {}).setdefault(line, []).extend(who)
    return lines, seconds


@functools.cache
def _source(file: str) -> str:
    return (ROOT / file).read_text()


def _readers(mutant: Mutant) -> Sequence[Sequence[str]]:
    if "Alarm." in mutant.name:
        return [[_ALARMS], ["tests/unit/test_template.py"]]
    if ".Polic" in mutant.name:
        return [[_POLICIES], _WIRING, _STARTS]
    return [_WIRING, [_POLICIES], _STARTS]


Work = Sequence[tuple[Mutant, Sequence[Sequence[str]]]]


def _run(work: Work, say: Say, before: Noticed | None = None) -> dict[str, str]:
    """The verdict on each mutant, by the stages of its tests: two processes share them. Survivors are said at once."""
    done: dict[str, str] = {}
    progress = Progress(LINE, say)
    expected = {*EQUIVALENT, *(mutant.name for mutant, _ in work if mutant.name.startswith("unseen "))}

    def run(share: Work) -> None:
        for (mutant, _), result in zip(share, _runner(share), strict=True):
            done[result["name"]] = result["verdict"]
            if before is not None and result["verdict"] == "noticed" and result["by"]:
                before.add(mutant, result["by"])
            if result["verdict"] != "noticed" and result["name"] not in expected:
                say(f"{LINE}: {result['name']}: {result['verdict']}")
            progress(len(done), len(work), "mutants")

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        list(pool.map(run, (work[number::SIDE_BY_SIDE] for number in range(SIDE_BY_SIDE))))
    return {mutant.name: done[mutant.name] for mutant, _ in work}


def _runner(work: Work) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-W", "ignore", "-m", "tests.proofs.mutant_runner"]
    with subprocess.Popen(
        command, cwd=ROOT, env=_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as runner:
        assert runner.stdin
        assert runner.stdout
        for mutant, stages in work:
            job = {"module": mutant.module, "source": mutant.source, "stages": stages}
            print(json.dumps({"name": mutant.name, "try": job}), file=runner.stdin, flush=True)
            yield json.loads(runner.stdout.readline())
        runner.stdin.close()
    if runner.returncode:
        raise RuntimeError("the mutants could not be run")


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(PACKAGE.parent)))}
