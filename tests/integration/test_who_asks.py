"""G5 and G7 in the handlers alone, whatever API Gateway has let through: who asks comes first, and from claims only."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from order_cancellation.observability import logger
from tests.support import intruders, malformed_requests, rig
from tests.support.functions import ROUTES, machine_claims, seller_claims
from tests.support.intruders import ORDER, OWNER, STRANGER, Try
from tests.support.memory_tables import ORDERS, Tables
from tests.support.rig import Service
from tests.support.sdk import Call

SECRET = "Grandmother-moved"  # in what the seller and the network write for one another's eyes only


class Watched:
    """Everything that goes to DynamoDB."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def __call__(self, call: Call) -> None:
        self.calls.append(call)

    def sent(self) -> str:
        """All of it as text, from the last time on."""
        text = json.dumps([call.request for call in self.calls])
        self.calls.clear()
        return text


@pytest.fixture(scope="module")
def watched() -> Watched:
    return Watched()


@pytest.fixture(scope="module")
def tables() -> Tables:
    tables = Tables()
    rig.furnish(tables)
    item = rig.order_item(ORDER) | {"seller_id": {"S": OWNER}, "marketplace_order_id": {"S": intruders.THERE}}
    tables.put(ORDERS, item)
    return tables


@pytest.fixture(scope="module")
def functions(tables: Tables, watched: Watched) -> Iterator[Service]:
    with rig.in_lambda():
        yield Service(tables, hook=watched)


def send(functions: Service, try_: Try, claims: dict[str, Any], request_id: str = "r-1") -> Any:
    query = {name: [value] for name, value in try_.query.items()}
    event: dict[str, Any] = {"headers": dict(try_.headers), "query": query, "request_id": request_id, **try_.path}
    return functions.send(try_.route, claims, try_.body, **event)


@pytest.mark.parametrize("route", ROUTES)
def test_who_may_not_ask_is_told_so_first_and_nothing_is_read(functions: Service, watched: Watched, route: str) -> None:
    ids = malformed_requests.PATHS[route]
    for name, claims in intruders.forbidden_claims(route):
        for body in (malformed_requests.GOOD.get(route), "{", '{"a":1,"a":1}', "x" * 300_000):
            for path in (ids, dict.fromkeys(ids, "../..")):
                event: dict[str, Any] = {"query": {"a": ["1", "2"]}, **path}
                answer = functions.send(route, claims, body, **event)
                assert (answer.status, answer.body["code"]) == (403, "forbidden"), name
                assert OWNER not in answer.text
                assert watched.calls == [], name


@pytest.mark.parametrize("route", intruders.OF_SELLERS)
def test_the_seller_comes_from_the_claims_alone_wherever_another_is_named(
    functions: Service, tables: Tables, watched: Watched, route: str
) -> None:
    """An answer about another's order is, byte for byte, that about one that is nowhere."""
    before = tables.get(ORDERS, OWNER, ORDER)
    watched.sent()
    for owners, nobodys in zip(intruders.tries(), intruders.tries(intruders.NOBODYS), strict=True):
        if owners.route != route:
            continue
        answer, missing = (send(functions, try_, seller_claims(STRANGER)) for try_ in (owners, nobodys))
        assert f'"{OWNER}"' not in watched.sent(), owners.name
        assert answer.status in (200, 400, 404), owners.name
        assert missing.text.replace(intruders.NOBODYS, ORDER) == answer.text, owners.name
        assert (missing.status, missing.headers) == (answer.status, answer.headers), owners.name
    assert tables.get(ORDERS, OWNER, ORDER) == before


@pytest.mark.parametrize("client_id", ["client-EWR2", "client-nobody", "LAX1", "acme", " client-LAX1"])
def test_a_center_is_its_client_whatever_it_writes(functions: Service, tables: Tables, client_id: str) -> None:
    before = tables.get(ORDERS, OWNER, ORDER)
    claims = machine_claims(client_id, "fulfillment/events")
    for try_ in intruders.tries():
        if try_.route == "report":
            answer = send(functions, try_, claims)
            assert answer.status == 403 or (answer.status == 400 and try_.place.startswith("path")), try_.name
    answer = functions.send("report", claims, "{", fc_id="LAX1")
    assert (answer.status, answer.body["code"]) == (403, "forbidden"), "a bad body says nothing to a stranger"
    assert tables.get(ORDERS, OWNER, ORDER) == before


@contextmanager
def log() -> Iterator[io.StringIO]:
    """All that is logged, down to what nobody switches on."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(logger.registered_formatter)
    ours = logging.getLogger(logger.service)
    ours.addHandler(handler)
    logger.setLevel("DEBUG")
    try:
        yield lines
    finally:
        ours.removeHandler(handler)
        logger.setLevel("CRITICAL")


@pytest.mark.parametrize("route", ROUTES)
def test_who_changed_what_and_who_was_turned_away_is_one_line_of_the_log(functions: Service, route: str) -> None:
    person = seller_claims("acme") | {"sub": "person-7"}
    machine = machine_claims("client-LAX1", *sorted(set(intruders.SCOPES.values())))
    who, claims = ("client-LAX1", machine) if route in intruders.SCOPES else ("person-7", person)
    event: dict[str, Any] = {"request_id": "r-1", **malformed_requests.PATHS[route]}
    reading = ROUTES[route][0] == "GET" or route == "reconcile"
    for body, allowed in ((malformed_requests.GOOD.get(route), True), (None, True), (None, False)):
        with log() as logged:
            answer = functions.send(route, claims if allowed else claims | {"token_use": "other"}, body, **event)
        lines = [line for line in map(json.loads, logged.getvalue().splitlines()) if line["message"] == "request"]
        assert len(lines) == (0 if reading and answer.status != 403 else 1)
        for line in lines:
            assert (line["route"], line["status"]) == (" ".join(ROUTES[route]), answer.status)
            assert (line["correlation_id"], line["who"]) == ("r-1", who if allowed else line["who"])
            assert line.get("code") == answer.body.get("code")
            assert {name: line[name] for name in malformed_requests.PATHS[route]} == malformed_requests.PATHS[route]
    with log() as logged:
        odd: dict[str, Any] = dict.fromkeys(malformed_requests.PATHS[route], "call +1 800 555 0199")
        functions.send(route, {}, **odd)
    [line] = [line for line in map(json.loads, logged.getvalue().splitlines()) if line["message"] == "request"]
    assert not line.keys() & odd.keys(), "what is no id is words of somebody's"


def test_what_the_seller_notes_reaches_no_machine_and_no_log(capsys: pytest.CaptureFixture[str]) -> None:
    """Nor does what the network writes to the seller reach a log, nor an address, a name or a key."""
    tables = Tables()
    rig.furnish(tables, "A-1", "A-2", "A-3")
    person = seller_claims("acme") | {"email": f"{SECRET}@acme.example"}
    with rig.in_lambda():
        service = Service(tables)
        with log() as logged:
            for order_id in ("A-1", "A-1"):
                own = service.send("cancel_one", person, {"note": SECRET}, order_id=order_id, key=SECRET)
                assert SECRET in own.text
            service.send("cancel_many", person, {"orders": [{"order_id": "A-2", "note": SECRET}]})
            told = [
                service.auto_cancel(
                    *({"seller_id": "acme", "order_id": order_id, "reason": "stockout"} for order_id in ("A-1", "A-2"))
                ),
                service.place("A-1"),
                service.place("A-1", destination_country="DE"),
                service.report("LAX1", "A-1", "picking"),
            ]
            auto = {"seller_id": "acme", "order_id": "A-3", "reason": "stockout", "detail": SECRET, "skus": [SECRET]}
            service.auto_cancel(auto, key=SECRET)
            service.register("acme", name=SECRET, email=f"{SECRET}@acme.example")
            service.place("A-4", marketplace_order_id=SECRET, lines=[{"sku": SECRET, "quantity": 1}])
            service.list(marketplace_order_id=SECRET)
            rows = [{"marketplace_order_id": SECRET, "state": "cancelled"}]
            service.send("reconcile", person, {"marketplace": "amazon", "orders": rows})
            service.send("mark_marketplace", person, {"state": "done"}, order_id="A-1")
            service.send("mark_many", person, {"orders": [{"order_id": "A-1", "state": "done"}]})
            service.cancel("A-9", {"note": SECRET, SECRET: 1})
    for answer in told:
        for secret in (SECRET, "person-1"):
            assert secret not in answer.text
    lines = logged.getvalue()
    assert lines.count('"cancel"') >= 3, "or nothing was looked at"
    assert SECRET not in lines + capsys.readouterr().out
