"""Bad input is refused by name before anything is read or written; who a center is, is read before its report is."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import rig
from tests.support.functions import machine_claims, seller_claims
from tests.support.malformed_requests import PATHS, Malformed, requests
from tests.support.memory_tables import Tables
from tests.support.rig import FUNCTIONS, PLANNER, Service
from tests.support.sdk import Wire

CLAIMS = {
    "cancel_order": seller_claims("acme"),
    "view_orders": seller_claims("acme"),
    "order_intake": PLANNER,
    "fulfillment_center_events": machine_claims("client-LAX1", "fulfillment/events"),
    "marketplace_cancellation": seller_claims("acme"),
    "reconciliation": seller_claims("acme"),
    "view_summaries": seller_claims("acme"),
}


@pytest.fixture(scope="module")
def only_wire() -> Wire:
    return Wire()


@pytest.fixture(scope="module")
def functions(only_wire: Wire) -> Iterator[Service]:
    """All functions, loaded once, for none of these requests may leave a trace."""
    tables = Tables()
    rig.know_centers(tables)
    with rig.in_lambda():
        yield Service(tables, hook=only_wire)


@pytest.mark.parametrize("request_", requests(), ids=lambda request: request.name)
def test_it_is_refused_by_name(functions: Service, only_wire: Wire, request_: Malformed) -> None:
    # as API Gateway hands it on: as text, whatever the bytes are
    text = None if request_.body is None else request_.body.decode(errors="replace")
    claims = CLAIMS[FUNCTIONS[request_.route]]
    event: dict[str, Any] = {"headers": request_.headers, "query": request_.parameters, **request_.ids}
    only_wire.requests.clear()
    answer = functions.send(request_.route, claims, text, **event)
    assert request_.complaint(answer.status, answer.headers.get("content-type"), answer.body) is None
    asked_who = ["GetItem"] if request_.route == "report" and not request_.path else []  # until it is remembered
    assert only_wire.requests in ([], asked_who)


def test_there_are_enough_of_them_and_each_is_there_once() -> None:
    names = [request.name for request in requests()]
    assert len(names) >= 80
    assert len(set(names)) == len(names)
    assert {request.route for request in requests()} == set(PATHS) == set(FUNCTIONS)
