"""template.yaml, read once: simulations build thousands of worlds from it."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from local import bridges, event_pattern


@cache
def template() -> Mapping[str, Any]:
    """The template; intrinsic functions are dicts, as in JSON templates."""
    return bridges.template()


@cache
def tables() -> tuple[Mapping[str, Any], ...]:
    """Its tables, as CreateTable takes them, each named by its logical id."""
    resources = template()["Resources"].items()
    return tuple(
        {"TableName": name, **resource["Properties"]}
        for name, resource in resources
        if resource["Type"] == "AWS::DynamoDB::Table"
    )


@cache
def rule(function: str) -> event_pattern.Pattern:
    """The pattern of the one EventBridge rule that invokes a function."""
    events = template()["Resources"][function]["Properties"]["Events"].values()
    [pattern] = [event["Properties"]["Pattern"] for event in events if event["Type"] == "EventBridgeRule"]
    event_pattern.validate(pattern)
    return pattern  # type: ignore[no-any-return]
