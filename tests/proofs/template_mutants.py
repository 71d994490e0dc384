"""Mutants of what the template says of functions, queues, rules, policies, alarms: a value changed or left out."""

import json
import re
from collections.abc import Iterator
from typing import Any

from local import bridges
from tests.proofs.mutants import Mutant

MODULE = "template"
_TYPES = re.compile(r"AWS::(Serverless::Function|IAM::Role|SQS::|Events::|SES::|CloudWatch::Alarm|DynamoDB::)")
# What no guarantee rests on: words for people, sizes, what SAM needs to find the code.
_NOT_CHANGED = frozenset(
    {"AlarmDescription", "BatchSize", "CodeUri", "Description", "MemorySize", "PolicyName", "Sid", "Tags", "Version"}
    # When an alarm rings is a matter of taste. What it listens to, and whom it wakes, is not.
    | {"KeyType"}  # whatever else it is, CloudFormation refuses
    | {"DatapointsToAlarm", "EvaluateLowSampleCountPercentile", "EvaluationPeriods", "Period", "Threshold"}
)
_ELSEWHERE = frozenset({"Path", "Method", "Auth", "RestApiId"})  # routes are compared with the contract

Path = tuple[str | int, ...]


def every() -> Iterator[Mutant]:
    document = json.loads(json.dumps(bridges.template()))
    for name, resource in document["Resources"].items():
        if _TYPES.match(resource["Type"]) and resource.get("Condition") != "HasPortal":
            for path, what, changed in _changes(resource.get("Properties", {})):
                other = {**document["Resources"], name: {**resource, "Properties": changed}}
                where = ".".join(map(str, (name, *path)))
                yield Mutant(f"{MODULE}.{where}: {what}", MODULE, json.dumps({**document, "Resources": other}))


def _changes(value: Any) -> Iterator[tuple[Path, str, Any]]:
    """(where, what, the value after it)."""
    match value:
        case bool():
            yield (), f"{value} -> {not value}", not value
        case int():
            yield (), f"{value} -> {2 * value}", 2 * value
        case str() if value.startswith("{"):
            for path, what, changed in _changes(json.loads(value)):
                yield path, what, json.dumps(changed)
        case str():
            yield (), f"{value} -> another", f"{value}Other"
        case {"Ref": str(name)} | {"GetAtt": str(name)}:
            (kind,) = value
            yield (), f"{kind} {name} -> another", {kind: f"Other{name}"}
        case list():
            for index, element in enumerate(value):
                others = [*value[:index], *value[index + 1 :]]
                if others:
                    yield (index,), "left out", others
                for path, what, changed in _changes(element):
                    yield (index, *path), what, [*value[:index], changed, *value[index + 1 :]]
        case dict():
            for key, member in value.items():
                if key in _NOT_CHANGED | _ELSEWHERE:
                    continue
                if len(value) > 1 and not isinstance(member, dict | list):
                    yield (key,), "left out", {name: each for name, each in value.items() if name != key}
                for path, what, changed in _changes(member):
                    yield (key, *path), what, {**value, key: changed}


def stand_in(source: str) -> None:
    """From now on the template says this."""
    document = json.loads(source)
    bridges.template = lambda: document  # type: ignore[assignment]
