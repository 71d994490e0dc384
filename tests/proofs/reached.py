"""Which tests reach which line of the service: python -m tests.proofs.reached <files or folders> > reached.json

The tests run once as they are, watched by sys.monitoring. What is known for a line are the tests that came by, so that
only those run against a mutant of it, the quickest first. A line that is run when its module is imported has none: who
comes by is asked of the lines that use it, or of the whole module.
"""

import contextlib
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from inspect import CO_OPTIMIZED
from types import CodeType
from typing import Any

import pytest

from local.cloud import ROOT

OPTIONS = (
    "-q",
    "--assert=plain",
    "--disable-plugin-autoload",
    *("-p", "pytest_socket"),
    *("-p", "xdist.plugin"),  # a mark of its is put on
    *("-p", "no:cacheprovider"),
)
_WATCHED = tuple(f"{ROOT / folder}{os.sep}" for folder in ("layers/order_cancellation/order_cancellation", "functions"))
_TOOL = sys.monitoring.COVERAGE_ID
_EVENTS = sys.monitoring.events


class Recorder:
    """A plugin of pytest. ``lines``: of each file, who reached each line; ``seconds``: how long each test took."""

    def __init__(self) -> None:
        self.lines: dict[str, dict[int, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
        self.seconds: dict[str, float] = defaultdict(float)
        self._who = ""

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        monitoring = sys.monitoring
        monitoring.use_tool_id(_TOOL, "reached")
        monitoring.register_callback(_TOOL, _EVENTS.PY_START, self._started)
        monitoring.register_callback(_TOOL, _EVENTS.LINE, self._reached)
        monitoring.set_events(_TOOL, _EVENTS.PY_START)
        try:
            yield
        finally:
            monitoring.set_events(_TOOL, _EVENTS.NO_EVENTS)
            monitoring.free_tool_id(_TOOL)

    def _started(self, code: CodeType, _: int) -> Any:
        # What is optimized is a function's; a module's or a class's is run by whoever imports it.
        if code.co_filename.startswith(_WATCHED) and code.co_flags & CO_OPTIMIZED:
            sys.monitoring.set_local_events(_TOOL, code, _EVENTS.LINE)
        return sys.monitoring.DISABLE

    def _reached(self, code: CodeType, line: int) -> Any:
        if self._who:
            self.lines[os.path.relpath(code.co_filename, ROOT)][line][self._who] = None
        return sys.monitoring.DISABLE  # once for each test is enough

    @contextlib.contextmanager
    def _is(self, who: str) -> Iterator[None]:
        before, self._who = self._who, who
        sys.monitoring.restart_events()
        try:
            yield
        finally:
            self._who = before
            sys.monitoring.restart_events()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        begun = time.process_time()
        with self._is(item.nodeid):
            result = yield
        self.seconds[item.nodeid] = time.process_time() - begun
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Any:
        """What is reached while a file is imported, for its parameters, is reached by the file."""
        with self._is(collector.nodeid if isinstance(collector, pytest.Module) else ""):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Any:
        """What is made once for many tests is reached by each of them: by their file."""
        if fixturedef.scope == "function":
            return (yield)
        with self._is(self._who.partition("::")[0]):
            return (yield)


def main(files: Sequence[str]) -> int:
    recorder = Recorder()
    results, sys.stdout = sys.stdout, sys.stderr
    with recorder.watching():
        code = pytest.main([*OPTIONS, *files], plugins=[recorder])
    lines = {path: {line: list(who) for line, who in lines.items()} for path, lines in recorder.lines.items()}
    json.dump({"lines": lines, "seconds": recorder.seconds}, results)
    return int(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
