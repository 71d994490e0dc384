"""DynamoDB's expressions, as far as the tables speak them: parsed once, evaluated on items of attribute values.

    condition   = all {OR all};  all = each {AND each};  each = NOT each | ( condition ) | test
    test        = operand (= | <> | < | <= | > | >=) operand
                | operand BETWEEN operand AND operand | operand IN ( operand {, operand} )
                | attribute_exists(path) | attribute_not_exists(path)
    operand     = path | :value | size(path), in conditions

    update      = clauses, each at most once: SET path = sum {, ...} and REMOVE path {, ...}
    sum         = term [(+ | -) term]
    term        = path | :value | if_not_exists(path, term) | list_append(term, term)

    path        = name {. name};  name is #placeholder or, unless DynamoDB reserves it, the name itself

Whatever is outside this grammar raises InvalidRequest, as does what DynamoDB refuses while evaluating.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import combinations
from typing import Any, NoReturn

from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from tests.support.attribute_values import EXACT, InvalidRequest, Item, Value, comparable, normalized, number, require

_TOKEN = re.compile(r"\s*(?:([#:]?\w+)|(<>|<=|>=|[=<>(),.+-]))", re.ASCII)
_RESERVED = frozenset(word.upper() for word in ReservedKeywords.get_reserved_keywords())
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}

# the mutants do without this help of DynamoDB's, which would notice many of them for us
refuses_what_is_unused = True


@dataclass(frozen=True, slots=True)
class Path:
    """A document path; its names are still as they are written."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """An operator or function and its operands: a Path, the name of a :value, or another Term."""

    operator: str
    operands: tuple[Any, ...]


class Scope:
    """The placeholders of one request, and which of them its expressions have used."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self.names: Mapping[str, str] = request.get("ExpressionAttributeNames", {})
        values = request.get("ExpressionAttributeValues", {})
        self.values = {name: normalized(value) for name, value in values.items()}
        self._unused = self.names.keys() | self.values.keys()

    def admit(self, parsed: "Parsed") -> Any:
        """The tree of an expression, whose placeholders must be defined."""
        for token in parsed.placeholders:
            defined = token in (self.names if token[0] == "#" else self.values)
            require(defined, f"An expression attribute value used in expression is not defined: {token}")
        self._unused -= parsed.placeholders
        return parsed.tree

    def require_all_used(self) -> None:
        unused = sorted(self._unused) if refuses_what_is_unused else []
        require(not unused, f"Value provided in expression attributes unused: keys: {unused}")

    def resolve(self, path: Path) -> tuple[str, ...]:
        return tuple(self.names[name] if name[0] == "#" else name for name in path.names)

    def read(self, operand: Any, item: Item) -> Value | None:
        """What a Path or a :value is in an item."""
        if isinstance(operand, Term):
            return _size(self.read(operand.operands[0], item))
        if not isinstance(operand, Path):
            return self.values[operand]
        first, *rest = self.resolve(operand)
        value = item.get(first)
        for name in rest:
            value = value.get("M", {}).get(name) if value else None
        return value


@dataclass(frozen=True)
class Parsed:
    """An expression, and the placeholders in it."""

    tree: Any
    placeholders: frozenset[str]


@lru_cache(maxsize=4_096)
def condition(text: str) -> Parsed:
    """Parse a condition, filter or key condition: a Term."""
    parser = _Parser(text)
    tree = parser.any()
    return parser.parsed(tree)


@lru_cache(maxsize=4_096)
def update(text: str) -> Parsed:
    """Parse an update: a list of (path, what it becomes; None: it is removed)."""
    parser = _Parser(text)
    tree = parser.update()
    return parser.parsed(tree)


# ---------------------------------------------------------------------------------------------------------- evaluation


def holds(condition: Term, item: Item, scope: Scope) -> bool:
    """Whether a condition holds of an item; ``{}`` is one that is not there."""
    operator, operands = condition.operator, condition.operands
    match operator:
        case "OR":
            return any(holds(each, item, scope) for each in operands)
        case "AND":
            return all(holds(each, item, scope) for each in operands)
        case "NOT":
            return not holds(operands[0], item, scope)
    first, *others = (scope.read(operand, item) for operand in operands)
    match operator:
        case "attribute_exists":
            return first is not None
        case "attribute_not_exists":
            return first is None
        case "=" | "IN":
            return first is not None and first in others
        case "<>":
            return first not in others  # a missing attribute differs from any value
        case "BETWEEN":
            low, high = others
            return _ordered(">=", first, low) and _ordered("<=", first, high)
    return _ordered(operator, first, others[0])


def _size(value: Value | None) -> Value | None:
    """How many entries a map or a list has. DynamoDB knows the sizes of other types; nobody here asks for them."""
    entries = (value or {}).get("M", (value or {}).get("L"))
    return None if entries is None else {"N": str(len(entries))}


def _ordered(sign: str, left: Value | None, right: Value | None) -> bool:
    if left is None or right is None or left.keys() != right.keys() or comparable(left) is None:
        return False
    return _COMPARE[sign](comparable(left), comparable(right))


def updated(actions: list[tuple[Path, Any]], item: Item, scope: Scope) -> Item:
    """The item after an update; the one given stays as it is, and all operands are read from that one."""
    targets = [scope.resolve(path) for path, _ in actions]
    for one, other in combinations(targets, 2):
        shorter = min(len(one), len(other))
        require(one[:shorter] != other[:shorter], f"Two document paths overlap with each other; {one} and {other}")
    values = [None if term is None else _value(term, item, scope) for _, term in actions]
    after = dict(item)
    for target, value in zip(targets, values, strict=True):
        _put(after, target, value)
    return after


def _put(item: Item, target: tuple[str, ...], value: Value | None) -> None:
    parent: Any = item
    for name in target[:-1]:
        require(
            "M" in parent.get(name, {}), "The document path provided in the update expression is invalid for update"
        )
        parent[name] = {"M": dict(parent[name]["M"])}  # what is kept is never changed in place
        parent = parent[name]["M"]
    if value is None:
        parent.pop(target[-1], None)
    else:
        parent[target[-1]] = value


def _value(term: Any, item: Item, scope: Scope) -> Value:
    if not isinstance(term, Term):
        value = scope.read(term, item)
        require(value is not None, "The provided expression refers to an attribute that does not exist in the item")
        assert value is not None
        return value
    first, second = term.operands
    if term.operator == "if_not_exists":
        return scope.read(first, item) or _value(second, item, scope)
    kind = "L" if term.operator == "list_append" else "N"
    left, right = _value(first, item, scope), _value(second, item, scope)
    fit = left.keys() == right.keys() == {kind}
    require(fit, f"Incorrect operand type for operator or function; operator or function: {term.operator}")
    if kind == "L":
        return {"L": [*left["L"], *right["L"]]}
    combine = EXACT.add if term.operator == "+" else EXACT.subtract
    return {"N": number(combine(Decimal(left["N"]), Decimal(right["N"])))}


# -------------------------------------------------------------------------------------------------------------- parsing


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._placeholders: set[str] = set()
        self._tokens: list[str] = []
        self._next = 0
        self._group = (-1, -1)  # the tokens inside the parentheses that were closed last
        position = 0
        while position < len(text.rstrip()):
            match = _TOKEN.match(text, position)
            if not match:
                self._fail(text[position:].split()[0])
            self._tokens.append(match[1] or match[2])
            position = match.end()

    def parsed(self, tree: Any) -> Parsed:
        if self._peek():
            self._fail(self._peek())
        return Parsed(tree, frozenset(self._placeholders))

    def any(self) -> Term:
        return self._joined("OR", lambda: self._joined("AND", self._each))

    def update(self) -> list[tuple[Path, Any]]:
        actions: list[tuple[Path, Any]] = []
        seen: set[str] = set()
        while (clause := self._peek().upper()) in ("SET", "REMOVE"):
            self._take()
            require(clause not in seen, f'The "{clause}" section can only be used once in an update expression;')
            seen.add(clause)
            actions += self._listed(self._assignment if clause == "SET" else lambda: (self._path(), None))
        if not actions:
            self._fail(self._peek() or "<EOF>")
        return actions

    def _joined(self, operator: str, part: Callable[[], Term]) -> Term:
        parts = [part()]
        while self._takes(operator):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Term(operator, tuple(parts))

    def _each(self) -> Term:
        if self._takes("NOT"):
            return Term("NOT", (self._each(),))
        if self._takes("("):
            return self._grouped()
        if self._peek() in ("attribute_exists", "attribute_not_exists"):
            name = self._take()
            self._expect("(")
            path = self._path()
            self._expect(")")
            return Term(name, (path,))
        left: Any = self._operand() if self._peek() != "size" else self._of_size()
        operator = self._take().upper()
        if operator == "BETWEEN":
            low = self._operand()
            self._expect("AND")
            return Term(operator, (left, low, self._operand()))
        if operator == "IN":
            self._expect("(")
            options = self._listed(self._operand)
            self._expect(")")
            return Term(operator, (left, *options))
        if operator not in {"=", "<>", *_COMPARE}:
            self._fail(operator)
        return Term(operator, (left, self._operand()))

    def _of_size(self) -> Term:
        self._take()
        self._expect("(")
        path = self._path()
        self._expect(")")
        return Term("size", (path,))

    def _grouped(self) -> Term:
        first = self._next
        inner = self.any()
        require(self._group != (first + 1, self._next - 1), "The expression has redundant parentheses;")
        self._group = (first, self._next)
        self._expect(")")
        return inner

    def _assignment(self) -> tuple[Path, Any]:
        path = self._path()
        self._expect("=")
        left = self._term()
        return path, Term(self._take(), (left, self._term())) if self._peek() in ("+", "-") else left

    def _term(self) -> Any:
        if self._peek() not in ("if_not_exists", "list_append"):
            return self._operand()
        name = self._take()
        self._expect("(")
        first = self._path() if name == "if_not_exists" else self._term()
        self._expect(",")
        second = self._term()
        self._expect(")")
        return Term(name, (first, second))

    def _operand(self) -> Path | str:
        if self._peek()[:1] != ":":
            return self._path()
        token = self._take()
        self._placeholders.add(token)
        return token

    def _path(self) -> Path:
        names = [self._name()]
        while self._takes("."):
            names.append(self._name())
        return Path(tuple(names))

    def _name(self) -> str:
        token = self._take()
        if token[0] == "#":
            self._placeholders.add(token)
        elif not re.match(r"[A-Za-z_]", token):
            self._fail(token)
        require(token.upper() not in _RESERVED, f"Attribute name is a reserved keyword; reserved keyword: {token}")
        return token

    def _listed[Part](self, part: Callable[[], Part]) -> list[Part]:
        parts = [part()]
        while self._takes(","):
            parts.append(part())
        return parts

    def _peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        if not token:
            self._fail("<EOF>")
        self._next += 1
        return token

    def _takes(self, token: str) -> bool:
        found = self._peek().upper() == token
        self._next += found
        return found

    def _expect(self, token: str) -> None:
        if not self._takes(token):
            self._fail(self._peek() or "<EOF>")

    def _fail(self, token: str) -> NoReturn:
        raise InvalidRequest(f'Invalid expression: Syntax error; token: "{token}", expression: "{self._text}"')
