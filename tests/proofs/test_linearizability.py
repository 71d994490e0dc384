"""The checker itself: histories small enough to see through."""

from tests.proofs.linearizability import Operation, linearizable
from tests.proofs.order_model import AutoCancel, Cancel, Report, View, new_order

ORDER = new_order(("LAX1",))
CANCEL = Cancel("A-1", "request-1", "first")
OTHER = AutoCancel("A-1", "request-2", "second")
PACK = Report("A-1", "LAX1", "picked_packed", "2026-11-23T14:00:00Z")
CANCELLED = ("cancelled", "first", False)
GONE = ("view", "cancelled", False, "first", (("LAX1", "cancelled"),))
NEW = ("view", "received", True, None, (("LAX1", "received"),))
REFUSED = ("refused", "order_picked_packed", (("LAX1", "2026-11-23T14:00:00Z"),), ())


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
    for look in (GONE, NEW):
        assert linearizable([lost, Operation(View("A-1"), look, 5, 6)], ORDER)
    revived = [
        Operation(View("A-1"), GONE, 1, 2),
        Operation(View("A-1"), NEW, 3, 4),
    ]
    assert not linearizable([lost, *revived], ORDER)


def test_what_is_lost_cannot_have_happened_before_it_was_asked() -> None:
    look = Operation(View("A-1"), GONE, 0, 1)
    assert not linearizable([look, Operation.lost(CANCEL, 2)], ORDER)


def test_of_a_part_either_its_center_or_its_cancel_wins() -> None:
    split = new_order(("EWR2", "LAX1"))
    part = Cancel("A-1", "request-1", "first", parts=("LAX1",))
    went = ("cancelled", "first", False, "received", (("EWR2", "received"),))
    stayed = ("refused", "order_picked_packed", (("LAX1", "2026-11-23T14:00:00Z"),), ("EWR2",))
    recorded = Operation(PACK, ("recorded", "picked_packed"), 1, 2)
    assert linearizable([Operation(part, went, 0, 3), Operation(PACK, ("part_withdrawn",), 1, 2)], split)
    assert linearizable([Operation(part, stayed, 0, 3), recorded], split)
    assert not linearizable([Operation(part, went, 0, 3), recorded], split)
