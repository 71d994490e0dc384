"""What is to do in the marketplaces, marked in many at once, counted, and taken back; and the list as a file."""

from typing import Any

import pytest

from tests.unit.portal.conftest import Run

MODULE = "../tests/unit/portal/marking.mjs"


def marked(run: Run, count: int, **options: Any) -> Any:
    orders = [{"order_id": f"A-{number}", "marketplace_cancellation": "to_do"} for number in range(count)]
    return run(MODULE, "module.marking(argument)", {"orders": orders, "state": "done", **options})


def test_forty_seven_are_one_request(run: Run) -> None:
    told = marked(run, 47)
    assert (told["requests"], told["counted"], told["states"]) == ([47], -47, ["done"] * 47)
    assert told["said"] == ["47 orders marked as done."]


def test_more_than_a_request_takes_are_several(run: Run) -> None:
    told = marked(run, 230)
    assert (told["requests"], told["counted"]) == ([100, 100, 30], -230)


def test_what_was_refused_stays_and_is_said(run: Run) -> None:
    told = marked(run, 3, refuse=["A-1"])
    assert (told["counted"], told["states"]) == (-2, ["done", "to_do", "done"])
    assert told["said"] == ["1 order could not be marked. Try again.", "2 orders marked as done."]


def test_what_was_marked_before_the_network_failed_is_shown_so(run: Run) -> None:
    told = marked(run, 150, fail=[2])
    assert (told["counted"], told["drawn"]) == (-100, 1)
    assert told["states"] == ["done"] * 100 + ["to_do"] * 50
    assert told["said"] == ["NoConnection"]


def test_it_can_be_taken_back(run: Run) -> None:
    told = marked(run, 5, undo=True)
    assert (told["requests"], told["counted"], told["states"]) == ([5, 5], 0, ["to_do"] * 5)
    assert told["said"][-1] == "5 orders put back on the to-do list."


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("113-1", "113-1"),
        ('a "b", c', '"a ""b"", c"'),
        ("two\nlines", '"two\nlines"'),
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("", ""),
    ],
)
def test_a_file_of_the_list_runs_nothing_in_a_spreadsheet(text: str, cell: str, run: Run) -> None:
    assert run("csv.js", "module.csvOf(argument)", [["id"], [text]]) == f"\ufeffid\r\n{cell}\r\n"
