"""A real browser: the Chromium of this machine, driven by Playwright, and axe-core to judge what it shows."""

import os
import shutil
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NewPage = Callable[..., Page]

_AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text()
# In full only what is wrong: to describe whatever is well takes several times as long as to find it.
_RUN = """axe.run({iframes: false, resultTypes: ["violations"]})
    .then(({violations, passes}) => ({violations, passes: passes.length}))"""


@pytest.fixture(scope="package")  # not the session: Playwright's event loop must not run beneath other tests
def browser() -> Iterator[Browser]:
    """Chromium, headless. CHROMIUM names the program where it is not found by itself.

    The one that is made for this comes first: what has windows costs three times as much, though nobody sees them.
    """
    yield from launched()


def launched() -> Iterator[Browser]:
    """Looks for the program first: where there is none, there may not be what Playwright itself needs either."""
    program = _chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-quic", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Opens pages: ``new_page(width, "dark")``. Each is in a context of its own, which ends with the test."""
    contexts = []

    def open_page(width: int = 800, color_scheme: str = "light", height: int = 900) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if color_scheme == "dark" else "light",
        )
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


def violations(page: Page) -> list[str]:
    """What axe-core, with all its rules, finds wrong with the page; not with what it shows in frames. It did look."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE)
    found = page.evaluate(_RUN)
    assert found["passes"] > 5
    return [
        f"{entry['id']} ({entry['impact']}): {node['html'][:160]} {node['failureSummary']}"
        for entry in found["violations"]
        for node in entry["nodes"]
    ]


def _chromium() -> str:
    if named := os.environ.get("CHROMIUM"):
        if not Path(named).is_file():
            pytest.fail(f"CHROMIUM is {named}, which is not there.")
        return named
    for candidate in ("chromium-headless-shell", "/usr/bin/chromium", "chromium", "google-chrome"):
        if found := shutil.which(candidate):
            return found
    pytest.skip(
        "No Chromium here: install the package chromium-headless-shell, or set CHROMIUM to the path of another one."
    )
