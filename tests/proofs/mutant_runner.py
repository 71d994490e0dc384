"""Runs tests against mutants, each in a forked process of its own: python -m tests.proofs.mutant_runner < jobs

A job is a line of JSON, and so is what became of it.

The parent has imported what is slow to import, and nothing of the service's; a child imports the mutant in place of its
module, then runs the tests with pytest, those first that are most likely to notice.

A child that uses up its seconds of the processor, or sleeps on and on, does not end: its mutant was noticed. One that
uses up the seconds of the clock says nothing about its mutant, for the machine may be busy: that is told.
"""

import contextlib
import functools
import gc
import io
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from importlib.machinery import SourceFileLoader
from types import CodeType

import pytest

import tests
from tests.proofs import mutants, portal_mutants, template_mutants
from tests.proofs.mutants import Mutant, path_of
from tests.proofs.reached import OPTIONS

PROCESSOR_SECONDS = (20, 90)  # for the first stage, which is of a second or two; for all of them
CLOCK_SECONDS = 900
ASLEEP = 30.0  # seconds of the clock in which a child that works takes at least one of the processor
WARMED_BY = ("tests/unit/test_order_writes.py", "tests/integration/test_events.py")
VERDICTS = {0: "survives", 1: "noticed", -signal.SIGXCPU: "does not end"}
VERDICTS |= {2: "noticed", 4: "noticed"}  # the tests, or what they share, cannot be imported


class Chosen:
    """A plugin of pytest: these tests alone, in this order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._places = {test: place for place, test in enumerate(tests)}
        self.files = list(dict.fromkeys(test.partition("::")[0] for test in tests))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self._places), key=lambda item: self._places[item.nodeid]
        )


class Witness:
    """A plugin of pytest: writes down which file of tests is the first that fails."""

    def __init__(self, to: int) -> None:
        self._to = to

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._look(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._look(report)

    def _look(self, report: pytest.CollectReport | pytest.TestReport) -> None:
        if report.failed:
            os.write(self._to, f"{report.nodeid.partition('::')[0]}\n".encode())


@functools.cache
def every() -> Sequence[Mutant]:
    """All mutants: of the code, of the template, and of the portal."""
    return [*mutants.every(), *template_mutants.every(), *portal_mutants.every()]


def stand_in(module: str, source: str) -> None:
    """From now on a module, or the template, has another source."""
    if module == template_mutants.MODULE:
        template_mutants.stand_in(source)
    elif module.startswith("portal."):
        portal_mutants.stand_in(module, source)
    else:
        import_in_place_of(module, source)


def import_in_place_of(module: str, source: str) -> None:
    """From now on a module has another source."""
    path, original = str(path_of(module)), SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, fullname: str) -> CodeType | None:
        if self.path != path:
            return original(self, fullname)
        code: CodeType = compile(source, path, "exec")
        return code

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]


def verdict(module: str, source: str, stages: Sequence[Sequence[str]]) -> tuple[str, str]:
    """What becomes of the tests with this source in place of the module: one of VERDICTS, or why there is none; and
    the file whose tests noticed it, if any did.

    ``stages``: names of tests, or of files, that run together; the first stage that fails is the last.
    """
    seen, to = os.pipe()
    child = os.fork()
    if child == 0:
        code = 3
        try:
            _watch_the_clock()
            with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - a device, not a path
                os.dup2(nowhere.fileno(), 1)
                os.dup2(nowhere.fileno(), 2)
            stand_in(module, source)
            code = 2
            from tests.support import expressions

            expressions.refuses_what_is_unused = False  # or DynamoDB would notice many a mutant for us
            code = 0
            for number, tests in enumerate(stages):
                seconds = PROCESSOR_SECONDS[min(number, 1)]
                resource.setrlimit(resource.RLIMIT_CPU, (seconds, PROCESSOR_SECONDS[1] + 10))
                if code := _run(tests, Witness(to)):
                    break
        finally:
            os._exit(code)
    os.close(to)
    with os.fdopen(seen) as witness:
        first = witness.read().partition("\n")[0]
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return VERDICTS.get(code, f"no verdict: it ended with {code}"), first


def _watch_the_clock() -> None:
    """End this process when it only sleeps, or has taken too long."""
    begun, worked = time.monotonic(), 0.0

    def look(*_: object) -> None:
        nonlocal worked
        before, worked = worked, time.process_time()
        if worked - before < 1:
            os.kill(os.getpid(), signal.SIGXCPU)
        if time.monotonic() - begun > CLOCK_SECONDS:
            os._exit(3)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, ASLEEP, ASLEEP)


def _run(tests: Sequence[str], witness: Witness) -> int:
    if not any("::" in test for test in tests):
        return int(pytest.main([*OPTIONS, "-x", *tests], plugins=[witness]))
    chosen = Chosen(tests)
    code = int(pytest.main([*OPTIONS, "-x", *chosen.files], plugins=[chosen, witness]))
    return 1 if code == pytest.ExitCode.NO_TESTS_COLLECTED else code  # the mutant has taken their names away


def warm_up() -> None:
    """Import what the tests import, by running some of them; then forget the service, and the tests."""
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main([*OPTIONS, *WARMED_BY])
    for name in list(sys.modules):
        if name.startswith(("order_cancellation", "functions_", "tests.")) and name not in {__name__, "tests.proofs"}:
            del sys.modules[name]
            package, _, member = name.rpartition(".")
            if package == "tests" and hasattr(tests, member):
                delattr(tests, member)
    gc.collect()
    gc.freeze()  # or every child would copy what it only counts


def main() -> None:
    warm_up()
    for line in sys.stdin:
        job = json.loads(line)
        found, by = verdict(**job["try"])
        print(json.dumps({"name": job["name"], "verdict": found, "by": by}), flush=True)


if __name__ == "__main__":
    main()
