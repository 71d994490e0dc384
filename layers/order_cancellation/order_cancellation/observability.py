"""The logger and the metrics that every function shares. Names come from the template's environment."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

logger = Logger()
metrics = Metrics()


def count(name: str, value: int = 1) -> None:
    """Add to a metric of this invocation."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
