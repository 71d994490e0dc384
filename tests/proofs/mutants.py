"""Mutants of the rules, of the conditional writes and of the claim code, all of them made by program.

A mutant is one module with one small thing changed: an operator, an operand, a clause, a status, a bound, a branch.
Inside strings, DynamoDB's expressions are changed as what they are. Nothing here imports the service's code.
"""

import ast
import functools
import re
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from local.cloud import ROOT

PACKAGE = ROOT / "layers" / "order_cancellation" / "order_cancellation"

A_TABLE = 16  # a set of so many is data: a test of one of them is like that of another
ROUND = 1000  # a bound from here on is a round number: one more or less of it is the same bound
_STATUS_NAMES = ("RECEIVED", "ALLOCATED", "PICKING", "PICKED_PACKED", "SHIPPED", "DELIVERED", "CANCELLED")
_SUMMARY_STATUSES = ("pending", "sent", "delivered", "bounced", "parked")
_RETURN_VALUES = {"ALL_NEW": "NONE", "ALL_OLD": "NONE"}
_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_EXPRESSION = re.compile(r"SET |REMOVE |attribute_|[#:][a-z_]+|<=")
_TOKEN = re.compile(r"[#:]?[A-Za-z_][A-Za-z0-9_]*|<>|<=|>=|[=<>]")
_KEYWORDS = frozenset(
    {"SET", "REMOVE", "AND", "OR", "NOT", "IN", "if_not_exists", "list_append", "attribute_exists"}
    | {"attribute_not_exists"}
)


@dataclass(frozen=True)
class Mutant:
    """``name`` says what was changed and where; ``source`` is the whole module after it.

    ``line`` is where it was changed in a function, or 0. ``around`` are the lines of its function; of a constant, those
    that use it, in whatever module.
    """

    name: str
    module: str
    source: str
    line: int = 0
    around: Sequence[tuple[str, int]] = ()


def path_of(module: str) -> Path:
    if module.startswith("functions."):
        return ROOT.joinpath(*module.split("."), "app.py")
    return PACKAGE.joinpath(*module.split(".")).with_suffix(".py")


def modules() -> Sequence[str]:
    """Every module of the layer, and every function."""
    layer = [path.relative_to(PACKAGE).with_suffix("") for path in PACKAGE.rglob("*.py")]
    functions = [path.parent.relative_to(ROOT) for path in (ROOT / "functions").glob("*/app.py")]
    return sorted(".".join(path.parts) for path in (*layer, *functions))


def every(of: Sequence[str] = ()) -> list[Mutant]:
    """All mutants, or those of some modules, always in the same order."""
    found: dict[str, Mutant] = {}
    for module in of or modules():
        for mutant in _of_module(module, path_of(module).read_text()):
            name, number = mutant.name, 2
            while name in found:
                name, number = f"{mutant.name} ({number})", number + 1
            found[name] = replace(mutant, name=name)
    return list(found.values())


Put = Callable[[ast.AST], None]


def _of_module(module: str, source: str) -> Iterator[Mutant]:
    tree, lines = ast.parse(source), source.splitlines()
    for where, root in _roots(tree):
        original, around = ast.unparse(root), _around(module, root, where)
        for node, put in _places(root):
            for what, replacement in _changes(node):
                put(replacement)
                changed = ast.unparse(ast.fix_missing_locations(root))
                put(node)
                if changed != original:
                    text = _spliced(lines, root, changed)
                    line = getattr(node, "lineno", 0) if isinstance(root, ast.FunctionDef) else 0
                    yield Mutant(f"{module}.{where}: {what}", module, text, line, around)


def _spliced(lines: Sequence[str], root: ast.stmt, changed: str) -> str:
    decorators = root.decorator_list if isinstance(root, ast.FunctionDef) else []
    begins = min([root.lineno, *(each.lineno for each in decorators)]) - 1
    indented = textwrap.indent(changed, " " * root.col_offset)
    return "\n".join([*lines[:begins], indented, *lines[root.end_lineno or root.lineno :], ""])


def _around(module: str, root: ast.stmt, name: str) -> Sequence[tuple[str, int]]:
    if isinstance(root, ast.FunctionDef):
        return [(module, line) for line in range(root.lineno + 1, (root.end_lineno or root.lineno) + 1)]
    return _uses()[name]


@functools.cache
def _uses() -> Mapping[str, Sequence[tuple[str, int]]]:
    """By name: the modules and lines where it is used, its own module's or another's."""
    uses: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for module in modules():
        for node in ast.walk(ast.parse(path_of(module).read_text())):
            match node:
                case ast.Name(id=name, lineno=line) | ast.Attribute(attr=name, lineno=line):
                    uses[name].append((module, line))
    return uses


def _roots(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """Functions, methods, and constants. A class's fields are no code."""
    for node in tree.body:
        match node:
            case ast.ClassDef():
                yield from ((method.name, method) for method in node.body if isinstance(method, ast.FunctionDef))
            case ast.FunctionDef(name=name):
                yield name, node
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name, node


def _places(root: ast.AST) -> Iterator[tuple[ast.AST, Put]]:
    """Every node below the root that may be replaced, with what puts another in its place. No docstrings, no types."""
    for field, value in ast.iter_fields(root):
        if field in {"annotation", "returns", "decorator_list", "type_params"}:
            continue
        children = value if isinstance(value, list) else [value]
        for index, child in enumerate(children):
            if not isinstance(child, ast.AST) or _is_docstring(child) or _is_type(child) or _is_idle(child):
                continue
            yield child, _putter(root, field, index if isinstance(value, list) else None)
            if not _is_status_set(child):
                yield from _places(child)


def _putter(parent: ast.AST, field: str, index: int | None) -> Put:
    def put(node: ast.AST) -> None:
        if index is None:
            setattr(parent, field, node)
        else:
            getattr(parent, field)[index] = node

    return put


def _is_status_set(node: ast.AST) -> bool:
    """``frozenset()`` or ``frozenset({PICKING, ...})``: a row of the transition table."""
    match node:
        case ast.Call(func=ast.Name(id="frozenset"), args=[]):
            return True
        case ast.Call(func=ast.Name(id="frozenset"), args=[ast.Set(elts=elements)]):
            return all(isinstance(element, ast.Name) for element in elements)
    return False


def _is_type(node: ast.AST) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Literal"


def _is_idle(node: ast.AST) -> bool:
    """How long a client waits for an answer: no test waits so long. Or whether an item that nobody reads comes back."""
    return isinstance(node, ast.keyword) and ((node.arg or "").endswith("_timeout") or node.arg == "returning")


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            for other in _COMPARISONS.get(type(operator), ()):
                changed = ast.Compare(left, [other()], [right])
                yield f"{ast.unparse(node)} -> {ast.unparse(changed)}", changed
        case ast.BoolOp(op=operator, values=values):
            swapped = ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values)
            yield f"{ast.unparse(node)} -> {ast.unparse(swapped)}", swapped
            for index, value in enumerate(values):
                kept = [*values[:index], *values[index + 1 :]]
                without = kept[0] if len(kept) == 1 else ast.BoolOp(operator, kept)
                yield f"{ast.unparse(node)} without {ast.unparse(value)}", without
        case ast.If(test=test) | ast.While(test=test):
            if not isinstance(test, ast.Compare | ast.BoolOp | ast.Constant):
                changed_statement = type(node)(_negated(test), node.body, node.orelse)
                yield f"if {ast.unparse(test)}: negated", changed_statement
        case ast.Expr(value=ast.Call() as call) if not _is_log(call):
            yield f"{ast.unparse(call)}: left out", ast.Pass()
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as operator, right=right):
            other_operator = ast.Sub() if isinstance(operator, ast.Add) else ast.Add()
            changed_sum = ast.BinOp(left, other_operator, right)
            if not isinstance(left, ast.Constant | ast.JoinedStr) and not isinstance(right, ast.JoinedStr):
                yield f"{ast.unparse(node)} -> {ast.unparse(changed_sum)}", changed_sum
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield f"{ast.unparse(node)}: the other way round", ast.IfExp(test, orelse, body)
        case ast.Call() if _is_status_set(node):
            yield from _toggled_statuses(node)
        case ast.Call(func=ast.Name(id="min" | "max" as name), args=arguments, keywords=keywords):
            other_name = {"min": "max", "max": "min"}[name]
            changed_call = ast.Call(ast.Name(other_name), arguments, keywords)
            yield f"{ast.unparse(node)} -> {other_name}", changed_call
        case ast.Set(elts=elements) if 1 < len(elements) < A_TABLE:
            for element in elements:
                kept_elements = [other for other in elements if other is not element]
                yield f"{ast.unparse(node)} without {ast.unparse(element)}", ast.Set(kept_elements)
        case ast.Name(id=name) if name in _STATUS_NAMES and isinstance(node.ctx, ast.Load):
            for other_status in _STATUS_NAMES:
                if other_status != name:
                    yield f"{name} -> {other_status}", ast.Name(other_status, ast.Load())
        case ast.Tuple(elts=[*elements]) if elements and all(_is_summary_status(element) for element in elements):
            yield from _toggled_summary_statuses(elements)
        case ast.Constant(value=bool(value)):
            yield f"{value} -> {not value}", ast.Constant(not value)
        case ast.Constant(value=int(value)):
            for number in (value - 1, value + 1) if abs(value) < ROUND else (value // 2, value * 2):
                yield f"{value} -> {number}", ast.Constant(number)
        case ast.Constant(value=str(text)):
            for what, changed_text in _changed_texts(text):
                yield what, ast.Constant(changed_text)


def _is_log(call: ast.Call) -> bool:
    """What is logged is for people, and so is an exception's text: no guarantee rests on them."""
    return ast.unparse(call.func).startswith(("logger.", "super().__init__"))


def _negated(test: ast.expr) -> ast.expr:
    return (
        test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else ast.UnaryOp(ast.Not(), test)
    )


def _toggled_statuses(call: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    """``frozenset({A, B})`` with one status more or less: every row of the transition table."""
    argument = call.args[0] if call.args else ast.Set([])
    assert isinstance(argument, ast.Set)
    names = [element.id for element in argument.elts if isinstance(element, ast.Name)]
    for status in _STATUS_NAMES:
        kept = [name for name in names if name != status] if status in names else [*names, status]
        elements: list[ast.expr] = [ast.Name(name, ast.Load()) for name in kept]
        changed = ast.Call(ast.Name("frozenset"), [ast.Set(elements)] if elements else [], [])
        yield f"{ast.unparse(call)} {'without' if status in names else 'with'} {status}", changed


def _is_summary_status(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value in _SUMMARY_STATUSES


def _toggled_summary_statuses(elements: Sequence[ast.expr]) -> Iterator[tuple[str, ast.AST]]:
    names = [str(element.value) for element in elements if isinstance(element, ast.Constant)]
    for status in _SUMMARY_STATUSES:
        kept = [name for name in names if name != status] if status in names else [*names, status]
        if kept:  # no condition can be made of no status
            changed = ast.Tuple([ast.Constant(name) for name in kept], ast.Load())
            yield f"{tuple(names)} {'without' if status in names else 'with'} {status}", changed


def _changed_texts(text: str) -> Iterator[tuple[str, str]]:
    if text in _RETURN_VALUES:
        yield f"{text} -> {_RETURN_VALUES[text]}", _RETURN_VALUES[text]
    elif text in _SUMMARY_STATUSES:
        for other in _SUMMARY_STATUSES:
            if other != text:
                yield f"{text!r} -> {other!r}", other
    elif "\\" in text:  # a pattern
        return
    elif (_EXPRESSION.search(text) and not text.startswith(("#", ":"))) or " = " in text or " IN " in text:
        yield from _changed_expressions(text)


def _changed_expressions(text: str) -> Iterator[tuple[str, str]]:
    is_update = "SET " in text or "REMOVE " in text or text.startswith(", ")
    operators = {"AND": ("OR",), "OR": ("AND",), "<=": ("<", ">="), "IN": (), "attribute_exists": (), "=": ()}
    operators["attribute_exists"] = ("attribute_not_exists",)
    operators["attribute_not_exists"] = ("attribute_exists",)
    if not is_update:
        operators["="] = ("<>",)
    tokens = list(_TOKEN.finditer(text))
    operands = [token[0] for token in tokens if token[0][0].isalpha() or token[0][0] in "#:_"]
    operands = [operand for operand in dict.fromkeys(operands) if operand not in _KEYWORDS]
    for token in tokens:
        others = operators.get(token[0], ())
        if token[0] in operands:
            others = tuple(other for other in operands if other != token[0] and _alike(other, token[0]))
            if is_update:  # an update has many operands: each is mistaken for the next of its kind
                behind = operands[operands.index(token[0]) :]
                others = tuple(other for other in (*behind, *operands) if other in others)[:1]
        for other in others:
            yield (
                f"{text!r}: {token[0]} at {token.start()} -> {other}",
                text[: token.start()] + other + text[token.end() :],
            )
    if " IN (" in text:
        yield f"{text!r}: negated", text.replace("#status IN (", "NOT #status IN (")
    if is_update:
        yield from _without_clauses(text)
    else:
        for joint in (" AND ", " OR "):
            parts = text.split(joint)
            for part in parts if len(parts) > 1 else ():
                yield f"{text!r} without {part}", joint.join(other for other in parts if other is not part)


def _alike(one: str, other: str) -> bool:
    """A value takes a value's place, an attribute an attribute's."""
    return one.startswith(":") == other.startswith(":")


def _without_clauses(text: str) -> Iterator[tuple[str, str]]:
    sets, _, removes = text.partition(" REMOVE ")
    lead = "SET " if sets.startswith("SET ") else ", " if sets.startswith(", ") else ""
    assignments = re.split(r", (?![^(]*\))", sets.removeprefix(lead).rstrip(", "))
    tail = ", " if sets.endswith(", ") else ""
    behind = f" REMOVE {removes}" if removes else ""
    for assignment in assignments if len(assignments) > 1 else ():
        kept = ", ".join(other for other in assignments if other is not assignment)
        yield f"{text!r} without {assignment}", f"{lead}{kept}{tail}{behind}"
    names = removes.split(", ") if removes else []
    for name in names:
        kept = ", ".join(other for other in names if other != name)
        yield f"{text!r} without REMOVE {name}", f"{sets} REMOVE {kept}" if kept else sets
