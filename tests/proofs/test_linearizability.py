"""The checker itself: histories small enough to see through."""

from tests.proofs.linearizability import Operation, linearizable
from tests.proofs.order_model import AutoCancel, Cancel, Report, View, new_order

ORDER = new_order(("LAX1",))
CANCEL = Cancel("A-1", "request-1", "first")
OTHER = AutoCancel("A-1", "request-2", "second")
PACK = Report("A-1", "LAX1", "picked_packed", "2026-11-23T14:00:00Z")
CANCELLED = ("cancelled", "first", False)
REFUSED = ("refused", "order_picked_packed", (("LAX1", "2026-11-23T14:00:00Z"),))


def test_one_after_the_other() -> None:
    assert linearizable([Operation(CANCEL, CANCELLED, 0, 1), Operation(PACK, ("put_back",), 2, 3)], ORDER)
    assert not linearizable([Operation(PACK, ("put_back",), 0, 1), Operation(CANCEL, CANCELLED, 2, 3)], ORDER)


def test_at_the_same_time_either_may_win() -> None:
    assert linearizable([Operation(CANCEL, CANCELLED, 0, 3), Operation(PACK, ("put_back",), 1, 2)], ORDER)
    assert linearizable([Operation(CANCEL, REFUSED, 0, 3), Operation(PACK, ("recorded", "picked_packed"), 1, 2)], ORDER)


def test_never_both() -> None:
    both = [Operation(CANCEL, CANCELLED, 0, 3), Operation(PACK, ("recorded", "picked_packed"), 1, 2)]
    assert not linearizable(both, ORDER)
    assert not linearizable(
        [Operation(CANCEL, CANCELLED, 0, 3), Operation(OTHER, ("cancelled", "second", False), 0, 3)], ORDER
    )


def test_a_lost_answer_may_have_come_to_pass_or_not() -> None:
    lost = Operation.lost(CANCEL, 0)
    for look in (("view", "cancelled", False, "first"), ("view", "received", True, None)):
        assert linearizable([lost, Operation(View("A-1"), look, 5, 6)], ORDER)
    revived = [
        Operation(View("A-1"), ("view", "cancelled", False, "first"), 1, 2),
        Operation(View("A-1"), ("view", "received", True, None), 3, 4),
    ]
    assert not linearizable([lost, *revived], ORDER)


def test_what_is_lost_cannot_have_happened_before_it_was_asked() -> None:
    look = Operation(View("A-1"), ("view", "cancelled", False, "first"), 0, 1)
    assert not linearizable([look, Operation.lost(CANCEL, 2)], ORDER)
