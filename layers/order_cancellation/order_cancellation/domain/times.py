"""Time stamps: UTC, ISO 8601, ``Z``.

Times that this service takes have milliseconds. Times that others report keep the precision they were reported with,
so that what was sent can be recognized in what is shown.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def now() -> str:
    """The present moment, e.g. ``2026-11-23T14:02:11.123Z``."""
    return from_datetime(datetime.now(UTC))


def from_datetime(moment: datetime) -> str:
    """An aware datetime as UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_datetime(text: str) -> datetime:
    """A time stamp of this module's form as an aware datetime."""
    return datetime.fromisoformat(text)


def normalize(text: str) -> str:
    """An RFC 3339 time stamp in UTC, fractions of a second kept up to milliseconds.

    Raises ValueError when the text is no RFC 3339 date-time with an offset, or names no real moment.
    """
    match = _RFC3339.fullmatch(text)
    if not match:
        raise ValueError(text)
    try:
        moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error
    fraction = (match[1] or "")[:4]
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + fraction + "Z"


def expiry(days: int) -> int:
    """So many days from now, as DynamoDB's time to live wants it: in whole seconds since the epoch."""
    return int((to_datetime(now()) + timedelta(days=days)).timestamp())


def to_minute(text: str, zone: tzinfo = UTC) -> str:
    """A time stamp as a person of that time zone reads it, e.g. ``23 Nov 2026 at 14:01 UTC``."""
    return f"{to_datetime(text).astimezone(zone):%-d %b %Y at %H:%M %Z}"
