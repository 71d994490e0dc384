"""The pictures of the documentation, two device pixels to one. SCREENSHOTS=docs/images renews them."""

from datetime import UTC, datetime

from playwright.sync_api import expect

from local.client import Client
from tests.browser.portal.conftest import Visit, go, snap
from tests.browser.portal.steps import press_cancel, under_way

SIZE = (1040, 700)


def test_a_sellers_day(visit: Visit, planner: Client, lax1: Client, acme: Client) -> None:
    order_id, packed, cancelled = (under_way(planner, lax1, f"A-{number}") for number in (2041, 2042, 2044))
    page = visit("#/orders", size=SIZE, device_scale_factor=2)
    page.locator("tbody tr").first.wait_for()
    snap(page, "orders")
    go(page, f"#/orders/{order_id}")
    expect(page.get_by_role("button", name="Cancel Order")).to_be_enabled()
    snap(page, "order")
    go(page, f"#/orders/{packed}")
    expect(page.get_by_text(packed, exact=True)).to_be_visible()
    at = datetime.now(UTC).isoformat(timespec="seconds")
    assert lax1.report("LAX1", "acme", packed, "picked_packed", at).status == 200
    press_cancel(page)
    expect(page.get_by_role("dialog", name="Order already picked and packed")).to_be_visible()
    snap(page, "refused")
    acme.cancel(cancelled, {"reason": "wrong_address", "note": "moved last week"})
    go(page, "#/to-do")
    page.locator("tbody tr").first.wait_for()  # oldest first: this order may be on a later page
    snap(page, "to-do")


def test_on_a_phone(visit: Visit, planner: Client, lax1: Client) -> None:
    order_id = under_way(planner, lax1, "A-2045")
    page = visit(f"#/orders/{order_id}", size=(375, 780), is_mobile=True, has_touch=True, device_scale_factor=2)
    expect(page.get_by_role("button", name="Cancel Order")).to_be_enabled()
    snap(page, "phone")
