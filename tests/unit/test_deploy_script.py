"""What is said before anything is built, and what a deploy leaves alone."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from local.bridges import template
from local.cloud import ROOT
from scripts import deploy
from scripts.stack import Mistake, require_name

# a name that AWS limits, with what is put around the stack's name in it: in the longest Region, for any account
LIMITS = {
    "Cognito's domain": (63, "-123456789012"),
    "CloudFront's parts": (64, "-ap-southeast-1-portal"),
    "the schedules": (64, "-sweep"),
    "SES's configuration set": (64, "-summaries"),
}


@pytest.mark.parametrize(("most", "around"), LIMITS.values(), ids=LIMITS)
def test_the_longest_name_of_a_stack_fits_wherever_it_becomes_part_of_one(most: int, around: str) -> None:
    longest = next(length for length in range(128, 0, -1) if _is_taken("a" * length))
    assert longest + len(around) <= most


def _is_taken(name: str) -> bool:
    try:
        return bool(require_name(name))
    except Mistake:
        return False


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Orders", "lower-case"),
        ("orders_prod", "lower-case"),
        ("1orders", "lower-case"),
        ("orders-", "lower-case"),
        ("o" * 64, "at most"),
        ("my-aws-orders", "the word aws"),
        ("cognito-orders", "the word cognito"),
    ],
)
def test_a_name_that_will_not_do_is_refused_with_a_sentence(name: str, why: str) -> None:
    with pytest.raises(Mistake, match=why):
        deploy.deploy(name)


@pytest.mark.parametrize(
    ("name", "own_parameters"),
    [("orders-eu", "Environment=development"), ("orders-prod", "Environment=production GradualDeployment=true")],
)
def test_a_stack_has_settings_of_its_own_and_the_tracked_ones_stay(
    name: str, own_parameters: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracked = (ROOT / "samconfig.toml").read_text()
    (tmp_path / "samconfig.toml").write_text(tracked)
    monkeypatch.setattr(deploy, "ROOT", tmp_path)
    own = tomllib.loads(deploy.config_of(name).read_text())["default"]
    assert own["global"]["parameters"]["stack_name"] == name
    assert own["deploy"]["parameters"]["s3_prefix"] == name
    assert own["deploy"]["parameters"]["parameter_overrides"] == own_parameters
    assert own["deploy"]["parameters"]["tags"] == "application=order-cancellation"
    assert (tmp_path / "samconfig.toml").read_text() == tracked
    (tmp_path / f"samconfig.{name}.toml").write_text("version = 0.1\n# my answers\n")
    assert "my answers" in deploy.config_of(name).read_text()


def test_everything_that_outlives_its_stack_is_deleted_with_a_sandbox() -> None:
    kept = {name for name, found in template()["Resources"].items() if "DeletionPolicy" in found}
    kept.remove("ApiLogRole")  # the account's other APIs log with it
    assert kept == {*deploy._TABLES, "UserPool", "PortalBucket"}


def test_a_command_starts_in_a_shell_that_knows_nothing_of_lambda() -> None:
    bare = {"PATH": "/usr/bin:/bin"}
    started = subprocess.run([sys.executable, "-m", "scripts", "--help"], cwd=ROOT, env=bare, capture_output=True)
    assert (started.returncode, started.stderr) == (0, b"")
