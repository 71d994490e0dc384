"""The pictures of the documentation, taken on the way through a seller's day. SCREENSHOTS=docs/images renews them."""

from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import expect

from local.client import Client
from local.cloud import Cloud
from tests.browser.portal.conftest import Visit, Wire, go, snap
from tests.browser.portal.steps import cancelled_pop_up, checking, csv_of, press_cancel, under_way

SIZE = (1040, 700)


def test_a_cancel(visit: Visit, planner: Client, lax1: Client) -> None:
    order_id = under_way(planner, lax1, "A-2041")
    page = visit("#/orders", size=SIZE)
    expect(page.get_by_role("link", name="A-1001")).to_be_visible()
    snap(page, "orders")
    go(page, f"#/orders/{order_id}")
    button = page.get_by_role("button", name="Cancel Order")
    expect(button).to_be_enabled()
    snap(page, "order")
    button.click()
    page.get_by_role("dialog").get_by_label("Note").fill("called at nine")
    snap(page, "confirm")
    page.get_by_role("dialog").get_by_role("button", name="Cancel the order").click()
    expect(cancelled_pop_up(page)).to_be_visible()
    snap(page, "cancelled")


def test_a_refusal(visit: Visit, planner: Client, lax1: Client) -> None:
    order_id = under_way(planner, lax1, "A-2042")
    page = visit(f"#/orders/{order_id}", size=SIZE)
    expect(page.get_by_role("button", name="Cancel Order")).to_be_enabled()
    at = datetime.now(UTC).isoformat(timespec="seconds")
    assert lax1.report("LAX1", "acme", order_id, "picked_packed", at).status == 200
    press_cancel(page)
    expect(page.get_by_role("dialog", name="Order already picked and packed")).to_be_visible()
    snap(page, "refused")


def test_not_known_yet(visit: Visit, planner: Client, lax1: Client) -> None:
    order_id = under_way(planner, lax1, "A-2043")
    page = visit(f"#/orders/{order_id}", size=SIZE)
    Wire(page, f"/orders/{order_id}/cancel", "lose", "block")
    press_cancel(page)
    expect(checking(page)).to_be_visible()
    snap(page, "unknown")
    expect(cancelled_pop_up(page)).to_be_visible()


def test_many_at_once(visit: Visit, planner: Client, lax1: Client) -> None:
    ids = [f"A-{number}" for number in range(2101, 2113)]
    for number, order_id in enumerate(ids):
        under_way(planner, lax1, order_id, "picked_packed" if number in (3, 8) else "picking")
    page = visit("#/orders", size=SIZE)
    page.get_by_role("heading", name="Orders").wait_for()
    page.evaluate("ids => import('/batch.js').then(({ startBatch }) => startBatch(ids, {reason: 'other'}))", ids)
    go(page, "#/batch")
    expect(page.get_by_text("10 cancelled · 2 not cancelled.")).to_be_visible()
    snap(page, "batch")


def test_in_step_with_the_marketplace(visit: Visit, planner: Client, lax1: Client, acme: Client) -> None:
    rows = []
    for number in (2202, 2205, 2208, 2211, 2214):  # Amazon's
        order_id = under_way(planner, lax1, f"A-{number}", "picked_packed" if number == 2205 else "picking")
        state = "Cancelled" if number < 2210 else "Shipped"
        if number == 2211:
            acme.cancel(order_id, {"reason": "customer_request"})
        rows.append((acme.get(f"/orders/{order_id}").body["marketplace_order_id"], state))
    rows.append(("113-0000000-0000000", "Cancel_Requested"))
    page = visit("#/reconcile", size=SIZE)
    page.set_input_files("#file", {"name": "amazon-orders.csv", "mimeType": "text/csv", "buffer": csv_of(rows)})
    page.get_by_role("group", name="Cancel_Requested").get_by_label("Not cancelled there").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("3 cancelled in Amazon, live here")).to_be_visible()
    snap(page, "reconcile", full=True)


def test_mail_that_comes_back(visit: Visit, cloud: Cloud, description: dict[str, Any]) -> None:
    dynamodb, tables = cloud.client("dynamodb"), description["tables"]
    keys = []
    for day, status, orders in ((21, "delivered", 3), (22, "delivered", 1), (23, "bounced", 8)):
        key = {"seller_id": {"S": "acme"}, "summary_id": {"S": f"9999-11-{day}T09:00:00.000Z-7f3a"}}
        item = {
            "status": {"S": status},
            "email": {"S": "ops@acme.example"},
            "created_at": {"S": f"2026-11-{day}T09:00:00.000Z"},
            "sent_at": {"S": f"2026-11-{day}T09:00:02.000Z"},
            "order_ids": {"L": [{"S": f"A-{1001 + number}"} for number in range(orders)]},
        }
        dynamodb.put_item(TableName=tables["summaries"], Item={**key, **item})
        keys.append(key)
    problem = {"kind": {"S": "bounce"}, "email": {"S": "ops@acme.example"}, "at": {"S": "2026-11-23T09:01:00.000Z"}}
    seller = {"seller_id": {"S": "acme"}}
    dynamodb.update_item(
        TableName=tables["sellers"],
        Key=seller,
        UpdateExpression="SET mail_problem = :problem",
        ExpressionAttributeValues={":problem": {"M": problem}},
    )
    try:
        page = visit("#/summaries", size=SIZE)
        expect(page.get_by_text("Mail to ops@acme.example is not arriving.")).to_be_visible()
        snap(page, "summaries")
    finally:
        for key in keys:
            dynamodb.delete_item(TableName=tables["summaries"], Key=key)
        dynamodb.update_item(TableName=tables["sellers"], Key=seller, UpdateExpression="REMOVE mail_problem")


def test_by_night_and_on_a_phone(visit: Visit, planner: Client, lax1: Client, acme: Client) -> None:
    order_id = under_way(planner, lax1, "A-2044")
    page = visit(f"#/orders/{order_id}", size=(360, 720), is_mobile=True, has_touch=True, device_scale_factor=2)
    expect(page.get_by_role("button", name="Cancel Order")).to_be_enabled()
    snap(page, "phone")
    acme.cancel(order_id, {"reason": "wrong_address", "note": "moved last week"})
    page = visit(f"#/orders/{order_id}", size=SIZE, color_scheme="dark")
    expect(page.get_by_text("Still to do: cancel")).to_be_visible()
    snap(page, "dark")
    go(page, "#/to-do")
    expect(page.get_by_role("link", name=order_id, exact=True)).to_be_visible()
    snap(page, "to-do")
