"""The portal's modules for themselves: the words it shares with the service, and the files of the marketplaces."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from order_cancellation.http.problems import PROBLEMS
from tests.browser.portal.conftest import Visit

Run = Callable[..., Any]


@pytest.fixture
def run(visit: Visit) -> Run:
    """Calls a function of one of the portal's modules."""
    page = visit(signed_in=False)

    def call(module: str, expression: str, argument: Any = None) -> Any:
        return page.evaluate(f"argument => import('/{module}.js').then(module => {expression})", argument)

    return call


@pytest.mark.parametrize("code", PROBLEMS)
def test_a_problem_type_shows_its_explanation_first(code: str, visit: Visit) -> None:
    page = visit(f"problems/{code.replace('_', '-')}", signed_in=False)
    first = page.locator(".problem").first
    expect(first).to_contain_text(PROBLEMS[code][1])
    expect(first).to_contain_text(code)


# What marketplaces write, and what it says.
FILES = {
    "commas": (
        "order-id,status\n1,Cancelled\n2,Shipped\n",
        [["order-id", "status"], ["1", "Cancelled"], ["2", "Shipped"]],
    ),
    "semicolons": ("a;b\r\n1,5;x\r\n", [["a", "b"], ["1,5", "x"]]),
    "tabs": ("a\tb\n1\t\n", [["a", "b"], ["1", ""]]),
    "quoted": ('a,"b, ""b"""\n"1\n2",\' x \'\n', [["a", 'b, "b"'], ["1\n2", "' x '"]]),
    "separators in quotes in the head": ('"a,a,a";b\n1;2\n', [["a,a,a", "b"], ["1", "2"]]),
    "empty rows, no end": ("\n a , b \n\n,\n1,2", [["a", "b"], ["1", "2"]]),
    "old line ends": ("a,b\r1,2\r", [["a", "b"], ["1", "2"]]),
    "a quote inside": ('a,b\n5" tent,2\n', [["a", "b"], ['5" tent', "2"]]),
    "nothing": ("", []),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read(name: str, run: Run) -> None:
    text, rows = FILES[name]
    assert run("csv", "module.parse(argument)", text) == rows


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "windows-1252"])
def test_a_file_is_decoded(encoding: str, run: Run) -> None:
    data = "\ufeffü".encode(encoding) if encoding == "utf-16-be" else "ü".encode(encoding)
    assert run("csv", "module.decode(new Uint8Array(argument))", list(data)) == "ü"


@pytest.mark.parametrize(
    ("headers", "marketplace", "columns"),
    [
        (["amazon-order-id", "merchant-order-id", "purchase-date", "order-status", "item-status"], "amazon", (0, 3)),
        (["Name", "Email", "Financial Status", "Fulfillment Status", "Cancelled at"], "shopify", (0, 4)),
        (["PO#", "Order#", "Ship By", "Status"], "walmart", (0, 3)),
        (["Sales Record Number", "Order Number", "Buyer Note"], "ebay", (1, -1)),
        (["Nummer", "Zustand"], "", (-1, -1)),
        (["Order ID", "State"], "", (0, 1)),
    ],
)
def test_columns_are_recognised(headers: list[str], marketplace: str, columns: tuple[int, int], run: Run) -> None:
    found = run("csv", "module.recognize(argument)", headers)
    assert (found["marketplace"], (found["id"], found["state"])) == (marketplace, columns)


def test_which_words_mean_cancelled(run: Run) -> None:
    words = [
        "Cancelled",
        "canceled",
        "CANCELLED BY BUYER",
        "Shipped",
        "",
        "Pending cancel",
        "Not cancelled",
        "Storniert",
    ]
    meant = run("csv", "argument.filter(module.meansCancelled)", words)
    assert meant == ["Cancelled", "canceled", "CANCELLED BY BUYER", "Storniert"]


def test_an_order_is_cancelled_when_all_its_lines_are(run: Run) -> None:
    rows = [
        ["1", "c"],
        ["2", "c"],
        ["2", "o"],
        ["3", "o"],
        ["1", "c"],
        ["", "c"],
        ["1.13E+16", "c"],
        ["x" * 129, "c"],
        ["4"],
        ["5", "o"],
        ["5", "c"],
    ]
    folded = run("csv", "module.fold(argument, 0, (row) => row[1] === 'c')", rows)
    assert folded == {"cancelled": ["1"], "open": ["2", "3", "4", "5"], "mixed": ["2", "5"], "mangled": ["1.13E+16"]}
