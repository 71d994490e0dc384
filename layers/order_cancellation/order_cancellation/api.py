"""HTTP in, HTTP out: who is calling, and the one place where errors become responses.

A function makes one ``Api``, hangs its routes on ``api.routes`` and returns ``api.handle(event, context)``.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import requests, settings
from order_cancellation.cancelling import Attempt
from order_cancellation.errors import InvalidRequest, Problem, internal_error
from order_cancellation.observability import count, logger
from order_cancellation.store import MAX_CALL_SECONDS

Event = Mapping[str, Any]
Reply = Response[str]


def reply(status: int, document: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Reply:
    """A JSON response."""
    return _response(status, "application/json", document, headers)


def problem_document(problem: Problem) -> dict[str, Any]:
    """RFC 9457, for a response of its own or as one result of a batch."""
    return {
        "type": f"{settings.required('PROBLEM_TYPE_BASE')}/{problem.code.replace('_', '-')}",
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        **problem.members,
    }


class Api:
    """The routes of one function."""

    def __init__(self) -> None:
        self.routes = APIGatewayRestResolver()
        self.routes.exception_handler(Problem)(_problem_response)
        self.routes.not_found(_unroutable)
        self._headers = {
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
            "Access-Control-Allow-Origin": settings.required("PORTAL_ORIGIN"),
            "Access-Control-Expose-Headers": "X-Request-Id,Idempotent-Replayed,Retry-After",
        }

    @property
    def event(self) -> Event:
        """The API Gateway proxy event in hand."""
        return self.routes.current_event.raw_event

    def attempt(self) -> Attempt:
        """The request in hand, as the origin of a write."""
        return Attempt(_request_id(self.event), requests.idempotency_key(self.event))

    def in_time(self) -> bool:
        """Whether one more call of the store, with all its tries, ends before this function's own timeout."""
        return self.routes.lambda_context.get_remaining_time_in_millis() >= MAX_CALL_SECONDS * 1000

    def handle(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer a request. A defect of ours is logged, counted and answered as ``internal_error``."""
        try:
            response = self.routes.resolve(event, context)
        except Exception:
            logger.exception("unexpected error")
            response = {
                "statusCode": 500,
                "body": _json(problem_document(internal_error())),
                "multiValueHeaders": {"Content-Type": [_PROBLEM_TYPE]},
                "isBase64Encoded": False,
            }
            count("Problem.internal_error")
        headers: dict[str, Any] = response.setdefault("multiValueHeaders", {})
        for name, value in {**self._headers, "X-Request-Id": _request_id(event)}.items():
            headers[name] = [value]
        return response


def seller(event: Event) -> str:
    """The seller that an ID token speaks for. Raises Problem ``forbidden`` for any other token."""
    claims = _claims(event)
    seller_id = claims.get("custom:seller_id")
    if claims.get("token_use") != "id" or not requests.valid_id(seller_id):
        raise Problem("forbidden", "This needs the ID token of a person who belongs to a seller.")
    return str(seller_id)


def machine(event: Event, scope: str) -> str:
    """The client id of an access token with this scope. Raises Problem ``forbidden`` for any other token."""
    claims = _claims(event)
    if claims.get("token_use") != "access" or scope not in str(claims.get("scope", "")).split():
        raise Problem("forbidden", f"This needs an access token with the scope {scope}.")
    return str(claims["client_id"])


_PROBLEM_TYPE = "application/problem+json"


def _claims(event: Event) -> Mapping[str, Any]:
    authorizer = event["requestContext"].get("authorizer") or {}
    claims: Mapping[str, Any] = authorizer.get("claims") or {}
    return claims


def _request_id(event: Event) -> str:
    return str(event["requestContext"]["requestId"])


def _problem_response(problem: Problem) -> Reply:
    count(f"Problem.{problem.code}")
    headers = {"Retry-After": "2"} if problem.status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return _response(problem.status, _PROBLEM_TYPE, problem_document(problem), headers)


def _unroutable(_: NotFoundError) -> Reply:
    # API Gateway sends us only routes that exist, so what did not match is the id inside the path.
    return _problem_response(InvalidRequest("path", "has an id with a character that no id may have"))


def _response(status: int, content_type: str, document: Mapping[str, Any], headers: Mapping[str, str] | None) -> Reply:
    return Response(status_code=status, content_type=content_type, body=_json(document), headers=dict(headers or {}))


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
