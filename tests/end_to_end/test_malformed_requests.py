"""G6: bad input is a 4xx with a reason, never a 5xx, a stack trace or a half-written order. Over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from local.client import Client
from local.cloud import Cloud
from tests.support import examples
from tests.support.malformed_requests import NEW_ORDER, NEW_SELLER, ORDER, Malformed, requests

CALLERS = {
    "cancel_one": "acme",
    "cancel_many": "acme",
    "view_order": "acme",
    "list_orders": "acme",
    "register_seller": "planner",
    "place_order": "planner",
    "move_order": "planner",
    "auto_cancel": "planner",
    "report": "lax1",
    "mark_marketplace": "acme",
    "mark_many": "acme",
    "reconcile": "acme",
    "list_summaries": "acme",
}


@pytest.fixture(scope="module")
def callers(acme: Client, planner: Client, lax1: Client) -> dict[str, Client]:
    """Everyone who may call; the order that the requests are about is placed."""
    placed = planner.put(f"/sellers/acme/orders/{ORDER}", examples.placement_document())
    assert placed.status == 201
    return {"acme": acme, "planner": planner, "lax1": lax1}


@pytest.fixture(scope="module")
def written(cloud: Cloud, description: dict[str, Any]) -> Callable[[], Any]:
    """Reads all that the requests could have written."""
    dynamodb, tables = cloud.client("dynamodb"), description["tables"]
    orders = [{"seller_id": {"S": "acme"}, "order_id": {"S": order_id}} for order_id in (ORDER, NEW_ORDER)]
    keys = {tables["orders"]: {"Keys": orders}, tables["sellers"]: {"Keys": [{"seller_id": {"S": NEW_SELLER}}]}}
    return lambda: dynamodb.batch_get_item(RequestItems=keys)["Responses"]


@pytest.mark.parametrize("request_", requests(), ids=lambda request: request.name)
def test_it_is_refused_by_name_and_nothing_is_written(
    callers: dict[str, Client], written: Callable[[], Any], request_: Malformed
) -> None:
    before = written()
    headers = {"Content-Type": "application/json"} if request_.body else {}
    caller = callers[CALLERS[request_.route]]
    answer = caller.send(request_.method, request_.url, request_.body, headers | dict(request_.headers))
    assert request_.complaint(answer.status, answer.headers.get("Content-Type"), answer.body) is None
    assert "Traceback" not in answer.raw.decode()
    assert written() == before
