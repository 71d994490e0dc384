"""The portal's modules for themselves: the words it shares with the service, and the files of the marketplaces."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from order_cancellation.http.problems import PROBLEMS
from tests.browser.portal.conftest import Visit

Run = Callable[..., Any]


@pytest.fixture
def run(visit: Visit) -> Run:
    """Calls a function of one of the portal's modules."""
    page = visit(signed_in=False)

    def call(module: str, expression: str, argument: Any = None) -> Any:
        return page.evaluate(f"argument => import('/{module}.js').then(module => {expression})", argument)

    return call


@pytest.mark.parametrize("code", PROBLEMS)
def test_a_problem_type_shows_its_explanation_first(code: str, visit: Visit) -> None:
    page = visit(f"problems/{code.replace('_', '-')}", signed_in=False)
    first = page.locator(".problem").first
    expect(first).to_contain_text(PROBLEMS[code][1])
    expect(first).to_contain_text(code)


