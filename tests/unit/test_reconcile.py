"""The walk along the index finds what a look-up of every single id would find, in far fewer queries."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from order_cancellation.actions import reconcile
from order_cancellation.domain.refusals import ComparisonCutShort
from order_cancellation.tables.order_lists import OrderLists, OrderName
from order_cancellation.tables.orders import Orders

NOTHING_ELSE: Any = None  # no client: what else the lists could do is not asked of them
IDS = st.text(st.sampled_from("ab1é\U0001f4e6"), min_size=1, max_size=3)


class Index(OrderLists):
    """The index as DynamoDB keeps it: names in the order of their bytes, a page at a time."""

    def __init__(self, names: Sequence[OrderName], page: int) -> None:
        super().__init__(NOTHING_ELSE, "")
        self.names = sorted(names, key=lambda name: (name.marketplace_order_id.encode(), name.order_id))
        self.names_a_page = page
        self.queries = 0

    def named_between(
        self, seller_id: str, first: str, last: str, limit: int, after: OrderName | None = None
    ) -> tuple[list[OrderName], OrderName | None]:
        assert seller_id == "acme"
        self.queries += 1
        assert first.encode() <= last.encode(), "DynamoDB refuses a range that ends before it begins"
        inside = [name for name in self.names if first.encode() <= name.marketplace_order_id.encode() <= last.encode()]
        if after is not None:
            inside = inside[inside.index(after) + 1 :]
        found = inside[: min(limit, self.names_a_page)]
        return found, found[-1] if len(found) == min(limit, self.names_a_page) else None


@settings(max_examples=500, deadline=None)
@given(st.lists(IDS, max_size=40), st.sets(IDS, min_size=1, max_size=12), st.integers(1, 7))
def test_it_finds_every_order_and_no_other_one(placed: list[str], wanted: set[str], page: int) -> None:
    index = Index([OrderName(name, f"A-{number}") for number, name in enumerate(placed)], page)
    found = reconcile._named(index, "acme", sorted(wanted), lambda: True)
    assert sorted(name.order_id for name in found) == sorted(
        f"A-{number}" for number, name in enumerate(placed) if name in wanted
    )


def test_neighbors_are_found_together_and_what_lies_between_is_left_out() -> None:
    index = Index([OrderName(f"{number:05}", f"A-{number}") for number in range(20_000)], 250)
    assert len(reconcile._named(index, "acme", [f"{number:05}" for number in range(200)], lambda: True)) == 200
    assert index.queries == 1
    index.queries = 0
    assert len(reconcile._named(index, "acme", ["00000", "10000", "19999"], lambda: True)) == 3
    assert index.queries == 3


def test_no_order_is_read_when_the_time_runs_out_behind_the_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Orders, "find_many", lambda *_: pytest.fail("orders were read"))
    in_time = iter([True, False])
    said = reconcile.Reconciliation("amazon", frozenset(), frozenset({"113-1"}))
    with pytest.raises(ComparisonCutShort):
        reconcile.reconcile(Index([OrderName("113-1", "A-1")], 10), "acme", said, lambda: next(in_time))
