"""Event patterns: what Lambda's FilterCriteria and EventBridge's rules select, evaluated as AWS does.

An event is seen as its leaves: strings, numbers, booleans and nulls at the end of a path. Every rule of a pattern is
about leaves, which has consequences that surprise:

- ``exists`` at a path that leads to an object finds no leaf there: ``true`` never matches, ``false`` always does. In a
  DynamoDB record every attribute is such an object (``{"S": "x"}``), so the rule must name the type too.
- ``anything-but`` needs a leaf to be other than something: a missing attribute does not match.
- ``numeric`` compares JSON numbers. DynamoDB's numbers are strings (``{"N": "101"}``), so it never matches them.

Source: AWS Lambda Developer Guide, "Lambda event filtering"; Amazon EventBridge User Guide, "Comparison operators".
"""

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Pattern = Mapping[str, Any]

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class InvalidPattern(ValueError):
    """AWS refuses this pattern when the mapping or the rule is created."""


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
    if _is_alternatives(name, rule):
        return any(matches(alternative, fields) for alternative in rule)
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
        return any(_OPERATORS[name](operand, leaf) for leaf in leaves)
    return any(_same(rule, leaf) for leaf in leaves)


def _same(left: Any, right: Any) -> bool:
    return type(left) is type(right) and bool(left == right)  # 300 and 300.0 are written differently: not equal


def _prefix(operand: Any, leaf: Any) -> bool:
    return isinstance(leaf, str) and leaf.startswith(operand)


def _suffix(operand: Any, leaf: Any) -> bool:
    return isinstance(leaf, str) and leaf.endswith(operand)


def _equals_ignore_case(operand: Any, leaf: Any) -> bool:
    return isinstance(leaf, str) and leaf.casefold() == operand.casefold()


def _anything_but(operand: Any, leaf: Any) -> bool:
    if isinstance(operand, dict):
        return not _rule_matches(operand, (leaf,))
    refused = operand if isinstance(operand, list) else [operand]
    return not any(_same(each, leaf) for each in refused)


def _numeric(operand: Any, leaf: Any) -> bool:
    if isinstance(leaf, bool) or not isinstance(leaf, int | float):
        return False
    return all(_COMPARISONS[sign](leaf, bound) for sign, bound in zip(operand[::2], operand[1::2], strict=True))


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _equals_ignore_case,
    "anything-but": _anything_but,
    "numeric": _numeric,
}


def _is_alternatives(name: str, rule: Any) -> bool:
    return name == "$or" and isinstance(rule, list) and len(rule) > 1 and all(isinstance(each, dict) for each in rule)


def validate(pattern: Any) -> None:
    """Raises InvalidPattern for a pattern that AWS would refuse."""
    if not isinstance(pattern, dict) or not pattern:
        raise InvalidPattern(f"an object with at least one field is needed: {pattern!r}")
    for name, rule in pattern.items():
        if _is_alternatives(name, rule):
            for alternative in rule:
                validate(alternative)
        elif isinstance(rule, dict):
            validate(rule)
        elif isinstance(rule, list) and rule:
            for each in rule:
                _validate_rule(each)
        else:
            raise InvalidPattern(f"{name} must be an object or a non-empty array, not {rule!r}")


def _validate_rule(rule: Any) -> None:
    if not isinstance(rule, dict | list):
        return
    if not isinstance(rule, dict) or len(rule) != 1:
        raise InvalidPattern(f"not a rule: {rule!r}")
    [(name, operand)] = rule.items()
    if not _operand_is_valid(name, operand):
        raise InvalidPattern(f"not a rule: {rule!r}")


def _operand_is_valid(name: str, operand: Any) -> bool:
    if name == "exists":
        return isinstance(operand, bool)
    if name in ("prefix", "suffix", "equals-ignore-case"):
        return isinstance(operand, str)
    if name == "numeric":
        return (
            isinstance(operand, list)
            and len(operand) in (2, 4)
            and all(sign in _COMPARISONS for sign in operand[::2])
            and all(isinstance(bound, int | float) and not isinstance(bound, bool) for bound in operand[1::2])
        )
    if name == "anything-but":
        if isinstance(operand, dict):
            return len(operand) == 1 and all(
                each in ("prefix", "suffix", "equals-ignore-case") and isinstance(text, str)
                for each, text in operand.items()
            )
        values = operand if isinstance(operand, list) else [operand]
        return bool(values) and all(isinstance(each, str | int | float) for each in values)
    return False
