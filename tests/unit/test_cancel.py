"""The cancel: one command, one write, one definite answer. A table made by hand plays DynamoDB's part."""

from copy import replace
from dataclasses import dataclass, field
from typing import Any

import pytest

from order_cancellation.actions.cancel import Cancelled, cancel
from order_cancellation.domain import orders, summaries
from order_cancellation.domain.cancellations import CancelCommand, Cancellation, Identity
from order_cancellation.domain.orders import Order
from order_cancellation.domain.refusals import KeyReused, NotCancellable, OrderNotFound, Refusal, Unavailable
from tests.support import examples

FIRST = Identity("request-1", "key-1")
COMMAND = CancelCommand("seller", "acme", "A-1001", "customer_request")


@dataclass
class OneOrder:
    """A table with room for one order; it writes as DynamoDB does: on the condition, or not at all."""

    order: Order | None
    calls: list[tuple[str, str, str | None]] = field(default_factory=list)

    def cancel(
        self, seller_id: str, order_id: str, cancellation: Cancellation, summary_due_at: str | None = None
    ) -> tuple[bool, Order | None]:
        self.calls.append((seller_id, order_id, summary_due_at))
        if self.order is None or not self.order.cancellable:
            return False, self.order
        self.order = examples.order(
            self.order.milestones, order_id=order_id, status=orders.CANCELLED, cancellation=cancellation
        )
        return True, self.order


def ask(table: Any, identity: Identity = FIRST, **changes: Any) -> Cancelled:
    return cancel(table, identity, replace(COMMAND, **changes))


class TestTheFirstAsk:
    def test_cancels(self) -> None:
        store = OneOrder(examples.order())
        cancelled = ask(store, note="Moved.")
        assert (cancelled.outcome, cancelled.replayed) == ("cancelled", False)
        assert cancelled.order.cancellation
        assert cancelled.order.cancellation.reason == "customer_request"
        assert cancelled.order.cancellation.note == "Moved."
        assert cancelled.order.cancellation.request_id == "request-1"

    @pytest.mark.parametrize(
        "order",
        [None, examples.order(), examples.packed_order(), examples.cancelled_order()],
        ids=["missing", "cancellable", "packed", "cancelled"],
    )
    def test_makes_one_call_whatever_comes_of_it(self, order: Order | None) -> None:
        store = OneOrder(order)
        try:
            ask(store)
        except Refusal:
            assert order is None or not order.cancellation
        assert store.calls == [("acme", "A-1001", None)]

    def test_only_the_networks_own_is_due_for_a_summary_once_the_stream_had_its_time(self) -> None:
        store = OneOrder(examples.order())
        cancelled = ask(store, kind="auto", reason="stockout", skus=("TENT-2P-GRN",), detail="Till 4 December.")
        assert cancelled.order.cancellation
        due_at = summaries.due_after(cancelled.order.cancellation.cancelled_at)
        assert store.calls == [("acme", "A-1001", due_at)]
        assert cancelled.order.cancellation.skus == ("TENT-2P-GRN",)

    def test_of_a_missing_order_is_not_found(self) -> None:
        with pytest.raises(OrderNotFound) as refused:
            ask(OneOrder(None))
        assert refused.value.order_id == "A-1001"

    def test_of_a_packed_order_is_refused_with_what_won(self) -> None:
        with pytest.raises(NotCancellable) as refused:
            ask(OneOrder(examples.packed_order()))
        assert refused.value.code == "order_picked_packed"
        assert refused.value.order == examples.packed_order()

    def test_of_an_order_in_a_status_that_this_version_does_not_know_is_refused(self) -> None:
        with pytest.raises(NotCancellable) as refused:
            ask(OneOrder(examples.order(status="on_hold")))
        assert refused.value.code == "order_conflict"

    def test_that_gets_no_answer_is_unavailable(self) -> None:
        class Silent:
            def cancel(self, *_: object) -> tuple[bool, Order | None]:
                raise Unavailable

        with pytest.raises(Unavailable):
            ask(Silent())


class TestTheSameAskAgain:
    """G3: a retried cancel gets the answer of the first."""

    def test_by_the_sdk_within_one_request_is_the_first_answer_and_no_replay(self) -> None:
        store = OneOrder(examples.order())
        first = ask(store)
        again = ask(store)  # the answer got lost: the condition fails, and the order that comes back is our own
        assert again == first
        assert not again.replayed

    def test_by_the_caller_with_the_same_key_is_a_replay(self) -> None:
        store = OneOrder(examples.order())
        first = ask(store)
        again = ask(store, Identity("request-2", "key-1"))
        assert again.replayed
        assert replace(again, replayed=False) == first

    def test_without_a_key_in_another_request_is_another_ask(self) -> None:
        store = OneOrder(examples.order())
        first = ask(store, Identity("request-1"))
        again = ask(store, Identity("request-2"))
        assert (again.outcome, again.replayed) == ("already_cancelled", False)
        assert again.order == first.order

    def test_with_another_key_is_another_ask(self) -> None:
        store = OneOrder(examples.order())
        ask(store)
        assert ask(store, Identity("request-2", "key-2")).outcome == "already_cancelled"

    @pytest.mark.parametrize(
        "changes", [{"reason": "wrong_address"}, {"note": "Moved."}, {"skus": ("TENT",)}, {"detail": "Later."}]
    )
    def test_with_the_same_key_and_other_words_is_refused(self, changes: dict[str, Any]) -> None:
        store = OneOrder(examples.order())
        first = ask(store).order
        with pytest.raises(KeyReused) as refused:
            ask(store, Identity("request-2", "key-1"), **changes)
        assert refused.value.order == store.order == first

    def test_that_was_refused_is_refused_again(self) -> None:
        store = OneOrder(examples.packed_order())
        for identity in (FIRST, FIRST, Identity("request-2", "key-1")):
            with pytest.raises(NotCancellable):
                ask(store, identity)

    def test_of_the_network_after_the_sellers_is_already_cancelled_though_the_key_is_the_same(self) -> None:
        store = OneOrder(examples.order())
        ask(store)
        late = ask(store, Identity("request-2", "key-1"), kind="auto", reason="stockout")
        assert late.outcome == "already_cancelled"
        assert late.order.cancellation
        assert late.order.cancellation.kind == "seller"


class TestCancellationId:
    def test_is_32_hexadecimal_digits(self) -> None:
        cancellation_id = id_of(COMMAND, FIRST)
        assert len(cancellation_id) == 32
        assert int(cancellation_id, 16)

    def test_is_the_same_for_the_same_key_whatever_the_request(self) -> None:
        assert id_of(COMMAND, Identity("request-2", "key-1")) == id_of(COMMAND, FIRST)

    @pytest.mark.parametrize(
        ("identity", "changes"),
        [
            (Identity("request-1", "key-2"), {}),
            (Identity("request-1"), {}),
            (Identity("key-1"), {}),  # a request id is no key, even if it reads like one
            (FIRST, {"kind": "auto"}),
            (FIRST, {"seller_id": "bluebird"}),
            (FIRST, {"order_id": "A-1002"}),
        ],
    )
    def test_is_another_for_anything_else(self, identity: Identity, changes: dict[str, Any]) -> None:
        assert id_of(replace(COMMAND, **changes), identity) != id_of(COMMAND, FIRST)


def id_of(command: CancelCommand, identity: Identity) -> str:
    return Cancellation.of(command, identity, examples.CANCELLED_AT).cancellation_id
