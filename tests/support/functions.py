"""Calling the real handlers in this process: load a function's app.py, build the event that API Gateway would send."""

import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from uuid import uuid4

from local.cloud import ROOT

ROUTES = {
    "cancel_one": ("POST", "/orders/{order_id}/cancel"),
    "cancel_many": ("POST", "/orders/cancel"),
    "view_order": ("GET", "/orders/{order_id}"),
    "list_orders": ("GET", "/orders"),
    "register_seller": ("PUT", "/sellers/{seller_id}"),
    "place_order": ("PUT", "/sellers/{seller_id}/orders/{order_id}"),
    "move_order": ("PUT", "/sellers/{seller_id}/orders/{order_id}/fulfillment-centers"),
    "auto_cancel": ("POST", "/auto-cancellations"),
    "mark_marketplace": ("PUT", "/orders/{order_id}/marketplace-cancellation"),
    "mark_many": ("POST", "/marketplace-cancellations"),
    "reconcile": ("POST", "/reconciliations"),
    "list_summaries": ("GET", "/summaries"),
    "report": ("POST", "/fulfillment-centers/{fc_id}/events"),
}


@dataclass
class Context:
    """What a handler reads of Lambda's context."""

    remaining_ms: int = 28_000
    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"
    aws_request_id: str = field(default_factory=lambda: str(uuid4()))

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


def load(name: str) -> ModuleType:
    """A fresh copy of functions/<name>/app.py: its module-level clients are made now."""
    path = ROOT / "functions" / name / "app.py"
    spec = importlib.util.spec_from_file_location(f"functions_{name}_app", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def http_event(
    route: str,
    claims: Mapping[str, str],
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, Sequence[str]] | None = None,
    request_id: str | None = None,
    **path: str,
) -> dict[str, Any]:
    """The proxy event of a REST API for one of ROUTES.

    A ``body`` of type str is sent as it is, others as JSON. ``query`` has all values of each parameter.
    """
    method, resource = ROUTES[route]
    text = body if isinstance(body, str) or body is None else json.dumps(body)
    sent = {"Content-Type": "application/json", **(headers or {})} if text is not None else dict(headers or {})
    return {
        "resource": resource,
        "path": resource.format(**path),
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} if query else None,
        "multiValueQueryStringParameters": {name: list(values) for name, values in query.items()} if query else None,
        "pathParameters": path or None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource,
            "httpMethod": method,
            "path": f"/v1{resource.format(**path)}",
            "stage": "v1",
            "requestId": request_id or str(uuid4()),
            "identity": {"sourceIp": "203.0.113.7"},
            "authorizer": {"claims": dict(claims)},
        },
        "body": text,
        "isBase64Encoded": False,
    }


def seller_claims(seller_id: str) -> dict[str, str]:
    return {"token_use": "id", "custom:seller_id": seller_id, "sub": "person-1", "email": f"ops@{seller_id}.example"}


def machine_claims(client_id: str, *scopes: str) -> dict[str, str]:
    return {"token_use": "access", "client_id": client_id, "scope": " ".join(scopes)}


@dataclass(frozen=True)
class Response:
    """A handler's answer. ``headers`` are lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)


def call(module: ModuleType, event: dict[str, Any], context: Context | None = None) -> Response:
    """Run the handler as Lambda would."""
    return response(module.lambda_handler(event, context or Context()))


def response(returned: Mapping[str, Any]) -> Response:
    """What a handler returned, as its caller sees it."""
    headers = {name.lower(): ", ".join(values) for name, values in returned["multiValueHeaders"].items()}
    return Response(returned["statusCode"], headers, returned["body"])
