"""Cursors of paged lists: opaque, but no secrets. Whoever made one up, it names a place in the caller's own list."""

import base64
import binascii
import re

from order_cancellation.domain.refusals import InvalidRequest

_POSITION = re.compile(r"[A-Za-z0-9][\x21-\x7e]{0,127}")


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
