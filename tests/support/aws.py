"""The real SDK clients on tables and a post office in memory: every HTTP try can be held up, watched, or broken.

botocore emits ``before-send`` for each try, retries included, and takes what a handler returns for the HTTP response.
So all of the SDK is in play (serializing, retrying, parsing errors) and no socket is opened.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ClientError, ConnectionClosedError, ConnectTimeoutError, ReadTimeoutError

from order_cancellation.mail import ses as product_ses
from order_cancellation.tables import client as tables_client
from tests.support.http_responses import http_response
from tests.support.tables import Tables

Request = Mapping[str, Any]


class Fault(StrEnum):
    """What comes back instead of the answer. Those in CARRIED_OUT come back after the request was carried out."""

    THROTTLED = "throttled"
    SERVER_ERROR = "500, nothing done"
    SERVER_ERROR_AFTER = "500 after it was done"
    NO_CONNECTION = "no connection"
    RESET = "reset, nothing done"
    RESET_AFTER = "reset after it was done"
    TIMEOUT = "timeout, nothing done"
    LOST = "timeout after it was done"
    CONFLICT = "conflict"
    CONFLICT_BEHIND = "conflict over the last item"


CARRIED_OUT = frozenset({Fault.SERVER_ERROR_AFTER, Fault.RESET_AFTER, Fault.LOST})


@dataclass(frozen=True, slots=True)
class Call:
    """One try of one request."""

    service: str
    operation: str
    request: Request

    @property
    def table(self) -> str:
        """The table of a DynamoDB request about one; for a transaction, that of its first action."""
        if "TransactItems" in self.request:
            return str(self.request["TransactItems"][0]["Update"]["TableName"])
        if "RequestItems" in self.request:
            return str(next(iter(self.request["RequestItems"])))
        return str(self.request.get("TableName", ""))


Hook = Callable[[Call], Fault | None]


@dataclass
class PostOffice:
    """SES as far as we can see it: takes mails, and knows what became of them."""

    mails: list[Request] = field(default_factory=list)

    def answer(self, operation: str, mail: Request) -> dict[str, Any]:
        assert operation == "SendEmail"
        self.mails.append(mail)
        return {"MessageId": f"mail-{len(self.mails)}"}

    def sent(self, summary_id: str) -> int:
        """How many mails there are of one summary."""
        return sum(summary_of(mail) == summary_id for mail in self.mails)


def summary_of(mail: Request) -> str:
    """The summary that a mail is."""
    return str(next(tag["Value"] for tag in mail["EmailTags"] if tag["Name"] == "summary_id"))


def no_hook(_: Call) -> None:
    """Nothing goes wrong."""


def dynamodb(tables: Tables, hook: Hook = no_hook) -> Any:
    """The product's own DynamoDB client, on tables in memory."""
    client = tables_client.client()
    _connect(client, "dynamodb", tables.answer, hook)
    return client


def ses(post_office: PostOffice, hook: Hook = no_hook) -> Any:
    """The product's own SES client, on a post office in memory."""
    client = product_ses.client()
    _connect(client, "sesv2", post_office.answer, hook)
    return client


def _connect(client: Any, service: str, answer: Callable[[str, Request], dict[str, Any]], hook: Hook) -> None:
    def respond(request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse:
        operation = event_name.rpartition(".")[2]
        asked = Call(service, operation, json.loads(request.body or b"{}"))  # type: ignore[arg-type]
        fault = hook(asked)
        if fault is not None and fault not in CARRIED_OUT:
            return _fail(fault, asked, request.url)
        try:
            document = answer(operation, asked.request)
        except ClientError as refused:
            if fault is not None:
                return _fail(fault, asked, request.url)
            error, members = refused.response["Error"], _members(refused)
            return _response(request.url, 400, {"__type": f"#{error['Code']}", "message": error["Message"], **members})
        if fault is not None:
            return _fail(fault, asked, request.url)
        return _response(request.url, 200, document)

    client.meta.events.register_first("before-send", respond)


def _members(error: ClientError) -> dict[str, Any]:
    """What DynamoDB says beside the message."""
    response: Mapping[str, Any] = error.response
    return {name: response[name] for name in ("Item", "CancellationReasons") if name in response}


def _fail(fault: Fault, call: Call, url: str) -> AWSResponse:
    service, operation = call.service, call.operation
    match fault:
        case Fault.THROTTLED if service == "sesv2":
            return _response(url, 429, {"message": "slow down"}, {"x-amzn-ErrorType": "TooManyRequestsException"})
        case Fault.THROTTLED:
            return _response(url, 400, {"__type": "#ThrottlingException", "message": "slow down"})
        case Fault.CONFLICT | Fault.CONFLICT_BEHIND if service == "sesv2":
            kind = {"x-amzn-ErrorType": "ConcurrentModificationException"}
            return _response(url, 500, {"message": "conflict"}, kind)
        case Fault.CONFLICT | Fault.CONFLICT_BEHIND if operation == "TransactWriteItems":
            reasons = [{"Code": "TransactionConflict"}, *({"Code": "None"} for _ in call.request["TransactItems"][1:])]
            reasons = reasons if fault is Fault.CONFLICT else reasons[::-1]
            return _response(url, 400, {"__type": "#TransactionCanceledException", "CancellationReasons": reasons})
        case Fault.CONFLICT | Fault.CONFLICT_BEHIND:
            return _response(url, 400, {"__type": "#TransactionConflictException", "message": "conflict"})
        case Fault.SERVER_ERROR | Fault.SERVER_ERROR_AFTER:
            return _response(url, 500, {"__type": "#InternalServerError", "message": "try again"})
        case Fault.RESET | Fault.RESET_AFTER:
            raise ConnectionClosedError(endpoint_url=url)
        case Fault.NO_CONNECTION:
            raise ConnectTimeoutError(endpoint_url=url)
        case Fault.TIMEOUT | Fault.LOST:
            raise ReadTimeoutError(endpoint_url=url)


def _response(
    url: str, status: int, document: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> AWSResponse:
    return http_response(url, status, json.dumps(document).encode(), headers)
