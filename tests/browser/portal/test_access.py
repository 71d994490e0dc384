"""For everybody: keyboard, phone, small and safe pages."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from local.client import Client
from tests.browser.portal.conftest import PHONE, Visit, sign_in
from tests.browser.portal.steps import (
    cancelled_pop_up,
)
from tests.support.local_stack import Place


def test_a_cancel_with_the_keyboard_alone(
    visit: Visit, place: Place, acme: Client, description: dict[str, Any]
) -> None:
    order_id = place()
    page = visit(signed_in=False)
    keys = page.keyboard
    seller = description["sellers"][0]
    expect(page.get_by_label("E-mail address")).to_be_focused()
    keys.type(seller["username"])
    keys.press("Tab")
    keys.type(seller["password"])
    keys.press("Enter")
    page.get_by_role("heading", name="Orders").wait_for()
    tab_to(page, "search")
    keys.type(order_id)
    keys.press("Enter")
    link = page.locator("tbody").get_by_role("link", name=order_id, exact=True)
    link.wait_for()
    tab_to_locator(page, f'a[href="#/orders/{order_id}"]')
    keys.press("Enter")
    expect(page.get_by_role("heading", name=f"Order {order_id}")).to_be_focused()
    tab_to(page, "cancel")
    keys.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("heading")).to_be_focused()
    for _ in range(12):  # the dialog keeps the focus
        keys.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    tab_to_locator(page, 'dialog button[value="cancel"]')
    keys.press("Enter")
    expect(cancelled_pop_up(page)).to_be_visible()
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert acme.get(f"/orders/{order_id}").body["status"] == "cancelled"


def tab_to(page: Page, element_id: str) -> None:
    tab_to_locator(page, f"#{element_id}")


def tab_to_locator(page: Page, selector: str) -> None:
    for _ in range(80):
        if page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"the focus on {selector} is not to be seen"
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{selector} cannot be reached with the Tab key")


def test_the_skip_link_leads_past_the_header(visit: Visit) -> None:
    page = visit("#/orders")
    page.get_by_role("heading", name="Orders").wait_for()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    assert page.url.endswith("#/orders")


def test_a_cancel_on_a_phone(visit: Visit, place: Place, acme: Client) -> None:
    order_id = place("LAX1", "EWR2")
    page = visit(f"#/orders?search={order_id}", size=PHONE, has_touch=True, is_mobile=True)
    page.locator("tbody").get_by_role("link", name=order_id, exact=True).tap()
    button = page.get_by_role("button", name="Cancel Order")
    expect(button).to_be_in_viewport()
    button.tap()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the order").tap()
    expect(cancelled_pop_up(page)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert acme.get(f"/orders/{order_id}").body["status"] == "cancelled"


PAGES = [
    "#/orders",
    "#/orders/A-1005",
    "#/orders/A-1007",
    "#/to-do",
    "#/reconcile",
    "#/summaries",
    "#/batch",
    "#/nowhere",
]


@pytest.mark.parametrize("route", PAGES)
def test_no_page_is_wider_than_a_phone(route: str, visit: Visit) -> None:
    page = visit(route, size=PHONE)
    page.locator("main h1").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_the_first_load_is_under_100_kb(visit: Visit, description: dict[str, Any]) -> None:
    """All that the site itself sends until the orders are to be seen, headers too, measured at the socket."""
    page = visit("", signed_in=False)
    page.goto("about:blank")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    names: dict[str, str] = {}
    sizes: dict[str, float] = {}
    session.on("Network.requestWillBeSent", lambda event: names.update({event["requestId"]: event["request"]["url"]}))
    session.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    page.goto(description["portal_url"])
    sign_in(page, description)
    expect(page.get_by_role("link", name="A-1001")).to_be_visible()
    ours = {names[key]: size for key, size in sizes.items() if names[key].startswith(description["portal_url"])}
    assert any(url.endswith("/app.js") for url in ours)
    assert any(url.endswith("/pages/orders.js") for url in ours)
    assert sum(ours.values()) < 100_000, ours
    print(f"first load: {sum(ours.values()):,.0f} bytes in {len(ours)} files")


def test_nothing_inline_and_nothing_from_elsewhere_may_run(visit: Visit, description: dict[str, Any]) -> None:
    page = visit()
    policy = page.request.get(description["portal_url"]).headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["img-src"] == "'self'"
    assert set(rules["connect-src"].split()) == {"'self'", description["endpoint_url"]}
    assert rules["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in policy
    assert json.loads(page.request.get(f"{description['portal_url']}config.json").text()).keys() == {
        "api_url",
        "catalog",
        "client_id",
        "cognito_url",
    }
