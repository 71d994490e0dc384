"""What people do in the portal, and what others do meanwhile."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Locator, Page, expect

from local import seed
from local.client import Client

PACKED_AT = "2026-11-23T14:01:58Z"


def pack(center: Client, order_id: str, fc_id: str = "LAX1") -> None:
    answer = center.report(fc_id, "acme", order_id, "picked_packed", PACKED_AT)
    assert answer.status == 200, answer.raw


def press_cancel(page: Page) -> None:
    """Cancel Order, a reason, and yes."""
    page.get_by_role("button", name="Cancel Order").click()
    page.get_by_role("dialog").get_by_label("Reason").select_option("other")
    page.get_by_role("dialog").get_by_role("button", name="Cancel the order").click()


def under_way(planner: Client, lax1: Client, order_id: str, upto: str = "picking") -> str:
    """An order of two fulfillment centers, the first of which has come so far."""
    number = int(order_id.rpartition("-")[2])
    body = seed.placement(number, ("LAX1", "EWR2"), ("TENT-2P-GRN", "LAMP-HEAD-01"))
    assert planner.put(f"/sellers/acme/orders/{order_id}", body).status == 201
    for event, minutes in (("allocated", 50), ("picking", 12), ("picked_packed", 1)):
        at = (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat(timespec="seconds")
        assert lax1.report("LAX1", "acme", order_id, event, at).status == 200
        if event == upto:
            break
    return order_id


def checking(page: Page) -> Locator:
    """What is shown while it is not known whether the order is cancelled."""
    return page.locator("main").get_by_text("We do not know yet whether the order is cancelled.")


def named(order_id: str) -> dict[str, str]:
    """An order as the portal's selection keeps it."""
    return {"order_id": order_id, "marketplace": "amazon", "marketplace_order_id": f"M-{order_id}"}


def verdict(page: Page) -> Locator:
    return page.locator("#verdict")


def row(page: Page, order_id: str) -> Locator:
    """The row of an order in a list."""
    return page.locator("tbody tr").filter(has=page.get_by_text(order_id, exact=True))


def cancelled_pop_up(page: Page) -> Locator:
    return page.get_by_role("dialog").filter(has_text="Your order has been successfully cancelled.")


def place_many(planner: Client, prefix: str, count: int) -> list[str]:
    ids = [f"{prefix}-{number:03}" for number in range(1, count + 1)]
    for number, order_id in enumerate(ids):
        body = {
            "marketplace": "amazon",
            "marketplace_order_id": f"{prefix}-M-{number:03}",
            "destination_country": "US",
            "placed_at": PACKED_AT,
            "lines": [{"sku": "TENT", "quantity": 1}],
            "fulfillment_centers": ["LAX1"],
        }
        assert planner.put(f"/sellers/acme/orders/{order_id}", body).status == 201
    return ids


def select(page: Page, order_ids: list[str]) -> None:
    """Turn the pages from this one on, and select these orders where they are."""
    left = set(order_ids)
    while True:
        page.locator("tbody a").first.wait_for()
        here = left.intersection(page.locator("tbody td .id").all_inner_texts())
        for order_id in sorted(here):
            page.get_by_role("checkbox", name=f"Select order {order_id}", exact=True).check()
        left -= here
        if not left:
            return
        number = page.locator(".page").inner_text()
        page.get_by_role("link", name="Next").click()
        expect(page.locator(".page")).not_to_have_text(number)


def csv_of(rows: list[tuple[str, str]], *, separator: str = ";") -> bytes:
    """As a spreadsheet saves it: byte order mark, semicolons, quoted fields with separators and line breaks in them."""
    lines = [separator.join(("amazon-order-id", "buyer note", "order-status"))]
    lines += [separator.join((number, f'"gift; ""{i}""\nplease"', state)) for i, (number, state) in enumerate(rows)]
    return b"\xef\xbb\xbf" + "\r\n".join(lines).encode()
