"""DynamoDB's expressions, as much of them as a service like this one writes, compiled to functions of an item.

    condition   comparison | value IN (value, ...) | attribute_exists(path) | attribute_not_exists(path)
                joined by AND, OR, NOT and parentheses
    update      SET path = value, ... REMOVE path, ...      value may be a sum, if_not_exists or list_append

Paths are top-level attributes. What is not known here raises ExpressionError: it is never taken for something else.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

Value = Mapping[str, Any]  # one attribute in DynamoDB's JSON, e.g. {"S": "received"}
Item = Mapping[str, Value]
Names = Mapping[str, str]
Condition = Callable[[Item, Names, Item], bool]
Update = Callable[[Item, Names, Item], dict[str, Value]]
Operand = Callable[[Item, Names, Item], Value | None]

_TOKEN = re.compile(r"\s*([#:]?[A-Za-z_][A-Za-z0-9_]*|<>|<=|>=|[=<>(),+])")
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "<>": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


class ExpressionError(Exception):
    """DynamoDB would answer ValidationException, or this module does not know what it would answer."""


@lru_cache(maxsize=4096)
def condition(text: str) -> Condition:
    """A condition, a key condition or a filter."""
    tokens = _Tokens(text)
    compiled = _disjunction(tokens)
    tokens.end()
    return compiled


@lru_cache(maxsize=4096)
def update(text: str) -> Update:
    """An update: gives the item after it. Every value is of the item before it."""
    tokens = _Tokens(text)
    sets: list[tuple[str, Operand]] = []
    removes: list[str] = []
    while tokens:
        clause = tokens.take().upper()
        if clause not in {"SET", "REMOVE"}:
            raise ExpressionError(f"{clause} in {text}")
        while True:
            path = tokens.take()
            if clause == "SET":
                tokens.expect("=")
                sets.append((path, _sum(tokens)))
            else:
                removes.append(path)
            if not tokens.skip(","):
                break

    def apply(item: Item, names: Names, values: Item) -> dict[str, Value]:
        after = dict(item)
        for path, operand in sets:
            value = operand(item, names, values)
            if value is None:
                raise ExpressionError(f"no value for {path} in {text}")
            after[_name(path, names)] = value
        for path in removes:
            after.pop(_name(path, names), None)
        return after

    return apply


@lru_cache(maxsize=4096)
def mentions(text: str) -> frozenset[str]:
    """The placeholders (``#name``, ``:value``) that stand in expressions."""
    return frozenset(token for token in _TOKEN.findall(text) if token[0] in "#:")


class _Tokens:
    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = _TOKEN.findall(text)
        if "".join(self._tokens) != re.sub(r"\s", "", text):
            raise ExpressionError(text)
        self._position = 0

    def __bool__(self) -> bool:
        return self._position < len(self._tokens)

    def take(self) -> str:
        if not self:
            raise ExpressionError(f"{self.text} ends early")
        self._position += 1
        return str(self._tokens[self._position - 1])

    def skip(self, *wanted: str) -> bool:
        if self and self._tokens[self._position].upper() in wanted:
            self._position += 1
            return True
        return False

    def expect(self, wanted: str) -> None:
        if not self.skip(wanted):
            raise ExpressionError(f"no {wanted} in {self.text}")

    def end(self) -> None:
        if self:
            raise ExpressionError(f"{self.take()} in {self.text}")


def _disjunction(tokens: _Tokens) -> Condition:
    parts = [_conjunction(tokens)]
    while tokens.skip("OR"):
        parts.append(_conjunction(tokens))
    return parts[0] if len(parts) == 1 else lambda *known: any(part(*known) for part in parts)


def _conjunction(tokens: _Tokens) -> Condition:
    parts = [_negation(tokens)]
    while tokens.skip("AND"):
        parts.append(_negation(tokens))
    return parts[0] if len(parts) == 1 else lambda *known: all(part(*known) for part in parts)


def _negation(tokens: _Tokens) -> Condition:
    if tokens.skip("NOT"):
        inner = _negation(tokens)
        return lambda *known: not inner(*known)
    if tokens.skip("("):
        inner = _disjunction(tokens)
        tokens.expect(")")
        return inner
    return _test(tokens)


def _test(tokens: _Tokens) -> Condition:
    if tokens.skip("ATTRIBUTE_EXISTS"):
        path = _argument(tokens)
        return lambda item, names, _: _name(path, names) in item
    if tokens.skip("ATTRIBUTE_NOT_EXISTS"):
        path = _argument(tokens)
        return lambda item, names, _: _name(path, names) not in item
    left = _operand(tokens)
    if tokens.skip("IN"):
        tokens.expect("(")
        options = [_operand(tokens)]
        while tokens.skip(","):
            options.append(_operand(tokens))
        tokens.expect(")")
        return lambda *known: any(_compare("=", left(*known), option(*known)) for option in options)
    operator = tokens.take()
    if operator not in _COMPARISONS:
        raise ExpressionError(f"{operator} in {tokens.text}")
    right = _operand(tokens)
    return lambda *known: _compare(operator, left(*known), right(*known))


def _compare(operator: str, left: Value | None, right: Value | None) -> bool:
    if left is None or right is None:
        return operator == "<>"  # what is not there equals nothing
    (left_type, one), (right_type, other) = next(iter(left.items())), next(iter(right.items()))
    if left_type != right_type:
        return operator == "<>"
    if left_type == "N":
        one, other = Decimal(one), Decimal(other)
    elif left_type not in {"S", "B"} and operator not in {"=", "<>"}:
        raise ExpressionError(f"{left_type} {operator} {right_type}")
    return _COMPARISONS[operator](one, other)


def _sum(tokens: _Tokens) -> Operand:
    left = _operand(tokens)
    if not tokens.skip("+"):
        return left
    right = _operand(tokens)

    def add(*known: Any) -> Value:
        one, other = left(*known), right(*known)
        if one is None or other is None or "N" not in one or "N" not in other:
            raise ExpressionError(f"not two numbers in {tokens.text}")
        return {"N": str(Decimal(one["N"]) + Decimal(other["N"]))}

    return add


def _operand(tokens: _Tokens) -> Operand:
    if tokens.skip("IF_NOT_EXISTS"):
        tokens.expect("(")
        path = tokens.take()
        tokens.expect(",")
        default = _operand(tokens)
        tokens.expect(")")
        return lambda item, names, values: item.get(_name(path, names)) or default(item, names, values)
    if tokens.skip("LIST_APPEND"):
        tokens.expect("(")
        first = _operand(tokens)
        tokens.expect(",")
        second = _operand(tokens)
        tokens.expect(")")

        def append(*known: Any) -> Value:
            one, other = first(*known), second(*known)
            if one is None or other is None or "L" not in one or "L" not in other:
                raise ExpressionError(f"not two lists in {tokens.text}")
            return {"L": [*one["L"], *other["L"]]}

        return append
    token = tokens.take()
    if token.startswith(":"):

        def value(_: Item, __: Names, values: Item) -> Value:
            if token not in values:
                raise ExpressionError(f"{token} has no value")
            return values[token]

        return value
    return lambda item, names, _: item.get(_name(token, names))


def _argument(tokens: _Tokens) -> str:
    tokens.expect("(")
    path = tokens.take()
    tokens.expect(")")
    return path


def _name(path: str, names: Names) -> str:
    if not path.startswith("#"):
        return path
    if path not in names:
        raise ExpressionError(f"{path} has no name")
    return names[path]
