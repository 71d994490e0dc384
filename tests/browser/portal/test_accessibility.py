"""axe finds nothing wrong on any page, in any state that a person may meet, by day and by night."""

import re
from typing import Any

from playwright.sync_api import Page, ViewportSize, expect

from local.client import Client
from tests.browser.conftest import violations
from tests.browser.portal.conftest import DESKTOP, PHONE, Visit, Wire, go
from tests.browser.portal.steps import cancelled_pop_up, checking, csv_of, pack, press_cancel
from tests.support.local_stack import Place

LOOKS: tuple[tuple[dict[str, Any], ViewportSize], ...] = (
    ({"color_scheme": "light", "forced_colors": "none"}, {"width": DESKTOP[0], "height": DESKTOP[1]}),
    ({"color_scheme": "dark", "forced_colors": "none"}, {"width": DESKTOP[0], "height": DESKTOP[1]}),
    ({"color_scheme": "light", "forced_colors": "active"}, {"width": DESKTOP[0], "height": DESKTOP[1]}),
    ({"color_scheme": "light", "forced_colors": "none"}, {"width": PHONE[0], "height": PHONE[1]}),
)


def no_violations(page: Page) -> None:
    """In each look of the page as it stands."""
    found = []
    for media, size in LOOKS:
        page.emulate_media(**media)
        page.set_viewport_size(size)
        found += [f"{media} {size}: {violation}" for violation in violations(page)]
    page.set_viewport_size(LOOKS[0][1])
    assert not found, "\n".join(found)


ROUTES = {
    "#/orders": "Orders",
    "#/orders?tab=too-late": "Orders",
    "#/orders?search=none": "Not found",
    "#/check?ids=A-1005%0AA-1007%0Anone": "Check 3 orders",
    "#/orders/A-1005": "Shopify",
    "#/orders/A-1007": "Walmart",
    "#/orders/none": "Order not found",
    "#/to-do": "To do in the marketplaces",
    "#/to-do?state=done": "To do in the marketplaces",
    "#/reconcile": "Reconcile with a marketplace",
    "#/summaries": "Summaries",
    "#/batch": "Cancel orders",
    "#/nowhere": "There is no such page",
}
FILES = {
    "problems/order-picked-packed": "Problems",
    "reference": "POST /orders/{order_id}/cancel",
    "not-found.html": "There is no such page",
}


def test_every_page(visit: Visit, description: dict[str, Any]) -> None:
    page = visit()
    for route, heading in ROUTES.items():
        go(page, route)
        expect(page.get_by_role("heading", name=heading).first).to_be_visible()
        no_violations(page)
    for path, heading in FILES.items():
        page.goto(description["portal_url"] + path)
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        no_violations(page)


def test_signing_in(visit: Visit) -> None:
    page = visit(signed_in=False)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("E-mail address is missing.")
    no_violations(page)
    page.get_by_role("button", name="Forgot password?").click()
    expect(page.get_by_role("button", name="Send the code")).to_be_visible()
    no_violations(page)


def test_a_cancel_from_question_to_answer(visit: Visit, place: Place) -> None:
    order_id = place("LAX1", "EWR2")
    page = visit(f"#/orders/{order_id}")
    page.get_by_role("button", name="Cancel Order").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the order").click()
    expect(page.get_by_role("alert")).to_have_text("Choose a reason first.")
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
    page.get_by_role("checkbox", name=re.compile("^Select all .* orders$")).check()
    no_violations(page)


def test_a_refusal(visit: Visit, place: Place, lax1: Client) -> None:
    order_id = place()
    page = visit(f"#/orders/{order_id}")
    expect(page.get_by_role("button", name="Cancel Order")).to_be_enabled()
    pack(lax1, order_id)
    press_cancel(page)
    expect(page.get_by_role("dialog", name="Order already picked and packed")).to_be_visible()
    no_violations(page)


def test_many_at_once(visit: Visit, place: Place, lax1: Client) -> None:
    order_id, packed = place(), place()
    page = visit(f"#/check?ids={order_id}%0A{packed}")
    expect(page.get_by_text("2 can still be cancelled")).to_be_visible()
    no_violations(page)
    pack(lax1, packed)
    page.get_by_role("button", name="Cancel 2 orders").click()
    page.get_by_role("dialog").get_by_label("Reason").select_option("other")
    no_violations(page)
    page.get_by_role("dialog").get_by_role("button", name="Cancel 2 orders").click()
    expect(page.get_by_text("Done. Some orders could not be cancelled.")).to_be_visible()
    no_violations(page)


def test_a_comparison(visit: Visit, place: Place, acme: Client) -> None:
    orders = [acme.get(f"/orders/{place()}").body for _ in range(2)]
    acme.cancel(orders[1]["order_id"])
    page = visit("#/reconcile")
    rows = [(orders[0]["marketplace_order_id"], "Cancelled"), (orders[1]["marketplace_order_id"], "Shipped")]
    rows += [("none", "Shipped"), ("1.13E+16", "Shipped")]
    page.set_input_files("#file", {"name": "orders.csv", "mimeType": "text/csv", "buffer": csv_of(rows)})
    expect(page.get_by_text("1 row left out.")).to_be_visible()
    page.get_by_label("Marketplace", exact=True).select_option(orders[0]["marketplace"])
    no_violations(page)
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="Where the two differ")).to_be_focused()
    no_violations(page)
