"""What callers send, checked: every field has a type and a size, and anything else is refused by name.

The functions here turn a JSON body (and a header) into the domain's values, or raise ``InvalidRequest`` with the path
of the first field that is wrong. Nothing is coerced: ``"2"`` is not a quantity.
"""

import base64
import binascii
import dataclasses
import json
import re
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from order_cancellation import times
from order_cancellation.errors import InvalidRequest, Problem
from order_cancellation.orders import EVENTS, MARKETPLACE_CANCELLATIONS, Line, Placement
from order_cancellation.reasons import AUTO_REASONS, SELLER_REASONS, UNSTATED

MAX_BODY_BYTES: Final = 64 * 1024
MAX_BATCH: Final = 100
MAX_RECONCILIATION: Final = 1000
MAX_RECONCILIATION_BYTES: Final = 256 * 1024  # a thousand rows of long ids do not fit into the limit of the others
MAX_TEXT: Final = 500
SUMMARY_PREFERENCES: Final = ("each_batch", "daily", "off")

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_EMAIL = re.compile(
    r"(?!\.)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}(?<!\.)@"
    r"(?=.{1,189}\Z)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
# No control characters, no halves of pairs, no non-characters; nor U+FFFD, which API Gateway puts for bytes that are
# not UTF-8: what the caller meant there is lost.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffd-\uffff]")
_LINE_BREAK = re.compile(r"[\t\n\r\u2028\u2029]")
_PRINTABLE_ASCII = re.compile(r"[\x20-\x7e]{1,128}")
_ESCAPED = re.compile(r'\\(["\\])')


@dataclass(frozen=True, slots=True)
class CancelAsk:
    """A seller's wish to cancel one order."""

    order_id: str
    reason: str
    note: str | None

    @property
    def name(self) -> Mapping[str, str]:
        """What the result of a batch begins with."""
        return {"order_id": self.order_id}


@dataclass(frozen=True, slots=True)
class AutoCancelAsk:
    """The planner's order to cancel what cannot be shipped."""

    seller_id: str
    order_id: str
    reason: str
    skus: tuple[str, ...]
    detail: str | None

    @property
    def name(self) -> Mapping[str, str]:
        """What the result of a batch begins with."""
        return {"seller_id": self.seller_id, "order_id": self.order_id}


@dataclass(frozen=True, slots=True)
class Contact:
    """A seller as the network registers it. ``time_zone`` is an IANA name."""

    name: str
    email: str
    time_zone: str
    summaries: str

    def document(self) -> dict[str, str]:
        return dataclasses.asdict(self)


@dataclass(frozen=True, slots=True)
class FulfillmentEvent:
    """What a fulfillment center says it did with an order, and when (RFC 3339, UTC)."""

    seller_id: str
    order_id: str
    event: str
    occurred_at: str


@dataclass(frozen=True, slots=True)
class ReconciliationAsk:
    """What a marketplace says of a seller's orders: its ids of those that are cancelled there, and of the others."""

    marketplace: str
    cancelled: frozenset[str]
    open: frozenset[str]


# ------------------------------------------------------------------------------------------------------ the HTTP level


def json_body(event: Mapping[str, Any], most: int = MAX_BODY_BYTES) -> Any:
    """The JSON value in an API Gateway proxy event; None where there is no body: ``null`` is refused.

    Raises Problem ``payload_too_large`` over ``most`` bytes, InvalidRequest for anything but UTF-8 JSON without
    duplicate keys.
    """
    raw = _body_bytes(event)
    if not raw:
        return None
    if len(raw) > most:
        raise Problem("payload_too_large", f"The body has {len(raw)} bytes; at most {most} are accepted.")
    _require_json_content_type(event)
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique_keys, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise InvalidRequest("body", f"is not UTF-8 (byte {error.start})") from error
    except json.JSONDecodeError as error:
        raise InvalidRequest("body", f"is not JSON (line {error.lineno}, column {error.colno}: {error.msg})") from error
    except RecursionError as error:
        raise InvalidRequest("body", "is nested too deeply") from error
    except ValueError as error:  # an integer of more digits than Python converts
        raise InvalidRequest("body", "has a number that is too long") from error
    if value is None:
        raise InvalidRequest("body", "must be an object, not null")
    return value


def header_values(event: Mapping[str, Any], name: str) -> Sequence[str]:
    """All values of a header, whatever the case of its name."""
    multiple: Mapping[str, Sequence[str]] = event.get("multiValueHeaders") or {}
    found = [value for key, values in multiple.items() if key.lower() == name for value in values]
    if found:
        return found
    single: Mapping[str, str] = event.get("headers") or {}
    return [value for key, value in single.items() if key.lower() == name]


def idempotency_key(event: Mapping[str, Any]) -> str | None:
    """The ``Idempotency-Key`` header: 1–128 printable ASCII characters, bare or a quoted string of RFC 9651."""
    values = header_values(event, "idempotency-key")
    if not values:
        return None
    if len(set(values)) > 1:
        raise InvalidRequest("Idempotency-Key", "is given more than once")
    key = values[0].strip(" \t")
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = _ESCAPED.sub(r"\1", key[1:-1])
    if not _PRINTABLE_ASCII.fullmatch(key):
        raise InvalidRequest("Idempotency-Key", "must be 1 to 128 printable ASCII characters")
    return key


def path_id(value: str, name: str) -> str:
    """An id from the path; ``name`` is the path parameter's, e.g. ``order_id``."""
    return _id(value, name)


def new_order_id(value: str) -> str:
    """The id, in the path, of an order to be placed."""
    if value == "cancel":
        raise InvalidRequest("order_id", "cannot be 'cancel', for POST /orders/cancel cancels a batch")
    return _id(value, "order_id")


def query(event: Mapping[str, Any], allowed: Sequence[str]) -> Mapping[str, str]:
    """The query string's parameters, each known and given once."""
    multiple: Mapping[str, Sequence[str]] = event.get("multiValueQueryStringParameters") or {}
    for name, values in multiple.items():
        if name not in allowed:
            raise InvalidRequest(_printable(name), f"is not a parameter here; there are {', '.join(allowed)}")
        if len(values) > 1:
            raise InvalidRequest(name, "is given more than once")
    return {name: values[0] for name, values in multiple.items()}


# ---------------------------------------------------------------------------------------------------------- the bodies


def cancel(order_id: str, body: Any) -> CancelAsk:
    """``POST /orders/{order_id}/cancel``; the body may be missing."""
    fields = {} if body is None else _object(body, "body", optional=("reason", "note"))
    return _cancel_ask(order_id, fields, "")


def cancel_batch(body: Any) -> tuple[CancelAsk, ...]:
    """``POST /orders/cancel``: 1–100 orders; of several entries for one order the first counts."""
    entries = _list(_object(body, "body", required=("orders",))["orders"], "orders", MAX_BATCH)
    asks: dict[str, CancelAsk] = {}
    for index, entry in enumerate(entries):
        path = f"orders[{index}]"
        fields = _object(entry, path, required=("order_id",), optional=("reason", "note"))
        ask = _cancel_ask(_id(fields["order_id"], f"{path}.order_id"), fields, f"{path}.")
        asks.setdefault(ask.order_id, ask)
    return tuple(asks.values())


def auto_cancel_batch(body: Any) -> tuple[AutoCancelAsk, ...]:
    """``POST /auto-cancellations``: 1–100 orders; of several entries for one order the first counts."""
    entries = _list(_object(body, "body", required=("cancellations",))["cancellations"], "cancellations", MAX_BATCH)
    asks: dict[tuple[str, str], AutoCancelAsk] = {}
    for index, entry in enumerate(entries):
        path = f"cancellations[{index}]"
        fields = _object(entry, path, required=("seller_id", "order_id", "reason"), optional=("skus", "detail"))
        ask = AutoCancelAsk(
            seller_id=_id(fields["seller_id"], f"{path}.seller_id"),
            order_id=_id(fields["order_id"], f"{path}.order_id"),
            reason=_choice(fields["reason"], f"{path}.reason", AUTO_REASONS),
            skus=_each(fields["skus"], f"{path}.skus", _sku, 100) if "skus" in fields else (),
            detail=_optional_text(fields.get("detail"), f"{path}.detail"),
        )
        asks.setdefault((ask.seller_id, ask.order_id), ask)
    return tuple(asks.values())


def contact(body: Any) -> Contact:
    """``PUT /sellers/{seller_id}``."""
    fields = _object(body, "body", required=("name", "email", "time_zone"), optional=("summaries",))
    return Contact(
        name=_line(fields["name"], "name", 200),
        email=_email(fields["email"], "email"),
        time_zone=_time_zone(fields["time_zone"], "time_zone"),
        summaries=_choice(fields.get("summaries", "each_batch"), "summaries", SUMMARY_PREFERENCES),
    )


def placement(body: Any) -> Placement:
    """``PUT /sellers/{seller_id}/orders/{order_id}``."""
    names = ("marketplace", "marketplace_order_id", "destination_country", "placed_at", "lines", "fulfillment_centers")
    fields = _object(body, "body", required=names)
    centers = _each(fields["fulfillment_centers"], "fulfillment_centers", _id, 20)
    if not centers:
        raise InvalidRequest("fulfillment_centers", "must name at least one fulfillment center")
    if len(set(centers)) < len(centers):
        raise InvalidRequest("fulfillment_centers", "names a fulfillment center twice")
    return Placement(
        marketplace=_id(fields["marketplace"], "marketplace"),
        marketplace_order_id=marketplace_order(fields["marketplace_order_id"], "marketplace_order_id"),
        destination_country=_country(fields["destination_country"], "destination_country"),
        placed_at=_time(fields["placed_at"], "placed_at"),
        lines=tuple(_order_line(line, f"lines[{i}]") for i, line in enumerate(_list(fields["lines"], "lines", 500))),
        fulfillment_centers=centers,
    )


def fulfillment_event(body: Any) -> FulfillmentEvent:
    """``POST /fulfillment-centers/{fc_id}/events``."""
    fields = _object(body, "body", required=("seller_id", "order_id", "event", "occurred_at"))
    return FulfillmentEvent(
        seller_id=_id(fields["seller_id"], "seller_id"),
        order_id=_id(fields["order_id"], "order_id"),
        event=_choice(fields["event"], "event", EVENTS),
        occurred_at=_time(fields["occurred_at"], "occurred_at"),
    )


def marketplace_cancellation(body: Any) -> str:
    """``PUT /orders/{order_id}/marketplace-cancellation``: the state."""
    return _choice(_object(body, "body", required=("state",))["state"], "state", MARKETPLACE_CANCELLATIONS)


def reconciliation(body: Any) -> ReconciliationAsk:
    """``POST /reconciliations``: 1–1000 orders of one marketplace; one may be there twice, but not in two states."""
    fields = _object(body, "body", required=("marketplace", "orders"))
    states: dict[str, str] = {}
    for index, entry in enumerate(_list(fields["orders"], "orders", MAX_RECONCILIATION)):
        path = f"orders[{index}]"
        row = _object(entry, path, required=("marketplace_order_id", "state"))
        marketplace_order_id = marketplace_order(row["marketplace_order_id"], f"{path}.marketplace_order_id")
        state = _choice(row["state"], f"{path}.state", ("cancelled", "open"))
        if states.setdefault(marketplace_order_id, state) != state:
            raise InvalidRequest(f"{path}.state", "is not the state that the same order has further up")
    return ReconciliationAsk(
        marketplace=_id(fields["marketplace"], "marketplace"),
        cancelled=frozenset(name for name, state in states.items() if state == "cancelled"),
        open=frozenset(name for name, state in states.items() if state == "open"),
    )


def marketplace_order(value: Any, field: str) -> str:
    """A marketplace's own order id."""
    return _line(value, field, 128)


def choice(value: str, field: str, allowed: Sequence[str]) -> str:
    """A query parameter that is one of a few words."""
    return _choice(value, field, allowed)


def page_size(value: str, field: str) -> int:
    """A query parameter that counts 1 to 100."""
    if not re.fullmatch(r"[0-9]{1,3}", value) or not 1 <= int(value) <= 100:
        raise InvalidRequest(field, "must be a whole number from 1 to 100")
    return int(value)


def valid_id(value: object) -> bool:
    """Whether a value can be an ``order_id``, ``seller_id`` or ``fc_id``."""
    return isinstance(value, str) and bool(_ID.fullmatch(value))


# ----------------------------------------------------------------------------------------------------- field by field


def _cancel_ask(order_id: str, fields: Mapping[str, Any], prefix: str) -> CancelAsk:
    return CancelAsk(
        order_id=order_id,
        reason=_choice(fields.get("reason", UNSTATED), f"{prefix}reason", SELLER_REASONS),
        note=_optional_text(fields.get("note"), f"{prefix}note"),
    )


def _order_line(value: Any, path: str) -> Line:
    fields = _object(value, path, required=("sku", "quantity"))
    quantity = fields["quantity"]
    if type(quantity) is not int or not 1 <= quantity <= 1_000_000:  # bool is an int to isinstance
        raise InvalidRequest(f"{path}.quantity", "must be a whole number from 1 to 1000000")
    return Line(_sku(fields["sku"], f"{path}.sku"), quantity)


def _object(value: Any, path: str, required: Sequence[str] = (), optional: Sequence[str] = ()) -> Mapping[str, Any]:
    if value is None and path == "body":
        raise InvalidRequest("body", f"is missing; it must be a JSON object with {', '.join(required)}")
    if not isinstance(value, dict):
        raise InvalidRequest(path, f"must be an object, not {_kind(value)}")
    prefix = "" if path == "body" else f"{path}."
    for name in value:
        if name not in required and name not in optional:
            known = ", ".join((*required, *optional))
            raise InvalidRequest(f"{prefix}{_printable(name)}", f"is not a field here; there are {known}")
    for name in required:
        if name not in value:
            raise InvalidRequest(f"{prefix}{name}", "is missing")
    return value


def _list(value: Any, path: str, most: int, least: int = 1) -> Sequence[Any]:
    if not isinstance(value, list):
        raise InvalidRequest(path, f"must be a list, not {_kind(value)}")
    if not least <= len(value) <= most:
        number = f"{least} to {most}" if least else f"at most {most}"
        raise InvalidRequest(path, f"must have {number} entries, not {len(value)}")
    return value


def _each(value: Any, path: str, check: Callable[[Any, str], str], most: int) -> tuple[str, ...]:
    return tuple(check(entry, f"{path}[{index}]") for index, entry in enumerate(_list(value, path, most, least=0)))


def _id(value: Any, path: str) -> str:
    if not valid_id(value):
        raise InvalidRequest(path, "must be 1 to 64 of A-Z a-z 0-9 . _ -, starting with a letter or digit")
    return str(value)


def _choice(value: Any, path: str, allowed: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise InvalidRequest(path, f"must be one of {', '.join(allowed)}")
    return value


def _text(value: Any, path: str, most: int) -> str:
    if not isinstance(value, str):
        raise InvalidRequest(path, f"must be a string, not {_kind(value)}")
    if len(value) > most:
        raise InvalidRequest(path, f"must have at most {most} characters, not {len(value)}")
    if found := _CONTROL.search(value):
        raise InvalidRequest(path, f"must not contain the character U+{ord(found[0]):04X}")
    return value


def _optional_text(value: Any, path: str) -> str | None:
    return None if value is None else _text(value, path, MAX_TEXT) or None


def _line(value: Any, path: str, most: int) -> str:
    text = _text(value, path, most)
    if not text.strip():
        raise InvalidRequest(path, "must not be empty")
    if _LINE_BREAK.search(text):
        raise InvalidRequest(path, "must be a single line")
    return text


def _sku(value: Any, path: str) -> str:
    return _line(value, path, 128)


def _country(value: Any, path: str) -> str:
    if not isinstance(value, str) or not _COUNTRY.fullmatch(value):
        raise InvalidRequest(path, "must be an ISO 3166-1 alpha-2 code such as US")
    return value


def _email(value: Any, path: str) -> str:
    if not isinstance(value, str) or not _EMAIL.fullmatch(value) or ".." in value:
        raise InvalidRequest(path, "must be one e-mail address of ASCII characters, such as ops@seller.example")
    return value


def _time(value: Any, path: str) -> str:
    try:
        return times.normalize(value)
    except (TypeError, ValueError) as error:
        raise InvalidRequest(path, "must be an RFC 3339 time with an offset, such as 2026-11-23T14:01:58Z") from error


def _time_zone(value: Any, path: str) -> str:
    try:
        return zoneinfo.ZoneInfo(value).key
    except (TypeError, ValueError, OSError, zoneinfo.ZoneInfoNotFoundError) as error:
        raise InvalidRequest(path, "must be an IANA time zone such as America/Los_Angeles") from error


# ---------------------------------------------------------------------------------------------------------- the bytes


def _body_bytes(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode("utf-8", errors="surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise InvalidRequest("body", "is not base64") from error


def _require_json_content_type(event: Mapping[str, Any]) -> None:
    for value in header_values(event, "content-type"):
        media_type, _, parameters = value.partition(";")
        charset = re.search(r"charset=\"?([^\";\s]+)", parameters, re.IGNORECASE)
        if media_type.strip().lower() != "application/json":
            raise InvalidRequest("Content-Type", "must be application/json")
        if charset and charset[1].lower() not in ("utf-8", "utf8"):
            raise InvalidRequest("Content-Type", "must be UTF-8")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidRequest(_printable(twice), "is given more than once")
    return result


def _no_constant(name: str) -> Any:
    raise InvalidRequest("body", f"is not JSON: {name} is not a JSON number")


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")


def _printable(name: str) -> str:
    """A caller's own field name, safe and short enough to repeat to him."""
    return name.encode("ascii", "backslashreplace").decode()[:64] if name.isprintable() and name else "(unprintable)"
