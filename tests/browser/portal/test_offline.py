"""Without a connection: the page says so, and names the cancels that wait for an answer, wherever the person is."""

import json

import pytest
from playwright.sync_api import Page, expect

from local.client import Client
from tests.browser.portal.conftest import Visit, Wire, go
from tests.browser.portal.steps import cancelled_pop_up, checking, named, press_cancel
from tests.support.local_stack import Place

ROUTES = ["#/orders", "#/to-do", "#/reconcile", "#/summaries", "#/orders/A-1001", "#/batch", "#/nowhere"]


def waiting(page: Page, order_id: str) -> None:
    """The order is named above the page."""
    banner = page.locator("#banners")
    expect(banner).to_contain_text("We do not know yet whether this order is cancelled.")
    expect(banner.get_by_role("link", name=order_id, exact=True)).to_be_visible()


def test_a_cancel_that_waits_is_named_on_every_page(visit: Visit, place: Place, acme: Client) -> None:
    order_id = place()
    page = visit(f"#/orders/{order_id}")
    Wire(page, f"/orders/{order_id}/cancel", *["block"] * 20)
    press_cancel(page)
    expect(checking(page)).to_be_visible()
    page.context.set_offline(True)
    for route in ROUTES:
        go(page, route)
        waiting(page, order_id)
    go(page, "#/summaries")
    expect(page.get_by_role("heading", name="No connection.")).to_be_visible()
    assert page.locator("header img").evaluate("image => image.naturalWidth"), "the icon was fetched again"
    page.unroute_all()
    page.context.set_offline(False)  # the browser says that it is back: asked again at once
    expect(page.locator("#toasts")).to_contain_text(f"Order {order_id} is cancelled.")
    expect(page.locator("#banners .notice")).to_have_count(0)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Summaries")).to_be_visible()
    assert acme.get(f"/orders/{order_id}").body["status"] == "cancelled"


@pytest.mark.parametrize("route", ["#/orders", "#/to-do", "#/orders/A-1001", "#/batch"])
def test_a_page_that_cannot_load_says_that_there_is_no_connection(route: str, visit: Visit) -> None:
    page = visit("#/summaries")
    expect(page.get_by_role("heading", name="Summaries")).to_be_visible()
    page.context.set_offline(True)
    go(page, route)
    expect(page.get_by_role("heading", name="No connection.")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("The service cannot be reached.")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="No connection.")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Something went wrong here.")


def test_a_service_that_does_not_answer_is_not_a_lost_connection(visit: Visit) -> None:
    page = visit("#/summaries")
    expect(page.get_by_role("heading", name="Summaries")).to_be_visible()
    Wire(page, "/orders/A-1001", "503")
    go(page, "#/orders/A-1001")
    expect(page.get_by_role("heading", name="No answer.")).to_be_visible()


def test_a_portal_that_cannot_start_names_what_waits(visit: Visit, place: Place) -> None:
    order_id = place()
    page = visit("#/orders")
    expect(page.get_by_role("heading", name="Orders")).to_be_visible()
    ask = json.dumps({"key": "k", "reason": "other", "note": None, "asked_at": page.evaluate("Date.now()")})
    page.evaluate("([name, ask]) => localStorage.setItem(name, ask)", [f"cancel/acme/{order_id}", ask])
    page.route("**/config.json", lambda route: route.abort("internetdisconnected"))
    page.reload()
    expect(page.get_by_role("heading", name="No connection.")).to_be_visible()
    waiting(page, order_id)
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#toasts")).to_contain_text(f"Order {order_id} is cancelled.")


def test_a_cancel_that_is_answered_at_once_alarms_nobody(visit: Visit, place: Place) -> None:
    page = visit(f"#/orders/{place()}")
    page.evaluate(
        """() => new MutationObserver(() => { window.alarmed ||= document.querySelector("#banners .notice") })
            .observe(document.getElementById("banners"), {childList: true, subtree: true})"""
    )
    press_cancel(page)
    expect(cancelled_pop_up(page)).to_be_visible()
    assert not page.evaluate("Boolean(window.alarmed)")


def test_orders_of_a_batch_that_wait_are_named(visit: Visit, place: Place) -> None:
    first, second = place(), place()
    page = visit("#/orders")
    page.get_by_role("heading", name="Orders").wait_for()
    Wire(page, "/orders/cancel", "lose", "block", "block")
    page.evaluate(
        "orders => import('/batch.js').then(({ startBatch }) => startBatch(orders, {reason: 'other', note: null}))",
        [named(first), named(second)],
    )
    go(page, "#/to-do")
    banner = page.locator("#banners")
    expect(banner).to_contain_text("We do not know yet whether these orders are cancelled.")
    for order_id in (first, second):
        expect(banner.get_by_role("link", name=order_id, exact=True)).to_be_visible()
    expect(banner.locator(".notice")).to_have_count(0, timeout=20_000)
