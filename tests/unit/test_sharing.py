"""What shares a stack or a browser goes to one process: started twice, they take minutes, and nothing else says so."""

from types import SimpleNamespace
from typing import Any

import pytest

from local.cloud import ROOT
from tests.conftest import TOGETHER, pytest_collection_modifyitems, pytest_xdist_make_scheduler

NAMES = ("test_a", "test_b[one]", "test_c[x@y]")
FILES = (
    *(f"{folder}/test_{letter}.py" for folder in TOGETHER for letter in "de"),
    "tests/browser/portal/test_f.py",
    "tests/unit/test_g.py",
    "tests/simulation/test_h.py",
)
IDS = [f"{file}::{name}" for file in FILES for name in NAMES]


class Process:
    """One of those that share the tests: runs what it is sent."""

    shutting_down = False

    def __init__(self) -> None:
        self.waiting: list[int] = []
        self.ran: list[str] = []
        self.gateway = SimpleNamespace(id=str(id(self)))

    def send_runtest_some(self, indices: list[int]) -> None:
        self.waiting += indices

    def shutdown(self) -> None:
        self.shutting_down = True


def test_what_is_started_is_started_once() -> None:
    config: Any = SimpleNamespace(getvalue=lambda _: ["popen", "popen"], option=SimpleNamespace())
    sharing: Any = pytest_xdist_make_scheduler(config, None)
    processes = [Process(), Process()]
    for process in processes:
        sharing.add_node(process)
        sharing.add_node_collection(process, IDS)
    sharing.schedule()
    while any(process.waiting for process in processes):
        for process in processes:
            if process.waiting:
                index = process.waiting.pop(0)
                process.ran.append(IDS[index])
                sharing.mark_test_complete(process, index)
    assert sorted(processes[0].ran + processes[1].ran) == sorted(IDS)
    for group in sorted(set(TOGETHER.values())):
        folders = [folder for folder, name in TOGETHER.items() if name == group]
        ran = [[each for each in process.ran if each.startswith(tuple(folders))] for process in processes]
        assert [] in ran, group
    assert all(process.ran for process in processes)


def test_a_test_that_would_start_one_more_stack_is_sent_to_the_others() -> None:
    there: Any = SimpleNamespace(nodeid="tests/end_to_end/test_i.py::test_a", fixturenames=["acme", "description"])
    elsewhere: Any = SimpleNamespace(nodeid="tests/unit/test_i.py::test_a", fixturenames=["acme", "description"])
    without: Any = SimpleNamespace(nodeid="tests/unit/test_i.py::test_a", fixturenames=["tables"])
    pytest_collection_modifyitems([there, without])
    with pytest.raises(pytest.UsageError, match=r"tests/unit/test_i\.py::test_a starts a stack"):
        pytest_collection_modifyitems([there, without, elsewhere])


def test_the_folders_are_there() -> None:
    assert [folder for folder in TOGETHER if not (ROOT / folder).is_dir()] == []
