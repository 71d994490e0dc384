"""A seller cancels until an order is picked and packed: over HTTP, with real tokens, on the deployed template."""

import pytest

from local.client import Answer, Client
from order_cancellation.domain import times
from tests.support import examples
from tests.support.local_stack import Items, Place, Records

ASK = {"reason": "customer_request", "note": "Ordered the wrong size."}


def told(answer: Answer) -> dict[str, str]:
    """What of the headers depends on the request, apart from the ids and times that every answer has of its own."""
    own = {"x-request-id", "x-amzn-requestid", "x-amz-request-id", "date"}
    return {name.lower(): value for name, value in answer.headers.items() if name.lower() not in own}


class TestTheStory:
    def test_a_seller_cancels_and_the_fulfillment_center_is_stopped(
        self, acme: Client, lax1: Client, place: Place, item: Items
    ) -> None:
        order_id = place("LAX1")
        assert lax1.report("LAX1", "acme", order_id, "picking", times.now()).status == 200
        assert acme.get(f"/orders/{order_id}").body["cancellable"] is True

        yes = acme.cancel(order_id, ASK)
        assert (yes.status, yes.body["outcome"]) == (200, "cancelled")
        assert yes.body["message"] == "Your order has been successfully cancelled."
        assert [step["action"] for step in yes.body["next_steps"]] == ["cancel_in_marketplace", "reroute"]
        stored = item(order_id)
        assert stored
        assert stored["status"] == "cancelled"
        assert stored["cancellation"]["cancellation_id"] == yes.body["cancellation"]["cancellation_id"]

        stop = lax1.report("LAX1", "acme", order_id, "picked_packed", times.now())
        assert (stop.status, stop.body["instruction"]) == (409, "put_back")
        assert item(order_id) == stored

    def test_the_first_center_that_packs_closes_the_order(
        self, acme: Client, lax1: Client, ewr2: Client, place: Place
    ) -> None:
        order_id, at = place("LAX1", "EWR2"), times.now()
        assert ewr2.report("EWR2", "acme", order_id, "picked_packed", at).body["order_status"] == "picked_packed"
        no = acme.cancel(order_id, ASK)
        assert (no.status, no.body["code"]) == (409, "order_picked_packed")
        assert no.body["packed"] == [{"fc_id": "EWR2", "at": at}]
        assert "EWR2" in no.body["detail"]
        assert acme.get(f"/orders/{order_id}").body["not_cancellable_because"]["detail"] == no.body["detail"]
        later = lax1.report("LAX1", "acme", order_id, "picked_packed", times.now())
        assert later.body["outcome"] == "recorded"

    def test_the_network_cancels_what_it_cannot_ship(self, acme: Client, planner: Client, place: Place) -> None:
        order_ids = [place(), place()]
        entries = [{"seller_id": "acme", "order_id": order_id, "reason": "stockout"} for order_id in order_ids]
        assert planner.post("/auto-cancellations", {"cancellations": entries}).body["outcome"] == "success"
        for order_id in order_ids:
            answer = acme.cancel(order_id)
            assert (answer.status, answer.body["outcome"]) == (200, "already_cancelled")
            assert answer.body["cancellation"]["reason"] == "stockout"

    def test_a_batch_has_a_result_for_each_order(self, acme: Client, lax1: Client, place: Place) -> None:
        free, packed, missing = place(), place(), "T-missing"
        lax1.report("LAX1", "acme", packed, "picked_packed", times.now())
        answer = acme.post("/orders/cancel", {"orders": [{"order_id": name} for name in (packed, free, missing, free)]})
        assert (answer.status, answer.body["outcome"]) == (200, "partial_success")
        results = [(result["order_id"], result["outcome"], result.get("code")) for result in answer.body["results"]]
        assert results == [
            (packed, "refused", "order_picked_packed"),
            (free, "cancelled", None),
            (missing, "refused", "order_not_found"),
        ]

    def test_a_hundred_orders_in_one_request(self, acme: Client, place: Place) -> None:
        order_ids = [place() for _ in range(100)]
        answer = acme.post("/orders/cancel", {"orders": [{"order_id": order_id} for order_id in order_ids]})
        assert answer.body["counts"] == {"orders": 100, "cancelled": 100, "already_cancelled": 0, "refused": 0}
        assert [result["order_id"] for result in answer.body["results"]] == order_ids


class TestTheSameKeyAgain:
    """G3: it gets the answer of the first, and writes nothing."""

    @pytest.mark.parametrize("name", ["Idempotency-Key", "idempotency-key", "IDEMPOTENCY-KEY"])
    @pytest.mark.parametrize("quoted", [False, True])
    def test_of_a_cancel(
        self, acme: Client, place: Place, item: Items, stream_records: Records, name: str, quoted: bool
    ) -> None:
        order_id = place()
        key = f"key-of-{order_id}"
        first = acme.cancel(order_id, ASK, key=key)
        stored, records = item(order_id), stream_records(order_id)
        again = acme.post(f"/orders/{order_id}/cancel", ASK, {name: f'"{key}"' if quoted else key})
        assert first.status == again.status == 200
        assert again.raw == first.raw
        assert "Idempotent-Replayed" not in first.headers
        assert again.headers["Idempotent-Replayed"] == "true"
        assert told(again) == told(first) | {"idempotent-replayed": "true"}
        assert item(order_id) == stored
        assert stream_records(order_id) == records
        assert [record["eventName"] for record in records] == ["INSERT", "MODIFY"]

    def test_of_a_batch(self, acme: Client, place: Place, stream_records: Records) -> None:
        order_ids = [place(), place()]
        orders = {"orders": [{"order_id": order_id} for order_id in order_ids]}
        first, again = (acme.post("/orders/cancel", orders, {"Idempotency-Key": "batch-1"}) for _ in range(2))
        assert again.raw == first.raw
        assert again.headers["Idempotent-Replayed"] == "true"
        assert [len(stream_records(order_id)) for order_id in order_ids] == [2, 2]

    def test_with_other_words_is_refused(self, acme: Client, place: Place) -> None:
        order_id = place()
        acme.cancel(order_id, ASK, key="k-1")
        answer = acme.cancel(order_id, {"reason": "wrong_address"}, key="k-1")
        assert (answer.status, answer.body["code"]) == (422, "idempotency_key_reused")

    def test_of_an_event_of_a_fulfillment_center(self, lax1: Client, place: Place, stream_records: Records) -> None:
        order_id, at = place(), times.now()
        outcomes = [lax1.report("LAX1", "acme", order_id, "picking", at).body["outcome"] for _ in range(3)]
        assert outcomes == ["recorded", "already_recorded", "already_recorded"]
        assert len(stream_records(order_id)) == 2


class TestAnotherSellersOrder:
    """G5: it cannot be told from one that is not there."""

    @pytest.mark.parametrize("ask", ["view", "cancel"])
    def test_is_404_byte_for_byte_before_and_after_it_is_there(
        self, acme: Client, bluebird: Client, planner: Client, item: Items, ask: str
    ) -> None:
        def asked() -> Answer:
            return bluebird.cancel(order_id, ASK) if ask == "cancel" else bluebird.get(f"/orders/{order_id}")

        order_id = f"T-of-acme-{ask}"
        before = asked()
        assert planner.put(f"/sellers/acme/orders/{order_id}", examples.placement_document()).status == 201
        placed = item(order_id)
        after = asked()
        assert before.status == after.status == 404
        assert before.raw == after.raw
        assert told(before) == told(after)
        assert acme.get(f"/orders/{order_id}").status == 200
        assert item(order_id) == placed
        assert item(order_id, "bluebird") is None

    def test_is_not_in_the_list_nor_behind_its_cursor(self, acme: Client, bluebird: Client, place: Place) -> None:
        place()
        mine = acme.get("/orders", limit=100).body
        assert {order["order_id"] for order in mine["orders"]}
        first = acme.get("/orders", limit=1).body
        for query in ({"limit": 100}, {"limit": 100, "cursor": first["cursor"]}):
            theirs = bluebird.get("/orders", **query).body
            assert all(order["order_id"].startswith("B-") for order in theirs["orders"])

    def test_in_a_batch_is_refused_as_one_that_is_not_there(self, bluebird: Client, place: Place, item: Items) -> None:
        order_id = place()
        before = item(order_id)
        answer = bluebird.post("/orders/cancel", {"orders": [{"order_id": order_id}, {"order_id": "T-missing"}]})
        theirs, missing = answer.body["results"]
        assert answer.body["outcome"] == "failure"
        assert {**theirs, "order_id": "", "detail": ""} == {**missing, "order_id": "", "detail": ""}
        assert theirs["detail"].replace(order_id, "T-missing") == missing["detail"]
        assert item(order_id) == before
