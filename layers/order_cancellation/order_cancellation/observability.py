"""The logger and the metrics that every function shares, named as the template says: without its names none starts."""

import gc
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

_service = os.environ["POWERTOOLS_SERVICE_NAME"]
logger = Logger(service=_service, level=os.environ["POWERTOOLS_LOG_LEVEL"])
metrics = Metrics(service=_service, namespace=os.environ["POWERTOOLS_METRICS_NAMESPACE"])


_aside: ContextVar[Counter[str] | None] = ContextVar("aside", default=None)


def entry_point[Answer](
    correlation_id_path: str | None = None,
) -> Callable[[Callable[[Any, Any], Answer]], Callable[[Any, Any], Answer]]:
    """Make a function Lambda's handler: it logs whose request it serves, and hands its metrics over when it ends.

    It is the last thing that a start makes: what is there by now stays, and garbage is collected from here on.
    """

    def decorate(handler: Callable[[Any, Any], Answer]) -> Callable[[Any, Any], Answer]:
        if not gc.isenabled():
            gc.freeze()
            gc.enable()
        counting: Callable[[Any, Any], Answer] = metrics.log_metrics(handler)
        return logger.inject_lambda_context(counting, correlation_id_path=correlation_id_path, clear_state=True)

    return decorate


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
