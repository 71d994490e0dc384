"""Whatever is sent, the API answers as docs/openapi.yaml says: schemathesis, on the local stack, with real tokens.

What conforms to a request's schema is accepted, what does not is refused, nothing is answered with a 5xx, and every
answer has a documented status, type, headers and body. The requests are the same at every run.
"""

import base64
import json
from datetime import datetime
from typing import Any

import pytest
import schemathesis
from hypothesis import settings
from hypothesis import strategies as st

from order_cancellation.domain import links, times
from order_cancellation.http import cursors, parse
from order_cancellation.tables.order_lists import Place
from tests.contract import document
from tests.contract.conftest import SELLER, Callers, PlaceOne

EXAMPLES = 25  # for each operation, beside the boundaries of every field, which are always tried
ORDERS = ("A-1001", "A-1003", *(f"F-{number}" for number in range(1, 19)))  # the first two are in the examples
CENTERS = ("LAX1", "EWR2")

# Invented ids lead to 404s; half of the time, take one that exists.
KNOWN = {
    "orders": (ORDERS, ("path.order_id", "body.order_id", "body.orders[*].order_id", "body.cancellations[*].order_id")),
    "sellers": ((SELLER,), ("path.seller_id", "body.seller_id", "body.cancellations[*].seller_id")),
    "centers": (CENTERS, ("path.fc_id",)),
    "marketplaces": (("walmart",), ("body.marketplace",)),
    "marketplace orders": (
        tuple(f"M-{number}" for number in range(10)),
        ("query.marketplace_order_id", "body.orders[*].marketplace_order_id"),
    ),
}
CONFIG = schemathesis.Config.from_dict(
    {
        "checks": {
            "unsupported_method": {"enabled": False},  # API Gateway answers 404, never 405: see test_answers.py
            "ignored_auth": {"enabled": False},  # tokens are tried in test_answers.py, each kind on every operation
        },
        "generation": {"deterministic": True, "with-security-parameters": False, "allow-extra-parameters": False},
        "phases": {
            "coverage": {"unexpected-methods": []},
            # Neither learns from earlier answers: what is sent must not depend on them.
            "fuzzing": {"extra-data-sources": {"responses": False}, "error-feedback": {"enabled": False}},
        },
        "dictionaries": {name: {"values": list(values)} for name, (values, _) in KNOWN.items()},
        "parameters": {
            place: {"dictionary": name, "probability": 0.5} for name, (_, places) in KNOWN.items() for place in places
        },
    }
)

# What the named formats of the document mean.
schemathesis.openapi.format(
    "date-time",
    st.builds(
        lambda moment, offset: moment.isoformat(timespec="milliseconds") + offset,
        st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1)),  # noqa: DTZ001 - the offset is added to the text
        st.sampled_from(("Z", "+05:30", "-08:00")),
    ),
)
schemathesis.openapi.format("email", st.from_regex(r"\A[a-z0-9+]{1,64}@([a-z]{1,60}\.){1,3}[a-z]{2,9}\Z"))
schemathesis.openapi.format("iana-time-zone", st.sampled_from(("America/Los_Angeles", "Asia/Kolkata", "UTC")))
schemathesis.openapi.format(
    "list-cursor",
    st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z").map(
        lambda order_id: base64.urlsafe_b64encode(order_id.encode()).decode().rstrip("=")
    ),
)

# The document's examples are of the seller acme, whose orders belong to other tests.
SCHEMA = schemathesis.openapi.from_dict(
    json.loads(json.dumps(document.closed()).replace("acme", SELLER)), config=CONFIG
)


@SCHEMA.hook
def filter_body(_: schemathesis.HookContext, body: Any) -> bool:
    """Not what JSON Schema cannot tell, and the document refuses in words."""
    return not (is_from_tomorrow(body) or has_an_order_in_two_states(body) or leads_elsewhere(body))


@SCHEMA.hook
def filter_case(_: schemathesis.HookContext, case: schemathesis.Case[Any]) -> bool:
    """Not a list of orders that were placed after one moment and before an earlier one, for the same reason."""
    query = case.query or {}
    if not is_to_be_accepted(case) or not {"placed_from", "placed_to"} <= set(query):
        return True
    first, last = (datetime.fromisoformat(query[name]) for name in ("placed_from", "placed_to"))
    return first <= last


@SCHEMA.hook
def map_case(_: schemathesis.HookContext, case: schemathesis.Case[Any]) -> schemathesis.Case[Any]:
    """With what must fit something else, which JSON Schema cannot tell either, made to fit; in boundaries, too."""
    body: Any = case.body
    query: Any = case.query
    if is_to_be_accepted(case):
        match case.operation.definition.raw["operationId"], body, query:
            case "cancelOrder", {"fulfillment_centers": named}, _:
                case.body = body | {"fulfillment_centers": list(CENTERS[: len(named)])}
            case "placeOrder", {"fulfillment_centers": [center, *_], "lines": lines}, _:
                case.body = body | {"lines": [shipped_from(center, line) for line in lines]}
            case "listOrders", _, {"cursor": _}:
                case.query = query | {"cursor": cursor_of_the_list(query)}
    return case


@SCHEMA.hook
def before_add_examples(context: schemathesis.HookContext, examples: list[schemathesis.Case[Any]]) -> None:
    """The document's examples of all parameters at once are made to fit each other, too."""
    examples[:] = [map_case(context, case) for case in examples]


def is_to_be_accepted(case: schemathesis.Case[Any]) -> bool:
    """Whether a request conforms to its schema, and is not made to be refused."""
    return case.meta is not None and case.meta.generation.mode.is_positive


def shipped_from(center: str, line: dict[str, Any]) -> dict[str, Any]:
    """A line that names this fulfillment center, if it names one."""
    return line | {"fulfillment_center": center} if "fulfillment_center" in line else line


def cursor_of_the_list(query: dict[str, Any]) -> str:
    """A cursor of the list of orders that is asked for: each list refuses those of the others."""
    names = ("marketplace_order_id", "marketplace_cancellation", "placed_from", "placed_to")
    wanted = parse.wanted_orders({name: query[name] for name in names if name in query})
    first, last = wanted.bounds
    return cursors.of_place(Place(min(max("2026-11-22T09:00:00Z", first), last), ORDERS[0]), wanted)


def leads_elsewhere(sent: Any) -> bool:
    """Words of the planner's with a link, an address or a telephone number in them."""
    if isinstance(sent, list):
        return any(map(leads_elsewhere, sent))
    if not isinstance(sent, dict):
        return False
    words = [str(sent.get(name)) for name in ("detail", "name")]
    codes = [sent.get(name) for name in ("sku", "marketplace", "marketplace_order_id")]
    codes += sent["skus"] if isinstance(sent.get("skus"), list) else []
    found = any(map(links.in_text, words)) or any(map(links.in_code, map(str, codes)))
    return found or any(map(leads_elsewhere, sent.values()))


def is_from_tomorrow(body: Any) -> bool:
    """A report of what is still to come: its moment begins with a year behind this one, or cannot be told."""
    occurred_at = str(body.get("occurred_at", "")) if isinstance(body, dict) else ""
    return occurred_at[:4] >= times.now()[:4]


def has_an_order_in_two_states(body: Any) -> bool:
    """A reconciliation that says of one order both that it is cancelled and that it is open."""
    rows = body.get("orders") if isinstance(body, dict) else None
    stated = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    states = {json.dumps([row.get("marketplace_order_id"), row.get("state")]) for row in stated}
    return len(states) > len({json.dumps(row.get("marketplace_order_id")) for row in stated})


@pytest.fixture(scope="module", autouse=True)
def orders(place_one: PlaceOne) -> None:
    for number, order_id in enumerate(ORDERS):
        place_one(order_id, marketplace_order_id=f"M-{number % 10}")  # two orders here for each there


@pytest.fixture
def described(request: pytest.FixtureRequest) -> Any:
    """By a fixture, so that the requests are made when they are sent, not by each process that collects the tests."""
    request.node._nodeid = request.node.nodeid  # where schemathesis looks for it
    return SCHEMA


@schemathesis.pytest.from_fixture("described").parametrize()
@settings(max_examples=EXAMPLES, derandomize=True, database=None, deadline=None)
def test_every_request_is_answered_as_documented(case: schemathesis.Case[Any], callers: Callers) -> None:
    caller = callers.of(document.operation(case.operation.definition.raw["operationId"]))
    case.call_and_validate(base_url=caller.api_url, headers={"Authorization": f"Bearer {caller.token}"})
