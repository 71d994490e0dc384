"""make setup, with programs that only look like Python and uv: what it may empty, and when it calls itself done."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from local.cloud import ROOT

PYTHON = """#!/bin/sh
case "$2" in
  venv) mkdir -p .venv && find .venv/ -mindepth 1 -delete && mkdir .venv/bin && cp "$0" .venv/bin/python ;;
  pip) cp uv .venv/bin/uv ;;
esac
"""
UV = """#!/bin/sh
echo "$*" >> said
if [ "$1" = venv ]; then mkdir -p .venv-sam && find .venv-sam/ -mindepth 1 -delete; fi
if [ "$1" = pip ] && [ -e offline ]; then exit 2; fi
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    directory = tmp_path / "clone"
    (directory / "local").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", directory)
    shutil.copytree(ROOT / "requirements", directory / "requirements")
    for name, text in (("local/find-python", f"#!/bin/sh\necho {directory}/python"), ("python", PYTHON), ("uv", UV)):
        (directory / name).write_text(text)
        (directory / name).chmod(0o755)
    return directory


def setup(clone: Path) -> subprocess.CompletedProcess[str]:
    make = shutil.which("make")
    assert make
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        [make, "setup"], cwd=clone, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("name", [".venv", ".venv-sam"])
def test_does_not_empty_what_a_link_leads_to(clone: Path, name: str) -> None:
    theirs = clone.parent / "theirs"
    theirs.mkdir()
    (theirs / "precious").touch()
    (clone / name).symlink_to(theirs)
    refused = setup(clone)
    assert refused.returncode != 0
    assert f"{name} is a link" in refused.stderr
    assert [path.name for path in theirs.iterdir()] == ["precious"]


def test_is_done_only_when_all_is_installed(clone: Path) -> None:
    (clone / "offline").touch()
    assert setup(clone).returncode != 0
    assert not (clone / ".venv" / ".installed").exists()
    (clone / "offline").unlink()
    assert setup(clone).returncode == 0
    said = (clone / "said").read_text()
    assert setup(clone).returncode == 0
    assert (clone / "said").read_text() == said  # nothing left to do


def test_takes_nothing_whose_hash_is_not_pinned(clone: Path) -> None:
    assert setup(clone).returncode == 0
    installs = [line for line in (clone / "said").read_text().splitlines() if line.startswith("pip install")]
    assert len(installs) == 2
    assert all("--require-hashes" in line for line in installs)


def test_without_a_python_nothing_follows_its_message(clone: Path) -> None:
    (clone / "local/find-python").write_text("#!/bin/sh\necho 'Python 3.13 is needed.' >&2\nexit 1\n")
    said = setup(clone).stderr.splitlines()
    assert [line for line in said if not line.startswith("make: ")] == ["Python 3.13 is needed."]


def test_a_path_with_a_blank_is_refused_at_once(clone: Path) -> None:
    moved = clone.rename(clone.parent / "my clone")
    refused = setup(moved)
    assert refused.returncode != 0
    assert "has a blank in it" in refused.stderr
    assert not (moved / ".venv").exists()
