"""The routes of a function, as REST APIs hand requests over: behind a base path, percent-encoded, in whatever case."""

from typing import Any

import pytest

from order_cancellation import settings
from order_cancellation.domain.refusals import OrderNotFound
from order_cancellation.http.api import Api, Reply
from order_cancellation.http.request import Request
from tests.support.functions import Context, http_event, response, seller_claims


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setenv("PORTAL_ORIGIN", "https://portal.test")
    monkeypatch.setenv("PROBLEM_TYPE_BASE", "https://portal.test/problems")
    api = Api(settings.read(settings.Http))

    @api.route("GET", "/orders/{order_id}")
    def view(request: Request) -> Reply:
        raise OrderNotFound(request.path_id("order_id"))

    @api.route("POST", "/orders/cancel")
    def batch(request: Request) -> Reply:
        return Reply(200, {"asked": request.body()})

    @api.route("POST", "/orders/{order_id}/cancel")
    def cancel(request: Request) -> Reply:
        return Reply(200, {"order_id": request.path_id("order_id"), "seller_id": request.seller()})

    @api.route("POST", "/reconciliations", reads=True)
    def reconcile(request: Request) -> Reply:
        raise ZeroDivisionError

    return api


def answer(api: Api, event: dict[str, Any]) -> Any:
    return response(api.handle(event, Context()))


@pytest.mark.parametrize(
    "path",
    [
        "/orders/A-1/cancel",
        "/cancellations/orders/A-1/cancel",  # a custom domain's base path
        "/cancellations/v1/orders/A%2D1/cancel",  # percent-encoded, as REST APIs hand it over
        "/%6Frders/A-1/%63ancel",
        "/orders/A-1/cancel/",
    ],
)
def test_what_api_gateway_has_matched_is_the_route_whatever_the_path(api: Api, path: str) -> None:
    event = http_event("cancel_one", seller_claims("acme"), order_id="A-1") | {"path": path}
    event["requestContext"]["path"] = path
    assert answer(api, event).body == {"order_id": "A-1", "seller_id": "acme"}


def test_the_batch_too(api: Api) -> None:
    event = http_event("cancel_many", seller_claims("acme"), {"orders": []}) | {"path": "/base/orders/cancel"}
    assert answer(api, event).body == {"asked": {"orders": []}}


def test_an_answer_is_text_as_it_was_written(api: Api) -> None:
    returned = api.handle(http_event("cancel_many", seller_claims("acme"), '{"note": "ä"}'), Context())
    assert (returned["body"], returned["isBase64Encoded"]) == ('{"asked":{"note":"ä"}}', False)


@pytest.mark.parametrize("order_id", ["A 1", "A/1", "A%2F1", "Ä", ""])
def test_an_id_that_is_none_is_blamed_by_its_name(api: Api, order_id: str) -> None:
    event = http_event("cancel_one", seller_claims("acme"), order_id="A-1")
    event["pathParameters"]["order_id"] = order_id
    refused = answer(api, event)
    assert (refused.status, refused.body["field"]) == (400, "order_id")


def test_a_route_that_nobody_answers_is_not_found(api: Api) -> None:
    refused = answer(api, http_event("list_summaries", seller_claims("acme")))
    assert (refused.status, refused.body["code"]) == (404, "route_not_found")


@pytest.mark.parametrize(
    ("route", "said"),
    [("reconcile", "Nothing was changed."), ("cancel_one", "We do not know yet whether this was carried out.")],
)
def test_a_defect_says_what_it_may_have_done(api: Api, route: str, said: str) -> None:
    event = http_event(route, seller_claims("acme"), order_id="A-1") | {"pathParameters": None}
    failed = answer(api, event)
    assert (failed.status, failed.body["code"]) == (500, "internal_error")
    assert said in failed.body["detail"]
