"""Work on what outsiders send grows no faster than what they send: counted in steps, for a clock says nothing here."""

import ast
import json
import re
import sys
from collections.abc import Callable, Iterator
from re import _constants, _parser
from typing import Any

import pytest

from local.cloud import ROOT
from order_cancellation.domain.refusals import Refusal
from order_cancellation.http import cursors, parse
from order_cancellation.http.problems import Problems
from order_cancellation.http.request import Request, _unique_keys
from order_cancellation.mail.compose import MAX_ORDERS, compose
from tests.support import examples
from tests.support.cancelled_orders import ACME, auto_cancelled
from tests.support.examples import RECEIVED_AT

LAYER = ROOT / "layers" / "order_cancellation" / "order_cancellation"


def steps(work: Callable[[], object]) -> int:
    """How many lines of Python run, and how many calls are made: a refusal ends the work like an answer."""
    count = 0

    def one(*_: object) -> None:
        nonlocal count
        count += 1

    events, tool = sys.monitoring.events, sys.monitoring.OPTIMIZER_ID
    sys.monitoring.use_tool_id(tool, "growth")
    for event in (events.LINE, events.CALL, events.JUMP):
        sys.monitoring.register_callback(tool, event, one)
    try:
        sys.monitoring.set_events(tool, events.LINE | events.CALL | events.JUMP)
        work()
    except Refusal:
        pass
    finally:
        sys.monitoring.set_events(tool, 0)
        sys.monitoring.free_tool_id(tool)
    return count


class Compared(str):
    """A text that counts how often it is compared, which no step of Python shows."""

    times = 0

    def __eq__(self, other: object) -> bool:
        Compared.times += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def comparisons(work: Callable[[], object]) -> int:
    Compared.times = 0
    work()
    return Compared.times


def read(body: str, most: int = 1_000_000) -> Any:
    event = {"requestContext": {"requestId": "r-1"}, "body": body}
    return Request(event, None, Problems("https://portal.test/problems")).body(most)


ORDER, PLACED = {"order_id": "A-1"}, examples.placement_document()
ROW = {"state": "open"}
AUTO = {"seller_id": "acme", "order_id": "A-1", "reason": "stockout"}
LINE = {"sku": "TENT", "quantity": 1}

# What is read, in a size of one's choice: at its largest it is as large as it may be, or larger.
PARSERS: dict[str, Callable[[int], object]] = {
    "many keys": lambda n: read(json.dumps({f"k{i}": i for i in range(n)})),
    "the same key": lambda n: read("{" + ",".join(['"k":1'] * n) + "}"),
    "many objects": lambda n: read(json.dumps([{"k": 1, "l": 2}] * n)),
    "nested objects": lambda n: read('{"k":' * (n // 10) + "1" + "}" * (n // 10)),
    "an unknown field": lambda n: parse.cancel("acme", "A-1", read(json.dumps({f"k{i}": i for i in range(n)}))),
    "a note": lambda n: parse.cancel("acme", "A-1", {"note": "a\n" * n}),
    "a batch": lambda n: parse.cancel_batch("acme", {"orders": [{"order_id": f"A-{i}"} for i in range(n // 20)]}),
    "one order's batch": lambda n: parse.cancel_batch("acme", {"orders": [ORDER] * (n // 20)}),
    "auto-cancellations": lambda n: parse.auto_cancel_batch(
        {"cancellations": [AUTO | {"order_id": f"A-{i}", "skus": ["S"] * 100} for i in range(n // 20)]}
    ),
    "lines": lambda n: parse.placement(PLACED | {"lines": [LINE | {"sku": f"S-{i}"} for i in range(n // 4)]}),
    "centers": lambda n: parse.placement(PLACED | {"fulfillment_centers": [f"F{i}" for i in range(n // 100)]}),
    "a name": lambda n: parse.contact(examples.contact_document(name="a." * n)),
    "an address": lambda n: parse.contact(examples.contact_document(email="a.a@" * n)),
    "a long domain": lambda n: parse.contact(examples.contact_document(email="a@" + "a-" * n)),
    "a time": lambda n: parse.event({**AUTO, "event": "picking", "occurred_at": "1" * n}, RECEIVED_AT),
    "a reconciliation": lambda n: parse.reconciliation(
        {"marketplace": "m", "orders": [ROW | {"marketplace_order_id": f"{i}"} for i in range(n // 2)]}
    ),
    "blanks": lambda n: parse.reconciliation(
        {"marketplace": "m", "orders": [ROW | {"marketplace_order_id": " " * n + "1"}]}
    ),
    "a detail": lambda n: parse.auto_cancel_batch({"cancellations": [AUTO | {"detail": "a.1-(" * (n // 5)}]}),
    "a cursor": lambda n: cursors.decode("QS0x" * n),
}


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_takes_twice_the_steps_for_twice_the_text(name: str) -> None:
    some, twice = (steps(lambda size=size: PARSERS[name](size)) for size in (1_000, 2_000))  # type: ignore[misc]
    assert 0 < twice <= 2.2 * some + 50


def test_a_mail_takes_ten_times_the_steps_for_ten_times_the_orders() -> None:
    """And a few more, to find how many of a thousand fit into its table; a hundred do."""
    orders = [auto_cancelled(f"A-{number:04}") for number in range(MAX_ORDERS)]
    some, ten_times = (
        steps(lambda count=count: compose(ACME, "S-1", orders[:count], "https://portal.test"))  # type: ignore[misc]
        for count in (100, 1_000)
    )
    assert 0 < ten_times <= 12 * some


def test_no_key_is_compared_with_all_the_others() -> None:
    pairs: list[tuple[str, Any]] = [(Compared(f"k{i}"), i) for i in range(2_000)]
    assert comparisons(lambda: _unique_keys(pairs)) <= 2 * len(pairs)


class TestWhatItFinds:
    def test_a_loop_within_a_loop(self) -> None:
        def quadratic(size: int) -> int:
            return sum(1 for i in range(size) for j in range(i) if i == j)

        some, twice = (steps(lambda size=size: quadratic(size)) for size in (100, 200))  # type: ignore[misc]
        assert twice > 3 * some

    def test_a_count_in_a_loop_which_is_one_step_to_python(self) -> None:
        names = [Compared(f"k{i}") for i in range(200)]
        assert comparisons(lambda: [name for name in names if names.count(name) > 1]) > 100 * len(names)

    @pytest.mark.parametrize("pattern", [r"(a+)+b", r"(a|b*)*c", r"a*b", r"\s+$", r"(?:x+,?)+;", r"a*a*\Z"])
    def test_a_pattern_that_backtracks(self, pattern: str) -> None:
        assert backtracks(pattern)


def patterns() -> Iterator[str]:
    """Every regular expression of the layer: what ``re`` is called with, and texts that look like one."""
    for path in sorted(LAYER.rglob("*.py")):
        module = ast.parse(path.read_text())
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.") and node.args:
                assert isinstance(node.args[0], ast.Constant | ast.Name), f"{path}: a pattern that is put together"
                if isinstance(node.args[0], ast.Constant):
                    yield str(node.args[0].value)
        named = (node.value for node in module.body if isinstance(node, ast.AnnAssign))
        yield from (str(value.value) for value in named if isinstance(value, ast.Constant) and "\\" in str(value.value))


def backtracks(pattern: str) -> bool:
    """Whether a pattern may look at a letter more than a fixed number of times.

    Stricter than need be: what repeats without an end is one set of letters at the pattern's end, or the one repetition
    of a pattern that bounds its length by a look ahead.
    """
    parts = list(_flat(_parser.parse(pattern)))
    endless = [place for place, (op, value) in enumerate(parts) if _repeats(op) and value[1] == _constants.MAXREPEAT]
    bounded = any(op is _constants.ASSERT for op, _ in parts)
    at_the_end = endless in ([], [len(parts) - 1])
    return any(_endless_inside(value) for _, value in parts) or not (at_the_end or (bounded and len(endless) == 1))


def _flat(pattern: Any) -> Iterator[tuple[Any, Any]]:
    """The parts of a pattern, those of its groups among them."""
    for op, value in pattern:
        if op is _constants.SUBPATTERN:
            yield from _flat(value[-1])
        else:
            yield op, value


def _repeats(op: Any) -> bool:
    return op in (_constants.MAX_REPEAT, _constants.MIN_REPEAT)


def _endless_inside(value: Any) -> bool:
    """Whether there is an endless repetition within what repeats, groups, or is chosen from."""
    if isinstance(value, _parser.SubPattern):
        return any((_repeats(op) and sub[1] == _constants.MAXREPEAT) or _endless_inside(sub) for op, sub in value)
    return isinstance(value, tuple | list) and any(_endless_inside(part) for part in value)


@pytest.mark.parametrize("pattern", sorted(set(patterns())))
def test_no_pattern_backtracks(pattern: str) -> None:
    assert re.compile(pattern)
    assert not backtracks(pattern)
