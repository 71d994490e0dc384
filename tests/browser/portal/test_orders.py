"""Finding an order, and many at once."""

from playwright.sync_api import expect

from local.client import Client
from tests.browser.portal.conftest import Visit, Wire, go
from tests.browser.portal.steps import PACKED_AT, named, pack, place_many, row, select
from tests.support.local_stack import Place


def test_an_order_is_opened_from_any_page_by_its_marketplace_id(visit: Visit, place: Place, acme: Client) -> None:
    """Without the mouse: one key to the search, paste, Enter. And Back is where the person was."""
    order_id = place()
    theirs = acme.get(f"/orders/{order_id}").body["marketplace_order_id"]
    page = visit("#/orders?limit=100", permissions=["clipboard-read", "clipboard-write"])
    page.locator("tbody tr").first.wait_for()
    below = page.locator("tbody td .id").last.inner_text()
    link = row(page, below).get_by_role("link")
    link.focus()  # which scrolls there
    top = page.evaluate("scrollY")
    assert top > 0
    page.evaluate("id => navigator.clipboard.writeText(id)", f" {theirs.lstrip('#').lower()} ")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Control+V")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(theirs)
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.go_back()
    expect(link).to_be_visible()
    assert page.evaluate("scrollY") == top

    row(page, below).get_by_role("checkbox").check()
    link.click()
    expect(page.get_by_role("button", name="Cancel Order")).to_be_visible()
    page.go_back()
    expect(link).to_be_focused()
    expect(row(page, below).get_by_role("checkbox")).to_be_checked()
    page.keyboard.press("/")
    page.keyboard.type("no such <order>/")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No order of yours has the id “no such <order>/”.")).to_be_visible()
    page.get_by_role("link", name="Show all orders").click()
    expect(page.get_by_role("link", name="All", exact=True)).to_have_attribute("aria-current", "page")


def test_the_list_begins_with_what_can_be_cancelled(visit: Visit, place: Place, lax1: Client, acme: Client) -> None:
    """Today's orders that can be cancelled cost no click."""
    open_, packed, cancelled = place(), place(), place()
    pack(lax1, packed)
    acme.cancel(cancelled)
    page = visit("#/orders?limit=100")
    expect(row(page, open_)).to_be_visible()
    assert set(page.locator("tbody .badge").all_inner_texts()) <= {"Received", "Allocated", "Picking", "In part"}
    for tab, order_id, statuses in (
        ("Too late", packed, {"Picked and packed", "Shipped", "Delivered", "In part"}),
        ("Cancelled", cancelled, {"Cancelled"}),
    ):
        page.get_by_role("link", name=tab, exact=True).click()
        expect(row(page, order_id)).to_be_visible()
        assert set(page.locator("tbody .badge").all_inner_texts()) <= statuses


def test_a_pasted_list_is_checked_and_cancelled(visit: Visit, place: Place, acme: Client, lax1: Client) -> None:
    ids = [place() for _ in range(7)]
    pack(lax1, ids[0])
    named = [acme.get(f"/orders/{order_id}").body["marketplace_order_id"] for order_id in ids[:2]] + ids[2:]
    page = visit("#/to-do", permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", "\n".join([*named, "nothing-9"]))
    page.get_by_role("searchbox").focus()
    page.keyboard.press("Control+V")
    expect(page.get_by_text("6 can still be cancelled · 1 can not · 1 not found.")).to_be_visible()
    expect(row(page, ids[0])).to_contain_text("Can no longer be cancelled. LAX1 picked and packed it on")
    for number in (6, 1, 4, 3, 2):
        row(page, ids[number]).get_by_role("checkbox").uncheck()
    expect(page.get_by_role("button", name="Cancel 1 order")).to_be_visible()
    page.get_by_role("checkbox", name="Select all orders that can be cancelled").check()
    page.get_by_role("button", name="Cancel 6 orders").click()
    dialog = page.get_by_role("dialog", name="Cancel 6 orders?")
    expect(dialog.get_by_role("listitem")).to_have_count(6)
    expect(dialog).to_contain_text(named[1])
    expect(dialog).to_contain_text("and 1 more")
    dialog.get_by_label("Reason").select_option("Duplicate order")
    dialog.get_by_role("button", name="Cancel 6 orders").click()
    expect(page.get_by_text("Done. All orders are cancelled.")).to_be_visible()
    assert [acme.get(f"/orders/{order_id}").body["status"] for order_id in ids[1:]] == ["cancelled"] * 6


def test_pages_forward_and_back(visit: Visit) -> None:
    page = visit("#/orders?tab=all")
    page.locator("tbody tr").first.wait_for()
    first = page.locator("tbody td .id").nth(1).inner_text()
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("Page 2")).to_be_visible()
    expect(row(page, first)).to_have_count(0)
    second = page.locator("tbody td .id").nth(1).inner_text()
    page.reload()
    expect(row(page, second)).to_be_visible()
    page.get_by_role("link", name="Previous").click()
    expect(row(page, first)).to_be_visible()
    lists = Wire(page, "/orders")
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_role("button", name="Refresh")).to_be_focused()
    assert len(lists.requests) == 1


def test_what_others_wrote_is_read_and_never_run(visit: Visit, planner: Client, acme: Client) -> None:
    hostile = "<img src=x onerror=broken=1>"
    body = {
        "marketplace": "amazon",
        "marketplace_order_id": hostile,
        "destination_country": "US",
        "placed_at": PACKED_AT,
        "lines": [{"sku": hostile, "quantity": 1}],
        "fulfillment_centers": ["LAX1"],
    }
    assert planner.put("/sellers/acme/orders/HOSTILE-1", body).status == 201
    assert acme.cancel("HOSTILE-1", {"note": hostile}).status == 200
    page = visit("#/orders/HOSTILE-1")
    expect(page.get_by_role("cell", name=hostile)).to_be_visible()
    go(page, "#/check?ids=HOSTILE-1")
    expect(page.get_by_text(hostile).first).to_be_visible()
    assert page.evaluate("window.broken") is None
    assert page.locator("main img").count() == 0


def test_a_batch_of_fifty(visit: Visit, planner: Client, lax1: Client, acme: Client) -> None:
    ids = place_many(planner, "BATCH", 50)
    for order_id in ids[:3]:
        pack(lax1, order_id)
    page = visit("#/orders?limit=100")
    wire = Wire(page, "/orders/cancel", "pass", "lose")
    select(page, ids[3:])
    page.evaluate(
        """orders => import('/selection.js').then(({ selection }) =>
            orders.forEach((order) => selection.set(order, true)))""",
        [named(order_id) for order_id in ids[:3]],
    )  # packed between ticking and cancelling
    page.get_by_role("region", name="Selected orders").get_by_role("button", name="Cancel 47 orders").click()
    dialog = page.get_by_role("dialog", name="Cancel 50 orders?")
    dialog.get_by_label("Reason").select_option("Pricing error")
    dialog.get_by_role("button", name="Cancel 50 orders").click()

    expect(page.get_by_text("Done. Some orders could not be cancelled.")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("47 cancelled · 3 not cancelled.")).to_be_visible()
    assert page.get_by_role("progressbar").evaluate("bar => bar.value / bar.max") == 1
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(50)
    expect(rows.filter(has_text="Not cancelled")).to_have_count(3)
    expect(rows.filter(has_text="LAX1 picked and packed it on")).to_have_count(3)
    assert len(wire.keys) == 1, "one key for the batch"
    assert len(wire.requests) == 11, "ten chunks, and the lost one again"
    assert page.evaluate("Object.keys(localStorage).length") == 0
    for order_id in ids:
        order = acme.get(f"/orders/{order_id}").body
        assert order["status"] == ("picked_packed" if order_id in ids[:3] else "cancelled")
        assert order_id in ids[:3] or order["cancellation"]["reason"] == "pricing_error"


def test_a_batch_that_is_left_in_between_is_settled_and_waits(visit: Visit, planner: Client, acme: Client) -> None:
    ids = place_many(planner, "LEFT", 12)
    page = visit("#/orders?limit=100")
    wire = Wire(page, "/orders/cancel", "pass", "lose", "block")
    select(page, ids)
    page.get_by_role("button", name="Cancel 12 orders").click()
    page.get_by_role("dialog").get_by_label("Reason").select_option("other")
    page.get_by_role("dialog").get_by_role("button", name="Cancel 12 orders").click()
    expect(page.get_by_text("Checking…")).to_have_count(5)
    page.reload()
    expect(page.get_by_text("Stopped: 2 orders not sent.")).to_be_visible()
    statuses = [acme.get(f"/orders/{order_id}").body["status"] for order_id in ids]
    assert statuses == ["cancelled"] * 10 + ["received"] * 2
    page.get_by_role("button", name="Continue with 2 orders").click()
    expect(page.get_by_text("Done. All orders are cancelled.")).to_be_visible()
    expect(page.locator("tbody .badge", has_text="before")).to_have_count(0)
    assert len(wire.keys) == 1
