"""Single fields of what callers send: each has a type and a size, and what is wrong is refused with the field's name.

Nothing is coerced: ``"2"`` is not a quantity. Each function returns the value, or raises InvalidRequest; ``path`` is
where the value stands, such as ``orders[3].note``.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from order_cancellation.domain import links, places, times
from order_cancellation.domain.refusals import InvalidRequest

MAX_TEXT: Final = 500

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_EMAIL = re.compile(
    r"(?!\.)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}(?<!\.)@"
    r"(?=.{1,189}\Z)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+"
    r"([A-Za-z]{2,63}|[Xx][Nn]--[A-Za-z0-9-]{0,58}[A-Za-z0-9])"  # a name in another script is written in these letters
)
# No control characters, no halves of pairs, no non-characters, and no U+FFFD, which API Gateway puts for bytes that are
# not UTF-8: what the caller meant there is lost.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffd-\uffff]")
_LINE_BREAK = re.compile(r"[\t\n\r\u2028\u2029]")


def is_id(value: object) -> bool:
    """Whether a value can be an ``order_id``, ``seller_id`` or ``fc_id``."""
    return isinstance(value, str) and bool(_ID.fullmatch(value))


def fields(value: Any, path: str, required: Sequence[str] = (), optional: Sequence[str] = ()) -> Mapping[str, Any]:
    if value is None and path == "body":
        raise InvalidRequest("body", f"is missing; it must be a JSON object with {', '.join(required)}")
    if not isinstance(value, dict):
        raise InvalidRequest(path, f"must be an object, not {_kind(value)}")
    prefix = "" if path == "body" else f"{path}."
    for name in value:
        if name not in required and name not in optional:
            known = ", ".join((*required, *optional))
            raise InvalidRequest(f"{prefix}{printable(name)}", f"is not a field here; there are {known}")
    for name in required:
        if name not in value:
            raise InvalidRequest(f"{prefix}{name}", "is missing")
    return value


def entries(value: Any, path: str, most: int, least: int = 1) -> Sequence[Any]:
    if not isinstance(value, list):
        raise InvalidRequest(path, f"must be a list, not {_kind(value)}")
    if not least <= len(value) <= most:
        number = f"{least} to {most}" if least else f"at most {most}"
        raise InvalidRequest(path, f"must have {number} entries, not {len(value)}")
    return value


def each(value: Any, path: str, check: Callable[[Any, str], str], most: int) -> tuple[str, ...]:
    return tuple(check(entry, f"{path}[{index}]") for index, entry in enumerate(entries(value, path, most, least=0)))


def identifier(value: Any, path: str) -> str:
    if not is_id(value):
        raise InvalidRequest(path, "must be 1 to 64 of A-Z a-z 0-9 . _ -, starting with a letter or digit")
    return str(value)


def choice(value: Any, path: str, allowed: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise InvalidRequest(path, f"must be one of {', '.join(allowed)}")
    return value


def text(value: Any, path: str, most: int) -> str:
    if not isinstance(value, str):
        raise InvalidRequest(path, f"must be a string, not {_kind(value)}")
    if len(value) > most:
        raise InvalidRequest(path, f"must have at most {most} characters, not {len(value)}")
    if found := _CONTROL.search(value):
        raise InvalidRequest(path, f"must not contain the character U+{ord(found[0]):04X}")
    return value


def optional_text(value: Any, path: str) -> str | None:
    return None if value is None else text(value, path, MAX_TEXT) or None


def mailed_text(value: Any, path: str) -> str | None:
    """Free text that a mail of ours carries to somebody who trusts it."""
    return None if value is None else _leads_nowhere(text(value, path, MAX_TEXT), path, links.in_text) or None


def mailed_name(value: Any, path: str) -> str:
    return _leads_nowhere(line(value, path, 200), path, links.in_text)


def mailed_code(value: Any, path: str) -> str:
    """A SKU, or an id of somebody else's, on one line."""
    return _leads_nowhere(line(value, path, 128), path, links.in_code)


def line(value: Any, path: str, most: int) -> str:
    checked = text(value, path, most)
    if not checked.strip():
        raise InvalidRequest(path, "must not be empty")
    if _LINE_BREAK.search(checked):
        raise InvalidRequest(path, "must be a single line")
    return checked


def country(value: Any, path: str) -> str:
    if not isinstance(value, str) or value not in places.countries():
        raise InvalidRequest(path, "must be the ISO 3166-1 alpha-2 code of a country, such as US or GB")
    return value


def email(value: Any, path: str) -> str:
    if not isinstance(value, str) or not _EMAIL.fullmatch(value) or ".." in value:
        raise InvalidRequest(path, "must be one e-mail address of ASCII characters, such as ops@seller.example")
    return value


def time(value: Any, path: str) -> str:
    try:
        return times.normalize(value)
    except (TypeError, ValueError) as error:
        raise InvalidRequest(path, "must be an RFC 3339 time with an offset, such as 2026-11-23T14:01:58Z") from error


def time_zone(value: Any, path: str) -> str:
    if not isinstance(value, str) or value not in places.time_zones():
        raise InvalidRequest(path, "must be the name of an IANA time zone, such as America/Los_Angeles")
    return value


def printable(name: str) -> str:
    """A caller's own field name, safe and short enough to repeat."""
    return name.encode("ascii", "backslashreplace").decode()[:64] if name.isprintable() and name else "(unprintable)"


def _leads_nowhere(value: str, path: str, leads: Callable[[str], str | None]) -> str:
    if found := leads(value):
        raise InvalidRequest(path, f"must not contain {found}: sellers read it in a mail that they trust")
    return value


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")
