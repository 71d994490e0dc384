"""DynamoDB's expressions: parsed once, evaluated on items of attribute values.

Conditions, filters, key conditions:

    condition   = any;  any = all {OR all};  all = each {AND each};  each = NOT each | ( condition ) | test
    test        = operand (= | <> | < | <= | > | >=) operand
                | operand BETWEEN operand AND operand | operand IN ( operand {, operand} )
                | attribute_exists(path) | attribute_not_exists(path) | attribute_type(path, :value)
                | begins_with(operand, operand) | contains(operand, operand)
    operand     = path | :value | size(path)

Updates, each clause at most once:

    SET path = sum {, ...}      sum = term [(+ | -) term]
                                term = path | :value | if_not_exists(path, term) | list_append(term, term)
    REMOVE path {, ...}         ADD path :value {, ...}         DELETE path :value {, ...}

    path        = name {. name | [ index ]};  name is #placeholder or, unless DynamoDB reserves it, the name itself

Whatever is outside this grammar raises InvalidRequest, as does what DynamoDB refuses while evaluating.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NoReturn

from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from tests.simulation.attribute_values import InvalidRequest
from tests.simulation.conditions import (
    All,
    Between,
    Comparison,
    Condition,
    Literal,
    Not,
    OneOf,
    Operand,
    Path,
    Probe,
    Size,
    Some,
)
from tests.simulation.updates import Action, IfNotExists, ListAppend, Sum, Term, Update

_TOKEN = re.compile(r"\s*(?:([#:]?[A-Za-z_0-9]+)|(<>|<=|>=|[=<>()\[\],.+-]))")
_RESERVED = frozenset(word.upper() for word in ReservedKeywords.get_reserved_keywords())
_CLAUSES = ("SET", "REMOVE", "ADD", "DELETE")


@dataclass(frozen=True)
class Parsed:
    """An expression, and the placeholders in it."""

    tree: Any
    placeholders: frozenset[str] = field(compare=False)


@lru_cache(maxsize=4_096)
def condition(text: str) -> Parsed:
    """Parse a condition, filter or key condition. Raises InvalidRequest."""
    parser = _Parser(text)
    tree = parser.any()
    parser.end()
    return Parsed(tree, frozenset(parser.placeholders))


@lru_cache(maxsize=4_096)
def update(text: str) -> Parsed:
    """Parse an update expression. Raises InvalidRequest."""
    parser = _Parser(text)
    tree = parser.update()
    parser.end()
    return Parsed(tree, frozenset(parser.placeholders))


@lru_cache(maxsize=4_096)
def projection(text: str) -> Parsed:
    """Parse a projection: paths, of which only top-level attributes are supported."""
    parser = _Parser(text)
    paths = parser.listed(parser.path)
    parser.end()
    if any(len(path.elements) > 1 for path in paths):
        raise NotImplementedError("a projection of nested paths")
    return Parsed(tuple(paths), frozenset(parser.placeholders))


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self.placeholders: set[str] = set()
        self._tokens: list[str] = []
        self._next = 0
        self._group_found = (-1, -1)  # the tokens inside the parentheses that were closed last
        position = 0
        while position < len(text.rstrip()):
            match = _TOKEN.match(text, position)
            if not match:
                self._fail(text[position:].split()[0])
            self._tokens.append(match[1] or match[2])
            position = match.end()

    # conditions

    def any(self) -> Condition:
        conditions = [self.all()]
        while self._takes("OR"):
            conditions.append(self.all())
        return conditions[0] if len(conditions) == 1 else Some(tuple(conditions))

    def all(self) -> Condition:
        conditions = [self.each()]
        while self._takes("AND"):
            conditions.append(self.each())
        return conditions[0] if len(conditions) == 1 else All(tuple(conditions))

    def each(self) -> Condition:
        if self._takes("NOT"):
            return Not(self.each())
        if self._takes("("):
            return self._group()
        if self._peek(1) == "(" and self._peek() in _TESTS:
            return self._test()
        left = self._operand()
        if self._takes("BETWEEN"):
            low = self._operand()
            self._expect("AND")
            return Between(left, low, self._operand())
        if self._takes("IN"):
            self._expect("(")
            options = self.listed(self._operand)
            self._expect(")")
            return OneOf(left, tuple(options))
        sign = self._take()
        if sign not in ("=", "<>", "<", "<=", ">", ">="):
            self._fail(sign)
        return Comparison(sign, left, self._operand())

    def _group(self) -> Condition:
        first = self._next
        inner = self.any()
        if self._group_found == (first + 1, self._next - 1):
            raise InvalidRequest("The expression has redundant parentheses;")
        self._group_found = (first, self._next)
        self._expect(")")
        return inner

    def _test(self) -> Condition:
        name = self._take()
        self._expect("(")
        operand = self._operand() if _TESTS[name] == "operand" else self.path()
        argument = None
        if name not in ("attribute_exists", "attribute_not_exists"):
            self._expect(",")
            argument = self._operand()
        self._expect(")")
        return Probe(name, operand, argument)

    def _operand(self) -> Operand:
        if self._peek() == "size" and self._peek(1) == "(":
            self._take()
            self._expect("(")
            path = self.path()
            self._expect(")")
            return Size(path)
        return self._literal() or self.path()

    # updates

    def update(self) -> Update:
        actions: list[Action] = []
        seen: set[str] = set()
        while (clause := self._peek().upper()) in _CLAUSES:
            self._take()
            if clause in seen:
                raise InvalidRequest(
                    f'Invalid UpdateExpression: The "{clause}" section can only be used once in an update expression;'
                )
            seen.add(clause)
            actions += self.listed(lambda clause=clause: self._action(clause))  # type: ignore[misc]
        if not actions:
            self._fail(self._peek() or "<EOF>")
        return Update(tuple(actions))

    def _action(self, clause: str) -> Action:
        path = self.path()
        if clause == "REMOVE":
            return Action(clause, path)
        if clause == "SET":
            self._expect("=")
            return Action(clause, path, self._sum())
        literal = self._literal()
        if literal is None:
            self._fail(self._peek())
        return Action(clause, path, literal)

    def _sum(self) -> Term:
        left = self._term()
        if self._peek() in ("+", "-"):
            return Sum(self._take(), left, self._term())
        return left

    def _term(self) -> Term:
        if self._peek(1) == "(" and self._peek() in ("if_not_exists", "list_append"):
            name = self._take()
            self._expect("(")
            term: Term
            if name == "if_not_exists":
                path = self.path()
                self._expect(",")
                term = IfNotExists(path, self._term())
            else:
                first = self._term()
                self._expect(",")
                term = ListAppend(first, self._term())
            self._expect(")")
            return term
        return self._literal() or self.path()

    # paths and tokens

    def path(self) -> Path:
        elements: list[str | int] = [self._name()]
        while self._peek() in (".", "["):
            if self._take() == ".":
                elements.append(self._name())
            else:
                index = self._take()
                if not index.isdecimal():
                    self._fail(index)
                elements.append(int(index))
                self._expect("]")
        return Path(tuple(elements))

    def _name(self) -> str:
        token = self._take()
        if token[:1] == "#":
            self.placeholders.add(token)
        elif not re.fullmatch(r"[A-Za-z_]\w*", token, re.ASCII):
            self._fail(token)
        elif token.upper() in _RESERVED:
            raise InvalidRequest(f"Attribute name is a reserved keyword; reserved keyword: {token}")
        return token

    def _literal(self) -> Literal | None:
        if self._peek()[:1] != ":":
            return None
        token = self._take()
        self.placeholders.add(token)
        return Literal(token)

    def listed[Part](self, part: Callable[[], Part]) -> list[Part]:
        parts = [part()]
        while self._takes(","):
            parts.append(part())
        return parts

    def end(self) -> None:
        if self._peek():
            self._fail(self._peek())

    def _peek(self, ahead: int = 0) -> str:
        place = self._next + ahead
        return self._tokens[place] if place < len(self._tokens) else ""

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


_TESTS = {
    "attribute_exists": "path",
    "attribute_not_exists": "path",
    "attribute_type": "path",
    "begins_with": "operand",
    "contains": "operand",
}
