"""The comparison with a marketplace's export: what the page asks a person, what it sends, and what it says."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from local.client import Client
from tests.browser.portal.conftest import Visit, Wire, go
from tests.browser.portal.steps import PACKED_AT, csv_of, pack, place_many


def choose(page: Page, text: str | bytes, name: str = "orders.csv") -> None:
    data = text if isinstance(text, bytes) else text.encode()
    page.set_input_files("#file", {"name": name, "mimeType": "text/csv", "buffer": data})


def decide(page: Page, state: str, meaning: str) -> None:
    page.get_by_role("group", name=state, exact=True).get_by_label(meaning, exact=True).check()


def compare(page: Page) -> None:
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="Where the two differ")).to_be_visible()


def place_as(planner: Client, marketplace: str, *ids: str) -> None:
    """Orders of a marketplace, with these ids of its own."""
    for number, id_ in enumerate(ids):
        body = {
            "marketplace": marketplace,
            "marketplace_order_id": id_,
            "destination_country": "US",
            "placed_at": PACKED_AT,
            "lines": [{"sku": "TENT", "quantity": 1}],
            "fulfillment_centers": ["LAX1"],
        }
        order_id = f"R-{marketplace}-{re.sub('[^A-Za-z0-9]', '', id_)}-{number}"
        assert planner.put(f"/sellers/acme/orders/{order_id}", body).status == 201


def sent(wire: Wire) -> list[dict[str, str]]:
    """For each request, the state of every id."""
    return [{row["marketplace_order_id"]: row["state"] for row in body["orders"]} for body in bodies(wire)]


def bodies(wire: Wire) -> list[Any]:
    return [request.post_data_json for request in wire.requests]


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
    page.get_by_role("dialog").get_by_label("Reason").select_option("other")
    page.get_by_role("dialog").get_by_role("button", name="Cancel 19 orders").click()
    expect(page.get_by_text("Done. All orders are cancelled.")).to_be_visible(timeout=60_000)

    go(page, "#/reconcile")
    page.set_input_files("#file", {"name": "orders.csv", "mimeType": "text/csv", "buffer": csv_of(rows[:30])})
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("button", name="Mark them as done").click()
    expect(page.locator("#toasts")).to_contain_text("19 orders marked as done.", timeout=60_000)
    assert acme.get(f"/orders/{ids[0]}").body["marketplace_cancellation"] == "done"


def test_columns_and_states_are_picked_by_hand(visit: Visit, planner: Client) -> None:
    (order_id,) = place_many(planner, "HAND", 1)
    page = visit("#/reconcile")
    choose(page, "Nummer|Was ist damit\nHAND-M-000|weg\nHAND-M-999|da\n", "export.txt")
    button = page.get_by_role("button", name="Compare")
    status = page.get_by_role("status").filter(has_text=re.compile("[.]$")).first
    expect(status).to_have_text("Choose the marketplace.")
    page.get_by_label("Marketplace", exact=True).select_option("Amazon")
    expect(status).to_contain_text("Choose the column with the marketplace’s order id.")
    page.get_by_label("Column with its order id").select_option("Nummer")
    expect(status).to_contain_text("Choose the column with the state")
    page.get_by_label("Column with the state").select_option("Was ist damit")
    expect(status).to_have_text("Decide what the 2 states above mean.")
    expect(button).to_be_disabled()
    decide(page, "weg", "Cancelled there")
    expect(status).to_have_text("Decide what the state above means.")
    expect(button).to_be_disabled()
    decide(page, "da", "Not cancelled there")
    compare(page)
    expect(page.get_by_role("row").filter(has=page.get_by_role("link", name=order_id))).to_contain_text("Yes")


DROP = """([selector, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], 'export.txt', {type: 'text/plain'}));
    const event = (name) => new DragEvent(name, {dataTransfer: data, bubbles: true, cancelable: true});
    const place = document.querySelector(selector);
    const left = [place.dispatchEvent(event('dragover')), place.dispatchEvent(event('drop'))];
    return left.some(Boolean);  // not prevented: the browser would open the file, and leave the page
}"""


@pytest.mark.parametrize("selector", [".drop", "h1", "header", "body"])
def test_a_file_is_dropped_wherever_on_the_page(selector: str, visit: Visit) -> None:
    page = visit("#/reconcile")
    page.get_by_role("heading", name="Reconcile").wait_for()
    assert page.evaluate(DROP, [selector, "Order ID,Status\n1,Cancelled\n"]) is False
    expect(page.get_by_role("group", name="Cancelled", exact=True)).to_be_visible()
    assert page.url.endswith("#/reconcile")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"PK\x03\x04" + b"\0" * 50, "Open it, and save it as CSV."),
        (b"%PDF-1.7", "Export the orders as CSV"),
        (b"Order ID,Status\n", "There are no orders in this file."),
    ],
    ids=["workbook", "PDF", "no rows"],
)
def test_what_cannot_be_read_says_what_to_do(data: bytes, says: str, visit: Visit) -> None:
    page = visit("#/reconcile")
    choose(page, data, "orders.xlsx")
    expect(page.get_by_role("alert")).to_contain_text(says)
    expect(page.get_by_role("button", name="Compare")).to_have_count(0)


def test_a_file_without_states_asks_what_holds_for_every_row(visit: Visit, planner: Client) -> None:
    place_as(planner, "amazon", "114-1", "114-2")
    page = visit("#/reconcile")
    wire = Wire(page, "/reconciliations")
    choose(page, "amazon-order-id\torder-item-id\tsku\n114-1\t1\tTENT\n114-2\t2\tLAMP\n", "unshipped.txt")
    expect(page.get_by_role("button", name="Compare")).to_be_disabled()
    states = page.get_by_label("Column with the state")
    states.select_option("None: every row is still open there")
    compare(page)
    expect(page.get_by_text("2 the same in both")).to_be_visible()
    states.select_option("None: every row is cancelled there")
    compare(page)
    expect(page.get_by_text("2 cancelled in Amazon, live here")).to_be_visible()
    assert sent(wire) == [{"114-1": "open", "114-2": "open"}, {"114-1": "cancelled", "114-2": "cancelled"}]


@pytest.mark.parametrize("column", ["PO #", "Order #"])
def test_of_two_columns_of_ids_the_one_that_matches_counts(column: str, visit: Visit, planner: Client) -> None:
    ids = {name: [f"{number}09{column[0]}{n}" for n in range(2)] for name, number in (("PO #", 1), ("Order #", 2))}
    place_as(planner, "walmart", *ids[column])
    rows = "".join(
        f"{ids['PO #'][n]},{ids['Order #'][n]},{state}\n" for n, state in enumerate(("Cancelled", "Shipped"))
    )
    page = visit("#/reconcile")
    wire = Wire(page, "/reconciliations")
    choose(page, f"PO #,Order #,Status\n{rows}", "PO_Data.csv")
    expect(page.get_by_label("Column with its order id")).to_have_value("all")
    compare(page)
    expect(page.get_by_text(f"Compared by the column “{column}”: 2 of 2 orders are known by it")).to_be_visible()
    expect(page.get_by_text("1 cancelled in Walmart, live here")).to_be_visible()
    assert len(wire.requests) == 2


@pytest.mark.parametrize("several", [True, False], ids=["several columns", "one column"])
def test_if_hardly_any_order_is_known_the_column_is_the_likely_cause(several: bool, visit: Visit) -> None:
    page = visit("#/reconcile")
    head = "PO #,Order #,Status" if several else "Order ID,Line,Status"
    choose(page, f"{head}\n" + "".join(f"88{n},99{n},Shipped\n" for n in range(20)))
    page.get_by_label("Marketplace", exact=True).select_option("Walmart")
    compare(page)
    notice = page.locator("#result .notice")
    expect(notice).to_contain_text("None of the 20 orders is known here.")
    expect(notice).to_contain_text("are not the columns" if several else "“Order ID” is not the column")
    expect(page.get_by_text("never placed with this network")).to_have_count(0)


def test_a_marketplace_of_the_sellers_own_orders_can_be_chosen(visit: Visit, planner: Client) -> None:
    place_as(planner, "tiktok.shop", "5761", "5762")
    page = visit("#/reconcile")
    wire = Wire(page, "/reconciliations")
    text = "Order ID,Order Status,Order Substatus\nThe order's id.,Its status.,\n5761\t,Canceled,\n5762\t,To ship,\n"
    choose(page, text, "tiktok.csv")
    expect(page.get_by_label("Marketplace", exact=True)).to_have_value("tiktok.shop")
    expect(page.get_by_text("2 orders in tiktok.csv: 1 cancelled, 1 not.")).to_be_visible()
    expect(page.get_by_text("Row 2: not an order, but a note.")).to_be_visible()
    compare(page)
    expect(page.get_by_text("1 cancelled in tiktok.shop, live here")).to_be_visible()
    assert sent(wire) == [{"5761": "cancelled", "5762": "open"}]


def test_any_other_marketplace_can_be_typed(visit: Visit) -> None:
    page = visit("#/reconcile")
    wire = Wire(page, "/reconciliations")
    choose(page, "Order ID,Status\n1,Shipped\n")
    page.get_by_label("Marketplace", exact=True).select_option("Another…")
    name = page.get_by_label("Its name, as your orders have it")
    button = page.get_by_role("button", name="Compare")
    for wrong in ("", "not a name", "-x"):
        name.fill(wrong)
        expect(button).to_be_disabled()
    name.fill("kaufland.de")
    compare(page)
    assert bodies(wire)[0]["marketplace"] == "kaufland.de"


def test_rows_that_are_left_out_are_named(visit: Visit) -> None:
    page = visit("#/reconcile")
    wire = Wire(page, "/reconciliations")
    lines = ["Order ID,Title,Status", "1,Tent,Cancelled", "2,Lamp, green,Shipped", "3\0,Rope,Shipped", "4,Pegs,Shipped"]
    choose(page, "\n".join([*lines, "1.13E+16,Cap,Shipped", "", "12,record(s) downloaded"]) + "\x1a")
    page.get_by_label("Marketplace", exact=True).select_option("eBay")
    notice = page.get_by_role("status").filter(has_text="left out")
    expect(notice).to_contain_text("4 rows left out.")
    expect(notice).to_contain_text("Row 3: more cells than the header has. 2")
    expect(notice).to_contain_text("Row 4: an id with characters that cannot be read.")
    expect(notice).to_contain_text("Row 6: a spreadsheet made a number of its id. 1.13E+16")
    expect(notice).to_contain_text("Row 8: not an order, but a note.")
    compare(page)
    assert sent(wire) == [{"1": "cancelled", "4": "open"}]


def test_rows_that_contradict_each_other_are_shown_before_anything_is_cancelled(visit: Visit) -> None:
    page = visit("#/reconcile")
    choose(page, "Order ID,Status\nA1,Cancelled\nA1,Shipped\n")
    page.get_by_label("Marketplace", exact=True).select_option("eBay")
    expect(page.get_by_text("1 order has rows that are cancelled and rows that are not.")).to_be_visible()


def test_a_column_of_something_else_is_not_guessed(visit: Visit) -> None:
    page = visit("#/reconcile")
    choose(
        page,
        "Order ID,Status\n"
        + "".join(f"{n},Title {chr(97 + n)}\n" for n in range(26)) * 1
        + "".join(f"{100 + n},Thing {chr(97 + n)}\n" for n in range(26)),
    )
    page.get_by_label("Marketplace", exact=True).select_option("eBay")
    expect(page.get_by_text("“Status” has more than 30 different values")).to_be_visible()
    expect(page.get_by_role("button", name="Compare")).to_be_disabled()


def test_many_orders_go_in_several_requests_that_the_service_takes(visit: Visit) -> None:
    page = visit("#/reconcile")
    wire = Wire(page, "/reconciliations")
    long = "x" * 120
    rows = [f"{number:05}{'é' * 60 if number % 2 else long},Shipped\n" for number in range(2300)]
    choose(page, "Order ID,Status\n" + "".join(rows))
    page.get_by_label("Marketplace", exact=True).select_option("eBay")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("None of the 2,300 orders is known here.")).to_be_visible(timeout=60_000)
    counts = [len(body["orders"]) for body in bodies(wire)]
    sizes = list(zip(counts, (len(request.post_data_buffer or b"") for request in wire.requests), strict=True))
    assert sum(count for count, _ in sizes) == 2300
    assert all(1 <= count <= 1000 and size <= 256 * 1024 for count, size in sizes), sizes


def test_the_keyboard_decides_a_state(visit: Visit) -> None:
    page = visit("#/reconcile")
    choose(page, "Order ID,Status\n1,CANCEL_PENDING\n2,Cancelled\n")
    page.get_by_label("Marketplace", exact=True).select_option("eBay")
    group = page.get_by_role("group", name="CANCEL_PENDING")
    expect(group.get_by_role("radio", checked=True)).to_have_count(0)
    group.get_by_label("Not cancelled there").focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("2 orders in orders.csv: 1 cancelled, 1 not.")).to_be_visible()
    compare(page)
