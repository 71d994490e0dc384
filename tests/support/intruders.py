"""Who may not, and where they would write whose the order is: every route × role × place.

The tries are sent to the handlers (tests/integration) and over HTTP to the deployed stack (tests/proofs). The owner's
things are acme's; whoever asks is somebody else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from order_cancellation.http import cursors
from tests.support import examples, malformed_requests
from tests.support.functions import ROUTES, machine_claims, seller_claims

OWNER, STRANGER = "acme", "bluebird"
ORDER, SUMMARY, THERE = "OWN-1", "OWN-SUMMARY-1", "113-OWN-1"
NOBODYS = "NONE1"  # as long as ORDER, so that only the id differs between their answers

SCOPES = {
    "register_seller": "network/sellers",
    "place_order": "network/orders",
    "move_order": "network/orders",
    "auto_cancel": "network/orders",
    "report": "fulfillment/events",
}
OF_SELLERS = tuple(route for route in ROUTES if route not in SCOPES)

# Names under which a server might look for the tenant, although this one never does.
ALIASES = ("seller_id", "sellerId", "custom:seller_id", "seller", "tenant", "tenant_id", "sub", "client_id", "fc_id")
HEADERS = (
    "X-Seller-Id",
    "X-Seller",
    "Seller-Id",
    "Custom-Seller-Id",
    "X-Tenant-Id",
    "X-Amzn-Oidc-Identity",
    "X-Amzn-Oidc-Data",
    "X-User-Id",
    "X-Forwarded-User",
    "X-Original-URL",
    "X-HTTP-Method-Override",
    "Cookie",
)


@dataclass(frozen=True)
class Try:
    """One request in which somebody names what is the owner's at one place."""

    route: str
    place: str
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def name(self) -> str:
        return f"{self.route}: {self.place}"


def tries(order_id: str = ORDER) -> Iterator[Try]:
    """Every route × place; ``order_id`` stands wherever an order is named."""
    for route in ROUTES:
        path, body = _path(route, order_id), _body(route, order_id)
        yield Try(route, "as it is meant", path, body=body)
        for name in ALIASES:
            yield Try(route, f"query {name}", path, {name: OWNER}, body=body)
            if isinstance(body, dict):
                yield Try(route, f"body {name}", path, body={**body, name: OWNER})
                yield from (Try(route, f"body {at}", path, body=inside) for at, inside in _inside(body, name))
        for name in HEADERS:
            yield Try(route, f"header {name}", path, headers={name: OWNER}, body=body)
            yield Try(route, f"header {name.lower()}", path, headers={name.lower(): f"seller_id={OWNER}"}, body=body)
        for name, value in _VALUES(order_id).items():
            yield Try(route, f"query {name}={value}", path, {name: value}, body=body)
        for value in (order_id, cursors.encode(order_id), cursors.encode(f"{OWNER}/{order_id}"), f"{OWNER}#{order_id}"):
            yield Try(route, f"query cursor={value}", path, {"cursor": value}, body=body)
            yield Try(route, f"key {value}", path, headers={"Idempotency-Key": value}, body=body)
        for name in path:
            for value in (
                f"{OWNER}.{order_id}",
                f"{OWNER}/{order_id}",
                f"../{OWNER}/{order_id}",
                f"{order_id}\x00",
                "*",
            ):
                yield Try(route, f"path {name}={value!r}", {**path, name: value}, body=body)


def _VALUES(order_id: str) -> Mapping[str, str]:  # noqa: N802 - a table, but for the order
    return {"marketplace_order_id": THERE, "status": "received", "order_id": order_id, "summary_id": SUMMARY}


def _path(route: str, order_id: str) -> dict[str, str]:
    ids = {"order_id": order_id, "seller_id": OWNER, "fc_id": "LAX1"}
    return {name: value for name, value in ids.items() if f"{{{name}}}" in ROUTES[route][1]}


def _body(route: str, order_id: str) -> Any:
    match route:
        case "cancel_many":
            return {"orders": [{"order_id": order_id}]}
        case "place_order":
            return examples.placement_document("EWR2")
        case "auto_cancel":
            return {"cancellations": [{"seller_id": OWNER, "order_id": order_id, "reason": "stockout"}]}
        case "report":
            return malformed_requests.EVENT | {"seller_id": OWNER, "order_id": order_id}
        case "reconcile":
            return {"marketplace": "amazon", "orders": [{"marketplace_order_id": THERE, "state": "open"}]}
    return malformed_requests.GOOD.get(route)


def _inside(body: Mapping[str, Any], alias: str) -> Iterator[tuple[str, Any]]:
    """The alias in each object of a list of the body."""
    for name, value in body.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield f"{name}[0].{alias}", {**body, name: [{**value[0], alias: OWNER}]}


# ----------------------------------------------------------------------------------------------------- hand-made claims


def forbidden_claims(route: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Claims that may not ask this route, by name: what an authorizer might hand over if it were set wrongly."""
    if route in SCOPES:
        yield from _no_machine(SCOPES[route])
    else:
        yield from _no_person()


def _no_person() -> Iterator[tuple[str, dict[str, Any]]]:
    person = seller_claims(OWNER)
    yield "none", {}
    for use in ("access", "refresh", "ID", "id ", "", None):
        yield f"token_use {use!r}", person | {"token_use": use}
    yield "no token_use", {name: value for name, value in person.items() if name != "token_use"}
    for seller_id in (
        "",
        " acme",
        "acme\n",
        "acme/../bluebird",
        "*",
        "acme,bluebird",
        "acmé",
        "x" * 65,
        None,
        7,
        ["acme"],
    ):
        yield f"seller {seller_id!r:.20}", person | {"custom:seller_id": seller_id}
    yield "no seller", {"token_use": "id", "sub": "person-1"}
    for name in ("seller_id", "custom:Seller_id", "dev:custom:seller_id", "cognito:username", "cognito:groups"):
        yield f"the seller as {name}", {"token_use": "id", "sub": "person-1", name: OWNER}
    for scope in SCOPES.values():
        yield f"a machine with {scope}", machine_claims("client-planner", scope)
        yield (
            f"a machine with {scope} and a seller",
            machine_claims("client-planner", scope) | {"custom:seller_id": OWNER},
        )


def _no_machine(scope: str) -> Iterator[tuple[str, dict[str, Any]]]:
    machine = machine_claims("client-LAX1", scope)
    yield "none", {}
    yield "a person", seller_claims(OWNER)
    for use in ("id", "refresh", "ACCESS", "", None):
        yield f"token_use {use!r}", machine | {"token_use": use}
    yield "no token_use", {name: value for name, value in machine.items() if name != "token_use"}
    others = set(SCOPES.values()) - {scope}
    server, _, right = scope.partition("/")
    wrong = (
        "",
        *sorted(others),
        server,
        right,
        f"{scope}-read",
        f"x{scope}",
        scope.upper(),
        f"{scope}/",
        f"{server}/*",
    )
    for text in (*wrong, f"{scope},openid", f"openid\t{scope}", f"openid\u00a0{scope}", f"{scope}\n", None, [scope], 7):
        yield f"scope {text!r}", machine | {"scope": text}
    for client_id in ("", "é", "a\x00", "a\n", "x" * 129, None, 7, ["client-LAX1"]):
        yield f"client {client_id!r:.20}", machine | {"client_id": client_id}
    yield "no client", {name: value for name, value in machine.items() if name != "client_id"}
