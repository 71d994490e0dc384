"""The properties of an event source mapping, as template.yaml gives them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from local import event_pattern
from local.bridges import template as read_template


@dataclass(frozen=True)
class Properties:
    """The mapping's properties, by the names and defaults that AWS gives them."""

    batch_size: int = 100
    maximum_batching_window_in_seconds: int = 0
    patterns: tuple[event_pattern.Pattern, ...] = ()
    report_batch_item_failures: bool = False
    bisect_batch_on_function_error: bool = False
    maximum_retry_attempts: int = -1
    maximum_record_age_in_seconds: int = -1
    has_failure_queue: bool = False
    timeout: float = 3.0

    @classmethod
    def from_template(cls, function: str, template: Mapping[str, Any] | None = None) -> Self:
        """What template.yaml (or ``template``) says of a function's one DynamoDB event. Raises ValueError."""
        document = template or read_template()
        properties = document["Resources"][function]["Properties"]
        events = [each["Properties"] for each in properties["Events"].values() if each["Type"] == "DynamoDB"]
        _require(len(events) == 1, f"{function} has {len(events)} DynamoDB events")
        event = {name: _resolve(value, document) for name, value in events[0].items()}
        unknown = event.keys() - _PROPERTIES.keys() - _STRUCTURED
        _require(not unknown, f"not simulated: {sorted(unknown)}")
        _require(event["StartingPosition"] == "TRIM_HORIZON", "another StartingPosition is not simulated")
        timeout = properties.get("Timeout") or document.get("Globals", {}).get("Function", {}).get("Timeout", 3)
        return cls(
            **{field_name: event[name] for name, field_name in _PROPERTIES.items() if name in event},
            patterns=tuple(event_pattern.parse(each["Pattern"]) for each in _filters(event)),
            report_batch_item_failures="ReportBatchItemFailures" in event.get("FunctionResponseTypes", []),
            has_failure_queue="OnFailure" in event.get("DestinationConfig", {}),
            timeout=_resolve(timeout, document),
        )


_PROPERTIES = {
    "BatchSize": "batch_size",
    "MaximumBatchingWindowInSeconds": "maximum_batching_window_in_seconds",
    "BisectBatchOnFunctionError": "bisect_batch_on_function_error",
    "MaximumRetryAttempts": "maximum_retry_attempts",
    "MaximumRecordAgeInSeconds": "maximum_record_age_in_seconds",
}
_STRUCTURED = {"Stream", "StartingPosition", "FilterCriteria", "FunctionResponseTypes", "DestinationConfig"}


def _filters(event: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    filters: Sequence[Mapping[str, Any]] = event.get("FilterCriteria", {}).get("Filters", [])
    return filters


def _resolve(value: Any, document: Mapping[str, Any]) -> Any:
    """A Ref to a parameter is its default value; other values stay as they are."""
    if isinstance(value, dict) and value.keys() == {"Ref"} and value["Ref"] in document.get("Parameters", {}):
        return document["Parameters"][value["Ref"]]["Default"]
    return value


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)
