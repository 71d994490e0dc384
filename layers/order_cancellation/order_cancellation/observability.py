"""The logger and the metrics that every function shares, named as the template says."""

from dataclasses import dataclass

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from order_cancellation import settings


@dataclass(frozen=True)
class _Settings:
    powertools_service_name: str
    powertools_metrics_namespace: str
    powertools_log_level: str


_settings = settings.read(_Settings)
logger = Logger(service=_settings.powertools_service_name, level=_settings.powertools_log_level)
metrics = Metrics(service=_settings.powertools_service_name, namespace=_settings.powertools_metrics_namespace)


def count(name: str, value: int = 1) -> None:
    """Add to a metric of this invocation."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
