"""The wire between a boto3 client and moto: every HTTP request is counted, and any of them can be broken.

botocore emits ``before-send`` for every attempt, retries included. moto answers there, so what is registered before
it stands on the way out, and what is registered behind it on the way back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from tests.support.http_responses import http_response

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Answer:
    """An HTTP response that DynamoDB, or something in front of it, gives."""

    status: int
    body: bytes = b""

    def to(self, request: AWSPreparedRequest) -> AWSResponse:
        return http_response(request.url, self.status, self.body)


def error(code: str) -> Answer:
    """DynamoDB's own error with this code."""
    return Answer(400, b'{"__type":"com.amazonaws.dynamodb.v20120810#%s","message":"made up"}' % code.encode())


@dataclass(frozen=True)
class Fault:
    """What the caller gets instead of the answer. ``arrives``: the request is carried out all the same."""

    outcome: Answer | Exception
    arrives: bool
    about: bytes = b""  # only of a request with this in its body


class Wire:
    """What goes over the wire of one client."""

    def __init__(self, dynamodb: DynamoDBClient) -> None:
        self.requests: list[str] = []  # the operation of every HTTP request, in order
        self._faults: list[Fault] = []
        self._before: dict[str, Callable[[], object]] = {}
        self._lock = threading.Lock()
        self._lost = threading.local()
        dynamodb.meta.events.register_first("before-send", self._on_the_way_out)  # type: ignore[arg-type]
        dynamodb.meta.events.register_last("before-send", self._on_the_way_back)

    def lose_answer(self, outcome: Answer | Exception) -> None:
        """The next request is carried out, but this comes back."""
        self._faults.append(Fault(outcome, arrives=True))

    def refuse(self, outcome: Answer | Exception, times: int = 1, about: str = "") -> None:
        """The next requests, or the next about an order, are not carried out, and this comes back."""
        self._faults += [Fault(outcome, arrives=False, about=f'"{about}"'.encode() if about else b"")] * times

    def before(self, operation: str, action: Callable[[], object]) -> None:
        """Something else happens just before the next request for this operation is carried out."""
        self._before[operation] = action

    def _on_the_way_out(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        self.requests.append(operation)
        if action := self._before.pop(operation, None):
            action()
        self._lost.error = None
        fault = self._next_fault(request)
        if fault is None:
            return None
        if isinstance(fault.outcome, Exception):
            if not fault.arrives:
                raise fault.outcome
            self._lost.error = fault.outcome
            return None
        if not fault.arrives:
            request.url = "https://nowhere.invalid/"  # moto takes no notice of what is not sent to AWS
        return fault.outcome.to(request)

    def _next_fault(self, request: AWSPreparedRequest) -> Fault | None:
        with self._lock:  # a batch cancels side by side
            for index, fault in enumerate(self._faults):
                if fault.about in cast(bytes, request.body):
                    return self._faults.pop(index)
        return None

    def _on_the_way_back(self, **_: Any) -> None:
        if self._lost.error:
            raise self._lost.error
