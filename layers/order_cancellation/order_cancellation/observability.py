"""The logger and the metrics that every function shares, named as the template says: without its names none starts."""

import os

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

_service = os.environ["POWERTOOLS_SERVICE_NAME"]
logger = Logger(service=_service, level=os.environ["POWERTOOLS_LOG_LEVEL"])
metrics = Metrics(service=_service, namespace=os.environ["POWERTOOLS_METRICS_NAMESPACE"])


def count(name: str, value: int = 1) -> None:
    """Add to a metric of this invocation."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
