"""A function starts with exactly the variables that the template gives it, and does not start without one of them."""

import os
import sys
from collections.abc import Iterator

import pytest

from local.bridges import template
from local.cloud import ROOT
from local.deploy import logical_id
from tests.support import functions

FUNCTIONS = sorted(path.parent.name for path in ROOT.glob("functions/*/app.py"))
EVERYWHERE = tuple(template()["Globals"]["Function"]["Environment"]["Variables"])
OPTIONAL = ("REPLY_TO_ADDRESS", "MAIL_EVENTS_QUEUE_URL")
LAMBDAS_OWN = ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def own(function: str) -> tuple[str, ...]:
    return tuple(template()["Resources"][logical_id(function)]["Properties"]["Environment"]["Variables"])


def value_of(variable: str) -> str:
    if variable.endswith(("_HOUR", "_DAYS")):
        return "8"
    return "INFO" if variable == "POWERTOOLS_LOG_LEVEL" else "value"


@pytest.fixture(autouse=True)
def _new_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a process of Lambda's: the layer is imported again, and nothing but Lambda's own variables is set."""
    for variable in set(os.environ) - set(LAMBDAS_OWN):
        monkeypatch.delenv(variable)
    before = {name: module for name, module in sys.modules.items() if name.startswith("order_cancellation")}
    for name in before:
        del sys.modules[name]
    yield
    for name in [name for name in sys.modules if name.startswith("order_cancellation")]:
        del sys.modules[name]
    sys.modules.update(before)


def start(monkeypatch: pytest.MonkeyPatch, function: str, without: str | None = None) -> None:
    for variable in {*EVERYWHERE, *own(function)} - {without}:
        monkeypatch.setenv(variable, value_of(variable))
    functions.load(function)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_it_starts_with_exactly_the_templates_variables(monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    start(monkeypatch, function)


@pytest.mark.parametrize(
    ("function", "variable"),
    [(each, variable) for each in FUNCTIONS for variable in own(each) if variable not in OPTIONAL],
)
def test_it_does_not_start_without_one_of_its_own(
    monkeypatch: pytest.MonkeyPatch, function: str, variable: str
) -> None:
    with pytest.raises(RuntimeError, match=f"missing: {variable}"):
        start(monkeypatch, function, without=variable)


@pytest.mark.parametrize("function", ["cancellation_summary", "summary_sweep"])
@pytest.mark.parametrize("variable", OPTIONAL)
def test_it_starts_without_what_is_optional(monkeypatch: pytest.MonkeyPatch, function: str, variable: str) -> None:
    start(monkeypatch, function, without=variable)


@pytest.mark.parametrize("variable", EVERYWHERE)
def test_functions_behind_the_api_do_not_start_without_one_that_all_are_given(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    with pytest.raises((KeyError, RuntimeError), match=variable):
        start(monkeypatch, "cancel_order", without=variable)
