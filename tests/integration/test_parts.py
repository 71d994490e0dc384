"""A split order: parts of it are cancelled, run out, or go to another center, and everyone is told what is true."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from tests.support import examples
from tests.support.clock import MINUTE, Clock
from tests.support.functions import Context, Response, seller_claims
from tests.support.memory_tables import ORDERS, Tables
from tests.support.rig import Service
from tests.support.sdk import Wire

ASK = {"reason": "customer_request", "note": "One tent is enough."}
EWR2 = {**ASK, "fulfillment_centers": ["EWR2"]}


@pytest.fixture
def tables(aws: Tables) -> Tables:
    return aws


@pytest.fixture
def split(service: Service) -> str:
    """An order at LAX1, EWR2 and ONT8, of which LAX1 has packed its part."""
    service.place("A-1", "LAX1", "EWR2", "ONT8")
    service.report("LAX1", "A-1", "picked_packed")
    return "A-1"


def centers(answer: Response) -> dict[str, str]:
    return {center["fc_id"]: center["status"] for center in answer.body["fulfillment_centers"]}


def item(tables: Tables) -> dict[str, Any]:
    found = tables.get(ORDERS, "acme", "A-1")
    assert found
    return dict(found)


class TestACancelOfParts:
    def test_cancels_them_and_says_first_what_goes_on(self, service: Service, split: str) -> None:
        answer = service.cancel(split, EWR2)
        assert answer.status == 200
        told = answer.body
        assert told["message"] == (
            "LAX1 has packed its part and ONT8 has not packed its part yet. "
            "EWR2's part of order A-1 has been successfully cancelled."
        )
        assert (told["outcome"], told["order_status"]) == ("cancelled", "picked_packed")
        assert told["cancelled_fulfillment_centers"] == ["EWR2"]
        assert told["still_shipping"] == [
            {"fc_id": "LAX1", "status": "picked_packed"},
            {"fc_id": "ONT8", "status": "received"},
        ]
        assert (told["cancellation"]["reason"], told["cancellation"]["note"]) == ("customer_request", ASK["note"])
        assert told["cancellation"]["fulfillment_centers"] == ["EWR2"]
        assert [step["action"] for step in told["next_steps"]] == ["correct_in_marketplace", "reroute"]

    def test_takes_a_read_and_a_write(self, service: Service, split: str, wire: Wire) -> None:
        wire.requests.clear()
        service.cancel(split, EWR2)
        assert wire.requests == ["GetItem", "UpdateItem"]

    def test_that_loses_to_a_center_says_so(self, service: Service, split: str, wire: Wire, tables: Tables) -> None:
        wire.before("UpdateItem", lambda: service.report("EWR2", split, "picked_packed"))
        refused = service.cancel(split, EWR2)
        assert (refused.status, refused.body["code"]) == (409, "order_picked_packed")
        assert "part_cancellations" not in item(tables)

    def test_shows_in_the_order(self, service: Service, split: str) -> None:
        service.cancel(split, EWR2)
        seen = service.view(split)
        assert centers(seen) == {"LAX1": "picked_packed", "EWR2": "cancelled", "ONT8": "received"}
        assert seen.body["partially_cancelled"] is True
        assert seen.body["marketplace_cancellation"] == "to_do"
        assert seen.body["not_cancellable_because"]["still_cancellable"] == ["ONT8"]
        ewr2 = seen.body["fulfillment_centers"][1]
        assert ewr2["cancellation"]["reason"] == "customer_request"
        assert (ewr2["at"], ewr2["cancellable"]) == (ewr2["cancellation"]["cancelled_at"], False)

    def test_does_not_hold_the_order_back(self, service: Service, split: str) -> None:
        service.report("LAX1", split, "delivered")
        assert service.cancel(split, {"fulfillment_centers": ["ONT8"]}).body["order_status"] == "picked_packed"
        assert service.cancel(split, EWR2).body["order_status"] == "delivered"
        assert service.cancel(split).body["code"] == "order_delivered"

    def test_of_all_that_is_left_cancels_the_order(self, service: Service) -> None:
        service.place("A-1", "LAX1", "EWR2")
        service.cancel("A-1", EWR2)
        last = service.cancel("A-1", {"fulfillment_centers": ["LAX1"]})
        assert (last.body["order_status"], last.body["still_shipping"]) == ("cancelled", [])
        assert last.body["message"] == "Your order has been successfully cancelled."
        assert [step["action"] for step in last.body["next_steps"]] == ["cancel_in_marketplace", "reroute"]
        seen = service.view("A-1").body
        assert (seen["status"], seen["partially_cancelled"]) == ("cancelled", False)
        assert seen["cancellation"]["fulfillment_centers"] == ["LAX1"]
        assert "EWR2's part of order A-1 already, on" in service.cancel("A-1").body["message"]

    def test_is_all_or_nothing(self, service: Service, split: str, tables: Tables) -> None:
        before = item(tables)
        refused = service.cancel(split, {"fulfillment_centers": ["EWR2", "LAX1"]})
        assert (refused.status, refused.body["code"]) == (409, "order_picked_packed")
        assert refused.body["packed"] == [{"fc_id": "LAX1", "at": examples.PACKED_AT}]
        assert refused.body["still_cancellable"] == ["EWR2", "ONT8"]
        assert refused.body["next_steps"][0]["action"] == "cancel_rest"
        assert item(tables) == before

    def test_of_a_center_that_has_no_part_names_the_field(self, service: Service, split: str) -> None:
        refused = service.cancel(split, {"fulfillment_centers": ["EWR2", "DFW3"]})
        assert (refused.status, refused.body["field"]) == (400, "fulfillment_centers")
        assert "DFW3" in refused.body["detail"]

    def test_of_a_missing_order_is_not_found(self, service: Service) -> None:
        assert service.cancel("A-404", EWR2).status == 404

    def test_of_an_order_in_a_newer_status_is_refused(self, service: Service, split: str, tables: Tables) -> None:
        tables.put(ORDERS, {**item(tables), "status": {"S": "on_hold"}})
        assert service.cancel(split, EWR2).body["code"] == "order_conflict"


class TestTheSameAgain:
    def test_with_the_same_key_is_a_replay(self, service: Service, split: str, tables: Tables) -> None:
        first = service.cancel(split, EWR2, key="k-1")
        before = item(tables)
        again = service.cancel(split, EWR2, key="k-1")
        assert again.headers["idempotent-replayed"] == "true"
        assert again.body == first.body
        assert item(tables) == before

    def test_is_answered_whatever_a_later_version_made_of_the_order(
        self, service: Service, split: str, tables: Tables
    ) -> None:
        service.cancel(split, EWR2)
        tables.put(ORDERS, {**item(tables), "status": {"S": "on_hold"}})
        assert service.cancel(split, EWR2).body["outcome"] == "already_cancelled"

    def test_is_told_of_the_cancellation_of_the_part_that_is_named_first(self, service: Service, split: str) -> None:
        for fc_id, reason in (("EWR2", "customer_request"), ("ONT8", "pricing_error")):
            service.cancel(split, {"fulfillment_centers": [fc_id], "reason": reason})
        again = service.cancel(split, {"fulfillment_centers": ["ONT8", "EWR2"]}).body
        assert (again["outcome"], again["cancellation"]["reason"]) == ("already_cancelled", "pricing_error")

    def test_for_another_reason_is_refused(self, service: Service, split: str) -> None:
        service.cancel(split, EWR2, key="k-1")
        assert service.cancel(split, {**EWR2, "reason": "other"}, key="k-1").status == 422

    def test_for_another_part_is_another_cancel(self, service: Service, split: str) -> None:
        service.cancel(split, EWR2, key="k-1")
        assert service.cancel(split, {"fulfillment_centers": ["ONT8"]}, key="k-1").body["outcome"] == "cancelled"

    def test_without_a_key_was_cancelled_already(self, service: Service, split: str) -> None:
        first = service.cancel(split, EWR2).body["cancellation"]
        again = service.cancel(split, EWR2).body
        assert (again["outcome"], again["cancellation"]) == ("already_cancelled", first)
        assert "You cancelled EWR2's part of order A-1 already" in again["message"]

    def test_of_parts_of_which_some_are_cancelled_cancels_the_others(self, service: Service, split: str) -> None:
        service.cancel(split, EWR2)
        both = service.cancel(split, {"fulfillment_centers": ["ONT8", "EWR2"]}, key="k-2").body
        assert (both["outcome"], both["cancelled_fulfillment_centers"]) == ("cancelled", ["EWR2", "ONT8"])
        again = service.cancel(split, {"fulfillment_centers": ["EWR2", "ONT8"]}, key="k-2")
        assert again.headers["idempotent-replayed"] == "true"


class TestAWholeCancel:
    def test_that_is_refused_offers_the_rest(self, service: Service, split: str, wire: Wire) -> None:
        wire.requests.clear()
        refused = service.cancel(split, ASK)
        assert wire.requests == ["UpdateItem"]
        assert (refused.body["code"], refused.body["still_cancellable"]) == ("order_picked_packed", ["EWR2", "ONT8"])
        offered, settle = refused.body["next_steps"]
        assert (offered["action"], offered["fulfillment_centers"]) == ("cancel_rest", ["EWR2", "ONT8"])
        assert offered["text"].startswith(
            "EWR2 and ONT8 have not packed yet. If the customer can do without, cancel those"
        )
        service.cancel(split, EWR2)
        one = service.cancel(split, ASK).body["next_steps"][0]
        assert one["text"].startswith("ONT8 has not packed yet. If the customer can do without, cancel that part alone")
        assert settle["action"] == "contact_marketplace_or_customer"

    def test_ends_what_is_left_of_an_order(self, service: Service, wire: Wire) -> None:
        service.place("A-1", "LAX1", "EWR2")
        service.cancel("A-1", EWR2)
        wire.requests.clear()
        assert service.cancel("A-1", ASK).body["status"] == "cancelled"
        assert wire.requests == ["UpdateItem"]
        assert centers(service.view("A-1")) == {"LAX1": "cancelled", "EWR2": "cancelled"}

    def test_is_to_do_in_the_marketplace_though_an_earlier_part_is_done(self, service: Service) -> None:
        service.place("A-1", "LAX1", "EWR2", "ONT8")
        for body in (EWR2, {"fulfillment_centers": ["ONT8"]}, ASK):
            service.cancel("A-1", body)
            assert service.view("A-1").body["marketplace_cancellation"] == "to_do"
            service.send("mark_marketplace", seller_claims("acme"), {"state": "done"}, order_id="A-1")
            assert service.view("A-1").body["marketplace_cancellation"] == "done"

    def test_keeps_its_place_among_what_is_to_do_when_that_is_said_once_more(
        self, service: Service, split: str, tables: Tables, clock: Clock
    ) -> None:
        service.cancel(split, EWR2)
        since = item(tables)["to_do_since"]
        clock.advance(MINUTE)
        service.send("mark_marketplace", seller_claims("acme"), {"state": "to_do"}, order_id=split)
        assert item(tables)["to_do_since"] == since


class TestBatches:
    def test_parts_and_orders_have_a_result_each(self, service: Service, split: str) -> None:
        service.place("A-2")
        answer = service.cancel_many(
            {"order_id": split, "fulfillment_centers": ["EWR2"]},
            {"order_id": split, "fulfillment_centers": ["ONT8"]},
            {"order_id": split, "fulfillment_centers": ["EWR2"]},
            {"order_id": "A-2"},
            {"order_id": split},
        ).body
        assert answer["counts"] == {"orders": 4, "cancelled": 3, "already_cancelled": 0, "refused": 1}
        assert [each.get("fulfillment_centers") for each in answer["results"]] == [["EWR2"], ["ONT8"], None, None]

    def test_the_network_cancels_parts(self, service: Service, split: str) -> None:
        entry = {"seller_id": "acme", "order_id": split, "reason": "stockout"}
        (result,) = service.auto_cancel({**entry, "fulfillment_centers": ["EWR2"], "skus": ["TENT"]}).body["results"]
        assert (result["outcome"], result["order_status"]) == ("cancelled", "picked_packed")
        assert "was cancelled automatically" in service.cancel(split, EWR2).body["message"]

    def test_a_part_is_not_begun_without_time_for_its_two_calls(self, service: Service, split: str) -> None:
        orders = {"orders": [{"order_id": split, "fulfillment_centers": ["EWR2"]}]}
        answer = service.send("cancel_many", seller_claims("acme"), orders, Context(23_999))
        assert answer.body["results"][0]["code"] == "service_unavailable"


class TestTheFulfillmentCenter:
    @pytest.mark.parametrize("event", ["allocated", "picking", "picked_packed", "shipped", "delivered"])
    def test_is_told_to_put_back_a_part_that_is_cancelled(
        self, service: Service, split: str, tables: Tables, event: str
    ) -> None:
        service.cancel(split, EWR2)
        before = item(tables)
        told = service.report("EWR2", split, event)
        assert (told.status, told.body["code"], told.body["instruction"]) == (409, "part_withdrawn", "put_back")
        assert told.body["detail"].startswith("Your part of order A-1 was cancelled on")
        assert item(tables) == before

    def test_of_another_part_goes_on(self, service: Service, split: str) -> None:
        service.cancel(split, EWR2)
        assert service.report("LAX1", split, "shipped").body["outcome"] == "recorded"

    def test_of_an_order_that_ended_part_by_part_is_told_that_it_ended(self, service: Service) -> None:
        service.place("A-1", "LAX1", "EWR2")
        service.cancel("A-1", EWR2)
        service.cancel("A-1")
        for fc_id in ("LAX1", "EWR2"):
            assert service.report(fc_id, "A-1", "picking").body["code"] == "order_cancelled"


class TestAMove:
    def test_takes_a_part_to_another_center(self, service: Service) -> None:
        service.place("A-1", "LAX1")
        service.report("LAX1", "A-1", "picking")
        moved = service.move("A-1", "EWR2")
        assert (moved.status, moved.body["status"], centers(moved)) == (200, "received", {"EWR2": "received"})
        assert [each["fc_id"] for each in moved.body["moved_fulfillment_centers"]] == ["LAX1"]
        told = service.report("LAX1", "A-1", "picked_packed")
        assert (told.body["code"], told.body["instruction"]) == ("part_withdrawn", "put_back")
        assert service.report("EWR2", "A-1", "picked_packed").body["outcome"] == "recorded"
        assert service.cancel("A-1").body["packed"][0]["fc_id"] == "EWR2"

    def test_that_loses_to_a_center_says_so(self, service: Service, split: str, wire: Wire, tables: Tables) -> None:
        wire.before("UpdateItem", lambda: service.report("EWR2", split, "picked_packed"))
        refused = service.move(split, "LAX1", "ONT8")
        assert (refused.status, refused.body["code"]) == (409, "order_picked_packed")
        assert "moved_parts" not in item(tables)

    def test_leaves_the_placement_as_it_was(self, service: Service) -> None:
        service.place("A-1", "LAX1")
        service.move("A-1", "EWR2")
        again = service.place("A-1", "LAX1")
        assert (again.status, centers(again)) == (200, {"EWR2": "received"})

    def test_the_same_again_changes_nothing(self, service: Service, split: str, tables: Tables) -> None:
        service.move(split, "LAX1", "DFW3")
        before = item(tables)
        assert service.move(split, "DFW3", "LAX1").status == 200
        assert item(tables) == before

    def test_back_begins_anew(self, service: Service, tables: Tables) -> None:
        service.place("A-1", "LAX1")
        service.report("LAX1", "A-1", "picking")
        service.move("A-1", "EWR2")
        assert "LAX1" not in item(tables)["receipts"]["M"]
        back = service.move("A-1", "LAX1")
        assert centers(back) == {"LAX1": "received"}
        assert service.report("LAX1", "A-1", "picking").body["outcome"] == "recorded"

    def test_goes_to_and_fro_as_often_as_is_asked(self, service: Service) -> None:
        service.place("A-1", "LAX1", "EWR2")
        for _ in range(3):
            assert centers(service.move("A-1", "LAX1")) == {"LAX1": "received"}
            assert centers(service.move("A-1", "LAX1", "EWR2")) == {"LAX1": "received", "EWR2": "received"}

    @pytest.mark.parametrize(
        ("to", "code"),
        [(("ONT8", "DFW3"), "order_picked_packed"), (("LAX1", "EWR2"), "part_withdrawn")],
    )
    def test_takes_nothing_from_who_has_packed_and_revives_nothing(
        self, service: Service, split: str, tables: Tables, to: tuple[str, ...], code: str
    ) -> None:
        service.cancel(split, EWR2)
        before = item(tables)
        refused = service.move(split, *to)
        assert (refused.status, refused.body["code"]) == (409, code)
        assert item(tables) == before

    def test_that_is_refused_says_why(self, service: Service, split: str) -> None:
        assert " Nothing can be taken from LAX1 any more. " in service.move(split, "ONT8").body["detail"]
        service.cancel(split, EWR2)
        one = service.move(split, "LAX1", "EWR2").body["detail"]
        assert " EWR2's part of order A-1 is cancelled, and stays so: leave EWR2 out. Nothing was changed." in one
        service.cancel(split, {**ASK, "fulfillment_centers": ["ONT8"]})
        both = service.move(split, "LAX1", "EWR2", "ONT8").body["detail"]
        assert " are cancelled, and stay so: leave EWR2 and ONT8 out. Nothing was changed." in both

    def test_and_a_cancel_are_told_only_where_they_were(self, service: Service, split: str) -> None:
        some = {"moved_fulfillment_centers", "marketplace_cancellation"}
        assert some.isdisjoint(service.view(split).body)
        service.move(split, "LAX1", "ONT8")
        assert some.intersection(service.view(split).body) == {"moved_fulfillment_centers"}
        service.cancel(split, {**ASK, "fulfillment_centers": ["ONT8"]})
        assert some <= service.view(split).body.keys()

    def test_of_a_cancelled_or_missing_order_is_refused(self, service: Service) -> None:
        service.place("A-1", "LAX1")
        service.cancel("A-1")
        assert service.move("A-1", "EWR2").body["code"] == "order_cancelled"
        assert service.move("A-404", "EWR2").status == 404

    @pytest.mark.parametrize("event", ["shipped", "delivered"])
    def test_adds_nothing_to_what_has_left(self, service: Service, event: str) -> None:
        service.place("A-1", "LAX1")
        service.report("LAX1", "A-1", event)
        assert service.move("A-1", "LAX1", "EWR2").body["code"] == f"order_{event}"
        assert service.move("A-1", "LAX1").status == 200

    def test_a_sellers_cancel_of_a_part_that_moved_is_told_so(self, service: Service, split: str) -> None:
        service.move(split, "LAX1", "ONT8")
        refused = service.cancel(split, EWR2)
        assert (refused.status, refused.body["code"]) == (409, "part_withdrawn")
        assert "EWR2 has no part of order A-1 any more" in refused.body["detail"]

    def test_gives_an_order_no_more_centers_than_its_item_holds(self, service: Service) -> None:
        service.place("A-1", "LAX1")
        for number in range(5):
            service.move("A-1", *(f"F{number}-{each}" for each in range(19 if number == 0 else 20)))
        refused = service.move("A-1", "ONE-MORE")
        assert (refused.status, refused.body["field"]) == (400, "fulfillment_centers")
        assert "would give the order more than 100 fulfillment centers" in refused.body["detail"]


class TestTheLines:
    LINES: ClassVar = [{"sku": "TENT", "quantity": 1, "fulfillment_center": "LAX1"}, {"sku": "LAMP", "quantity": 2}]

    def test_may_name_their_center(self, service: Service) -> None:
        placed = service.place("A-1", "LAX1", "EWR2", lines=self.LINES)
        assert (placed.status, placed.body["lines"]) == (201, self.LINES)
        assert service.place("A-1", "LAX1", "EWR2", lines=self.LINES).status == 200

    def test_name_none_but_the_orders(self, service: Service) -> None:
        refused = service.place("A-1", "EWR2", lines=self.LINES)
        assert (refused.status, refused.body["field"]) == (400, "lines[0].fulfillment_center")
