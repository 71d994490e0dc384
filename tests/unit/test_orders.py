"""What may be cancelled, and how fulfillment centers move an order forward."""

from collections.abc import Mapping
from copy import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from order_cancellation.domain import orders
from order_cancellation.domain.orders import CANCELLABLE, CANCELLED, EVENTS, PROGRESS, STATUSES, TRANSITIONS, Order
from tests.support import examples

Milestones = Mapping[str, Mapping[str, str]]


class TestTransitions:
    @pytest.mark.parametrize(
        ("status", "cancellable"),
        [
            ("received", True),
            ("allocated", True),
            ("picking", True),
            ("picked_packed", False),
            ("shipped", False),
            ("delivered", False),
            ("cancelled", False),
            ("on_hold", False),  # a status that this version does not know
            ("", False),
        ],
    )
    def test_an_order_can_be_cancelled_until_it_is_packed(self, status: str, cancellable: bool) -> None:
        assert examples.order(status=status).cancellable is cancellable

    @pytest.mark.parametrize("status", STATUSES)
    def test_nothing_goes_back(self, status: str) -> None:
        behind = PROGRESS[: PROGRESS.index(status) + 1] if status in PROGRESS else STATUSES
        assert TRANSITIONS[status].isdisjoint(behind)

    @pytest.mark.parametrize("status", [status for status in STATUSES if status != CANCELLED])
    def test_a_fulfillment_center_may_skip_steps(self, status: str) -> None:
        assert TRANSITIONS[status] >= set(PROGRESS[PROGRESS.index(status) + 1 :])

    def test_cancelled_and_delivered_are_final(self) -> None:
        assert TRANSITIONS["cancelled"] == TRANSITIONS["delivered"] == frozenset()


class TestStatus:
    """An order of one center is where the center is; one of several is packed with the first, shipped with the last."""

    @pytest.mark.parametrize("event", EVENTS)
    def test_of_one_fulfillment_center(self, event: str) -> None:
        assert orders.status_of({"LAX1": {event: "2026-11-23T14:00:00Z"}}) == event

    @pytest.mark.parametrize(
        ("lax1", "ewr2", "status"),
        [
            (None, None, "received"),
            ("allocated", None, "allocated"),
            ("picking", "allocated", "picking"),
            ("picked_packed", None, "picked_packed"),
            ("picked_packed", "picking", "picked_packed"),
            ("picked_packed", "picked_packed", "picked_packed"),
            ("shipped", None, "picked_packed"),
            ("shipped", "picking", "picked_packed"),
            ("delivered", "picked_packed", "picked_packed"),
            ("shipped", "shipped", "shipped"),
            ("delivered", "shipped", "shipped"),
            ("delivered", "delivered", "delivered"),
        ],
    )
    def test_of_two(self, lax1: str | None, ewr2: str | None, status: str) -> None:
        at = "2026-11-23T14:00:00Z"
        first, second = ({event: at} if event else {} for event in (lax1, ewr2))
        assert orders.status_of({"LAX1": first, "EWR2": second}) == status
        assert orders.status_of({"LAX1": second, "EWR2": first}) == status

    def test_of_none(self) -> None:
        assert orders.status_of({}) == "received"


class TestRecord:
    def test_the_first_center_that_packs_closes_the_order(self) -> None:
        order = examples.order({"LAX1": {}, "EWR2": {}})
        packed = orders.advanced(order, "EWR2", examples.event("picked_packed", examples.PACKED_AT))
        assert packed
        assert packed.status == "picked_packed"
        assert not packed.cancellable
        assert packed.milestones == {"LAX1": {}, "EWR2": {"picked_packed": examples.PACKED_AT}}

    def test_the_other_centers_go_on(self) -> None:
        order = examples.order({"LAX1": {"picked_packed": examples.PACKED_AT}, "EWR2": {}})
        later = orders.advanced(order, "EWR2", examples.event("picking", "2026-11-23T14:10:00Z"))
        assert later
        assert later.status == "picked_packed"
        assert later.fulfillment_center_status("EWR2") == "picking"

    def test_the_order_that_was_seen_is_left_as_it_is(self) -> None:
        milestones: Milestones = {"LAX1": {}}
        order = examples.order(milestones)
        orders.advanced(order, "LAX1", examples.event("picking", "2026-11-23T14:00:00Z"))
        assert milestones == {"LAX1": {}}
        assert order.status == "received"

    @pytest.mark.parametrize("event", ["picking", "picked_packed"])
    def test_an_event_that_is_recorded_already_changes_nothing(self, event: str) -> None:
        assert orders.advanced(examples.packed_order(), "LAX1", examples.event(event, "2026-11-23T15:00:00Z")) is None

    @pytest.mark.parametrize("reached", ["picked_packed", "shipped", "delivered"])
    @pytest.mark.parametrize("late", ["allocated", "picking", "picked_packed", "shipped"])
    def test_one_that_comes_late_is_recorded_with_its_own_time_and_moves_nothing_back(
        self, reached: str, late: str
    ) -> None:
        order = examples.order({"LAX1": {reached: "2026-11-23T17:00:00Z"}})
        after = orders.advanced(order, "LAX1", examples.event(late, examples.PACKED_AT))
        if late == reached:
            assert after is None
            return
        assert after
        assert after.reported("LAX1")[late] == examples.PACKED_AT
        assert after.status == max(reached, late, key=orders.PROGRESS.index)

    def test_a_late_report_of_packing_says_when_it_was_packed(self) -> None:
        order = examples.order({"LAX1": {"shipped": "2026-11-23T17:00:00Z"}})
        after = orders.advanced(order, "LAX1", examples.event("picked_packed", examples.PACKED_AT))
        assert after
        assert (after.status, after.packed()) == ("shipped", (("LAX1", examples.PACKED_AT),))

    def test_our_own_time_of_receipt_is_kept_beside_it(self) -> None:
        after = orders.advanced(examples.order(), "LAX1", examples.event("picking", examples.PACKED_AT))
        assert after
        assert after.receipts == {"LAX1": {"picking": examples.RECEIVED_AT}}

    def test_what_a_later_version_wrote_is_kept_and_does_not_count(self) -> None:
        order = examples.order({"LAX1": {"picking": examples.PACKED_AT}}, receipts={"LAX1": {"staged": "x"}})
        order = replace(order, milestones={"LAX1": {"picking": examples.PACKED_AT, "staged": {"by": "R2"}}})
        assert order.reported("LAX1") == {"picking": examples.PACKED_AT}
        assert order.fulfillment_center_status("LAX1") == "picking"
        after = orders.advanced(order, "LAX1", examples.event("picked_packed", examples.PACKED_AT))
        assert after
        assert after.status == "picked_packed"
        assert after.milestones["LAX1"]["staged"] == {"by": "R2"}
        assert after.receipts["LAX1"]["staged"] == "x"

    def test_a_status_that_is_ahead_of_the_milestones_does_not_move_back(self) -> None:
        order = examples.order({"LAX1": {}}, status="shipped")
        after = orders.advanced(order, "LAX1", examples.event("picking", examples.PACKED_AT))
        assert after
        assert after.status == "shipped"


class TestPacked:
    """Which center has packed, and when: the refusal of a cancel names them."""

    def test_clocks_that_disagree_by_more_than_a_day_are_not_believed(self) -> None:
        order = examples.order(
            {"LAX1": {"picked_packed": "2026-11-20T14:00:00Z"}, "EWR2": {"picked_packed": "2026-11-23T14:00:00Z"}},
            receipts={
                "LAX1": {"picked_packed": "2026-11-23T15:00:00.000Z"},
                "EWR2": {"picked_packed": "2026-11-23T14:00:01.000Z"},
            },
        )
        assert [fc_id for fc_id, _ in order.packed()] == ["EWR2", "LAX1"]

    def test_a_day_is_not_too_much(self) -> None:
        order = examples.order(
            {"LAX1": {"picked_packed": "2026-11-22T15:00:00Z"}, "EWR2": {"picked_packed": "2026-11-23T14:00:00Z"}},
            receipts={"LAX1": {"picked_packed": "2026-11-23T15:00:00.000Z"}},
        )
        assert [fc_id for fc_id, _ in order.packed()] == ["LAX1", "EWR2"]

    @pytest.mark.parametrize(
        ("milestones", "packed"),
        [
            pytest.param({"LAX1": {"picking": "2026-11-23T13:00:00Z"}}, (), id="nobody yet"),
            pytest.param(
                {"LAX1": {"picked_packed": "2026-11-23T14:00:00Z"}, "EWR2": {"picking": "2026-11-23T13:00:00Z"}},
                (("LAX1", "2026-11-23T14:00:00Z"),),
                id="one of two",
            ),
            pytest.param(
                {"LAX1": {"picked_packed": "2026-11-23T14:05:00Z"}, "EWR2": {"picked_packed": "2026-11-23T14:00:00Z"}},
                (("EWR2", "2026-11-23T14:00:00Z"), ("LAX1", "2026-11-23T14:05:00Z")),
                id="first packer first",
            ),
            pytest.param(
                {"LAX1": {"shipped": "2026-11-23T15:00:00Z"}},
                (("LAX1", "2026-11-23T15:00:00Z"),),
                id="packing not reported: the shipping tells",
            ),
            pytest.param(
                {"LAX1": {"shipped": "2026-11-23T15:00:00Z", "delivered": "2026-11-24T09:00:00Z"}},
                (("LAX1", "2026-11-23T15:00:00Z"),),
                id="the earliest of what tells",
            ),
            pytest.param(
                {"LAX1": {"picked_packed": "2026-11-23T15:00:00Z", "shipped": "2026-11-23T14:00:00Z"}},
                (("LAX1", "2026-11-23T15:00:00Z"),),
                id="what says so itself, though the center's clock went back",
            ),
            pytest.param(
                {
                    "LAX1": {"picked_packed": "2026-11-23T14:00:00.5Z"},
                    "EWR2": {"picked_packed": "2026-11-23T14:00:00Z"},
                },
                (("EWR2", "2026-11-23T14:00:00Z"), ("LAX1", "2026-11-23T14:00:00.5Z")),
                id="compared as times, not as texts: '.' sorts before 'Z'",
            ),
            pytest.param(
                {"LAX1": {"picked_packed": "2026-11-23T14:00:00Z"}, "EWR2": {"picked_packed": "2026-11-23T14:00:00Z"}},
                (("EWR2", "2026-11-23T14:00:00Z"), ("LAX1", "2026-11-23T14:00:00Z")),
                id="at the same time: by name",
            ),
        ],
    )
    def test_first_packer_first(self, milestones: Milestones, packed: tuple[tuple[str, str], ...]) -> None:
        assert examples.order(milestones).packed() == packed


_reports = st.lists(
    st.tuples(st.sampled_from(["LAX1", "EWR2", "DFW3"]), st.sampled_from(EVENTS), st.integers(0, 59)), max_size=25
)


@given(_reports)
def test_whatever_the_centers_report_the_order_only_goes_where_the_table_allows(
    reports: list[tuple[str, str, int]],
) -> None:
    order = examples.order({"LAX1": {}, "EWR2": {}, "DFW3": {}})
    for fc_id, event, minute in reports:
        before = order
        after: Order | None = orders.advanced(before, fc_id, examples.event(event, f"2026-11-23T14:{minute:02}:00Z"))
        order = after or before
        assert order.status == before.status or order.status in TRANSITIONS[before.status]
        packers = [center for center, _ in order.packed()]
        assert (order.status in CANCELLABLE) == (packers == [])
        reached = [order.fulfillment_center_status(center) for center in order.milestones]
        assert (order.status == "delivered") == (set(reached) == {"delivered"})
        assert (order.status in ("shipped", "delivered")) == (set(reached) <= {"shipped", "delivered"})


def test_what_a_center_reported_of_a_part_that_went_away_says_nothing_of_one_that_it_may_get_again() -> None:
    received = {"LAX1": {"picking": examples.PACKED_AT}, "EWR2": {"picking": examples.PACKED_AT}}
    order = examples.order({"LAX1": {"picking": examples.PACKED_AT}, "EWR2": {}}, receipts=received)
    moved = orders.routed_to(order, ["EWR2", "DFW3"], "2026-11-23T15:00:00Z")
    assert moved.receipts == {"EWR2": received["EWR2"]}
    assert moved.moved == {"LAX1": {"at": "2026-11-23T15:00:00Z"}}


AUTO, OWN = examples.auto_cancellation(), examples.cancellation()


@pytest.mark.parametrize(
    ("order", "over"),
    [
        (examples.order(status="delivered"), True),
        (examples.order(status="shipped"), False),
        (examples.cancelled_order(OWN), False),  # it is to do in the marketplace
        (examples.cancelled_order(OWN)._replace(marketplace_mark="done"), True),
        (examples.cancelled_order(AUTO)._replace(marketplace_mark="done", summary_id="S-1"), True),
        (examples.cancelled_order(AUTO)._replace(marketplace_mark="done", summary_id="off"), True),
        (examples.cancelled_order(AUTO)._replace(marketplace_mark="done"), False),  # told in no summary yet
        (examples.cancelled_order(OWN)._replace(marketplace_mark="done", summary_due_at="2026-11-23T15:00:00Z"), False),
    ],
)
def test_an_order_is_over_when_nothing_is_left_to_do_or_to_tell(order: Order, over: bool) -> None:
    assert order.over is over


def test_an_order_that_was_skipped_is_told_of_in_no_summary() -> None:
    assert examples.order(summary_id="off").told_in == frozenset()
    assert examples.order(summary_id="S-1").told_in == {"S-1"}


def test_a_center_that_nothing_was_reported_of_has_its_part() -> None:
    placed = examples.order({"LAX1": {}, "EWR2": {}})
    assert replace(placed, milestones={}).fulfillment_centers == ("LAX1", "EWR2")
    gone = replace(placed, milestones={"EWR2": {}}, moved={"LAX1": {"at": examples.PACKED_AT}})
    assert gone.fulfillment_centers == ("EWR2",)
    back = replace(placed, moved={"LAX1": {"at": examples.PACKED_AT}})
    assert back.fulfillment_centers == ("LAX1", "EWR2")


def test_a_center_that_got_its_part_later_stays_when_the_part_is_cancelled() -> None:
    moved_here = examples.split_order({"EWR2": {}}, ("DFW3", examples.cancellation()), moved=["LAX1"])
    order = replace(moved_here, placement=examples.placement("LAX1", "EWR2"))
    assert (order.fulfillment_centers, order.live) == (("EWR2", "DFW3"), ("EWR2",))
