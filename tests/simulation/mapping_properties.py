"""The properties of an event source mapping, as template.yaml gives them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from local import event_pattern
from local.bridges import template as read_template


@dataclass(frozen=True)
class Properties:
    """The mapping's properties, by the names and defaults that AWS gives them. Raises ValueError where AWS would."""

    batch_size: int = 100
    maximum_batching_window_in_seconds: int = 0
    starting_position: str = "TRIM_HORIZON"
    patterns: tuple[event_pattern.Pattern, ...] = ()
    report_batch_item_failures: bool = False
    bisect_batch_on_function_error: bool = False
    maximum_retry_attempts: int = -1
    maximum_record_age_in_seconds: int = -1
    has_failure_queue: bool = False
    parallelization_factor: int = 1
    enabled: bool = True
    timeout: float = 3.0

    def __post_init__(self) -> None:
        _require(1 <= self.batch_size <= 10_000, "BatchSize must be 1 to 10,000")
        _require(0 <= self.maximum_batching_window_in_seconds <= 300, "the batching window must be 0 to 300 s")
        _require(self.starting_position in ("TRIM_HORIZON", "LATEST"), "StartingPosition: TRIM_HORIZON or LATEST")
        _require(len(self.patterns) <= 5, "at most five filters")
        _require(-1 <= self.maximum_retry_attempts <= 10_000, "MaximumRetryAttempts must be -1 to 10,000")
        age = self.maximum_record_age_in_seconds
        _require(age == -1 or 60 <= age <= 604_800, "MaximumRecordAgeInSeconds must be -1, or 60 to 604,800")
        _require(1 <= self.parallelization_factor <= 10, "ParallelizationFactor must be 1 to 10")

    @classmethod
    def from_template(cls, function: str, template: Mapping[str, Any] | None = None) -> Self:
        """What template.yaml (or ``template``) says of a function's one DynamoDB event. Raises ValueError."""
        document = template or read_template()
        properties = document["Resources"][function]["Properties"]
        events = [each["Properties"] for each in properties["Events"].values() if each["Type"] == "DynamoDB"]
        _require(len(events) == 1, f"{function} has {len(events)} DynamoDB events")
        event = {name: _resolve(value, document) for name, value in events[0].items()}
        _require("TumblingWindowInSeconds" not in event, "TumblingWindowInSeconds is not simulated")
        unknown = event.keys() - _PROPERTIES.keys() - _STRUCTURED
        _require(not unknown, f"unknown properties of a DynamoDB event: {sorted(unknown)}")
        _require("StartingPosition" in event, "StartingPosition is required")
        responses = event.get("FunctionResponseTypes", [])
        _require(set(responses) <= {"ReportBatchItemFailures"}, f"FunctionResponseTypes: {responses}")
        timeout = properties.get("Timeout") or document.get("Globals", {}).get("Function", {}).get("Timeout", 3)
        return cls(
            **{field_name: event[name] for name, field_name in _PROPERTIES.items() if name in event},
            patterns=tuple(event_pattern.parse(each["Pattern"]) for each in _filters(event)),
            report_batch_item_failures="ReportBatchItemFailures" in responses,
            has_failure_queue="OnFailure" in event.get("DestinationConfig", {}),
            timeout=_resolve(timeout, document),
        )


_PROPERTIES = {
    "BatchSize": "batch_size",
    "MaximumBatchingWindowInSeconds": "maximum_batching_window_in_seconds",
    "StartingPosition": "starting_position",
    "BisectBatchOnFunctionError": "bisect_batch_on_function_error",
    "MaximumRetryAttempts": "maximum_retry_attempts",
    "MaximumRecordAgeInSeconds": "maximum_record_age_in_seconds",
    "ParallelizationFactor": "parallelization_factor",
    "Enabled": "enabled",
}
_STRUCTURED = {"Stream", "FilterCriteria", "FunctionResponseTypes", "DestinationConfig"}


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
