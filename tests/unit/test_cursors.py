"""A page of a list ends by bytes too: a response of Lambda's has at most 6 MB."""

import pytest

from order_cancellation.domain.refusals import InvalidRequest
from order_cancellation.http import cursors
from order_cancellation.tables.order_lists import Place, Wanted


def rows(*sizes: int) -> list[tuple[str, dict[str, str]]]:
    return [(f"A-{number}", {"x": "x" * size}) for number, size in enumerate(sizes)]


def test_what_fits_is_the_page() -> None:
    assert cursors.cut(rows(10, 10), "A-1") == ([{"x": "x" * 10}] * 2, "A-1")
    assert cursors.cut([], None) == ([], None)


def test_what_does_not_fit_is_the_next_page() -> None:
    documents, last = cursors.cut(rows(*[390_000] * 100), None)
    assert (len(documents), last) == (10, "A-9")
    assert cursors.MAX_BYTES < 390_000 * 11


def test_bytes_are_counted_not_characters() -> None:
    documents, last = cursors.cut([("A-0", {"x": "ä" * 1_500_000}), ("A-1", {"x": "ä" * 1_500_000})], None)
    assert (len(documents), last) == (1, "A-0")


def test_one_that_is_too_large_alone_is_a_page_of_its_own() -> None:
    documents, last = cursors.cut(rows(5_000_000, 10), None)
    assert (len(documents), last) == (1, "A-0")


@pytest.mark.parametrize("position", ["A-1", "A", "S-20261123-140211123-9f2c41d07a3e", "a" * 128])
def test_a_cursor_leads_where_it_came_from(position: str) -> None:
    assert cursors.decode(cursors.encode(position)) == position


@pytest.mark.parametrize("cursor", ["", "*", "QQ==QQ", "IA", "w6Q", "A" * 2000])
def test_one_that_no_list_gave_out_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        cursors.decode(cursor)


@pytest.mark.parametrize("order_id", ["", "A-!", "x" * 65])
def test_a_place_behind_what_is_no_order_is_refused(order_id: str) -> None:
    at = ("2026-11-23T14:00:00.000Z", order_id)
    with pytest.raises(InvalidRequest):
        cursors.place(cursors.encode("~".join(("p", *at))), Wanted())
    assert cursors.place(cursors.of_place(Place(at[0], "A-1"), Wanted()), Wanted()) == Place(at[0], "A-1")
