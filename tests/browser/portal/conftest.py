"""The portal in headless Chromium, against the local stack."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Route,
    ViewportSize,
    expect,
)

from local.client import Client
from local.cloud import ROOT

SCREENSHOTS = Path(os.environ.get("SCREENSHOTS") or ROOT / ".local" / "screenshots")
DESKTOP = (1100, 760)
PHONE = (320, 640)

expect.set_options(timeout=15_000)  # the machine may be busy; nothing is waited for longer than it takes


class Visit(Protocol):
    """Opens the portal in a browser of its own; signed in as acme's person unless told otherwise."""

    def __call__(
        self, route: str = "", *, signed_in: bool = True, size: tuple[int, int] = ..., **options: Any
    ) -> Page: ...


@pytest.fixture(scope="package")  # like the browser
def session_of_acme(browser: Browser, description: dict[str, Any], acme: Client) -> str:
    """What the portal keeps in sessionStorage once acme's person has signed in."""
    for route in ("/orders?limit=1", "/summaries?limit=1"):
        acme.get(route)  # the first call of a function starts it, which may take longer than a page waits
    page = browser.new_page()
    page.goto(description["portal_url"])
    sign_in(page, description)
    expect(page.get_by_role("heading", name="Orders")).to_be_visible()
    kept: str = page.evaluate("sessionStorage.getItem('session')")
    page.close()
    return kept


@pytest.fixture
def visit(
    browser: Browser,
    description: dict[str, Any],
    session_of_acme: str,
) -> Iterator[Visit]:
    """Opens pages, and fails the test when one of them had an error, or asked anybody but us."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []
    ours = {urlsplit(description[name]).netloc for name in ("portal_url", "endpoint_url")}

    def look_at(request: Request) -> None:
        if urlsplit(request.url.removeprefix("blob:")).netloc not in ours:
            faults.append(f"a third party was asked: {request.url}")

    def listen_to(message: ConsoleMessage) -> None:
        # What the tests cut off and what the API refuses is on the console too.
        if not message.text.startswith("Failed to load resource"):
            faults.append(f"{message.type}: {message.text}")

    def open_page(route: str = "", *, signed_in: bool = True, size: tuple[int, int] = DESKTOP, **options: Any) -> Page:
        viewport = ViewportSize(width=size[0], height=size[1])
        # The person is not where the seller is registered: times are the seller's.
        context = browser.new_context(viewport=viewport, locale="en-US", timezone_id="Europe/Berlin", **options)
        contexts.append(context)
        if signed_in:
            # Only where there is none yet: a test that ends the session must not get it back with the next page.
            context.add_init_script(
                f"if (window === top && !sessionStorage.getItem('tested')) {{ sessionStorage.setItem('tested', '1');"
                f"sessionStorage.setItem('session', {session_of_acme!r}); }}"
            )
        page = context.new_page()
        page.on("request", look_at)
        page.on("pageerror", lambda error: faults.append(f"error in the page: {error}"))
        page.on("console", listen_to)
        page.goto(description["portal_url"] + route)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults


def sign_in(page: Page, description: dict[str, Any], password: str | None = None) -> None:
    seller = description["sellers"][0]
    page.get_by_label("E-mail address").fill(seller["username"])
    page.get_by_label("Password").fill(password or seller["password"])
    page.get_by_role("button", name="Sign in").click()


def go(page: Page, route: str) -> None:
    """Follow a link of the portal's own."""
    page.evaluate("route => { location.hash = route; }", route)


def snap(page: Page, name: str, *, full: bool = False) -> None:
    """Keep a picture; ``SCREENSHOTS=docs/images`` renews those in the documentation."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.wait_for_function("document.getAnimations().every(animation => animation.playState !== 'running')")
    page.screenshot(path=SCREENSHOTS / f"portal-{name}.png", full_page=full)


class Wire:
    """The requests for one route as they went out, each handled as the test says: "pass", "lose" or "block"."""

    def __init__(self, page: Page, path: str, *plan: str) -> None:
        self.requests: list[Request] = []
        self._plan = iter(plan)
        page.route(lambda url: urlsplit(url).path.endswith(path), self._handle)

    @property
    def keys(self) -> set[str]:
        """The idempotency keys that were used."""
        return {request.headers["idempotency-key"] for request in self.requests}

    def _handle(self, route: Route) -> None:
        if route.request.method == "OPTIONS":
            route.continue_()
            return
        self.requests.append(route.request)
        what = next(self._plan, "pass")
        if what == "lose":  # the service did it, and its answer is lost
            route.fetch()
            route.abort("connectionreset")
        elif what == "block":  # it never arrived
            route.abort("internetdisconnected")
        elif what.isdigit():
            route.fulfill(status=int(what), json={"code": "service_unavailable", "detail": "We do not know yet."})
        else:
            route.continue_()
