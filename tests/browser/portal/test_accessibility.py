"""axe finds nothing wrong on any page, in any state that a person may meet, by day and by night."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from local.client import Client
from tests.browser.portal.conftest import DESKTOP, PHONE, Visit, Wire, go
from tests.browser.portal.steps import cancelled_pop_up, checking, csv_of, pack, press_cancel
from tests.support.local_stack import Place

Check = Callable[[Page], None]
LOOKS = [("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE)]


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look[0]}-{look[1][0]}")
def look(request: pytest.FixtureRequest) -> dict[str, Any]:
    color_scheme, size = request.param
    return {"color_scheme": color_scheme, "size": size}


def no_violations(page: Page) -> None:
    """What axe calls a violation, in words; and that it did look."""
    results = Axe().run(page, options={"resultTypes": ["violations", "passes"]}).response
    assert len(results["passes"]) > 5
    found = [
        f"{violation['id']} ({violation['impact']}): {node['html'][:160]} {node['failureSummary']}"
        for violation in results["violations"]
        for node in violation["nodes"]
    ]
    assert not found, "\n".join(found)


ROUTES = {
    "#/orders": "Orders",
    "#/orders?search=none": "Orders",
    "#/orders/A-1005": "Order A-1005",
    "#/orders/A-1007": "Order A-1007",
    "#/orders/none": "Order not found",
    "#/to-do": "To do in the marketplace",
    "#/to-do?state=done": "To do in the marketplace",
    "#/reconcile": "Reconcile with a marketplace",
    "#/summaries": "Summaries",
    "#/batch": "Cancel orders",
    "#/nowhere": "There is no such page",
}
FILES = {"problems/order-picked-packed": "Problems", "not-found.html": "There is no such page"}


def test_every_page(visit: Visit, look: dict[str, Any], description: dict[str, Any]) -> None:
    page = visit(**look)
    for route, heading in ROUTES.items():
        go(page, route)
        expect(page.get_by_role("heading", name=heading).first).to_be_visible()
        no_violations(page)
    for path, heading in FILES.items():
        page.goto(description["portal_url"] + path)
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        no_violations(page)


def test_signing_in(visit: Visit, look: dict[str, Any]) -> None:
    page = visit(signed_in=False, **look)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("E-mail address is missing.")
    no_violations(page)
    page.get_by_role("button", name="Forgot password?").click()
    expect(page.get_by_role("button", name="Send the code")).to_be_visible()
    no_violations(page)


def test_a_cancel_from_question_to_answer(visit: Visit, place: Place, look: dict[str, Any]) -> None:
    order_id = place("LAX1", "EWR2")
    page = visit(f"#/orders/{order_id}", **look)
    page.get_by_role("button", name="Cancel Order").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    no_violations(page)
    page.keyboard.press("Escape")
    Wire(page, f"/orders/{order_id}/cancel", "lose", "block")
    press_cancel(page)
    expect(checking(page)).to_be_visible()
    no_violations(page)
    expect(cancelled_pop_up(page)).to_be_visible()
    no_violations(page)
    page.keyboard.press("Escape")
    expect(page.get_by_text("Still to do: cancel")).to_be_visible()
    no_violations(page)
    page.get_by_role("button", name="Copy the reply").click()
    expect(page.locator(".toast")).to_be_visible()
    no_violations(page)
    go(page, "#/to-do")
    expect(page.get_by_role("link", name=order_id, exact=True)).to_be_visible()
    no_violations(page)


def test_a_refusal(visit: Visit, place: Place, lax1: Client, look: dict[str, Any]) -> None:
    order_id = place()
    page = visit(f"#/orders/{order_id}", **look)
    expect(page.get_by_role("button", name="Cancel Order")).to_be_enabled()
    pack(lax1, order_id)
    press_cancel(page)
    expect(page.get_by_role("dialog", name="Order already picked and packed")).to_be_visible()
    no_violations(page)


def test_many_at_once(visit: Visit, place: Place, lax1: Client, look: dict[str, Any]) -> None:
    order_id, packed = place(), place()
    page = visit(f"#/orders?search={order_id}", **look)
    page.get_by_role("checkbox", name=f"Select order {order_id}").check()
    no_violations(page)
    go(page, f"#/orders?search={packed}")
    page.get_by_role("checkbox", name=f"Select order {packed}").check()
    pack(lax1, packed)
    page.get_by_role("button", name="Cancel 2 orders").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel 2 orders").click()
    expect(page.get_by_text("Done. Some orders could not be cancelled.")).to_be_visible()
    no_violations(page)


def test_a_comparison(visit: Visit, place: Place, acme: Client, look: dict[str, Any]) -> None:
    orders = [acme.get(f"/orders/{place()}").body for _ in range(2)]
    acme.cancel(orders[1]["order_id"])
    page = visit("#/reconcile", **look)
    rows = [(orders[0]["marketplace_order_id"], "Cancelled"), (orders[1]["marketplace_order_id"], "Shipped")]
    rows += [("none", "Shipped"), ("1.13E+16", "Shipped")]
    page.set_input_files("#file", {"name": "orders.csv", "mimeType": "text/csv", "buffer": csv_of(rows)})
    expect(page.get_by_text("1 row left out.")).to_be_visible()
    page.get_by_label("Marketplace", exact=True).select_option(orders[0]["marketplace"])
    no_violations(page)
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="Where the two differ")).to_be_focused()
    no_violations(page)
