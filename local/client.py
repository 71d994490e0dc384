"""The API as its callers use it: an HTTP client with a token. The demo, the seeds and the tests speak through it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import urllib3

_pool = urllib3.PoolManager(maxsize=32, retries=False, timeout=urllib3.Timeout(connect=5, read=60))


@dataclass(frozen=True)
class Answer:
    """One HTTP response. ``headers`` look up in any case."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


@dataclass(frozen=True)
class Client:
    """One caller of the API; ``token`` is its bearer token, or None for a caller without one."""

    api_url: str
    token: str | None
    name: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def send(
        self, method: str, route: str, body: bytes | str | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send bytes as they are."""
        all_headers = {**self.headers, **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        response = _pool.request(method, self.api_url + route, body=body, headers=all_headers | dict(headers or {}))
        return Answer(response.status, response.headers, response.data)

    def call(self, method: str, route: str, document: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a JSON document, or no body at all."""
        if document is None:
            return self.send(method, route, None, headers)
        return self.send(
            method, route, json.dumps(document), {"Content-Type": "application/json"} | dict(headers or {})
        )

    def get(self, route: str, **query: str | int) -> Answer:
        return self.call("GET", route + (f"?{urlencode(query)}" if query else ""))

    def post(self, route: str, document: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        return self.call("POST", route, document, headers)

    def put(self, route: str, document: Any) -> Answer:
        return self.call("PUT", route, document)

    def cancel(self, order_id: str, document: Any = None, key: str | None = None) -> Answer:
        return self.post(
            f"/orders/{quote(order_id, safe='')}/cancel", document, {"Idempotency-Key": key} if key else None
        )

    def report(self, fc_id: str, seller_id: str, order_id: str, event: str, occurred_at: str) -> Answer:
        document = {"seller_id": seller_id, "order_id": order_id, "event": event, "occurred_at": occurred_at}
        return self.post(f"/fulfillment-centers/{fc_id}/events", document)


def seller_tokens(cognito: Any, client_id: str, username: str, password: str) -> dict[str, str]:
    """Sign a person in: ``IdToken``, ``AccessToken``, ``RefreshToken``."""
    result = cognito.initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH",
        ClientId=client_id,
        AuthParameters={"USERNAME": username, "PASSWORD": password},
    )["AuthenticationResult"]
    return {name: str(result[name]) for name in ("IdToken", "AccessToken", "RefreshToken")}


def machine_token(token_url: str, client_id: str, client_secret: str, scope: str) -> str:
    """An access token of the client-credentials grant."""
    response = _pool.request(
        "POST",
        token_url,
        body=urlencode({"grant_type": "client_credentials", "scope": scope}),
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            **urllib3.make_headers(basic_auth=f"{client_id}:{client_secret}"),
        },
    )
    answer = json.loads(response.data)
    if response.status != 200:
        raise RuntimeError(f"No token: {response.status} {answer}")
    return str(answer["access_token"])
