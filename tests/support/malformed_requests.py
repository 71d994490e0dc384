"""Requests that are wrong in one thing each, on every route, and the field that the answer must name.

They are sent to the handlers (tests/integration) and over HTTP to the deployed stack (tests/end_to_end). None of them
may write anything, and none may be answered with a 5xx.
"""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, quote

from order_cancellation.http.parse import MAX_RECONCILIATION_BYTES
from order_cancellation.http.request import MAX_BODY_BYTES
from tests.support import examples
from tests.support.functions import ROUTES

# The order and the seller that the requests are about: the first is there and can be cancelled, the others are not.
ORDER, NEW_ORDER, NEW_SELLER = "M-1", "M-2", "newcomer"

EVENT = {"seller_id": "acme", "order_id": ORDER, "event": "picking", "occurred_at": examples.PACKED_AT}
AUTO = {"seller_id": "acme", "order_id": ORDER, "reason": "stockout", "skus": ["TENT-2P-GRN"], "detail": "Till spring."}
GOOD: dict[str, dict[str, Any]] = {
    "cancel_one": {"reason": "customer_request", "note": "Ordered the wrong size."},
    "cancel_many": {"orders": [{"order_id": ORDER}]},
    "register_seller": examples.contact_document(),
    "place_order": examples.placement_document(),
    "move_order": {"fulfillment_centers": ["LAX1"]},
    "auto_cancel": {"cancellations": [AUTO]},
    "report": EVENT,
    "mark_marketplace": {"state": "done"},
    "mark_many": {"orders": [{"order_id": ORDER, "state": "done"}]},
    "reconcile": {"marketplace": "amazon", "orders": [{"marketplace_order_id": "113-1", "state": "open"}]},
}
PATHS: dict[str, dict[str, str]] = {
    "cancel_one": {"order_id": ORDER},
    "cancel_many": {},
    "view_order": {"order_id": ORDER},
    "list_orders": {},
    "register_seller": {"seller_id": NEW_SELLER},
    "place_order": {"seller_id": "acme", "order_id": NEW_ORDER},
    "move_order": {"seller_id": "acme", "order_id": ORDER},
    "auto_cancel": {},
    "report": {"fc_id": "LAX1"},
    "mark_marketplace": {"order_id": ORDER},
    "mark_many": {},
    "reconcile": {},
    "list_summaries": {},
}


@dataclasses.dataclass(frozen=True)
class Malformed:
    """One such request. ``field`` and ``why`` are what the answer must name and say."""

    route: str
    what: str
    field: str | None
    why: str
    body: bytes | None = None
    status: int = 400
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    path: Mapping[str, str] = dataclasses.field(default_factory=dict)
    query: str = ""

    @property
    def name(self) -> str:
        return f"{self.route}: {self.what}"

    @property
    def method(self) -> str:
        return ROUTES[self.route][0]

    @property
    def ids(self) -> dict[str, str]:
        """The ids in the path, as they are meant."""
        return PATHS[self.route] | dict(self.path)

    @property
    def url(self) -> str:
        """Path and query, as they are sent."""
        path = ROUTES[self.route][1].format(**{name: quote(value, safe="") for name, value in self.ids.items()})
        return f"{path}?{self.query}" if self.query else path

    @property
    def parameters(self) -> dict[str, list[str]]:
        """The query, as API Gateway takes it apart."""
        return parse_qs(self.query, keep_blank_values=True)

    @property
    def code(self) -> str:
        return {400: "invalid_request", 413: "payload_too_large"}[self.status]

    def complaint(self, status: int, content_type: str | None, problem: Mapping[str, Any]) -> str | None:
        """What is wrong with an answer to this request, or None."""
        if (status, content_type) != (self.status, "application/problem+json"):
            return f"it is {status} {content_type}"
        if (problem["status"], problem["code"], problem.get("field")) != (self.status, self.code, self.field):
            return f"it names {problem}"
        if self.why not in problem["detail"]:
            return f"it does not say {self.why!r}: {problem['detail']}"
        return None


def requests() -> tuple[Malformed, ...]:
    """All of them."""
    return (*_bodies_of_no_use_anywhere(), *_bodies(), *_headers(), *_paths(), *_queries())


def _bodies_of_no_use_anywhere() -> Iterator[Malformed]:
    """What no route with a body takes."""
    for route, good in GOOD.items():
        sent = json.dumps(good).encode()
        first = next(iter(good))
        for what, body, named, why in (
            ("no JSON", b"{", "body", "is not JSON (line 1, column 2"),
            ("XML", b"<order/>", "body", "is not JSON"),
            ("two documents", sent + b"{}", "body", "is not JSON"),
            ("a byte order mark", b"\xef\xbb\xbf" + sent, "body", "is not JSON"),
            ("UTF-16", sent.decode().encode("utf-16-le"), "body", "is not JSON"),
            ("bytes that are not UTF-8", b'{"\xff":1}', "\\ufffd", "is not a field here"),
            ("a list at the top", b"[" + sent + b"]", "body", "must be an object, not a list"),
            ("a string at the top", b'"cancel"', "body", "must be an object, not a string"),
            ("a number at the top", b"0", "body", "must be an object, not a number"),
            ("null", b"null", "body", "must be an object, not null"),
            ("deep nesting", b'{"a":' * 10_000, "body", "is nested too deeply"),
            ("a huge integer", b'{"a":' + b"9" * 5_000 + b"}", "body", "has a number that is too long"),
            ("NaN", b'{"a":NaN}', "body", "NaN is not a JSON number"),
            ("-Infinity", b'{"a":-Infinity}', "body", "-Infinity is not a JSON number"),
            ("an unknown field", sent[:-1] + b',"refund":true}', "refund", "is not a field here"),
            ("a field of a prototype", sent[:-1] + b',"__proto__":{}}', "__proto__", "is not a field here"),
            ("an unprintable field", sent[:-1] + b',"\\u001b[2J":1}', "(unprintable)", "is not a field here"),
            ("half a pair as a field", sent[:-1] + b',"\\ud800":1}', "(unprintable)", "is not a field here"),
            ("a key given twice", sent[:-1] + b',"%s":1}' % first.encode(), first, "is given more than once"),
            ("a key given twice, deep inside", b'{"a":[{"b":{"c":1,"c":1}}]}', "c", "is given more than once"),
        ):
            yield Malformed(route, what, named, why, body)
        most = MAX_RECONCILIATION_BYTES if route == "reconcile" else MAX_BODY_BYTES
        yield Malformed(route, "a byte too many", None, f"at most {most}", sent.ljust(most + 1), status=413)
        for content_type, why in (
            ("text/plain", "must be application/json"),
            ("application/x-www-form-urlencoded", "must be application/json"),
            ("application/json; charset=iso-8859-1", "must be UTF-8"),
        ):
            headers = {"Content-Type": content_type}
            yield Malformed(route, f"Content-Type {content_type}", "Content-Type", why, sent, headers=headers)
        if route != "cancel_one":  # there the body may be missing
            yield Malformed(route, "no body", "body", "is missing; it must be a JSON object with", None)
            yield Malformed(route, "an empty object", first, "is missing", b"{}")


def _bodies() -> Iterator[Malformed]:
    """Bodies of the right form with one field wrong."""
    for route, rows in _WRONG_FIELDS.items():
        for name, value, why in rows:
            yield _of(route, f"{name} {value!r:.40}", GOOD[route] | {name: value}, name, why)
    for what, rows, name, why in _WRONG_ROWS:
        yield _of("reconcile", what, GOOD["reconcile"] | {"orders": rows}, name, why)
    for what, entries, name, why in _WRONG_ORDERS:
        yield _of("cancel_many", what, {"orders": entries}, name, why)
    for name, value, why in _WRONG_CANCELLATIONS:
        entries = [AUTO, AUTO | {name.split("[")[0]: value}]
        yield _of("auto_cancel", f"{name} {value!r:.40}", {"cancellations": entries}, f"cancellations[1].{name}", why)
    for quantity in (0, -1, 1_000_001, 10**40, 1.5, True, "2", None):
        lines = GOOD["place_order"] | {"lines": [_LINE, _LINE | {"quantity": quantity}]}
        yield _of("place_order", f"quantity {quantity!r}", lines, "lines[1].quantity", "must be a whole number")
    infinite = json.dumps(GOOD["place_order"]).replace('"quantity": 1', '"quantity": 1e999').encode()
    yield Malformed("place_order", "quantity 1e999", "lines[0].quantity", "must be a whole number", infinite)
    for what, body, name, why in (
        ("a raw control character", b'{"note":"a\x01b"}', "body", "is not JSON"),
        ("a note that is not UTF-8", b'{"note":"caf\xe9"}', "note", "must not contain the character U+FFFD"),
        ("note 1e999", b'{"note":1e999}', "note", "must be a string, not a number"),
    ):
        yield Malformed("cancel_one", what, name, why, body)


_LINE = {"sku": "TENT-2P-GRN", "quantity": 1}

# a field, a value that it cannot have, and what is said of it
_WRONG_FIELDS: dict[str, tuple[tuple[str, Any, str], ...]] = {
    "mark_marketplace": (
        ("state", "cancelled", "must be one of to_do, done, not_needed"),
        ("state", None, "must be one of"),
        ("state", ["done"], "must be one of"),
    ),
    "mark_many": (
        ("orders", [], "must have 1 to 100 entries"),
        ("orders", [{"order_id": ORDER, "state": "done"}] * 101, "must have 1 to 100 entries"),
        ("orders", {}, "must be a list"),
    ),
    "reconcile": (
        ("marketplace", "ama zon", "must be 1 to 64 of"),
        ("marketplace", None, "must be 1 to 64 of"),
        ("orders", None, "must be a list, not null"),
    ),
    "cancel_one": (
        ("reason", "stockout", "must be one of customer_request, "),
        ("reason", None, "must be one of"),
        ("reason", ["other"], "must be one of"),
        ("note", 1, "must be a string, not a number"),
        ("note", True, "must be a string, not a boolean"),
        ("note", {"text": "x"}, "must be a string, not an object"),
        ("note", "x" * 501, "must have at most 500 characters, not 501"),
        ("note", "a\x00b", "must not contain the character U+0000"),
        ("note", "\x1b[31mred", "must not contain the character U+001B"),
        ("note", "\ud83d", "must not contain the character U+D83D"),
        ("fulfillment_centers", "LAX1", "must be a list, not a string"),
        ("fulfillment_centers", None, "must be a list, not null"),
        ("fulfillment_centers", [], "must name at least one"),
        ("fulfillment_centers", [f"FC{number}" for number in range(21)], "must have at most 20 entries"),
    ),
    "register_seller": (
        ("name", "", "must not be empty"),
        ("name", "Acme\nBcc: x@y.example", "must be a single line"),
        ("name", "x" * 201, "must have at most 200 characters"),
        ("email", "ops at acme", "must be one e-mail address"),
        ("email", "ops@acme.example, x@y.example", "must be one e-mail address"),
        ("email", "ops@acme.example\r\nBcc: x@y.example", "must be one e-mail address"),
        ("email", ".ops@acme.example", "must be one e-mail address"),
        ("email", None, "must be one e-mail address"),
        ("time_zone", "Mars/Olympus", "must be the name of an IANA time zone"),
        ("time_zone", "../../etc/passwd", "must be the name of an IANA time zone"),
        ("time_zone", 1, "must be the name of an IANA time zone"),
        ("summaries", "weekly", "must be one of each_batch, daily, off"),
    ),
    "place_order": (
        ("marketplace", "eBay Motors", "must be 1 to 64 of"),
        ("marketplace_order_id", "", "must not be empty"),
        ("marketplace_order_id", "x" * 129, "must have at most 128 characters"),
        ("destination_country", "usa", "must be the ISO 3166-1 alpha-2 code of a country"),
        ("destination_country", 1, "must be the ISO 3166-1 alpha-2 code of a country"),
        ("placed_at", "2026-11-23T08:15:00", "must be an RFC 3339 time with an offset"),
        ("placed_at", "2026-02-30T08:15:00Z", "must be an RFC 3339 time with an offset"),
        ("placed_at", "2026-11-23T08:15:61Z", "must be an RFC 3339 time with an offset"),
        ("placed_at", 1795442531, "must be an RFC 3339 time with an offset"),
        ("lines", [], "must have 1 to 500 entries, not 0"),
        ("lines", [_LINE] * 501, "must have 1 to 500 entries, not 501"),
        ("fulfillment_centers", [], "must name at least one"),
        ("fulfillment_centers", ["LAX1", "LAX1"], "names a fulfillment center twice"),
        ("fulfillment_centers", [f"FC{number}" for number in range(21)], "must have at most 20 entries"),
    ),
    "move_order": (
        ("fulfillment_centers", "LAX1", "must be a list, not a string"),
        ("fulfillment_centers", [], "must name at least one"),
        ("fulfillment_centers", ["LAX1", "LAX1"], "names a fulfillment center twice"),
    ),
    "report": (
        ("seller_id", "-acme", "must be 1 to 64 of"),
        ("order_id", "M 1", "must be 1 to 64 of"),
        ("event", "cancelled", "must be one of allocated, picking, picked_packed, shipped, delivered"),
        ("event", "received", "must be one of allocated"),
        ("event", 3, "must be one of allocated"),
        ("occurred_at", "2026-11-23T14:01:58", "must be an RFC 3339 time with an offset"),
        ("occurred_at", "2026-11-23T24:00:00Z", "must be an RFC 3339 time with an offset"),
        ("occurred_at", "0001-01-01T00:00:00+14:00", "must be an RFC 3339 time with an offset"),
        ("occurred_at", None, "must be an RFC 3339 time with an offset"),
        ("fc_id", "EWR2", "is not a field here"),
    ),
}
_101_ORDERS = [{"order_id": f"M-{number}"} for number in range(1, 102)]
_WRONG_ORDERS: tuple[tuple[str, Any, str, str], ...] = (
    ("no orders", [], "orders", "must have 1 to 100 entries, not 0"),
    ("101 orders", _101_ORDERS, "orders", "must have 1 to 100 entries, not 101"),
    ("orders that are no list", {"0": {"order_id": ORDER}}, "orders", "must be a list, not an object"),
    ("an order that is a string", [{"order_id": ORDER}, ORDER], "orders[1]", "must be an object, not a string"),
    ("an order without an id", [{"order_id": ORDER}, {}], "orders[1].order_id", "is missing"),
    ("an order id that is a number", [{"order_id": 1}], "orders[0].order_id", "must be 1 to 64 of"),
    ("an order id of 65 characters", [{"order_id": "x" * 65}], "orders[0].order_id", "must be 1 to 64 of"),
    ("another seller's order", [{"order_id": ORDER, "seller_id": "x"}], "orders[0].seller_id", "is not a field here"),
    ("the last of many", [*_101_ORDERS[:99], {"order_id": ".M"}], "orders[99].order_id", "must be 1 to 64 of"),
)
_AN_ID = "orders[0].marketplace_order_id"
_ROW = {"marketplace_order_id": "113-1", "state": "open"}
_WRONG_ROWS: tuple[tuple[str, Any, str, str], ...] = (
    ("no rows", [], "orders", "must have 1 to 1000 entries, not 0"),
    ("1001 rows", [_ROW] * 1001, "orders", "must have 1 to 1000 entries, not 1001"),
    ("rows that are no list", {"0": _ROW}, "orders", "must be a list, not an object"),
    ("a row that is a string", [_ROW, "113-1"], "orders[1]", "must be an object, not a string"),
    ("a row without a state", [{"marketplace_order_id": "1"}], "orders[0].state", "is missing"),
    ("a row in an unknown state", [_ROW | {"state": "shipped"}], "orders[0].state", "must be one of cancelled, open"),
    ("a row in two states", [_ROW, _ROW | {"state": "cancelled"}], "orders[1].state", "is not the state that"),
    ("a row of another seller", [_ROW | {"seller_id": "x"}], "orders[0].seller_id", "is not a field here"),
    (
        "an id of 129 characters",
        [_ROW | {"marketplace_order_id": "1" * 129}],
        _AN_ID,
        "at most 128 characters, not 129",
    ),
    ("an id that is blank", [_ROW | {"marketplace_order_id": " \u200b"}], _AN_ID, "must not be empty"),
    ("an id of two lines", [_ROW | {"marketplace_order_id": "1\n2"}], _AN_ID, "must be a single line"),
    ("an id that is a number", [_ROW | {"marketplace_order_id": 113}], _AN_ID, "must be a string, not a number"),
)
_WRONG_CANCELLATIONS: tuple[tuple[str, Any, str], ...] = (
    ("seller_id", "ac/me", "must be 1 to 64 of"),
    ("order_id", "", "must be 1 to 64 of"),
    ("reason", "customer_request", "must be one of stockout, "),
    ("skus", "TENT-2P-GRN", "must be a list, not a string"),
    ("skus", ["T"] * 101, "must have at most 100 entries, not 101"),
    ("skus[1]", ["T", " "], "must not be empty"),
    ("detail", "x" * 501, "must have at most 500 characters"),
    ("note", "x", "is not a field here"),
    ("fulfillment_centers", ["LAX1", "LAX1"], "names a fulfillment center twice"),
)


def _headers() -> Iterator[Malformed]:
    for route in ("cancel_one", "cancel_many", "auto_cancel"):
        for what, key in (
            ("an empty key", ""),
            ("an empty quoted key", '""'),
            ("a key of 129 characters", "k" * 129),
            ("a key with a tab", "k\t1"),
            ("a key that is not ASCII", "schlüssel"),
        ):
            why = "must be 1 to 128 printable ASCII characters"
            sent = json.dumps(GOOD[route]).encode()
            yield Malformed(route, what, "Idempotency-Key", why, sent, headers={"Idempotency-Key": key})


def _paths() -> Iterator[Malformed]:
    for route, ids in PATHS.items():
        body = json.dumps(GOOD[route]).encode() if route in GOOD else None
        for name in ids:
            for what, value in (
                ("65 characters", "x" * 65),
                ("a leading dot", ".M-1"),
                ("a leading hyphen", "-M-1"),
                ("a space", "M 1"),
                ("a letter that is not ASCII", "Mé"),
                ("a digit that is not ASCII", "M-١"),
                ("a quotation mark", 'M"1'),
                ("NUL", "M\x00"),
            ):
                yield Malformed(route, f"{name} with {what}", name, "must be 1 to 64 of", body, path={name: value})
    yield Malformed(
        "place_order",
        "an order called cancel",
        "order_id",
        "cannot be 'cancel'",
        json.dumps(GOOD["place_order"]).encode(),
        path={"order_id": "cancel"},
    )


def _queries() -> Iterator[Malformed]:
    for query, named, why in (
        ("limit=0", "limit", "must be a whole number from 1 to 100"),
        ("limit=101", "limit", "must be a whole number from 1 to 100"),
        ("limit=-1", "limit", "must be a whole number from 1 to 100"),
        ("limit=ten", "limit", "must be a whole number from 1 to 100"),
        ("limit=", "limit", "must be a whole number from 1 to 100"),
        ("limit=1&limit=2", "limit", "is given more than once"),
        ("status=open", "status", "must be one of received, "),
        ("status=", "status", "must be one of received, "),
        ("status=shipped,,delivered", "status", "must be one of received, "),
        ("cancellable=yes", "cancellable", "must be one of true, false"),
        ("placed_from=2026-11-23", "placed_from", "must be an RFC 3339 time"),
        ("placed_to=yesterday", "placed_to", "must be an RFC 3339 time"),
        ("placed_from=2026-11-23T09:00:01Z&placed_to=2026-11-23T09:00:00Z", "placed_to", "is before placed_from"),
        ("cursor=", "cursor", "is not one that this list gave out"),
        ("cursor=%00", "cursor", "is not one that this list gave out"),
        ("cursor=Li4v", "cursor", "is not one that this list gave out"),
        (
            "seller_id=bluebird",
            "seller_id",
            "is not a parameter here; there are status, cancellable, placed_from",
        ),
        ("Limit=1", "Limit", "is not a parameter here"),
    ):
        yield Malformed("list_orders", query, named, why, query=query)
        if named == "limit":
            yield Malformed("list_summaries", query, named, why, query=query)
    for query, named, why in (
        ("cursor=Li4v", "cursor", "is not one that this list gave out"),
        ("status=sent", "status", "is not a parameter here; there are limit, cursor"),
        ("seller_id=bluebird", "seller_id", "is not a parameter here; there are limit, cursor"),
    ):
        yield Malformed("list_summaries", query, named, why, query=query)


def _of(route: str, what: str, document: Any, named: str, why: str) -> Malformed:
    return Malformed(route, what, named, why, json.dumps(document).encode())
