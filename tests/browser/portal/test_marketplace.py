"""In step with the marketplace: the to-do list, the comparison, the summaries."""

import re
from typing import Any

from playwright.sync_api import Locator, expect

from local.client import Client
from local.cloud import Cloud
from tests.browser.portal.conftest import Visit, Wire, go
from tests.browser.portal.steps import cancelled_pop_up, place_many, press_cancel, row
from tests.support.local_stack import Place


def test_forty_seven_to_dos(visit: Visit, planner: Client, acme: Client) -> None:
    """Four clicks: the page, all, done; and one that takes it back. The number in the menu follows."""
    cancelled = place_many(planner, "TODO", 47)
    answer = acme.post("/orders/cancel", {"orders": [{"order_id": order_id} for order_id in cancelled]})
    assert answer.body["outcome"] == "success"
    clicks = 0

    def click(locator: Locator) -> None:
        nonlocal clicks
        clicks += 1
        locator.click()

    page = visit("#/summaries", permissions=["clipboard-read", "clipboard-write"])
    count = page.locator("nav .count")
    expect(count).to_be_visible()
    before = number(count)
    assert before >= 47
    click(page.get_by_role("link", name="To do"))
    amazon = page.locator("section").filter(has=page.get_by_role("heading", name=re.compile("^Amazon · ")))
    page.locator("tbody tr").first.wait_for()
    while (more := page.get_by_role("button", name="Show more")).count():  # what other tests left
        shown = page.locator("tbody tr").count()
        more.click()
        expect(page.locator("tbody tr")).not_to_have_count(shown)
    expect(row(page, cancelled[0])).to_contain_text("Cancel")
    click(amazon.get_by_role("checkbox", name=re.compile("^Select all ")))
    selected = page.get_by_role("region", name="Selected orders")
    marked = number(selected.locator("strong"))
    selected.get_by_role("button", name="Copy the ids").click()
    expect(page.locator("#toasts")).to_contain_text("ids copied.")
    assert set(page.evaluate("navigator.clipboard.readText()").split("\n")) >= {f"TODO-M-{n:03}" for n in range(47)}
    click(selected.get_by_role("button", name="Mark as done"))
    assert clicks <= 4
    expect(page.locator("#toasts")).to_contain_text(f"{marked} orders marked as done.")
    expect(row(page, cancelled[0])).to_have_count(0)
    assert number(count) == before - marked if before > marked else count.is_hidden()
    assert acme.get(f"/orders/{cancelled[46]}").body["marketplace_cancellation"] == "done"
    page.get_by_role("button", name="Undo").click()
    expect(row(page, cancelled[0])).to_be_visible()
    assert number(count) == before
    assert acme.get(f"/orders/{cancelled[0]}").body["marketplace_cancellation"] == "to_do"
    with page.expect_download() as file:
        page.get_by_role("button", name="CSV of the list").click()
    table = file.value.path().read_text(encoding="utf-8-sig")
    assert "Amazon,TODO-M-000,cancel TODO-M-000 in Amazon,TODO-001," in table


def number(locator: Locator) -> int:
    return int(re.sub(r"\D", "", locator.inner_text()))


def test_the_number_in_the_menu_counts_what_is_cancelled_here(visit: Visit, place: Place, acme: Client) -> None:
    order_id = place()
    acme.cancel(place())
    page = visit(f"#/orders/{order_id}")
    count = page.locator("nav .count")
    expect(count).to_be_visible()
    before = number(count)
    lists = Wire(page, "/orders")
    press_cancel(page)
    expect(cancelled_pop_up(page)).to_be_visible()
    expect(count).to_contain_text(str(before + 1))
    assert lists.requests == [], "it was asked for"


def test_done_is_said_in_the_pop_up_itself(visit: Visit, place: Place, acme: Client) -> None:
    order_id = place()
    page = visit(f"#/orders/{order_id}")
    press_cancel(page)
    page.get_by_role("dialog").get_by_role("button", name="I have cancelled it in").click()
    expect(page.get_by_text(re.compile("^Cancelled in .*, too$"))).to_be_visible()
    assert acme.get(f"/orders/{order_id}").body["marketplace_cancellation"] == "done"


def test_nothing_to_do_is_said_at_the_end(visit: Visit) -> None:
    page = visit("#/to-do?state=not_needed")
    expect(page.get_by_text("No order was marked as not needed.")).to_be_visible()


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


def test_a_summarys_mail_is_shown_and_can_do_nothing(
    visit: Visit, planner: Client, place: Place, description: dict[str, Any]
) -> None:
    first, second = place(), place()
    entries = [
        {"seller_id": "acme", "order_id": order_id, "reason": "stockout", "skus": ["SKU-1"]}
        for order_id in (first, second)
    ]
    assert planner.post("/auto-cancellations", {"cancellations": entries}).body["outcome"] == "success"
    page = visit("#/summaries")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=second, exact=True))
    for _ in range(60):
        if row.count():
            break
        page.wait_for_timeout(500)
        page.reload()
        page.get_by_role("heading", name="Summaries").wait_for()
    row.get_by_role("button", name="Show the mail").click()
    dialog = page.get_by_role("dialog", name=re.compile("orders? cancelled: .*out of stock"))
    frame = dialog.locator("iframe")
    mail = frame.content_frame
    expect(mail.get_by_text(first, exact=True).first).to_be_visible()
    assert mail.locator("table").first.evaluate("table => getComputedStyle(table).borderCollapse") == "collapse"
    assert frame.get_attribute("sandbox") == "allow-popups allow-popups-to-escape-sandbox"
    dialog.get_by_role("button", name="Close").click()
    expect(row.get_by_role("button", name="Show the mail")).to_be_focused()
