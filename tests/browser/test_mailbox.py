"""The mailbox page in a browser: it is served as the local stack serves it, from mail that was never sent."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from local import mailbox, web
from local.cloud import HOST
from order_cancellation.mail import compose as mail
from tests.browser.conftest import NewPage, violations
from tests.support.cancelled_orders import ACME, one_of_each
from tests.support.mailboxes import captured

Inbox = list[dict[str, Any]]


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Inbox:
    """What the local cloud captured, newest first."""
    inbox = [captured(number) for number in range(40, 0, -1)]
    monkeypatch.setattr(mailbox, "messages", lambda _: inbox)
    return inbox


@pytest.fixture
def address(inbox: Inbox) -> Iterator[str]:
    """Where the mailbox is served."""
    with serving(partial(web.Handler, stack={"endpoint_url": "http://cloud.test"}, portal_headers={})) as address:
        yield address


@contextmanager
def serving(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """The origin of a web server that answers with this handler."""
    server = ThreadingHTTPServer((HOST, 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def forbidden(page: Page) -> list[str]:
    """Collects what the policy forbids from now on, and the errors of scripts."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if "Security Policy" in message.text else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong(new_page: NewPage, address: str, inbox: Inbox, color_scheme: str) -> None:
    page = new_page(800, color_scheme)
    found = forbidden(page)
    for path in ("/mailbox", "/mailbox/0100-7"):
        page.goto(address + path)
        assert violations(page) == []
    assert found == []


@pytest.mark.parametrize("width", [320, 800])
def test_it_fits_the_screen(new_page: NewPage, address: str, inbox: Inbox, width: int) -> None:
    inbox.insert(0, captured(41, Subject="x" * 500, To=["y" * 200 + "@acme.example"], BodyText="z" * 500))
    page = new_page(width)
    for path in ("/mailbox", "/mailbox/0100-41"):
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_new_mail_appears_and_the_reader_keeps_place_and_focus(new_page: NewPage, address: str, inbox: Inbox) -> None:
    page = new_page(800, height=600)
    page.goto(f"{address}/mailbox")
    read = page.get_by_role("link", name="7 orders cancelled: 7 out of stock", exact=True)
    read.scroll_into_view_if_needed()
    read.focus()
    before = read.bounding_box()
    assert before
    inbox.insert(0, captured(41))
    expect(page.get_by_role("status")).to_have_text("41 mails", timeout=10_000)
    expect(page.locator("#mails li").first).to_contain_text("41 orders cancelled")
    expect(read).to_be_focused()
    after = read.bounding_box()
    assert after
    assert abs(after["y"] - before["y"]) < 2


def test_a_cloud_that_was_started_anew_empties_the_list(new_page: NewPage, address: str, inbox: Inbox) -> None:
    page = new_page()
    page.goto(f"{address}/mailbox")
    inbox[:] = [captured(50)]
    expect(page.get_by_role("status")).to_have_text("1 mail", timeout=10_000)
    expect(page.locator("#mails li")).to_have_count(1)
    inbox.clear()
    expect(page.locator("#mails")).to_contain_text("No mail yet.", timeout=10_000)
    inbox.append(captured(51))
    expect(page.locator("#mails")).not_to_contain_text("No mail yet.", timeout=10_000)
    expect(page.get_by_role("link", name="51 orders cancelled: 51 out of stock")).to_be_visible()


def test_a_mail_is_read_in_both_parts_and_its_links_open_beside_it(
    new_page: NewPage, address: str, inbox: Inbox
) -> None:
    summary = mail.compose(ACME, "sum-1", one_of_each(), portal_origin=address)
    inbox.insert(0, captured(41, Subject=summary.subject, BodyHtml=summary.html, BodyText=summary.text))
    page = new_page()
    found = forbidden(page)
    page.goto(f"{address}/mailbox")
    page.get_by_role("link", name=summary.subject).click()
    part = page.frame_locator("iframe")
    expect(part.get_by_role("heading", name="4 orders cancelled")).to_be_visible()
    assert part.locator(".sheet").evaluate("(sheet) => getComputedStyle(sheet).maxWidth") == "700px"
    with page.expect_popup() as popup:
        part.get_by_role("link", name="A-1042").click()
    assert popup.value.url == f"{address}/#/orders/A-1042"
    page.get_by_text("Plain text").click()
    expect(page.locator("pre")).to_contain_text("CANCELLED ORDERS")
    expect(page.locator("iframe")).to_be_hidden()
    assert found == []


def test_a_hostile_mail_runs_nothing_and_loads_nothing(new_page: NewPage, address: str, inbox: Inbox) -> None:
    loaded: list[str] = []

    class Evil(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            loaded.append(self.path)
            self.send_error(404)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with serving(Evil) as evil:
        inbox[:] = [
            captured(
                1,
                BodyHtml=f"<style>body {{ background: url({evil}/style) }}</style>"
                f"<link rel=stylesheet href={evil}/link><script src={evil}/script></script>"
                f"<script>fetch('{evil}/inline')</script>"
                f"<img src={evil}/image onerror=\"location='{evil}/error'\"><iframe src={evil}/frame></iframe>"
                f"<meta http-equiv=refresh content='0; url={evil}/refresh'><object data={evil}/object></object>"
                "<p>read to the end</p>",
            )
        ]
        page = new_page()
        page.goto(f"{address}/mailbox/0100-1")
        expect(page.frame_locator("iframe").first.get_by_text("read to the end")).to_be_visible()
        page.wait_for_timeout(500)
    assert loaded == []
