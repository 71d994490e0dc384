"""DynamoDB fails, or we do. The caller is told that they may ask again, and nothing of our insides."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from order_cancellation.observability import logger
from tests.support.functions import Response
from tests.support.rig import Service
from tests.support.sdk import Answer, Wire, error

TRIES = 3  # of the SDK

CALLS: dict[str, Callable[[Service], Response]] = {
    "cancel_one": lambda service: service.cancel("A-1"),
    "view_order": lambda service: service.view("A-1"),
    "list_orders": lambda service: service.list(),
    "register_seller": lambda service: service.register("acme"),
    "place_order": lambda service: service.place("A-1"),
    "report": lambda service: service.report("LAX1", "A-1", "picking"),
}
BATCHES: dict[str, Callable[[Service], Response]] = {
    "cancel_many": lambda service: service.cancel_many({"order_id": "A-1"}),
    "auto_cancel": lambda service: service.auto_cancel({"seller_id": "acme", "order_id": "A-1", "reason": "stockout"}),
}
NO_ANSWER: dict[str, Answer | Exception] = {
    "throttled": error("ThrottlingException"),
    "over the table's throughput": error("ProvisionedThroughputExceededException"),
    "over the account's limit": error("RequestLimitExceeded"),
    "internal error": Answer(500, b'{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}'),
    "bare 500": Answer(500),
    "bare 502": Answer(502, b"<html>Bad Gateway</html>"),
    "bare 503": Answer(503),
    "connect timeout": ConnectTimeoutError(endpoint_url="https://dynamodb"),
    "read timeout": ReadTimeoutError(endpoint_url="https://dynamodb"),
    "no connection": EndpointConnectionError(endpoint_url="https://dynamodb"),
}


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """What the functions log."""
    ours = logging.getLogger(logger.service)
    ours.addHandler(caplog.handler)
    yield caplog
    ours.removeHandler(caplog.handler)


def is_unavailable(problem: Any) -> bool:
    return (problem["status"], problem["code"]) == (503, "service_unavailable")


@pytest.mark.parametrize("failure", NO_ANSWER.values(), ids=NO_ANSWER)
def test_without_an_answer_it_is_unavailable_and_to_be_asked_again(
    service: Service, wire: Wire, failure: Answer | Exception
) -> None:
    wire.refuse(failure, times=TRIES)
    answer = service.cancel("A-1")
    assert answer.status == 503
    assert is_unavailable(answer.body)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "2"
    assert "Ask again, with the same Idempotency-Key if there was one" in answer.body["detail"]


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_so_it_is_on_every_route(service: Service, wire: Wire, call: Callable[[Service], Response]) -> None:
    wire.refuse(error("ThrottlingException"), times=TRIES)
    answer = call(service)
    assert (answer.status, answer.headers.get("retry-after")) == (503, "2")
    assert is_unavailable(answer.body)
    assert len(wire.requests) == TRIES


@pytest.mark.parametrize("call", BATCHES.values(), ids=BATCHES)
def test_and_in_a_batch(service: Service, wire: Wire, call: Callable[[Service], Response]) -> None:
    wire.refuse(error("ThrottlingException"), times=TRIES)
    answer = call(service)
    assert (answer.status, answer.body["outcome"]) == (200, "failure")
    assert is_unavailable(answer.body["results"][0])


@pytest.mark.parametrize("times", range(1, TRIES))
def test_the_sdk_tries_again_before_we_give_up(service: Service, wire: Wire, times: int) -> None:
    service.place("A-1")
    wire.refuse(error("ThrottlingException"), times=times)
    assert service.cancel("A-1").status == 200


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_we_did_not_think_of_is_an_internal_error_without_our_insides(
    service: Service, wire: Wire, log: pytest.LogCaptureFixture, call: Callable[[Service], Response]
) -> None:
    wire.refuse(error("ResourceNotFoundException"))
    answer = call(service)
    assert answer.status == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.body.pop("detail")
    assert answer.body | {"detail": ""} == {
        "type": "https://portal.test/problems/internal-error",
        "title": "Internal error",
        "status": 500,
        "code": "internal_error",
        "detail": "",
    }
    for inside in ("ResourceNotFound", "Traceback", "OrdersTable", "dynamodb", "ClientError"):
        assert inside not in answer.text
    assert "ResourceNotFoundException" in log.text, "but the log has it"


@pytest.mark.parametrize("call", BATCHES.values(), ids=BATCHES)
def test_nor_in_a_batch(service: Service, wire: Wire, call: Callable[[Service], Response]) -> None:
    wire.refuse(error("ResourceNotFoundException"))
    answer = call(service)
    assert answer.status == 200
    (result,) = answer.body["results"]
    assert (result["outcome"], result["code"], result["status"]) == ("refused", "internal_error", 500)
    assert "ResourceNotFound" not in answer.text


@pytest.mark.parametrize("broken", [False, True], ids=["refused", "broken"])
@pytest.mark.parametrize("call", (CALLS | BATCHES).values(), ids=CALLS | BATCHES)
def test_whatever_comes_of_it_the_headers_are_there(
    service: Service, wire: Wire, call: Callable[[Service], Response], broken: bool
) -> None:
    if broken:
        wire.refuse(error("ResourceNotFoundException"))
    headers = call(service).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
    assert headers["access-control-allow-origin"] == "https://portal.test"
    assert "Idempotent-Replayed" in headers["access-control-expose-headers"]
    assert headers["x-request-id"]
