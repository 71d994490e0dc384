"""Picking and packing: forward only, the first packer closes the order, and nothing revives a cancelled one."""

from itertools import combinations
from typing import Any

import pytest

from order_cancellation.domain.orders import EVENTS
from order_cancellation.tables.orders import Orders
from tests.support import examples, world
from tests.support.rig import Service
from tests.support.sdk import Wire


def body(order_id: str, event: str) -> dict[str, str]:
    return {"seller_id": "acme", "order_id": order_id, "event": event, "occurred_at": examples.PACKED_AT}


class TestOneCenter:
    def test_goes_all_the_way(self, service: Service) -> None:
        service.place("A-1")
        for event in EVENTS:
            answer = service.report("LAX1", "A-1", event)
            assert (answer.status, answer.body) == (
                200,
                {"order_id": "A-1", "fc_id": "LAX1", "outcome": "recorded", "order_status": event},
            )
            assert service.view("A-1").body["status"] == event

    def test_costs_two_calls_once_its_client_is_known(self, service: Service, wire: Wire) -> None:
        service.place("A-1")
        calls = []
        for event in EVENTS:
            wire.requests.clear()
            service.report("LAX1", "A-1", event)
            calls.append([*wire.requests])
        assert calls == [["GetItem", "GetItem", "UpdateItem"], *[["GetItem", "UpdateItem"]] * (len(EVENTS) - 1)]

    def test_may_skip_steps(self, service: Service) -> None:
        service.place("A-1")
        assert service.report("LAX1", "A-1", "picked_packed").body["order_status"] == "picked_packed"
        assert service.report("LAX1", "A-1", "delivered").body["order_status"] == "delivered"

    def test_that_skipped_the_packing_has_packed(self, service: Service) -> None:
        service.place("A-1")
        service.report("LAX1", "A-1", "shipped", "2026-11-23T15:00:00Z")
        refusal = service.cancel("A-1").body
        assert refusal["code"] == "order_shipped"
        assert refusal["packed"] == [{"fc_id": "LAX1", "at": "2026-11-23T15:00:00Z"}]

    @pytest.mark.parametrize("event", EVENTS)
    def test_a_repeated_event_is_acknowledged_and_changes_nothing(
        self, service: Service, orders: Orders, event: str
    ) -> None:
        service.place("A-1")
        service.report("LAX1", "A-1", event)
        before = orders.find("acme", "A-1")
        answer = service.report("LAX1", "A-1", event, "2026-11-23T23:00:00Z")
        assert (answer.status, answer.body["outcome"], answer.body["order_status"]) == (200, "already_recorded", event)
        assert orders.find("acme", "A-1") == before

    @pytest.mark.parametrize(("recorded", "late"), [*combinations(reversed(EVENTS), 2)])
    def test_a_late_event_is_recorded_with_its_own_time_and_moves_nothing_back(
        self, service: Service, recorded: str, late: str
    ) -> None:
        service.place("A-1")
        service.report("LAX1", "A-1", recorded, "2026-11-23T17:00:00Z")
        for outcome in ("recorded", "already_recorded"):
            answer = service.report("LAX1", "A-1", late, "2026-11-23T13:00:00Z")
            assert (answer.body["outcome"], answer.body["order_status"]) == (outcome, recorded)
        (center,) = service.view("A-1").body["fulfillment_centers"]
        assert (center["status"], center["at"]) == (recorded, "2026-11-23T17:00:00Z")
        assert {"event": late, "at": "2026-11-23T13:00:00Z"} in center["events"]

    def test_a_late_report_of_packing_is_what_the_refusal_names(self, service: Service) -> None:
        service.place("A-1")
        service.report("LAX1", "A-1", "shipped", "2026-11-23T17:00:00Z")
        service.report("LAX1", "A-1", "picked_packed", examples.PACKED_AT)
        refusal = service.cancel("A-1").body
        assert refusal["code"] == "order_shipped"
        assert refusal["packed"] == [{"fc_id": "LAX1", "at": examples.PACKED_AT}]

    def test_from_tomorrow_is_refused_and_nothing_is_written(self, service: Service, orders: Orders) -> None:
        service.place("A-1")
        before = orders.find("acme", "A-1")
        answer = service.report("LAX1", "A-1", "picking", "2099-01-01T00:00:00Z")
        assert (answer.status, answer.body["field"]) == (400, "occurred_at")
        assert orders.find("acme", "A-1") == before

    def test_cannot_move_an_order_out_of_a_status_that_this_version_does_not_know(
        self, service: Service, orders: Orders, dynamodb: Any
    ) -> None:
        service.place("A-1")
        dynamodb.update_item(
            TableName="OrdersTable",
            Key={"seller_id": {"S": "acme"}, "order_id": {"S": "A-1"}},
            UpdateExpression="SET #s = :s",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":s": {"S": "on_hold"}},
        )
        before = orders.find("acme", "A-1")
        answer = service.report("LAX1", "A-1", "picking")
        assert (answer.status, answer.body["code"], answer.body["order_status"]) == (409, "order_conflict", "on_hold")
        assert orders.find("acme", "A-1") == before
        assert service.cancel("A-1").status == 409

    def test_reads_who_it_is_and_the_order_and_writes_once(self, service: Service, wire: Wire) -> None:
        service.place("A-1")
        wire.requests.clear()
        service.report("LAX1", "A-1", "picking")
        assert wire.requests == ["GetItem", "GetItem", "UpdateItem"]


class TestTwoCenters:
    def test_the_story(self, service: Service) -> None:
        service.place("A-1", "LAX1", "EWR2")
        assert service.report("LAX1", "A-1", "picking", "2026-11-23T13:00:00Z").body["order_status"] == "picking"
        assert service.view("A-1").body["cancellable"] is True

        # the first that packs closes the order
        packed = service.report("EWR2", "A-1", "picked_packed", "2026-11-23T13:50:00Z")
        assert packed.body["order_status"] == "picked_packed"

        # the refusal names it and the time
        refusal = service.cancel("A-1")
        assert (refusal.status, refusal.body["code"]) == (409, "order_picked_packed")
        assert (
            "fulfillment center EWR2 picked and packed its part on 23 Nov 2026 at 13:50 UTC" in refusal.body["detail"]
        )
        assert refusal.body["packed"] == [{"fc_id": "EWR2", "at": "2026-11-23T13:50:00Z"}]

        # the second is recorded later, and named second
        later = service.report("LAX1", "A-1", "picked_packed", "2026-11-23T14:20:00Z")
        assert (later.body["outcome"], later.body["order_status"]) == ("recorded", "picked_packed")
        assert service.cancel("A-1").body["packed"] == [
            {"fc_id": "EWR2", "at": "2026-11-23T13:50:00Z"},
            {"fc_id": "LAX1", "at": "2026-11-23T14:20:00Z"},
        ]

        # it is shipped and delivered with the last
        assert service.report("EWR2", "A-1", "shipped").body["order_status"] == "picked_packed"
        assert service.report("LAX1", "A-1", "shipped").body["order_status"] == "shipped"
        assert service.report("LAX1", "A-1", "delivered").body["order_status"] == "shipped"
        assert service.report("EWR2", "A-1", "delivered").body["order_status"] == "delivered"


class TestACancelledOrder:
    """G2: it never leaves ``cancelled``."""

    @pytest.mark.parametrize("event", EVENTS)
    @pytest.mark.parametrize("before", [None, "allocated", "picking"])
    def test_is_not_revived_by_any_event(
        self, service: Service, orders: Orders, before: str | None, event: str
    ) -> None:
        service.place("A-1")
        if before:
            service.report("LAX1", "A-1", before)
        service.cancel("A-1", {"reason": "pricing_error", "note": "We sold it too cheap."})
        cancelled = orders.find("acme", "A-1")

        for _ in range(2):
            answer = service.report("LAX1", "A-1", event)
            assert answer.status == 409
            assert (answer.body["code"], answer.body["instruction"]) == ("order_cancelled", "put_back")
            assert "put the goods back" in answer.body["detail"]
            assert "pricing_error" not in answer.text
            assert "cheap" not in answer.text
        assert orders.find("acme", "A-1") == cancelled

    def test_stops_every_one_of_its_centers(self, service: Service) -> None:
        service.place("A-1", "LAX1", "EWR2")
        service.cancel("A-1")
        for fc_id in ("LAX1", "EWR2"):
            assert service.report(fc_id, "A-1", "picked_packed").body["instruction"] == "put_back"

    def test_the_network_cancelled_stops_them_too(self, service: Service) -> None:
        service.place("A-1")
        service.auto_cancel({"seller_id": "acme", "order_id": "A-1", "reason": "stockout"})
        assert service.report("LAX1", "A-1", "picking").body["instruction"] == "put_back"


class TestSomethingSlipsInBetweenReadAndWrite:
    def test_another_centers_event_and_both_stand(self, service: Service, orders: Orders, wire: Wire) -> None:
        service.place("A-1", "LAX1", "EWR2")

        def ewr2_picks() -> None:
            seen = orders.find("acme", "A-1")
            assert seen
            world.report(orders, seen, "EWR2", "picking", "2026-11-23T13:00:00Z")

        wire.requests.clear()
        wire.before("UpdateItem", ewr2_picks)
        answer = service.report("LAX1", "A-1", "picked_packed")
        assert (answer.body["outcome"], answer.body["order_status"]) == ("recorded", "picked_packed")
        assert wire.requests == ["GetItem", "GetItem", "UpdateItem", "UpdateItem"], "no second read"
        order = orders.find("acme", "A-1")
        assert order
        assert order.milestones == {
            "LAX1": {"picked_packed": examples.PACKED_AT},
            "EWR2": {"picking": "2026-11-23T13:00:00Z"},
        }

    def test_a_cancel_and_the_center_is_stopped(self, service: Service, orders: Orders, wire: Wire) -> None:
        service.place("A-1")
        wire.before("UpdateItem", lambda: orders.cancel("acme", "A-1", examples.cancellation()))
        answer = service.report("LAX1", "A-1", "picked_packed")
        assert (answer.status, answer.body["instruction"]) == (409, "put_back")
        assert service.view("A-1").body["status"] == "cancelled"

    def test_a_packing_and_the_cancel_is_refused(self, service: Service, orders: Orders, wire: Wire) -> None:
        service.place("A-1")

        def lax1_packs() -> None:
            seen = orders.find("acme", "A-1")
            assert seen
            world.report(orders, seen, "LAX1", "picked_packed", examples.PACKED_AT)

        wire.before("UpdateItem", lax1_packs)
        answer = service.cancel("A-1")
        assert (answer.status, answer.body["code"]) == (409, "order_picked_packed")
        assert service.view("A-1").body["status"] == "picked_packed"


class TestWhoReports:
    """A fulfillment center is known by its token, never by what it writes."""

    def test_an_order_of_other_centers_is_as_missing_as_a_missing_one(self, service: Service) -> None:
        service.place("A-1", "EWR2")
        theirs = service.report("LAX1", "A-1", "picking")
        missing = service.report("LAX1", "A-1", "picking", seller_id="nobody")
        assert theirs.status == missing.status == 404
        assert theirs.text == missing.text
