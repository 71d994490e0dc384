"""Event patterns: what Lambda's FilterCriteria and EventBridge's rules select, evaluated as AWS does.

Values, ``exists``, ``anything-but`` and ``prefix``; another operator, or ``$or``, is refused.

An event is seen as its leaves: strings, numbers, booleans and nulls at the end of a path. Every rule of a pattern is
about leaves, which has consequences that surprise:

- ``exists`` at a path that leads to an object finds no leaf there: ``true`` never matches, ``false`` always does. In a
  DynamoDB record every attribute is such an object (``{"S": "x"}``), so the rule must name the type too.
- ``anything-but`` needs a leaf to be other than something: a missing attribute does not match.
- DynamoDB's numbers are strings (``{"N": "101"}``): a number in a pattern never matches them.

Source: AWS Lambda Developer Guide, "Lambda event filtering"; Amazon EventBridge User Guide, "Comparison operators".
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

Pattern = Mapping[str, Any]


class InvalidPattern(ValueError):
    """AWS refuses this pattern when the mapping or the rule is created, or it is not evaluated here."""


def parse(text: str) -> Pattern:
    """A pattern from its JSON text. Raises InvalidPattern."""
    try:
        pattern = json.loads(text)
    except ValueError as error:
        raise InvalidPattern(f"not JSON: {text}") from error
    validate(pattern)
    return pattern  # type: ignore[no-any-return]


def matches(pattern: Pattern, event: Any) -> bool:
    """Whether all of the pattern's fields match the event."""
    fields = event if isinstance(event, dict) else {}
    return all(_field_matches(name, rule, fields) for name, rule in pattern.items())


def _field_matches(name: str, rule: Any, fields: Mapping[str, Any]) -> bool:
    value = fields.get(name, _ABSENT)
    if isinstance(rule, dict):
        # An object that is not there has no leaves either, which is what ``exists: false`` asks.
        return any(matches(rule, each) for each in (value if isinstance(value, list) and value else [value]))
    leaves = _leaves(value)
    return any(_rule_matches(each, leaves) for each in rule)


_ABSENT = object()


def _leaves(value: Any) -> Sequence[Any]:
    if value is _ABSENT or isinstance(value, dict):
        return ()
    if isinstance(value, list):
        return [leaf for each in value for leaf in _leaves(each)]
    return (value,)


def _rule_matches(rule: Any, leaves: Sequence[Any]) -> bool:
    if isinstance(rule, dict):
        [(name, operand)] = rule.items()
        if name == "exists":
            return bool(leaves) is operand
        if name == "prefix":
            return any(isinstance(leaf, str) and leaf.startswith(operand) for leaf in leaves)
        return any(not any(_same(each, leaf) for each in operand) for leaf in leaves)
    return any(_same(rule, leaf) for leaf in leaves)


def _same(left: Any, right: Any) -> bool:
    return type(left) is type(right) and bool(left == right)  # 300 and 300.0 are written differently: not equal


def validate(pattern: Any) -> None:
    """Raises InvalidPattern for a pattern that AWS would refuse, or that is not evaluated here."""
    if not isinstance(pattern, dict) or not pattern:
        raise InvalidPattern(f"an object with at least one field is needed: {pattern!r}")
    for name, rule in pattern.items():
        if isinstance(rule, dict):
            validate(rule)
        elif isinstance(rule, list) and rule:
            for each in rule:
                _validate_rule(name, each)
        else:
            raise InvalidPattern(f"{name} must be an object or a non-empty array, not {rule!r}")


def _validate_rule(field: str, rule: Any) -> None:
    if not isinstance(rule, dict | list) and not field.startswith("$"):
        return
    if isinstance(rule, dict) and len(rule) == 1:
        [(name, operand)] = rule.items()
        if name in _OPERANDS and isinstance(operand, _OPERANDS[name]) and operand != []:
            return
    raise InvalidPattern(f"not a rule: {field}: {rule!r}")


_OPERANDS: Mapping[str, type] = {"exists": bool, "prefix": str, "anything-but": list}
