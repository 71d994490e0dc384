"""In step with the marketplace: the to-do list, the comparison, the summaries."""

import re
from typing import Any

from playwright.sync_api import Page, Route, expect

from local.client import Client
from local.cloud import Cloud
from tests.browser.portal.conftest import Visit, go
from tests.browser.portal.steps import press_cancel
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


def empty_pages(page: Page, count: int) -> None:
    """The service finds no order to do in the first parts that it looks through; the parts after them are real."""
    left = iter(range(count))

    def answer(route: Route) -> None:
        if route.request.method == "OPTIONS" or (part := next(left, None)) is None:
            address = re.sub(r"&?cursor=part-[0-9]+", "", route.request.url)
            route.continue_(url=address)
        else:
            body = {"orders": [], "cursor": f"part-{part}"}
            route.fulfill(json=body, headers={"Access-Control-Allow-Origin": "*"})

    page.route(re.compile("/orders[?].*marketplace_cancellation=to_do"), answer)


def test_to_do_says_how_far_it_has_looked(visit: Visit, place: Place, acme: Client) -> None:
    order_id = place()
    acme.cancel(order_id)
    page = visit("#/summaries")
    expect(page.locator("nav .count")).to_be_visible()  # counted before the service is slow to find any
    empty_pages(page, 30)
    go(page, "#/to-do")
    far = page.get_by_label("How far we have looked")
    expect(far).to_contain_text("None so far. 20 parts of your orders looked through, and there are more.")
    expect(page.get_by_text("Nothing to do")).to_have_count(0)
    far.get_by_role("button", name="Look further").click()
    expect(page.get_by_role("link", name=order_id, exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile(r"[0-9]+ orders?\. That is all\."))).to_be_visible()
    expect(far).to_have_count(0)


def test_what_is_not_counted_to_the_end_is_not_shown_as_nothing(visit: Visit, place: Place, acme: Client) -> None:
    acme.cancel(place())
    page = visit("#/summaries")
    expect(page.locator("nav .count")).to_be_visible()
    empty_pages(page, 100)
    page.evaluate("dispatchEvent(new CustomEvent('cancels-settled', {detail: null}))")
    expect(page.locator("nav .count")).to_have_text("… not all orders are counted")


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
