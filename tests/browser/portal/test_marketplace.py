"""In step with the marketplace: the to-do list, the comparison, the summaries."""

import re
from typing import Any

from playwright.sync_api import expect

from local.client import Client
from local.cloud import Cloud
from tests.browser.portal.conftest import Visit, go
from tests.browser.portal.steps import csv_of, pack, place_many, press_cancel
from tests.support.local_stack import Place


def test_the_to_do_list(visit: Visit, place: Place, acme: Client) -> None:
    order_id = place()
    acme.cancel(order_id)
    page = visit("#/to-do")
    count = page.locator("nav .count")
    expect(count).to_be_visible()
    before = int(re.sub(r"\D", "", count.inner_text()))
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=order_id, exact=True))
    row.get_by_role("button", name=f"Done: order {order_id}").click()
    expect(row).to_have_count(0)
    assert acme.get(f"/orders/{order_id}").body["marketplace_cancellation"] == "done"
    if before > 1:
        expect(count).to_contain_text(str(before - 1))
    page.get_by_role("link", name="Done").click()
    row.get_by_role("button", name=f"Undo: order {order_id}").click()
    expect(row).to_have_count(0)
    assert acme.get(f"/orders/{order_id}").body["marketplace_cancellation"] == "to_do"


def test_done_is_said_in_the_pop_up_itself(visit: Visit, place: Place, acme: Client) -> None:
    order_id = place()
    page = visit(f"#/orders/{order_id}")
    press_cancel(page)
    page.get_by_role("dialog").get_by_role("button", name="I have cancelled it in").click()
    expect(page.get_by_text(re.compile("^Cancelled in .*, too$"))).to_be_visible()
    assert acme.get(f"/orders/{order_id}").body["marketplace_cancellation"] == "done"


def test_a_thousand_rows_are_compared(visit: Visit, planner: Client, lax1: Client, acme: Client) -> None:
    ids = place_many(planner, "CSV", 40)
    pack(lax1, ids[10])
    for order_id in ids[20:30]:
        assert acme.cancel(order_id).status == 200
    acme.put(f"/orders/{ids[25]}/marketplace-cancellation", {"state": "done"})
    rows = [(f"CSV-M-{number:03}", "Cancelled" if number < 20 or number >= 25 else "Shipped") for number in range(40)]
    rows[25:30] = [(f"CSV-M-{number:03}", "Unshipped") for number in range(25, 30)]
    rows[30:] = [(f"CSV-M-{number:03}", "Shipped") for number in range(30, 40)]
    rows += [(f"999-{number:07}", "Shipped") for number in range(960)]
    page = visit("#/reconcile")
    page.set_input_files("#file", {"name": "orders.csv", "mimeType": "text/csv", "buffer": csv_of(rows)})
    expect(page.get_by_text("1,000 orders in orders.csv: 20 cancelled, 980 not.")).to_be_visible()
    expect(page.get_by_label("Marketplace", exact=True)).to_have_value("amazon")
    page.get_by_role("button", name="Compare").click()

    expect(page.get_by_text("20 cancelled in Amazon, live here")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("10 cancelled here, live in Amazon")).to_be_visible()
    expect(page.get_by_text("10 the same in both")).to_be_visible()
    expect(page.get_by_text("960 not known here").first).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="LAX1 picked and packed it")).to_have_count(1)

    page.get_by_role("button", name="Put 1 order back on the to-do list").click()
    expect(page.get_by_text("All of them are on your to-do list")).to_be_visible()
    assert acme.get(f"/orders/{ids[25]}").body["marketplace_cancellation"] == "to_do"

    page.get_by_role("button", name="Cancel 19 orders here").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel 19 orders").click()
    expect(page.get_by_text("Done. All orders are cancelled.")).to_be_visible(timeout=60_000)

    go(page, "#/reconcile")
    page.set_input_files("#file", {"name": "orders.csv", "mimeType": "text/csv", "buffer": csv_of(rows[:30])})
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("button", name="Mark them as done").click()
    expect(page.locator("#toasts")).to_contain_text("19 orders marked as done.")
    assert acme.get(f"/orders/{ids[0]}").body["marketplace_cancellation"] == "done"


def test_a_file_is_dropped_and_its_columns_are_picked_by_hand(visit: Visit, planner: Client) -> None:
    (order_id,) = place_many(planner, "DROP", 1)
    text = "Nummer|Was ist damit\nDROP-M-000|storniert\nDROP-M-999|offen\n"
    page = visit("#/reconcile")
    page.get_by_role("heading", name="Reconcile").wait_for()
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.items.add(new File([text], 'export.txt', {type: 'text/plain'}));
            document.querySelector('.drop').dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true}));
        }""",
        text,
    )
    expect(page.get_by_role("button", name="Compare")).to_be_disabled()
    page.get_by_label("Marketplace", exact=True).select_option("Amazon")
    page.get_by_label("Column with its order id").select_option("Nummer")
    page.get_by_label("Column with the state").select_option("Was ist damit")
    page.get_by_role("checkbox", name="storniert").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("row").filter(has=page.get_by_role("link", name=order_id))).to_contain_text("Yes")


def test_summaries_and_the_banner_when_mail_bounces(visit: Visit, cloud: Cloud, description: dict[str, Any]) -> None:
    dynamodb, tables = cloud.client("dynamodb"), description["tables"]
    page = visit("#/summaries")
    expect(page.get_by_text("They go to ops@acme.example.")).to_be_visible()
    key = {"seller_id": {"S": "acme"}, "summary_id": {"S": "9999-01-02T09:00:00.000Z-test"}}
    item = {
        "status": {"S": "bounced"},
        "email": {"S": "ops@acme.example"},
        "created_at": {"S": "2026-11-23T09:00:00.000Z"},
        "sent_at": {"S": "2026-11-23T09:00:02.000Z"},
        "order_ids": {"L": [{"S": f"A-{1001 + number}"} for number in range(9)]},
    }
    problem = {"kind": {"S": "bounce"}, "email": {"S": "ops@acme.example"}, "at": {"S": "2026-11-23T09:01:00.000Z"}}
    dynamodb.put_item(TableName=tables["summaries"], Item={**key, **item})
    dynamodb.update_item(
        TableName=tables["sellers"],
        Key={"seller_id": {"S": "acme"}},
        UpdateExpression="SET mail_problem = :problem",
        ExpressionAttributeValues={":problem": {"M": problem}},
    )
    try:
        page.reload()
        expect(page.locator("#banners")).to_contain_text("Your summaries are not arriving.")
        row = page.get_by_role("row").filter(has_text="9999-01-02")
        expect(row).to_contain_text("Came back")
        row.get_by_role("button", name="and 4 more").click()
        expect(row.get_by_role("link", name="A-1009")).to_be_visible()
        go(page, "#/orders")
        expect(page.locator("#banners")).to_contain_text("Mail to ops@acme.example came back")
    finally:
        dynamodb.delete_item(TableName=tables["summaries"], Key=key)
        dynamodb.update_item(
            TableName=tables["sellers"], Key={"seller_id": {"S": "acme"}}, UpdateExpression="REMOVE mail_problem"
        )
