"""HTTP in, HTTP out: the routes of a function, and the one place where what they raise becomes a response.

api = Api(settings)

@api.route("POST", "/orders/{order_id}/cancel")
def cancel_one(request: Request) -> Reply: ...

lambda_handler = entry_point(api.handle)
"""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from order_cancellation import settings
from order_cancellation.domain.refusals import Refusal, RouteNotFound
from order_cancellation.http.documents import Document
from order_cancellation.http.problems import Problems
from order_cancellation.http.request import Request
from order_cancellation.observability import count, logger

_PROBLEM_TYPE = "application/problem+json"
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode  # json.dumps makes one for each call


class Reply(NamedTuple):
    """A JSON response."""

    status: int
    document: Document
    headers: Mapping[str, str] = {}
    content_type: str = "application/json"


Route = Callable[[Request], Reply]


class Api:
    """The routes of one function."""

    def __init__(self, told: settings.Http) -> None:
        self._problems = Problems(told.problem_type_base)
        self._routes: dict[tuple[str, str], Route] = {}
        self._reading: set[tuple[str, str]] = set()
        self._headers = {
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
            "Access-Control-Allow-Origin": told.portal_origin,
            "Access-Control-Expose-Headers": "X-Request-Id,Idempotent-Replayed,Retry-After",
        }

    def route(self, method: str, resource: str, *, reads: bool = False) -> Callable[[Route], Route]:
        """Let a function answer a route, named as in the template: API Gateway has matched the path already.

        ``reads``: it changes nothing, as a GET does.
        """

        def register(answer: Route) -> Route:
            self._routes[method, resource] = answer
            if reads or method == "GET":
                self._reading.add((method, resource))
            return answer

        return register

    def handle(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """Answer a request, whose id is in every line of the log. A defect of ours is logged, counted and answered as
        ``internal_error``.

        Who asked for a change, and who was turned away, is one line of the log each: ids alone, no words of anybody's.
        """
        request_id = str(event["requestContext"]["requestId"])
        logger.set_correlation_id(request_id)
        route = (event["httpMethod"], event["resource"])
        reading = route in self._reading
        request = Request(event, context, self._problems)
        try:
            reply = self._answer(route, request)
        except Exception:
            logger.exception("unexpected error")
            reply = self._problem(self._problems.internal_error(reading=reading))
        if not reading or reply.status == HTTPStatus.FORBIDDEN:
            code = {"code": reply.document["code"]} if reply.status >= HTTPStatus.BAD_REQUEST else {}
            asked = {"route": " ".join(route), "status": reply.status, "who": request.actor().id}
            logger.info("request", extra={**asked, **code, **request.path_ids()})
        headers = {
            "Content-Type": reply.content_type,
            **reply.headers,
            **self._headers,
            "X-Request-Id": request_id,
        }
        return {
            "statusCode": reply.status,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "body": _to_json(reply.document),
            "isBase64Encoded": False,
        }

    def _answer(self, route: tuple[str, str], request: Request) -> Reply:
        try:
            answer = self._routes.get(route)
            if answer is None:
                raise RouteNotFound
            return answer(request)
        except Refusal as refusal:
            return self._problem(self._problems.of(refusal))

    @staticmethod
    def _problem(problem: Document) -> Reply:
        count(f"Problem.{problem['code']}")
        status: int = problem["status"]
        headers = {"Retry-After": "2"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
        return Reply(status, problem, headers, _PROBLEM_TYPE)
