"""Conditions on an item: the tree that ``expressions`` parses them into, and its evaluation."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import Any

from tests.simulation.attribute_values import InvalidRequest, Item, Value, comparable, normalized


class Scope:
    """The placeholders of one request, and which of them its expressions have used."""

    def __init__(self, names: Mapping[str, str] | None, values: Mapping[str, Any] | None) -> None:
        self.names = dict(names or {})
        self.values = {name: normalized(value) for name, value in (values or {}).items()}
        self._unused = self.names.keys() | self.values.keys()

    def admit(self, placeholders: Set[str]) -> None:
        """Check that an expression's placeholders are defined."""
        for token in placeholders:
            defined, kind = (self.names, "name") if token[0] == "#" else (self.values, "value")
            if token not in defined:
                raise InvalidRequest(f"An expression attribute {kind} used in expression is not defined: {token}")
        self._unused -= placeholders

    def require_all_used(self) -> None:
        if self._unused:
            raise InvalidRequest(f"Value provided in expression attributes unused: keys: {sorted(self._unused)}")


@dataclass(frozen=True, slots=True)
class Path:
    """A document path; its elements are names, still as they are written, and indexes."""

    elements: tuple[str | int, ...]

    def resolve(self, scope: Scope) -> tuple[str | int, ...]:
        return tuple(scope.names[each] if isinstance(each, str) and each[0] == "#" else each for each in self.elements)

    def read(self, item: Item, scope: Scope) -> Value | None:
        first, *rest = self.resolve(scope)
        value = item.get(str(first))
        for each in rest:
            if value is None:
                return None
            value = member(value, each)
        return value


@dataclass(frozen=True, slots=True)
class Literal:
    token: str

    def read(self, _: Item, scope: Scope) -> Value | None:
        return scope.values[self.token]


@dataclass(frozen=True, slots=True)
class Size:
    path: Path

    def read(self, item: Item, scope: Scope) -> Value | None:
        value = self.path.read(item, scope)
        if value is None:
            return None
        [(kind, content)] = value.items()
        if kind in ("N", "BOOL", "NULL"):
            return None
        return {"N": str(len(content.encode() if kind == "S" else content))}


Operand = Path | Literal | Size


def member(value: Value, element: str | int) -> Value | None:
    if isinstance(element, int):
        members: list[Value] = value.get("L", [])
        return members[element] if element < len(members) else None
    found: Value | None = value.get("M", {}).get(element)
    return found


Condition = Callable[[Item, Scope], bool]


@dataclass(frozen=True, slots=True)
class Comparison:
    sign: str
    left: Operand
    right: Operand

    def __call__(self, item: Item, scope: Scope) -> bool:
        left, right = self.left.read(item, scope), self.right.read(item, scope)
        if self.sign == "=":
            return left is not None and left == right
        if self.sign == "<>":
            return left != right  # a missing attribute differs from any value
        return _ordered(self.sign, left, right)


@dataclass(frozen=True, slots=True)
class Between:
    operand: Operand
    low: Operand
    high: Operand

    def __call__(self, item: Item, scope: Scope) -> bool:
        value = self.operand.read(item, scope)
        return _ordered(">=", value, self.low.read(item, scope)) and _ordered("<=", value, self.high.read(item, scope))


@dataclass(frozen=True, slots=True)
class OneOf:
    operand: Operand
    options: tuple[Operand, ...]

    def __call__(self, item: Item, scope: Scope) -> bool:
        value = self.operand.read(item, scope)
        return value is not None and any(option.read(item, scope) == value for option in self.options)


@dataclass(frozen=True, slots=True)
class Probe:
    """A function: attribute_exists and its like."""

    name: str
    operand: Operand
    argument: Operand | None = None

    def __call__(self, item: Item, scope: Scope) -> bool:
        value = self.operand.read(item, scope)
        if self.name == "attribute_exists":
            return value is not None
        if self.name == "attribute_not_exists":
            return value is None
        argument = self.argument.read(item, scope) if self.argument else None
        if value is None or argument is None:
            return False
        if self.name == "attribute_type":
            return argument.get("S") in value
        return _begins_with(value, argument) if self.name == "begins_with" else _contains(value, argument)


@dataclass(frozen=True, slots=True)
class Not:
    condition: Condition

    def __call__(self, item: Item, scope: Scope) -> bool:
        return not self.condition(item, scope)


@dataclass(frozen=True, slots=True)
class All:
    conditions: tuple[Condition, ...]

    def __call__(self, item: Item, scope: Scope) -> bool:
        return all(condition(item, scope) for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class Some:
    conditions: tuple[Condition, ...]

    def __call__(self, item: Item, scope: Scope) -> bool:
        return any(condition(item, scope) for condition in self.conditions)


def _ordered(sign: str, left: Value | None, right: Value | None) -> bool:
    if left is None or right is None or left.keys() != right.keys():
        return False
    low, high = comparable(left), comparable(right)
    if low is None:
        return False
    if sign == "<":
        return bool(low < high)
    if sign == "<=":
        return bool(low <= high)
    return bool(low > high) if sign == ">" else bool(low >= high)


def _begins_with(value: Value, prefix: Value) -> bool:
    return any(kind in value and kind in prefix and value[kind].startswith(prefix[kind]) for kind in ("S", "B"))


def _contains(value: Value, wanted: Value) -> bool:
    [(kind, content)] = value.items()
    if kind in ("S", "B"):
        return kind in wanted and wanted[kind] in content
    if kind == "L":
        return wanted in content
    return kind in ("SS", "NS", "BS") and wanted.get(kind[0]) in content
