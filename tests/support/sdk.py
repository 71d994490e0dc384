"""The product's own SDK clients on tables and SES in memory: every HTTP try can be held up, watched, or broken.

botocore emits ``before-send`` for each try, retries included, and takes what a handler returns for the HTTP response.
So all of the SDK is in play (serializing, retrying, parsing errors) and no socket is opened. Nothing is signed: it
costs a fifth of a call, and nobody here would check it.

The clients have the data that the layer has, which lacks every operation but those used. They do not check what they
are given, so it is done here: each request is held against the whole model.
"""

import json
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import botocore
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError, ConnectionClosedError, ConnectTimeoutError, ReadTimeoutError
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.session import Session
from botocore.validate import ParamValidator

import build_layer
from order_cancellation import aws
from order_cancellation.mail import ses as product_ses
from order_cancellation.tables import client as tables_client
from tests.support.memory_tables import Tables
from tests.support.ses import SimulatedSes

Request = Mapping[str, Any]
_HOST = "https://aws.test"
_data = tempfile.TemporaryDirectory()


def _take_the_layers_data() -> None:
    """The product's SDK reads what a built layer has."""
    installed, directory = Path(Loader.BUILTIN_DATA_PATH), Path(_data.name)
    for name in [*build_layer.OPERATIONS, "endpoints.json", "partitions.json", "sdk-default-configuration.json"]:
        if (installed / name).is_dir():
            shutil.copytree(installed / name, directory / name)
        else:
            shutil.copy(installed / name, directory)
    build_layer.cut_data(directory)
    loader = Loader([str(directory)], include_default_search_paths=False)
    session: Session = aws._session
    session.register_component("data_loader", loader)


_take_the_layers_data()


@cache
def _whole_model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def require_valid(call: "Call") -> None:
    """Raises ValueError for a request that does not fit the service's whole model."""
    shape = _whole_model(call.service).operation_model(call.operation).input_shape
    assert shape is not None
    if found := ParamValidator().validate(call.request, shape).generate_report():
        raise ValueError(f"{call.service} {call.operation}: {found}")


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


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response that AWS, or something in front of it, gives."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def error(code: str, status: int = 400, **members: Any) -> Answer:
    """An error of AWS's with this code, as DynamoDB and SES write it; ``members`` are what stands beside it."""
    document = {"__type": f"#{code}", "message": f"made up: {code}", **members}
    return Answer(status, json.dumps(document).encode(), {"x-amzn-ErrorType": code})


@dataclass(frozen=True, slots=True)
class Broken:
    """What comes back instead of the answer; ``carried_out``: the request is carried out all the same."""

    outcome: Answer | Exception
    carried_out: bool = False


class Fault(StrEnum):
    """The ways in which a try fails by chance."""

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

    def of(self, call: Call) -> Broken:
        """What it does to this call."""
        match self:
            case Fault.THROTTLED:
                sesv2 = call.service == "sesv2"
                return Broken(error("TooManyRequestsException", 429) if sesv2 else error("ThrottlingException"))
            case Fault.CONFLICT | Fault.CONFLICT_BEHIND if call.service == "sesv2":
                return Broken(error("ConcurrentModificationException", 500))
            case Fault.CONFLICT | Fault.CONFLICT_BEHIND if call.operation == "TransactWriteItems":
                others = ({"Code": "None"} for _ in call.request["TransactItems"][1:])
                reasons = [{"Code": "TransactionConflict"}, *others]
                reasons = reasons if self is Fault.CONFLICT else reasons[::-1]
                return Broken(error("TransactionCanceledException", CancellationReasons=reasons))
            case Fault.CONFLICT | Fault.CONFLICT_BEHIND:
                return Broken(error("TransactionConflictException"))
            case Fault.SERVER_ERROR | Fault.SERVER_ERROR_AFTER:
                return Broken(error("InternalServerError", 500), self in CARRIED_OUT)
            case Fault.RESET | Fault.RESET_AFTER:
                return Broken(ConnectionClosedError(endpoint_url=_HOST), self in CARRIED_OUT)
            case Fault.NO_CONNECTION:
                return Broken(ConnectTimeoutError(endpoint_url=_HOST))
            case Fault.TIMEOUT | Fault.LOST:
                return Broken(ReadTimeoutError(endpoint_url=_HOST), self in CARRIED_OUT)


CARRIED_OUT = frozenset({Fault.SERVER_ERROR_AFTER, Fault.RESET_AFTER, Fault.LOST})

Hook = Callable[[Call], Fault | Broken | None]


def no_hook(_: Call) -> None:
    """Nothing goes wrong."""


class Wire:
    """A hook for tests that say what goes wrong: it counts the requests, and breaks those that it is told to."""

    def __init__(self) -> None:
        self.requests: list[str] = []  # the operation of every HTTP request, in order
        self._broken: list[tuple[Broken, str]] = []
        self._before: dict[str, Callable[[], object]] = {}
        self._lock = threading.Lock()

    def lose_answer(self, outcome: Answer | Exception) -> None:
        """The next request is carried out, but this comes back."""
        self._broken.append((Broken(outcome, carried_out=True), ""))

    def refuse(self, outcome: Answer | Exception, times: int = 1, about: str = "") -> None:
        """The next requests, or the next that have ``about`` in them, are not carried out, and this comes back."""
        self._broken += [(Broken(outcome), about)] * times

    def before(self, operation: str, action: Callable[[], object]) -> None:
        """Something else happens just before the next request for this operation is carried out."""
        self._before[operation] = action

    def __call__(self, call: Call) -> Broken | None:
        self.requests.append(call.operation)
        if action := self._before.pop(call.operation, None):
            action()
        with self._lock:  # a batch cancels side by side
            for index, (broken, about) in enumerate(self._broken):
                if not about or f'"{about}"' in json.dumps(call.request):
                    del self._broken[index]
                    return broken
        return None


def dynamodb(tables: Tables, hook: Hook = no_hook) -> Any:
    """The product's own DynamoDB client, on tables in memory."""
    return connect(tables_client.client(), lambda: tables, lambda: hook)


def ses(simulated: SimulatedSes, hook: Hook = no_hook) -> Any:
    """The product's own SES client, on SES in memory."""
    return connect(product_ses.client(), lambda: simulated, lambda: hook)


def connect(client: Any, service: Callable[[], Tables | SimulatedSes], hook: Callable[[], Hook]) -> Any:
    """Put the service that is there at each call behind a client, and the hook before it; returns the client."""

    def respond(request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse:
        name, operation = client.meta.service_model.service_name, event_name.rpartition(".")[2]
        call = Call(name, operation, json.loads(request.body or b"{}"))  # type: ignore[arg-type]
        require_valid(call)
        fault = hook()(call)
        broken = fault.of(call) if isinstance(fault, Fault) else fault
        if broken is None or broken.carried_out:
            answer: Answer | Exception = _carried_out(service(), call)
        if broken is not None:
            answer = broken.outcome
        if isinstance(answer, Exception):
            raise answer
        headers = HTTPHeaders()
        for name, value in answer.headers.items():
            headers[name] = value
        return AWSResponse(request.url, answer.status, headers, _Raw(answer.body))

    client.meta.events.register_first("before-send", respond)
    client.meta.events.register("choose-signer", lambda **_: botocore.UNSIGNED)
    return client


def _carried_out(service: Tables | SimulatedSes, call: Call) -> Answer:
    try:
        return Answer(200, json.dumps(service.execute(call.operation, call.request)).encode())
    except ClientError as refused:
        response: Mapping[str, Any] = refused.response
        members = {name: response[name] for name in ("Item", "CancellationReasons") if name in response}
        status = response["ResponseMetadata"]["HTTPStatusCode"]
        return error(response["Error"]["Code"], status, message=response["Error"]["Message"], **members)


class _Raw:
    """The body of an HTTP response, as botocore reads it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self._body
