"""The cancel: it happens once, and the page never says what it does not know."""

import re

import pytest
from playwright.sync_api import expect

from local.client import Client
from tests.browser.portal.conftest import Visit, Wire, go
from tests.browser.portal.steps import cancelled_pop_up, checking, pack, press_cancel, verdict
from tests.support.local_stack import Place

IN_STEP = re.compile("Nothing is synchronized with .*, in either direction")
PACKED = "LAX1 picked and packed it on Nov 23, 6:01 AM PST"


def test_a_seller_cancels_an_order(visit: Visit, place: Place, acme: Client) -> None:
    order_id = place("LAX1", "EWR2")
    order = acme.get(f"/orders/{order_id}").body
    theirs = order["marketplace_order_id"]
    page = visit(f"#/orders/{order_id}", permissions=["clipboard-read", "clipboard-write"])
    expect(page.get_by_role("heading", level=1)).to_contain_text(theirs)
    expect(verdict(page)).to_have_text(re.compile(r"^Can still be cancelled\s*As of \d+:\d\d [AP]M P[SD]T\.$"))
    size = "part => parseFloat(getComputedStyle(part).fontSize)"
    assert page.locator(".said").evaluate(size) > page.locator("h1").evaluate(size), "the verdict is not the largest"
    button = page.get_by_role("button", name="Cancel Order")
    expect(button).to_be_enabled()
    expect(button).to_have_accessible_description(IN_STEP)
    box = button.bounding_box()
    assert box
    assert box["x"] > 800, "not at the right"
    assert box["y"] < 160, "not at the top"
    page.get_by_role("button", name=f"Copy {theirs}").click()
    assert page.evaluate("navigator.clipboard.readText()") == theirs

    wire = Wire(page, f"/orders/{order_id}/cancel")
    button.dblclick()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_have_count(1)
    expect(dialog.get_by_role("heading", level=2)).to_have_text(re.compile(f"^Cancel .* {re.escape(theirs)}\\?$"))
    for line in order["lines"]:
        expect(dialog).to_contain_text(f"{line['quantity']} × {line['sku']}")
    expect(dialog).to_contain_text(IN_STEP)
    dialog.get_by_role("button", name="Cancel the order").click()
    expect(dialog.get_by_role("alert")).to_have_text("Choose a reason first.")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    dialog.get_by_label("Reason").select_option("Wrong address")
    dialog.get_by_label("Note").fill("customer wrote on Monday")
    dialog.get_by_role("button", name="Cancel the order").dblclick()

    pop_up = cancelled_pop_up(page)
    expect(pop_up).to_be_visible()
    expect(pop_up).to_contain_text(f"Cancel order {theirs} in")
    expect(pop_up).to_contain_text("re-route the order to another")
    pop_up.get_by_role("button", name="Copy the reply").click()
    order = acme.get(f"/orders/{order_id}", time_zone="America/Los_Angeles").body
    assert page.evaluate("navigator.clipboard.readText()") == order["safe_reply"]
    pop_up.get_by_role("button", name="Close").click()
    expect(button).to_be_focused()
    assert len(wire.requests) == 1, "a double click asked twice"
    assert order["cancellation"]["reason"] == "wrong_address"
    assert order["cancellation"]["note"] == "customer wrote on Monday"

    expect(button).to_be_disabled()
    expect(button).to_have_accessible_description(re.compile("Cancelled By ops@acme.example on "))
    expect(page.locator(".timeline")).to_contain_text("Cancelled by ops@acme.example")
    expect(page.get_by_label("In the marketplace")).to_contain_text(IN_STEP)
    expect(page.locator("nav .count")).to_be_visible()
    button.press("Enter")
    expect(page.get_by_role("dialog", name="The order is cancelled already")).to_contain_text("by ops@acme.example on")


def test_thinking_better_of_it_changes_nothing(visit: Visit, place: Place, acme: Client) -> None:
    order_id = place()
    page = visit(f"#/orders/{order_id}")
    for give_up in ("Keep the order", "Escape"):
        page.get_by_role("button", name="Cancel Order").click()
        if give_up == "Escape":
            page.keyboard.press("Escape")
        else:
            page.get_by_role("dialog").get_by_role("button", name=give_up).click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.get_by_role("button", name="Cancel Order")).to_be_focused()
    assert acme.get(f"/orders/{order_id}").body["status"] == "received"


@pytest.mark.parametrize("read_again", [True, False], ids=["", "and cannot be read again"])
def test_the_refusal_names_what_won_and_what_to_do(read_again: bool, visit: Visit, place: Place, lax1: Client) -> None:
    order_id = place()
    page = visit(f"#/orders/{order_id}")
    button = page.get_by_role("button", name="Cancel Order")
    expect(button).to_be_enabled()
    pack(lax1, order_id)  # while the seller looks at the page
    if not read_again:
        Wire(page, f"/orders/{order_id}", "block")
    press_cancel(page)
    dialog = page.get_by_role("dialog", name="Order already picked and packed")
    expect(dialog).to_contain_text(PACKED)
    expect(dialog).to_contain_text("settle it with")
    dialog.get_by_role("button", name="Close").click()
    expect(button).to_be_disabled()
    expect(button).to_be_focused()
    expect(button).to_have_accessible_description(re.compile(f"Can no longer be cancelled {PACKED}"))
    expect(page.get_by_text("What to do now")).to_be_visible()
    expect(page.get_by_role("button", name="Copy the reply")).to_have_count(int(read_again))
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="The order can no longer be cancelled")
    expect(dialog).to_contain_text(PACKED)
    expect(dialog).to_contain_text("What to do now")


def test_what_is_left_of_a_split_order_can_be_cancelled(visit: Visit, place: Place, lax1: Client, acme: Client) -> None:
    order_id = place("LAX1", "EWR2")
    page = visit(f"#/orders/{order_id}")
    part = page.get_by_role("button", name="Cancel this part: EWR2")
    part.click()
    page.get_by_role("dialog", name="Cancel EWR2’s part of").get_by_role("button", name="Keep it").click()
    expect(part).to_be_focused()
    pack(lax1, order_id)
    press_cancel(page)
    refused = page.get_by_role("dialog", name="Order already picked and packed")
    expect(refused).to_contain_text("EWR2’s part can still be cancelled.")
    refused.get_by_role("button", name="Cancel EWR2’s part").click()
    asked = page.get_by_role("dialog", name="Cancel EWR2’s part of")
    expect(asked).to_contain_text("The other parts go on.")
    expect(asked).to_contain_text("Correct the quantity there yourself")
    asked.get_by_label("Reason").select_option("Wrong address")
    asked.get_by_role("button", name="Cancel EWR2’s part").click()
    told = page.get_by_role("dialog", name="EWR2’s part cancelled")
    expect(told).to_contain_text("LAX1 has packed its part.")
    told.get_by_role("button", name="Close").click()
    expect(verdict(page)).to_contain_text("Can no longer be cancelled")
    expect(verdict(page)).to_contain_text("EWR2’s part is cancelled.")
    expect(page.get_by_label("In the marketplace")).to_contain_text("Still to do: correct the quantity of")
    expect(page.get_by_label("Fulfillment center EWR2")).to_contain_text("Cancelled")
    expect(page.locator(".timeline")).to_contain_text("EWR2’s part cancelled by ops@acme.example")
    order = acme.get(f"/orders/{order_id}").body
    assert (order["status"], order["partially_cancelled"]) == ("picked_packed", True)


def test_a_refusal_in_the_background_is_said_in_full(visit: Visit, place: Place, lax1: Client) -> None:
    order_id = place()
    page = visit(f"#/orders/{order_id}")
    expect(page.get_by_role("button", name="Cancel Order")).to_be_enabled()
    pack(lax1, order_id)
    Wire(page, f"/orders/{order_id}/cancel", "lose")
    press_cancel(page)
    expect(checking(page)).to_be_visible()
    go(page, "#/to-do")
    toasts = page.locator("#toasts")
    expect(toasts).to_contain_text(f"Order {order_id} was not cancelled.")
    expect(toasts).to_contain_text(PACKED)


@pytest.mark.parametrize("lost", [("503",), ("lose", "block", "503")], ids=" ".join)
def test_a_lost_answer_is_no_answer(lost: tuple[str, ...], visit: Visit, place: Place, acme: Client) -> None:
    order_id = place()
    page = visit(f"#/orders/{order_id}")
    copy = page.get_by_role("button", name="Copy the reply")
    expect(copy).to_be_visible()
    wire = Wire(page, f"/orders/{order_id}/cancel", *lost)
    press_cancel(page)
    expect(checking(page)).to_be_visible()
    expect(verdict(page)).to_contain_text("Not known yet")
    expect(page.get_by_role("button", name="Checking…")).to_be_disabled()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(copy).to_have_count(0)
    expect(page.get_by_text("There is one as soon as we know whether the order is cancelled.")).to_be_visible()
    expect(cancelled_pop_up(page)).to_be_visible(timeout=20_000)
    assert len(wire.requests) == len(lost) + 1
    assert len(wire.keys) == 1, "a repetition under another key is another ask"
    expect(checking(page)).to_have_count(0)
    assert acme.get(f"/orders/{order_id}").body["status"] == "cancelled"
    assert page.evaluate("Object.keys(localStorage).length") == 0, "the ask was not crossed out"


def test_a_reload_in_between_goes_on_with_the_same_ask(visit: Visit, place: Place) -> None:
    order_id = place()
    page = visit(f"#/orders/{order_id}")
    wire = Wire(page, f"/orders/{order_id}/cancel", "lose", "block")
    press_cancel(page)
    expect(checking(page)).to_be_visible()
    page.reload()
    expect(cancelled_pop_up(page)).to_be_visible()
    assert len(wire.keys) == 1


def test_what_was_asked_long_ago_is_not_carried_out_unasked(visit: Visit, place: Place, acme: Client) -> None:
    order_id = place()
    page = visit("#/summaries")
    wire = Wire(page, f"/orders/{order_id}/cancel")
    page.evaluate(
        """([name, age]) => localStorage.setItem(name, JSON.stringify(
            {key: 'old', reason: 'other', note: null, asked_at: Date.now() - age}))""",
        [f"cancel/acme/{order_id}", 3_600_000],
    )
    page.reload()
    page.get_by_text("A cancel of yours was never confirmed.").wait_for()
    page.get_by_role("link", name=order_id).first.click()
    expect(page.get_by_text("This order is not cancelled.")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel Order")).to_be_enabled()
    assert not wire.requests
    assert acme.get(f"/orders/{order_id}").body["status"] == "received"


def test_the_back_button_in_between_cancels_once(visit: Visit, place: Place) -> None:
    order_id = place()
    page = visit("#/summaries")
    expect(page.get_by_role("heading", name="Summaries")).to_be_visible()
    go(page, f"#/orders/{order_id}")
    wire = Wire(page, f"/orders/{order_id}/cancel", "lose")
    press_cancel(page)
    expect(checking(page)).to_be_visible()
    page.go_back()
    expect(page.locator("#toasts")).to_contain_text(f"Order {order_id} is cancelled.")
    page.go_forward()
    expect(page.get_by_role("button", name="Cancel Order")).to_be_disabled()
    assert len(wire.requests) == 2
    assert len(wire.keys) == 1


def test_the_answer_holds_when_the_order_cannot_be_read_again(visit: Visit, place: Place) -> None:
    order_id = place()
    page = visit(f"#/orders/{order_id}")
    copy = page.get_by_role("button", name="Copy the reply")
    expect(copy).to_be_visible()
    Wire(page, f"/orders/{order_id}", "block")
    press_cancel(page)
    expect(cancelled_pop_up(page)).to_be_visible()
    expect(copy).to_have_count(0)  # an old reply holds no longer
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name="Cancel Order")).to_be_disabled()
    expect(page.locator(".timeline")).to_contain_text("Cancelled by ops@acme.example")
