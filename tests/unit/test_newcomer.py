"""A machine with little on it, and a person who stops things in the middle: each is told so, and nothing is left."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import demo, stack
from local.cloud import ROOT, Cloud
from tests.browser import conftest as browser

A_SERVER = [sys.executable, "-c", "import time; time.sleep(300)", "ministack"]


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    cloud = Cloud(tmp_path, 1)
    yield cloud
    cloud.stop()


def is_running(cloud: Cloud) -> bool:
    return Path(f"/proc/{(cloud.directory / 'cloud.pid').read_text()}").exists()


def test_what_runs_is_stopped_where_there_is_no_ps(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud._spawn("cloud", A_SERVER, dict(os.environ))
    pid = int((cloud.directory / "cloud.pid").read_text())
    while "ministack" not in Path(f"/proc/{pid}/cmdline").read_text():
        time.sleep(0.01)  # its arguments are not there the moment it is
    monkeypatch.setenv("PATH", str(cloud.directory))
    assert cloud.stop()
    assert not Path(f"/proc/{pid}").exists()


def test_a_stopped_demo_leaves_alone_what_was_started_after_it(cloud: Cloud) -> None:
    started = "import sys; from pathlib import Path; from local.cloud import Cloud; import os\n"
    started += f"Cloud(Path({str(cloud.directory)!r}), 1)._spawn('cloud', {A_SERVER!r}, dict(os.environ))"
    subprocess.run([sys.executable, "-c", started], cwd=ROOT, check=True)  # another make up, of another process
    assert not cloud.stop(started_here=True)
    assert is_running(cloud)
    assert cloud.stop()


@pytest.mark.parametrize("main", [demo.main, stack.main], ids=["make demo", "make up"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_ends_it_while_it_builds_is_told_so_without_a_traceback(
    main: object, number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cloud: Cloud
) -> None:
    handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background may ignore it

    def build(*_: object) -> None:
        os.kill(os.getpid(), number)

    monkeypatch.setattr(sys, "argv", ["stack", "up"])
    monkeypatch.setattr(stack, "local_cloud", lambda: cloud)
    monkeypatch.setattr(Cloud, "start", build)
    try:
        assert main() == 130  # type: ignore[operator]
    finally:
        for each, handler in handlers.items():
            signal.signal(each, handler)
    assert capsys.readouterr().err == "\nStopped; nothing is left running.\n"


def test_without_a_browser_its_tests_are_skipped_before_anything_of_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def start() -> None:
        raise AssertionError("Playwright's own program may not start here either")

    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr(browser, "sync_playwright", start)
    with pytest.raises(pytest.skip.Exception, match="install the package chromium-headless-shell"):
        next(browser.launched())


@pytest.mark.parametrize(
    ("has_python", "said"),
    [
        (False, "Python 3.13 is needed and was not found"),
        (True, "is a Python 3.13 without its venv module: install it (Debian: python3.13-venv)."),
    ],
)
def test_a_python_that_is_missing_is_asked_for_in_one_line(tmp_path: Path, has_python: bool, said: str) -> None:
    if has_python:
        program = tmp_path / "python3.13"
        program.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\n')
        program.chmod(0o755)
    environment = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    run = subprocess.run(
        ["/bin/sh", ROOT / "local/find-python"], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert run.stdout == ""
    [line] = run.stderr.splitlines()
    assert said in line
