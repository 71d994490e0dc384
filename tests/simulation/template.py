"""The rules that template.yaml has on the event bus."""

from functools import cache

from local import event_pattern
from local.bridges import template


@cache
def rule(function: str) -> event_pattern.Pattern:
    """The pattern of the one EventBridge rule that invokes a function."""
    events = template()["Resources"][function]["Properties"]["Events"].values()
    [pattern] = [event["Properties"]["Pattern"] for event in events if event["Type"] == "EventBridgeRule"]
    event_pattern.validate(pattern)
    return pattern  # type: ignore[no-any-return]
