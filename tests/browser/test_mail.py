"""The HTML part of the mail as a reader meets it: on a desk, on a phone, in the dark."""

import re
from collections.abc import Callable
from copy import replace

import pytest
from playwright.sync_api import Page

from order_cancellation.domain.orders import Order
from order_cancellation.mail import compose as mail
from tests.browser.conftest import NewPage, violations
from tests.support.cancelled_orders import ACME, auto_cancelled, longest, one_of_each

FEW = one_of_each()
TOO_MANY = [auto_cancelled(f"A-{number}", ("stockout", "customs_hold")[number % 2]) for number in range(30)]


def html_of(orders: list[Order]) -> str:
    return mail.compose(ACME, "sum-7f3a9c", orders, part=1, parts=2, portal_origin="https://portal.test").html


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [800, 375])
def test_axe_finds_nothing_wrong(new_page: NewPage, width: int, color_scheme: str) -> None:
    page = new_page(width, color_scheme)
    page.set_content(html_of(FEW))
    assert violations(page) == []


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_where_orders_are_only_listed(
    new_page: NewPage, color_scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "MAX_BYTES", 15_000)  # a thousand orders would take axe a minute
    page = new_page(800, color_scheme)
    page.set_content(html_of(TOO_MANY))
    assert page.locator(".orders tbody tr").count() > 5
    assert page.locator(".ids").first.inner_text().count(", ") > 5
    assert violations(page) == []


@pytest.mark.parametrize(("color_scheme", "too_faint"), [("light", "#868f9b"), ("dark", "#5f6874")])
def test_axe_would_see_text_that_is_too_faint(new_page: NewPage, color_scheme: str, too_faint: str) -> None:
    page = new_page(800, color_scheme)
    page.set_content(html_of(FEW).replace("#586271" if color_scheme == "light" else "#a3adb9", too_faint))
    assert any(found.startswith("color-contrast") for found in violations(page))


@pytest.mark.parametrize("width", [320, 375, 800])
@pytest.mark.parametrize("character", ["A", "&", "🏕", "Z\u0335\u0336\u0300\u0489", "字", "ש", "x "])
def test_nothing_sticks_out_however_long_the_words_are(new_page: NewPage, character: str, width: int) -> None:
    page = new_page(width)
    contact = replace(ACME, name=character * 200)
    page.set_content(mail.compose(contact, character * 200, longest(3, character), portal_origin="https://p.test").html)
    assert sticking_out(page) == []


def sticking_out(page: Page) -> list[str]:
    """The elements that reach beyond the width of the sheet, or make the page scroll sideways."""
    found: list[str] = page.evaluate(
        """() => {
            const root = document.documentElement;
            const edge = document.querySelector(".sheet").getBoundingClientRect().right + 0.5;
            const wide = [...document.querySelectorAll(".sheet *")].filter(
                (element) => element.getBoundingClientRect().right > edge);
            return [...(root.scrollWidth > root.clientWidth ? [root] : []), ...wide].map((found) => found.tagName);
        }"""
    )
    return found


def test_the_check_would_see_what_sticks_out(new_page: NewPage) -> None:
    page = new_page(320)
    html = html_of(longest(3))
    page.set_content(re.sub("(overflow-wrap|word-break): ?[a-z-]+;?", "", html))
    assert sticking_out(page)


def without_sheets(html: str) -> str:
    return re.sub("<style>.*?</style>", "", html, flags=re.DOTALL)


def without_styles(html: str) -> str:
    return re.sub(' style="[^"]*"', "", without_sheets(html))


@pytest.mark.parametrize("left", [str, without_sheets, without_styles], ids=["all", "no sheet", "no styles"])
@pytest.mark.parametrize("width", [375, 800])
def test_every_value_stands_behind_its_label_whatever_a_mail_program_drops(
    new_page: NewPage, width: int, left: Callable[[str], str]
) -> None:
    page = new_page(width)
    page.set_content(left(html_of(FEW)))
    assert page.get_by_role("rowheader").all_inner_texts() == ["A-1042", "A-1061", "A-1066", "A-1057"]
    lines = page.locator(".orders td").first.inner_text().splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["Order there", "SKUs", "Reason", "Cancelled"]
    assert all(line.partition(": ")[2] for line in lines)


def test_it_looks_the_same_where_the_style_sheet_is_dropped(new_page: NewPage) -> None:
    pictures = []
    for html in (html_of(FEW), without_sheets(html_of(FEW))):
        page = new_page(800)
        page.set_content(html)
        pictures.append(page.screenshot(full_page=True))
    assert pictures[0] == pictures[1]


def test_on_a_phone_without_the_style_sheet_nothing_sticks_out(new_page: NewPage) -> None:
    page = new_page(320)
    page.set_content(without_sheets(html_of(longest(3))))
    assert sticking_out(page) == []


def test_in_the_dark_the_sheet_is_dark(new_page: NewPage) -> None:
    colors = []
    for color_scheme in ("light", "dark"):
        page = new_page(800, color_scheme)
        page.set_content(html_of(FEW))
        color: str = page.locator(".sheet").evaluate("(sheet) => getComputedStyle(sheet).backgroundColor")
        colors.append(color)
    assert colors == ["rgb(255, 255, 255)", "rgb(25, 29, 35)"]


def test_it_asks_the_network_for_nothing_and_runs_nothing(new_page: NewPage) -> None:
    page = new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    hostile = "<img src=https://evil.test/x onerror=alert(1)><script>alert(2)</script>"
    contact = replace(ACME, name=hostile)
    order = auto_cancelled(hostile, marketplace=hostile, marketplace_order_id=hostile, skus=(hostile,), detail=hostile)
    page.set_content(mail.compose(contact, hostile, [order], portal_origin="https://p.test").html, wait_until="load")
    assert asked == []
    assert page.locator("img, script").count() == 0
    assert page.get_by_text("alert(2)").count() > 0
