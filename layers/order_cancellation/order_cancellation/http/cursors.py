"""Cursors of paged lists: opaque, but no secrets. Whoever made one up, it names a place in the caller's own list."""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from order_cancellation.domain.refusals import InvalidRequest
from order_cancellation.http import checks
from order_cancellation.tables.order_lists import NAMED, NEWEST, TO_DO, Place, Wanted

MAX_BYTES: Final = 4_000_000

_BETWEEN: Final = "~"  # stands in no order id and in no time
_LETTERS: Final = {NEWEST: "p", TO_DO: "t"}

_POSITION = re.compile(r"[A-Za-z0-9][\x21-\x7e]{0,127}")


def cut(rows: Sequence[tuple[str, Mapping[str, Any]]], last: str | None) -> tuple[list[Mapping[str, Any]], str | None]:
    """As many documents, each with its id, as fit into one response, and the id to go on behind; at least one document.

    ``last`` is where the list goes on if all of them fit. A response of Lambda's has at most 6 MB.
    """
    size = 0
    for index, (_, document) in enumerate(rows):
        size += len(json.dumps(document, ensure_ascii=False).encode())
        if size > MAX_BYTES and index:
            return [document for _, document in rows[:index]], rows[index - 1][0]
    return [document for _, document in rows], last


def of_place(place: Place, wanted: Wanted) -> str:
    """The cursor for a place in one of the lists of orders."""
    if wanted.listing is NAMED:
        return encode(place.order_id)
    return encode(_BETWEEN.join((_LETTERS[wanted.listing], *place)))


def place(cursor: str, wanted: Wanted) -> Place:
    """The place in a cursor of this list of orders. Raises InvalidRequest for one of another list, or of none."""
    first, last = wanted.bounds
    parts = decode(cursor).split(_BETWEEN)
    if wanted.listing is NAMED:
        parts = ["", first, *parts]
    match parts:
        case [letter, sort, order_id] if letter == _LETTERS.get(wanted.listing, "") and checks.is_id(order_id):
            if first <= sort <= last:  # DynamoDB refuses to begin anywhere else
                return Place(sort, order_id)
    raise InvalidRequest("cursor", "is not one that this list gave out; begin with the first page")


def encode(position: str) -> str:
    """The cursor for an id to go on behind."""
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def decode(cursor: str) -> str:
    """The id in a cursor. Raises InvalidRequest for one that no list gave out."""
    try:
        position = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, UnicodeError, ValueError):
        position = ""
    if not _POSITION.fullmatch(position):
        raise InvalidRequest("cursor", "is not one that this list gave out")
    return position
