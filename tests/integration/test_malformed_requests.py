"""Bad input is refused by name before anything is read or written: there is no table here that could be."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.integration.conftest import KEEP_SESSION
from tests.integration.service import FUNCTIONS, PLANNER, Service
from tests.support.functions import call, http_event, machine_claims, seller_claims
from tests.support.malformed_requests import Malformed, requests
from tests.support.template import TABLES

CLAIMS = {
    "cancel_order": seller_claims("acme"),
    "view_orders": seller_claims("acme"),
    "order_intake": PLANNER,
    "fulfillment_center_events": machine_claims("client-LAX1", "fulfillment/events"),
}


@pytest.fixture(scope="module")
def without_tables() -> Iterator[Service]:
    """All functions in an account without tables: any call to DynamoDB is an internal error."""
    with mock_aws(config=KEEP_SESSION), pytest.MonkeyPatch.context() as environment:
        for variable, name in TABLES.items():
            environment.setenv(variable, name)
        yield Service()


@pytest.mark.parametrize("request_", requests(), ids=lambda request: request.name)
def test_it_is_refused_by_name(without_tables: Service, request_: Malformed) -> None:
    # as API Gateway hands it on: as text, whatever the bytes are
    text = None if request_.body is None else request_.body.decode(errors="replace")
    claims = CLAIMS[FUNCTIONS[request_.route]]
    event = http_event(request_.route, claims, text, request_.headers, request_.parameters, **request_.ids)
    answer = call(without_tables.module(request_.route), event)
    assert request_.complaint(answer.status, answer.headers.get("content-type"), answer.body) is None


def test_there_are_enough_of_them_and_each_is_there_once() -> None:
    names = [request.name for request in requests()]
    assert len(names) >= 80
    assert len(set(names)) == len(names)
    assert {request.route for request in requests()} == set(FUNCTIONS)
