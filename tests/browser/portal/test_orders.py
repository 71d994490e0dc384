"""Finding an order, and many at once."""

from playwright.sync_api import expect

from local.client import Client
from tests.browser.portal.conftest import Visit, Wire, go
from tests.browser.portal.steps import PACKED_AT, pack, place_many, select
from tests.support.local_stack import Place


def test_search_by_either_id_and_filter_by_status(visit: Visit, place: Place, acme: Client) -> None:
    order_id = place()
    marketplace_order_id = acme.get(f"/orders/{order_id}").body["marketplace_order_id"]
    page = visit("#/orders")
    for text in (order_id, f"  {marketplace_order_id} "):
        page.get_by_role("searchbox").fill(text)
        page.keyboard.press("Enter")
        expect(page.locator("tbody").get_by_role("link", name=order_id, exact=True)).to_be_visible()
        rows = page.locator("tbody tr")  # an order of the seed may have the same id in its marketplace
        expect(rows.filter(has_text=marketplace_order_id)).to_have_count(rows.count())
        expect(page.get_by_role("link", name="Next")).to_have_count(0)
    page.get_by_role("searchbox").fill("no such <order>")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No order has the id “no such <order>”.")).to_be_visible()
    page.get_by_role("link", name="Show all orders").click()
    page.get_by_label("Status").select_option("Shipped")
    expect(page.get_by_role("link", name="A-1009")).to_be_visible()
    assert set(page.locator("tbody .badge").all_inner_texts()) == {"Shipped"}


def test_pages_forward_and_back(visit: Visit) -> None:
    page = visit("#/orders")
    first = page.locator("tbody a").first.inner_text
    expect(page.get_by_role("link", name="A-1001")).to_be_visible()
    assert first() == "A-1001"
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("link", name="A-1026")).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="A-1026")).to_be_visible()
    page.get_by_role("link", name="Previous").click()
    expect(page.get_by_role("link", name="A-1001")).to_be_visible()


def test_an_order_that_is_packed_cannot_be_selected(visit: Visit, place: Place, lax1: Client) -> None:
    order_id = place()
    pack(lax1, order_id)
    page = visit(f"#/orders?search={order_id}")
    expect(page.get_by_role("link", name=order_id, exact=True)).to_be_visible()
    expect(page.get_by_role("checkbox", name=f"Select order {order_id}", exact=True)).to_have_count(0)


def test_the_reply_for_the_buyer_is_copied(visit: Visit, place: Place, acme: Client) -> None:
    order_id = place()
    page = visit(f"#/orders/{order_id}", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the reply").click()
    expect(page.locator("#toasts")).to_contain_text("The reply is copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert acme.get(f"/orders/{order_id}").body["marketplace_order_id"] in copied
    assert "cannot promise" in copied


def test_what_others_wrote_is_read_and_never_run(visit: Visit, planner: Client, acme: Client) -> None:
    hostile = "<img src=x onerror=window.broken=1>"
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
    go(page, f"#/orders?search={hostile}")
    expect(page.get_by_role("link", name="HOSTILE-1")).to_be_visible()
    go(page, "#/to-do")
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
        "ids => import('/selection.js').then(({ selection }) => ids.forEach((id) => selection.set(id, true)))", ids[:3]
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
