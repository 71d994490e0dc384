"""An order by what a person types or pastes: our id or the marketplace's, one or many, however it was copied."""

import pytest

from tests.unit.portal.conftest import Run

ORDERS = [
    {"order_id": "A-1005", "marketplace_order_id": "#403959505"},
    {"order_id": "A-1006", "marketplace_order_id": "113-4047514-0000006"},
    {"order_id": "A-1007", "marketplace_order_id": "ebay-07-XY"},
    {"order_id": "A-1008", "marketplace_order_id": "113-4047514-0000006"},  # placed twice
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A-1005", ["A-1005"]),
        ("  a-1005\n", ["A-1005"]),
        ("#A-1005", ["A-1005"]),
        ("403959505", ["A-1005"]),
        ("# 403959505", ["A-1005"]),
        ("Order #403959505", ["A-1005"]),
        ("order no. 403 959 505", ["A-1005"]),
        ("“403959505”", ["A-1005"]),
        ("113-4047514-0000006", ["A-1006", "A-1008"]),
        ("113 -4047514-\u200b0000006\ufeff", ["A-1006", "A-1008"]),
        ("EBAY-07-XY", []),  # letters of both kinds, and not as they are written
        ("ebay-07-XY", ["A-1007"]),
        ("113-4047514-000000", []),
        ("#", []),
        ("", []),
        ("../../sellers/acme", []),
    ],
)
def test_an_id_is_found_however_it_was_copied(text: str, found: list[str], run: Run) -> None:
    argument = {"text": text, "orders": ORDERS}
    answer = run("../tests/unit/portal/searching.mjs", "module.searching(argument)", argument)
    assert sorted(answer["found"]) == found


def test_an_id_as_it_is_written_costs_two_requests(run: Run) -> None:
    argument = {"text": "113-4047514-0000006", "orders": ORDERS}
    assert run("../tests/unit/portal/searching.mjs", "module.searching(argument)", argument)["requests"] == 2


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("A-1\nA-2\r\nA-3", ["A-1", "A-2", "A-3"]),
        ("A-1, A-2;A-3\tA-1", ["A-1", "A-2", "A-3"]),
        ('"A-1"\n\n  #2 \n', ["A-1", "#2"]),
        ("one id with blanks", ["one id with blanks"]),
        ("A-1\n" + "x" * 129, ["A-1"]),
        (" ,;\n", []),
    ],
)
def test_a_pasted_list_is_taken_apart(text: str, ids: list[str], run: Run) -> None:
    assert run("lookup.js", "module.idsIn(argument)", text) == ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [("A-1 A-2  A-3", ["A-1", "A-2", "A-3"]), ("A-1", []), ("order of A-1", []), ("", [])],
)
def test_what_stands_between_blanks_may_be_several(text: str, ids: list[str], run: Run) -> None:
    assert run("lookup.js", "module.idsBetweenBlanks(argument)", text) == ids
