"""Rules that no general linter knows: who asks, whose order it is, and under which condition it is written.

    python -m scripts.security_rules

1. A route says first who asks: its first statement calls ``request.seller()`` or ``request.machine("a scope")``.
2. The seller comes from claims alone: a function reads of a request what its public methods give, and those that say
   who asks read nothing but the claims of API Gateway's authorizer.
3. Nothing is written to DynamoDB without a condition: one place updates, one makes transactions, nobody puts or
   deletes; an update without a condition says why, in a comment ``# no condition: …`` on its line.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
LAYER = "layers/order_cancellation/order_cancellation"
REQUEST = f"{LAYER}/http/request.py"

WHO_ASKS = {"seller", "machine", "actor"}
FROM_API_GATEWAY = {f"event['{member}']" for member in ("headers", "requestContext", "pathParameters", "body")}
CLAIMS = {"requestContext", "authorizer", "claims"}
WRITES = {"put_item", "delete_item", "update_item", "batch_write_item", "transact_write_items"} | {
    "execute_statement",
    "batch_execute_statement",
    "execute_transaction",
}
READS = {"query", "entries"}  # their condition says where to look
MAY_WRITE = {f"{LAYER}/tables/client.py": {"update_item"}, f"{LAYER}/tables/outbox.py": {"transact_write_items"}}

Found = tuple[int, str]


def faults(name: str, source: str) -> Iterator[Found]:
    """What breaks a rule in a file: the line, and what is wrong. ``name`` is its path in the repository."""
    module = ast.parse(source)
    if name.startswith("functions/"):
        yield from _routes(module)
    if name == REQUEST:
        yield from _who_asks(module)
    yield from _writes(name, module, source.splitlines())


def _routes(module: ast.Module) -> Iterator[Found]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef) and any(_called(each) == "api.route" for each in node.decorator_list):
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            asked = first.value if isinstance(first, ast.Assign | ast.Expr) else None
            if not _says_who(asked):
                yield first.lineno, f"{node.name} does not say first who asks"
            elif _called(asked) == "request.seller" and _names_a_seller_again(node):
                yield node.lineno, f"{node.name} takes a seller from elsewhere than the claims"
        if isinstance(node, ast.Attribute) and ast.unparse(node).startswith("request._"):
            yield node.lineno, "a function reads a request past its methods"
        if isinstance(node, ast.Subscript) and ast.unparse(node) in FROM_API_GATEWAY:
            yield node.lineno, "a function reads API Gateway's event itself"


def _says_who(call: ast.expr | None) -> bool:
    if _called(call) == "request.seller":
        return True
    return _called(call) == "request.machine" and isinstance(call, ast.Call) and isinstance(call.args[0], ast.Constant)


def _names_a_seller_again(route: ast.FunctionDef) -> bool:
    """Whether ``seller_id`` is assigned more than once, or asked of the path, the query or the body."""
    assigned = [node for node in ast.walk(route) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    texts = [node.value for node in ast.walk(route) if isinstance(node, ast.Constant)]
    return [node.id for node in assigned].count("seller_id") > 1 or "seller_id" in texts


def _who_asks(module: ast.Module) -> Iterator[Found]:
    for node in ast.walk(module):
        if not isinstance(node, ast.FunctionDef) or node.name not in WHO_ASKS | {"_claims"}:
            continue
        of_self = {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute) and _is_self(part.value)}
        may = {"_event"} if node.name == "_claims" else {"_claims"}
        if of_self - may:
            yield node.lineno, f"{node.name} reads {', '.join(sorted(of_self - may))}"
        texts = {part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and part.value}
        if node.name == "_claims" and texts - CLAIMS:
            yield node.lineno, f"_claims reads {sorted(map(str, texts - CLAIMS))}"


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _writes(name: str, module: ast.Module, lines: list[str]) -> Iterator[Found]:
    conditions = {  # the functions that are handed the condition of a write, and its place
        node.name: [argument.arg for argument in node.args.args].index("condition")
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef)
        and node.name not in READS
        and "condition" in [argument.arg for argument in node.args.args]
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and node.attr in WRITES - MAY_WRITE.get(name, set()):
            yield node.lineno, f"{node.attr} is not for here"
        if not isinstance(node, ast.Call) or "# no condition: " in lines[(node.end_lineno or node.lineno) - 1]:
            continue
        called = _called(node).rpartition(".")[2]
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        condition = given.get("condition")
        if called in conditions and condition is None:
            place = conditions[called] - (isinstance(node.func, ast.Attribute))
            condition = node.args[place] if place < len(node.args) else None
            if condition is None:
                yield node.lineno, f"{called} without a condition"
                continue
        elif called == "update" and condition is None and "/tables/" in name:
            yield node.lineno, "an update without a condition"
            continue
        if isinstance(condition, ast.Constant) and condition.value is None:
            yield node.lineno, f"{called} without a condition"


def _called(node: ast.expr | None) -> str:
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


def main() -> None:
    files = [*(ROOT / "functions").rglob("*.py"), *(ROOT / LAYER).rglob("*.py")]
    found = [
        f"{path.relative_to(ROOT)}:{line}: {fault}"
        for path in sorted(files)
        for line, fault in faults(path.relative_to(ROOT).as_posix(), path.read_text())
    ]
    print("\n".join(found) or f"{len(files)} files keep the rules of scripts/security_rules.py")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
