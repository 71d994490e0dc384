"""For everybody: keyboard, phone, small and safe pages."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from local.client import Client
from order_cancellation.http.problems import PROBLEMS
from tests.browser.portal.conftest import PHONE, Visit, go, sign_in
from tests.browser.portal.steps import cancelled_pop_up
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
    expect(page.locator("main h1")).to_be_focused()
    expect(page.get_by_role("button", name="Cancel Order")).to_be_visible()
    tab_to(page, "cancel")
    keys.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("heading")).to_be_focused()
    for _ in range(12):  # the dialog keeps the focus
        keys.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    tab_to(page, "reason")
    keys.press("ArrowDown")
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
    button = page.get_by_role("button", name="Cancel Order")
    expect(button).to_be_in_viewport()
    reply = page.get_by_role("button", name="Copy the reply").bounding_box()
    lines = page.get_by_role("heading", name="Lines").bounding_box()
    assert reply
    assert lines
    assert reply["y"] < lines["y"], "the reply is not directly under the button"
    button.tap()
    page.get_by_role("dialog").get_by_label("Reason").select_option("other")
    page.get_by_role("dialog").get_by_role("button", name="Cancel the order").tap()
    expect(cancelled_pop_up(page)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert acme.get(f"/orders/{order_id}").body["status"] == "cancelled"


PAGES = [
    "#/orders",
    "#/orders?search=none",
    "#/check?ids=A-1005%0AA-1007",
    "#/orders/A-1005",
    "#/orders/A-1007",
    "#/to-do",
    "#/reconcile",
    "#/summaries",
    "#/batch",
    "#/nowhere",
]


def test_no_page_is_wider_than_a_phone_or_a_desktop_at_400_percent(visit: Visit) -> None:
    """320 px are a small phone, and what 400 % leaves of 1280. No entry of the navigation is cut off."""
    page = visit(size=PHONE)
    for route in PAGES:
        go(page, route)
        page.locator("main h1").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0], route
    cut = page.locator("header nav").evaluate(
        """nav => [nav, ...nav.querySelectorAll("a")].filter((part) => part.scrollWidth > part.clientWidth + 1
            || part.getBoundingClientRect().right > innerWidth).map((part) => part.textContent)"""
    )
    assert cut == []


def test_the_first_load_is_under_60_kb(visit: Visit, description: dict[str, Any]) -> None:
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
    page.locator("tbody tr").first.wait_for()
    ours = {names[key]: size for key, size in sizes.items() if names[key].startswith(description["portal_url"])}
    assert any(url.endswith("/app.js") for url in ours)
    assert any(url.endswith("/pages/orders.js") for url in ours)
    assert sum(ours.values()) < 60_000, ours
    print(f"first load: {sum(ours.values()):,.0f} bytes in {len(ours)} files")


def test_a_problem_type_shows_its_explanation_first(visit: Visit, description: dict[str, Any]) -> None:
    page = visit("problems/order-picked-packed", signed_in=False)
    for code in ("order_picked_packed", "idempotency_key_reused"):
        page.goto(f"{description['portal_url']}problems/{code.replace('_', '-')}")
        first = page.locator(".problem").first
        expect(first).to_contain_text(PROBLEMS[code][1])
        expect(first).to_contain_text(code)


def test_an_address_that_is_no_files_is_answered_by_the_portal(visit: Visit, description: dict[str, Any]) -> None:
    page = visit("", signed_in=False)
    answer = page.goto(f"{description['portal_url']}no/such.page")
    assert answer
    assert answer.status == 404
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()


def test_nothing_inline_and_nothing_from_elsewhere_may_run(visit: Visit, description: dict[str, Any]) -> None:
    page = visit()
    policy = page.request.get(description["portal_url"]).headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["img-src"] == "'self'"
    assert set(rules["connect-src"].split()) == {"'self'", description["endpoint_url"]}
    assert rules["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in policy.replace("style-src-attr 'unsafe-inline'", "")  # a mail's elements carry their styles
    assert rules["frame-src"] == "blob:"
    assert json.loads(page.request.get(f"{description['portal_url']}config.json").text()).keys() == {
        "api_url",
        "catalog",
        "client_id",
        "cognito_url",
    }
