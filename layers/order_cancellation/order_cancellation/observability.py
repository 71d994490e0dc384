"""The logger and the metrics that every function shares, named as the template says: without its names none starts."""

import gc
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

_service = os.environ["POWERTOOLS_SERVICE_NAME"]
logger = Logger(
    service=_service,
    level=os.environ["POWERTOOLS_LOG_LEVEL"],
    json_serializer=json.JSONEncoder(default=str, ensure_ascii=False, separators=(",", ":")).encode,
    json_deserializer=str,  # a message is words: to try each as JSON, and fail, is a tenth of a line
)
metrics = Metrics(service=_service, namespace=os.environ["POWERTOOLS_METRICS_NAMESPACE"])


_aside: ContextVar[Counter[str] | None] = ContextVar("aside", default=None)


def entry_point[Answer](handler: Callable[[Any, Any], Answer]) -> Callable[[Any, Any], Answer]:
    """Make a function Lambda's handler: it logs which call it serves, and hands its metrics over when it ends.

    It is the last thing that a start makes: what is there by now stays, and garbage is collected from here on.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
    counting: Callable[[Any, Any], Answer] = metrics.log_metrics(handler)
    return logger.inject_lambda_context(counting, clear_state=True)


def gauge(name: str, value: float, unit: str = "Count") -> None:
    """State how much of something there is now; ``unit`` is one of CloudWatch's."""
    metrics.add_metric(name=name, unit=unit, value=value)


def count(name: str, value: int = 1) -> None:
    """Add to a metric of this invocation."""
    if (aside := _aside.get()) is not None:
        aside[name] += value
    else:
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


@contextmanager
def counted_aside() -> Iterator[Counter[str]]:
    """What is counted in here by this thread; metrics belong to one thread, which adds them when all are done."""
    counts: Counter[str] = Counter()
    token = _aside.set(counts)
    try:
        yield counts
    finally:
        _aside.reset(token)
