"""Errors as boto3 raises them: the client's own exception classes, made from botocore's service models."""

from functools import cache
from typing import Any

import botocore.session
from botocore.errorfactory import ClientExceptionsFactory
from botocore.exceptions import ClientError
from botocore.model import ServiceModel

_exceptions = ClientExceptionsFactory()


@cache
def service_model(service: str) -> ServiceModel:
    model: ServiceModel = botocore.session.get_session().get_service_model(service)
    return model


@cache
def exceptions(service: str) -> Any:
    """What a client of the service has as ``client.exceptions``."""
    return _exceptions.create_client_exceptions(service_model(service))


def client_error(service: str, operation: str, code: str, message: str, **members: Any) -> ClientError:
    """The error that ``except client.exceptions.<code>`` catches; ``members`` are what AWS adds to the response."""
    statuses = {shape.name: shape.metadata.get("error", {}) for shape in service_model(service).error_shapes}
    status = statuses.get(code, {}).get("httpStatusCode", 400)
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}, "RequestId": "simulated", "RetryAttempts": 0},
        **members,
    }
    error: ClientError = exceptions(service).from_code(code)(response, operation)
    return error
