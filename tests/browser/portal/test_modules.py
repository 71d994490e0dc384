"""The portal's sentences, which are made of the service's data, and its page about problems."""

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
    expect(page.get_by_role("heading", level=1)).to_be_visible()  # then the portal has its configuration

    def call(module: str, expression: str, argument: Any = None) -> Any:
        return page.evaluate(f"argument => import('/{module}.js').then(module => {expression})", argument)

    return call


PACKED = [{"fc_id": "LAX1", "at": "2026-11-23T14:01:58Z"}, {"fc_id": "EWR2", "at": "2026-11-23T15:00:00Z"}]
TOO_LATE = "Order A-1 can no longer be cancelled: fulfillment center LAX1 picked and packed it on Nov 23, 2026, 6:01 AM"
OTHERWISE = "LAX1 packed it on 1 Jan 2020 at 00:00 UTC."


@pytest.mark.parametrize(
    ("because", "sentence"),
    [
        (
            {"code": "order_picked_packed", "packed": PACKED},
            f"{TOO_LATE}.",
        ),
        (
            {"code": "order_shipped", "packed": PACKED},
            f"{TOO_LATE}, and it has been shipped.",
        ),
        ({"code": "order_delivered", "packed": []}, OTHERWISE),
        ({"code": "order_on_the_moon", "packed": PACKED}, OTHERWISE),
        ({"code": "constructor", "packed": PACKED}, OTHERWISE),
        ({"code": "order_cancelled"}, OTHERWISE),
    ],
    ids=lambda value: value["code"] if isinstance(value, dict) else "",
)
def test_a_refusal_is_said_from_its_data(because: dict[str, Any], sentence: str, run: Run) -> None:
    said = run("sentences", SAID.format("whyNot('A-1', argument)"), {"detail": OTHERWISE, **because})
    assert said == sentence


@pytest.mark.parametrize(
    ("cancellation", "sentence"),
    [
        ({"kind": "seller", "reason": "other"}, "Order A-1 was cancelled on Nov 23, 2026, 6:02 AM."),
        (
            {"kind": "seller", "reason": "other", "actor": {"kind": "person", "id": "p", "name": "a@b.example"}},
            "Order A-1 was cancelled by a@b.example on Nov 23, 2026, 6:02 AM.",
        ),
        (
            {"kind": "auto", "reason": "stockout"},
            "Order A-1 was cancelled automatically on Nov 23, 2026, 6:02 AM: out of stock.",
        ),
        (
            {"kind": "auto", "reason": "of_tomorrow"},
            "Order A-1 was cancelled automatically on Nov 23, 2026, 6:02 AM: of_tomorrow.",
        ),
    ],
    ids=["seller", "seller, by whom", "auto", "a reason that is not known here"],
)
def test_a_cancellation_is_said_from_its_data(cancellation: dict[str, Any], sentence: str, run: Run) -> None:
    argument = {"cancelled_at": "2026-11-23T14:02:11.123Z", **cancellation}
    because = "{code: 'order_cancelled', detail: 'something else'}"
    assert run("sentences", SAID.format(f"whyNot('A-1', {because}, argument)"), argument) == sentence


SAID = "module.{}.map(part => part.textContent ?? part).join('')"


@pytest.mark.parametrize("code", PROBLEMS)
def test_a_problem_type_shows_its_explanation_first(code: str, visit: Visit) -> None:
    page = visit(f"problems/{code.replace('_', '-')}", signed_in=False)
    first = page.locator(".problem").first
    expect(first).to_contain_text(PROBLEMS[code][1])
    expect(first).to_contain_text(code)
