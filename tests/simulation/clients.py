"""boto3's low-level client, with the service behind it simulated: the same methods, checks, exceptions and retries.

    client.update_item(...) ──▶ parameters checked against botocore's model ──▶ attempt ──▶ send(operation, parameters)
                                                                                 ▲    │
                                             throttled, no answer: again, at most ┘    └─▶ response, or exception
                                             total_max_attempts times in all

``send`` is where faults happen (``wire``), and where the service is.
"""

import itertools
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError, ParamValidationError
from botocore.validate import ParamValidator

from tests.support.service_errors import exceptions, service_model

Send = Callable[[str, Mapping[str, Any]], dict[str, Any]]

_DEFAULT_ATTEMPTS = {"dynamodb": 4}
_RETRIED_CODES = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_validator = ParamValidator()


class Client:
    """A client of one service. ``pause`` is told how long each retry waits; ``checks`` compares with the model."""

    def __init__(
        self,
        service: str,
        send: Send,
        *,
        config: Config | None = None,
        pause: Callable[[float], None] = lambda _: None,
        checks: bool = True,
        seed: int = 0,
    ) -> None:
        self.exceptions = exceptions(service)
        self.attempts: int = (getattr(config, "retries", None) or {}).get(
            "total_max_attempts", _DEFAULT_ATTEMPTS.get(service, 3)
        )
        self._service = service
        self._send = send
        self._pause = pause
        self._checks = checks
        self._tokens = (str(UUID(int=seed << 64 | number)) for number in itertools.count(1))

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        operation = _operations(self._service).get(method)
        if operation is None:
            raise AttributeError(f"a {self._service} client has no {method}")

        def call(**params: Any) -> dict[str, Any]:
            return self._call(operation, params)

        self.__dict__[method] = call  # found there the next time
        return call

    def _call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        model = service_model(self._service).operation_model(operation)
        for name in model.idempotent_members:
            params.setdefault(name, next(self._tokens))  # one token for all attempts, as the SDK does it
        if self._checks:
            assert model.input_shape
            report = _validator.validate(params, model.input_shape)
            if report.has_errors():
                raise ParamValidationError(report=report.generate_report())
        for attempt in itertools.count(1):
            try:
                response = self._send(operation, params)
            except (ClientError, HTTPClientError) as error:
                if attempt == self.attempts or not _is_retried(error):
                    raise
                self._pause(0.05 * 2**attempt)
            else:
                metadata = {"HTTPStatusCode": 200, "HTTPHeaders": {}, "RequestId": "simulated"}
                return {**response, "ResponseMetadata": {**metadata, "RetryAttempts": attempt - 1}}
        raise AssertionError("unreachable")


def _is_retried(error: Exception) -> bool:
    return not isinstance(error, ClientError) or error.response["Error"]["Code"] in _RETRIED_CODES


@cache
def _operations(service: str) -> Mapping[str, str]:
    return {xform_name(name): name for name in service_model(service).operation_names}
