"""Who gets in, with real tokens; and what every answer has, whoever gives it: a function or API Gateway."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest

from local import seed
from local.client import Answer, Client, seller_tokens
from local.cloud import Cloud
from order_cancellation.domain import times
from tests.support import examples
from tests.support.local_stack import Place

SELLER_ROUTES = [("GET", "/orders"), ("GET", "/orders/T-1"), ("POST", "/orders/T-1/cancel"), ("POST", "/orders/cancel")]
MACHINE_ROUTES = [
    ("PUT", "/sellers/acme"),
    ("PUT", "/sellers/acme/orders/T-1"),
    ("POST", "/auto-cancellations"),
    ("POST", "/fulfillment-centers/LAX1/events"),
]
Anybody = Callable[[str | None], Client]
Tokens = dict[str, dict[str, str]]
ROUTES = SELLER_ROUTES + MACHINE_ROUTES


@pytest.fixture(scope="session")
def anybody(description: dict[str, Any]) -> Anybody:
    """A caller with a token of any kind, or with none."""
    return lambda token: Client(description["api_url"], token)


@pytest.fixture(scope="session")
def nobodys_tokens(cloud: Cloud, description: dict[str, Any]) -> dict[str, str]:
    """The tokens of a person who belongs to no seller."""
    cognito, pool = cloud.client("cognito-idp"), description["user_pool_id"]
    email, password = "nobody@example.com", "Nobody-local-only-1"
    attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
    cognito.admin_create_user(UserPoolId=pool, Username=email, UserAttributes=attributes, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username=email, Password=password, Permanent=True)
    return seller_tokens(cognito, description["portal_client_id"], email, password)


def unsigned_token() -> str:
    """A token that says it needs no signature."""
    head, claims = {"alg": "none"}, {"token_use": "id", "custom:seller_id": "acme", "exp": 4_000_000_000}
    return ".".join(urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (head, claims)) + "."


class TestTokens:
    @pytest.mark.parametrize(("method", "route"), ROUTES)
    @pytest.mark.parametrize(
        "token", [None, "garbage", "a.b.c", unsigned_token()], ids=["none", "garbage", "three parts", "unsigned"]
    )
    def test_none_or_a_made_up_one_is_401(self, anybody: Anybody, method: str, route: str, token: str | None) -> None:
        answer = anybody(token).call(method, route, {} if method != "GET" else None)
        assert (answer.status, answer.body["code"]) == (401, "unauthorized")
        assert answer.headers["WWW-Authenticate"] == "Bearer"

    def test_one_with_another_signature_is_401(self, anybody: Anybody, tokens: Tokens) -> None:
        (head, claims, signature), (_, others, _) = (
            tokens[seller]["IdToken"].split(".") for seller in ("acme", "bluebird")
        )
        assert anybody(f"{head}.{claims}.{signature}").get("/orders").status == 200
        assert anybody(f"{head}.{others}.{signature}").get("/orders").status == 401
        assert anybody(f"{head}.{claims}.{signature[::-1]}").get("/orders").status == 401

    @pytest.mark.parametrize(("method", "route"), SELLER_ROUTES)
    @pytest.mark.parametrize("kind", ["IdToken", "AccessToken"])
    def test_of_a_person_who_belongs_to_no_seller_is_403_on_a_sellers_route(
        self,
        anybody: Anybody,
        nobodys_tokens: dict[str, str],
        method: str,
        route: str,
        kind: str,
    ) -> None:
        answer = anybody(nobodys_tokens[kind]).call(method, route)
        assert (answer.status, answer.body["code"]) == (403, "forbidden")

    @pytest.mark.parametrize(("method", "route"), SELLER_ROUTES)
    def test_the_access_token_of_a_sellers_person_is_403_there_too(
        self, anybody: Anybody, tokens: Tokens, method: str, route: str
    ) -> None:
        answer = anybody(tokens["acme"]["AccessToken"]).call(method, route)
        assert (answer.status, answer.body["code"]) == (403, "forbidden")

    @pytest.mark.parametrize(("method", "route"), SELLER_ROUTES)
    def test_a_machine_is_403_there_too(self, planner: Client, lax1: Client, method: str, route: str) -> None:
        for machine in (planner, lax1):
            assert machine.call(method, route).status == 403

    @pytest.mark.parametrize(("method", "route"), MACHINE_ROUTES)
    def test_a_person_does_not_get_to_a_machines_route(
        self,
        acme: Client,
        anybody: Anybody,
        tokens: Tokens,
        method: str,
        route: str,
    ) -> None:
        for person in (acme, anybody(tokens["acme"]["AccessToken"])):
            assert person.call(method, route, {}).status in (401, 403)

    def test_a_machine_does_not_get_to_another_machines_route(self, planner: Client, lax1: Client) -> None:
        assert planner.report("LAX1", "acme", "T-1", "picking", times.now()).status in (401, 403)
        for method, route in MACHINE_ROUTES[:3]:
            assert lax1.call(method, route, {}).status in (401, 403)

    def test_a_center_that_speaks_for_another_is_403(self, lax1: Client, ewr2: Client, place: Place) -> None:
        order_id = place("LAX1", "EWR2")
        for center, other in ((lax1, "EWR2"), (ewr2, "LAX1"), (lax1, "nowhere")):
            answer = center.report(other, "acme", order_id, "picking", times.now())
            assert (answer.status, answer.body["code"]) == (403, "forbidden")

    def test_a_seller_cannot_write_which_seller_he_is(self, cloud: Cloud, description: dict[str, Any]) -> None:
        client = cloud.client("cognito-idp").describe_user_pool_client(
            UserPoolId=description["user_pool_id"], ClientId=description["portal_client_id"]
        )["UserPoolClient"]
        assert client["WriteAttributes"] == ["name"]
        assert "custom:seller_id" in client["ReadAttributes"]


Ask = Callable[[dict[str, Client]], Answer]

# Every status that a function or API Gateway answers with here, and a request that gets it.
ANSWERS: dict[str, tuple[int, Ask]] = {
    "a page": (200, lambda callers: callers["acme"].get("/orders", limit=1)),
    "a cancel": (200, lambda callers: callers["acme"].cancel("ACCESS-1")),
    "a new order": (
        201,
        lambda callers: callers["planner"].put("/sellers/acme/orders/ACCESS-2", examples.placement_document()),
    ),
    "a bad request": (400, lambda callers: callers["acme"].cancel("ACCESS-1", {"refund": True})),
    "no token": (401, lambda callers: callers["nobody"].get("/orders")),
    "the wrong token": (403, lambda callers: callers["planner"].get("/orders")),
    "no such order": (404, lambda callers: callers["acme"].get("/orders/ACCESS-404")),
    "no such route": (404, lambda callers: callers["acme"].get("/nothing/here")),
    "no such method": (404, lambda callers: callers["acme"].send("DELETE", "/orders/ACCESS-1")),
    "a slash in an id": (404, lambda callers: callers["acme"].get("/orders/A%2F1")),
    "another order": (
        409,
        lambda callers: callers["planner"].put("/sellers/acme/orders/ACCESS-1", examples.placement_document("EWR2")),
    ),
    "too large": (413, lambda callers: callers["acme"].cancel("ACCESS-1", {"note": "x" * 70_000})),
    "a key reused": (422, lambda callers: callers["acme"].cancel("ACCESS-3", {"reason": "other"}, key="k-1")),
}


@pytest.fixture(scope="module")
def callers(acme: Client, planner: Client, description: dict[str, Any]) -> dict[str, Client]:
    """Who asks for these answers; ACCESS-1 is placed, ACCESS-3 is cancelled under the key k-1."""
    for order_id in ("ACCESS-1", "ACCESS-3"):
        assert planner.put(f"/sellers/acme/orders/{order_id}", examples.placement_document()).status == 201
    acme.cancel("ACCESS-3", {"reason": "duplicate_order"}, key="k-1")
    return {"acme": acme, "planner": planner, "nobody": Client(description["api_url"], None)}


def test_the_log_of_what_the_gateway_refuses_is_there_with_the_right_to_write_it(
    cloud: Cloud, description: dict[str, Any]
) -> None:
    """The local cloud writes no lines, and does not keep that its stage should; the template's test has that."""
    found = cloud.client("cloudformation").describe_stack_resources(StackName=description["stack_name"])
    resources = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found["StackResources"]}
    groups = cloud.client("logs").describe_log_groups(logGroupNamePrefix=resources["ApiLogs"])["logGroups"]
    assert [group["retentionInDays"] for group in groups] == [90]
    role = cloud.client("apigateway").get_account()["cloudwatchRoleArn"]
    assert role.rpartition("/")[2] == resources["ApiLogRole"]


class TestEveryAnswer:
    @pytest.mark.parametrize(("status", "ask"), ANSWERS.values(), ids=ANSWERS)
    def test_has_the_standard_headers(self, callers: dict[str, Client], cloud: Cloud, status: int, ask: Ask) -> None:
        answer = ask(callers)
        assert answer.status == status
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
        assert answer.headers["Access-Control-Allow-Origin"] == cloud.web_url
        assert "X-Request-Id" in answer.headers["Access-Control-Expose-Headers"]
        assert len(answer.headers["X-Request-Id"]) >= 32

    @pytest.mark.parametrize(
        ("status", "ask"),
        [(status, ask) for status, ask in ANSWERS.values() if status >= 400],
        ids=[name for name, (status, _) in ANSWERS.items() if status >= 400],
    )
    def test_that_says_no_is_a_problem(self, callers: dict[str, Client], cloud: Cloud, status: int, ask: Ask) -> None:
        answer = ask(callers)
        assert answer.headers["Content-Type"] == "application/problem+json"
        problem = answer.body
        assert problem["status"] == status
        assert problem["type"] == f"{cloud.web_url}/problems/{problem['code'].replace('_', '-')}"
        assert problem["title"]
        assert problem["detail"].endswith(".")

    def test_has_a_request_id_of_its_own(self, acme: Client) -> None:
        ids = {acme.get("/orders", limit=1).headers["X-Request-Id"] for _ in range(5)}
        assert len(ids) == 5


class TestPreflight:
    @pytest.mark.parametrize("route", ["/orders", "/orders/T-1", "/orders/T-1/cancel", "/orders/cancel"])
    def test_lets_the_portal_in_and_nobody_else(self, description: dict[str, Any], cloud: Cloud, route: str) -> None:
        for origin in (cloud.web_url, "https://evil.example"):
            asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            answer = Client(description["api_url"], None).send("OPTIONS", route, headers=asked)
            assert answer.status == 200, "a preflight carries no token"
            assert answer.headers["Access-Control-Allow-Origin"] == cloud.web_url
            allowed = answer.headers["Access-Control-Allow-Headers"].split(",")
            assert set(allowed) == {"Authorization", "Content-Type", "Idempotency-Key"}
            assert {"GET", "POST"} <= set(answer.headers["Access-Control-Allow-Methods"].split(","))


def test_every_person_and_machine_has_a_token_of_its_own(description: dict[str, Any]) -> None:
    clients = [seed.fulfillment_center_client(description, fc_id) for fc_id in ("LAX1", "EWR2", "DFW3")]
    assert len({client.token for client in clients}) == 3
