"""A fulfillment center's event: forward only, never over a cancellation, whatever slips in between."""

from collections.abc import Callable
from copy import replace

import pytest

from order_cancellation.actions.report import report
from order_cancellation.domain import orders
from order_cancellation.domain.orders import Order
from order_cancellation.domain.refusals import OrderNotFound, PutBack, UnknownStatus
from order_cancellation.tables.orders import Orders
from order_cancellation.tables.retention import Retention
from tests.support import examples

FOR_EVER = Retention(None, "orders", "summaries", 0)  # type: ignore[arg-type]
PACKS = examples.event("picked_packed", examples.PACKED_AT)


class OneOrder(Orders):
    """A table with one order. ``meanwhile`` are changes that slip in between a read and the write that follows it."""

    def __init__(self, order: Order | None, *meanwhile: Callable[[Order], Order]) -> None:
        self.order = order
        self.meanwhile = list(meanwhile)
        self.calls: list[str] = []

    def find(self, seller_id: str, order_id: str) -> Order | None:
        assert (seller_id, order_id) == ("acme", "A-1001")
        self.calls.append("find")
        return self.order

    def advance(self, seen: Order, to: Order) -> tuple[bool, Order | None]:
        self.calls.append("advance")
        assert self.order
        if self.meanwhile:
            self.order = self.meanwhile.pop(0)(self.order)
        if (self.order.status, self.order.milestones) != (seen.status, seen.milestones):
            return False, self.order
        self.order = to
        return True, to


def is_cancelled(order: Order) -> Order:
    return replace(order, status=orders.CANCELLED, cancellation=examples.cancellation())


def is_reported(fc_id: str, event: str) -> Callable[[Order], Order]:
    def change(order: Order) -> Order:
        after = orders.advanced(order, fc_id, replace(PACKS, event=event, occurred_at="2026-11-23T14:00:00Z"))
        assert after
        return after

    return change


def test_an_event_is_recorded() -> None:
    store = OneOrder(examples.order())
    outcome, order = report(store, FOR_EVER, "LAX1", PACKS)
    assert (outcome, order.status) == ("recorded", "picked_packed")
    assert store.calls == ["find", "advance"]


@pytest.mark.parametrize("event", ["picking", "picked_packed"])
def test_a_repeated_event_is_acknowledged_and_writes_nothing(event: str) -> None:
    store = OneOrder(examples.packed_order())
    outcome, order = report(store, FOR_EVER, "LAX1", replace(PACKS, event=event))
    assert (outcome, order) == ("already_recorded", examples.packed_order())
    assert store.calls == ["find"]


@pytest.mark.parametrize("event", orders.EVENTS)
def test_whatever_comes_for_a_cancelled_order_is_told_to_put_the_goods_back(event: str) -> None:
    store = OneOrder(examples.cancelled_order())
    with pytest.raises(PutBack) as refused:
        report(store, FOR_EVER, "LAX1", replace(PACKS, event=event))
    assert refused.value.order == store.order == examples.cancelled_order()
    assert store.calls == ["find"]


@pytest.mark.parametrize("event", orders.EVENTS)
def test_an_order_in_a_status_of_a_later_version_is_moved_by_nobody(event: str) -> None:
    order = examples.order(status="on_hold")
    store = OneOrder(order)
    with pytest.raises(UnknownStatus):
        report(store, FOR_EVER, "LAX1", replace(PACKS, event=event))
    assert (store.order, store.calls) == (order, ["find"])


@pytest.mark.parametrize("order", [None, examples.order({"EWR2": {}})], ids=["missing", "another center's"])
def test_an_order_that_is_none_of_the_centers_is_not_found(order: Order | None) -> None:
    with pytest.raises(OrderNotFound, match="A-1001"):
        report(OneOrder(order), FOR_EVER, "LAX1", PACKS)


class TestSomethingSlipsIn:
    def test_another_centers_event_and_both_are_recorded(self) -> None:
        store = OneOrder(examples.order({"LAX1": {}, "EWR2": {}}), is_reported("EWR2", "picking"))
        outcome, order = report(store, FOR_EVER, "LAX1", PACKS)
        assert (outcome, order.status) == ("recorded", "picked_packed")
        assert order.fulfillment_center_status("EWR2") == "picking"
        assert store.calls == ["find", "advance", "advance"]

    def test_again_and_again_and_it_ends(self) -> None:
        slips = [is_reported("EWR2", event) for event in orders.EVENTS]
        store = OneOrder(examples.order({"LAX1": {}, "EWR2": {}}), *slips)
        assert report(store, FOR_EVER, "LAX1", PACKS)[0] == "recorded"
        assert store.calls == ["find"] + ["advance"] * (len(slips) + 1)

    def test_the_same_event_from_the_same_center_and_it_is_recorded_once(self) -> None:
        store = OneOrder(examples.order(), is_reported("LAX1", "picked_packed"))
        outcome, order = report(store, FOR_EVER, "LAX1", replace(PACKS, occurred_at="2026-11-23T15:00:00Z"))
        assert outcome == "already_recorded"
        assert order.packed() == (("LAX1", "2026-11-23T14:00:00Z"),)

    def test_a_cancel_and_the_center_is_stopped(self) -> None:
        store = OneOrder(examples.order(), is_cancelled)
        with pytest.raises(PutBack):
            report(store, FOR_EVER, "LAX1", PACKS)
        assert store.order
        assert store.order.status == "cancelled"
