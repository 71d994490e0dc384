"""Updates of an item: the tree that ``expressions`` parses them into, and what it makes of an item."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.simulation.attribute_values import EXACT, InvalidRequest, Item, Value, copied, normalized, number
from tests.simulation.conditions import Literal, Path, Scope, member


@dataclass(frozen=True, slots=True)
class IfNotExists:
    path: Path
    default: "Term"

    def read(self, item: Item, scope: Scope) -> Value | None:
        value = self.path.read(item, scope)
        return self.default.read(item, scope) if value is None else value


@dataclass(frozen=True, slots=True)
class ListAppend:
    first: "Term"
    second: "Term"

    def read(self, item: Item, scope: Scope) -> Value | None:
        lists = [_existing(term, item, scope) for term in (self.first, self.second)]
        if not all("L" in each for each in lists):
            raise InvalidRequest("Incorrect operand type for operator or function; operator or function: list_append")
        return {"L": [*lists[0]["L"], *lists[1]["L"]]}


@dataclass(frozen=True, slots=True)
class Sum:
    sign: str
    left: "Term"
    right: "Term"

    def read(self, item: Item, scope: Scope) -> Value | None:
        left, right = _existing(self.left, item, scope), _existing(self.right, item, scope)
        if "N" not in left or "N" not in right:
            raise InvalidRequest(f"Incorrect operand type for operator or function; operator or function: {self.sign}")
        combine = EXACT.add if self.sign == "+" else EXACT.subtract
        return {"N": number(combine(Decimal(left["N"]), Decimal(right["N"])))}


Term = Path | Literal | IfNotExists | ListAppend | Sum


@dataclass(frozen=True, slots=True)
class Action:
    """One action of one clause; ``term`` is what SET sets and what ADD and DELETE take."""

    clause: str
    path: Path
    term: Term | None = None


@dataclass(frozen=True, slots=True)
class Update:
    actions: tuple[Action, ...]

    def __call__(self, item: Item, scope: Scope) -> Item:
        """The item as updated; the one given stays as it is. All operands are read from that one."""
        targets = [action.path.resolve(scope) for action in self.actions]
        _require_apart(targets)
        terms = [_existing(action.term, item, scope) if action.term else None for action in self.actions]
        updated: Item = copied(item)
        steps = list(zip(self.actions, targets, terms, strict=True))
        for action, target, term in steps:
            if action.clause == "SET":
                _place(updated, target, copied(term))
            elif action.clause == "ADD":
                assert term
                _place(updated, target, _added(_at(item, target), term))
            elif action.clause == "DELETE":
                assert term
                _subtract(updated, target, term)
        removals = [target for action, target, _ in steps if action.clause == "REMOVE"]
        for target in sorted(removals, key=_last_index, reverse=True):  # from behind, so that indexes stay true
            _remove(updated, target)
        return updated

    def touches(self, names: frozenset[str], scope: Scope) -> str | None:
        """The first of these attributes that the update would change."""
        return next((str(first) for first, *_ in (a.path.resolve(scope) for a in self.actions) if first in names), None)


def _existing(term: Term, item: Item, scope: Scope) -> Value:
    value = term.read(item, scope)
    if value is None:
        raise InvalidRequest("The provided expression refers to an attribute that does not exist in the item")
    return value


def _at(item: Item, target: tuple[str | int, ...]) -> Value | None:
    return Path(target).read(item, _NO_SCOPE)


_NO_SCOPE = Scope(None, None)


def _parent(item: Item, target: tuple[str | int, ...]) -> Any:
    """The dict or list that the target's last element is in; None where there is none of the right type."""
    holder = {"M": item}
    for each in target[:-1]:
        found = member(holder, each)
        if found is None:
            return None
        holder = found
    return holder.get("L" if isinstance(target[-1], int) else "M")


def _place(item: Item, target: tuple[str | int, ...], value: Value) -> None:
    parent, last = _parent(item, target), target[-1]
    if parent is None:
        raise InvalidRequest("The document path provided in the update expression is invalid for update")
    if isinstance(last, int) and last >= len(parent):
        parent.append(value)
    else:
        parent[last] = value


def _remove(item: Item, target: tuple[str | int, ...]) -> None:
    parent, last = _parent(item, target), target[-1]
    if parent is None:
        if len(target) > 1:
            raise InvalidRequest("The document path provided in the update expression is invalid for update")
    elif isinstance(last, int):
        del parent[last : last + 1]
    else:
        parent.pop(last, None)


def _last_index(target: tuple[str | int, ...]) -> int:
    return target[-1] if isinstance(target[-1], int) else -1


def _added(old: Value | None, term: Value) -> Value:
    [(kind, content)] = term.items()
    if kind not in ("N", "SS", "NS", "BS"):
        raise InvalidRequest(f"Incorrect operand type for operator or function; operator: ADD, operand type: {kind}")
    if old is None:
        return copied(term)  # type: ignore[no-any-return]
    if kind not in old:
        raise InvalidRequest("An operand in the update expression has an incorrect data type")
    if kind == "N":
        return {"N": number(EXACT.add(Decimal(old["N"]), Decimal(content)))}
    return normalized({kind: list({*old[kind], *content})})


def _subtract(item: Item, target: tuple[str | int, ...], term: Value) -> None:
    [(kind, content)] = term.items()
    if kind not in ("SS", "NS", "BS"):
        raise InvalidRequest(f"Incorrect operand type for operator or function; operator: DELETE, operand type: {kind}")
    if len(target) > 1 and _parent(item, target) is None:
        raise InvalidRequest("The document path provided in the update expression is invalid for update")
    old = _at(item, target)
    if old is None:
        return
    if kind not in old:
        raise InvalidRequest("An operand in the update expression has an incorrect data type")
    left = [each for each in old[kind] if each not in content]
    if left:
        _place(item, target, {kind: left})
    else:
        _remove(item, target)


def _require_apart(targets: list[tuple[str | int, ...]]) -> None:
    for index, one in enumerate(targets):
        for other in targets[index + 1 :]:
            shorter = min(len(one), len(other))
            if one[:shorter] == other[:shorter]:
                raise InvalidRequest(
                    "Two document paths overlap with each other; must remove or rewrite one of these paths; "
                    f"path one: {list(one)}, path two: {list(other)}"
                )
