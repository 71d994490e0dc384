"""What callers read. Whoever reads any of it knows what is still to be done, and that no marketplace was told."""

import json
from typing import Any, Literal

import pytest

from order_cancellation.actions.cancel import Cancelled
from order_cancellation.actions.reconcile import Differences, Reconciliation
from order_cancellation.domain import marketplaces, orders
from order_cancellation.domain.cancellations import Actor, Cancellation
from order_cancellation.domain.orders import Order
from order_cancellation.domain.refusals import why_code
from order_cancellation.http import documents
from order_cancellation.http.problems import PROBLEMS
from tests.support import examples

COLLEAGUE = Actor("person", "person-2", "second@acme.example")
PACKED = {"picked_packed": examples.PACKED_AT}
SHIPPED = PACKED | {"shipped": "2026-11-23T17:00:00Z"}
DELIVERED = SHIPPED | {"delivered": "2026-11-25T10:00:00Z"}
CANNOT = "Order A-1001 can no longer be cancelled"
AT = "23 Nov 2026 at 14:01 UTC"

SPLIT = examples.split_order({"LAX1": PACKED, "EWR2": {}}, ("ONT8", examples.cancellation()))

# what refuses a cancel: the code, and the sentence
REFUSALS = {
    "picked_packed": (
        examples.order({"LAX1": PACKED}),
        "order_picked_packed",
        f"{CANNOT}: fulfillment center LAX1 picked and packed it on {AT}.",
    ),
    "packed by the first of two": (
        examples.order({"LAX1": {"picking": "2026-11-23T13:00:00Z"}, "EWR2": PACKED}),
        "order_picked_packed",
        (
            "LAX1 has not packed its part yet and EWR2 has packed its part. "
            f"{CANNOT} as a whole: fulfillment center EWR2 picked and packed its part on {AT}. "
            "LAX1's part of order A-1001 can still be cancelled."
        ),
    ),
    "packed by two of three, one after the other": (
        examples.order({"LAX1": {"picked_packed": "2026-11-23T16:30:00Z"}, "ONT8": {}, "EWR2": PACKED}),
        "order_picked_packed",
        (
            "LAX1 has packed its part, ONT8 has not packed its part yet and EWR2 has packed its part. "
            f"{CANNOT} as a whole: fulfillment center EWR2 picked and packed its part on {AT}. "
            "ONT8's part of order A-1001 can still be cancelled."
        ),
    ),
    "shipped": (
        examples.order({"LAX1": SHIPPED}),
        "order_shipped",
        f"{CANNOT}: fulfillment center LAX1 picked and packed it on {AT}, and it has been shipped.",
    ),
    "delivered": (
        examples.order({"LAX1": DELIVERED}),
        "order_delivered",
        f"{CANNOT}: fulfillment center LAX1 picked and packed it on {AT}, and it has been delivered.",
    ),
    "unknown status": (
        examples.order(status="on_hold"),
        "order_conflict",
        f"{CANNOT}: its status is on_hold.",
    ),
    "packed, then an unknown status": (
        examples.packed_order(status="returned"),
        "order_conflict",
        f"{CANNOT}: its status is returned.",
    ),
    "packed, but nobody reported it": (
        examples.order({"LAX1": {}}, status="picked_packed"),
        "order_picked_packed",
        f"{CANNOT}: its status is picked_packed.",
    ),
    "cancelled by the seller": (
        examples.cancelled_order(),
        "order_cancelled",
        "Order A-1001 was cancelled already, on 23 Nov 2026 at 14:02 UTC.",
    ),
    "cancelled by the network": (
        examples.cancelled_order(examples.auto_cancellation()),
        "order_cancelled",
        "Order A-1001 was cancelled automatically on 23 Nov 2026 at 14:02 UTC: out of stock.",
    ),
    "cancelled for a reason that this version does not know": (
        examples.cancelled_order(examples.auto_cancellation(reason="recall")),
        "order_cancelled",
        "Order A-1001 was cancelled automatically on 23 Nov 2026 at 14:02 UTC.",
    ),
}


def cancelled(outcome: Literal["cancelled", "already_cancelled"], by: Cancellation | None = None) -> Cancelled:
    """What a cancel of order A-1001 came to."""
    ended_by = by or examples.cancellation()
    return Cancelled(examples.cancelled_order(ended_by), outcome, ended_by)


class TestWhyNot:
    @pytest.mark.parametrize(("order", "code", "sentence"), REFUSALS.values(), ids=REFUSALS)
    def test_the_refusal_says_what_won_where_and_when(self, order: Order, code: str, sentence: str) -> None:
        refusal = documents.why_not_cancellable(order)
        assert (why_code(order), refusal["detail"]) == (code, sentence)
        assert refusal["order_status"] == order.status
        assert PROBLEMS[code][0] == 409

    def test_every_center_that_has_packed_is_named(self) -> None:
        later = {"picked_packed": "2026-11-23T15:00:00Z"}
        refusal = documents.why_not_cancellable(examples.order({"LAX1": later, "EWR2": PACKED, "DFW3": {}}))
        assert refusal["packed"] == [
            {"fc_id": "EWR2", "at": examples.PACKED_AT},
            {"fc_id": "LAX1", "at": "2026-11-23T15:00:00Z"},
        ]

    def test_where_nobody_has_packed_nobody_is_named(self) -> None:
        assert "packed" not in documents.why_not_cancellable(examples.order(status="on_hold"))

    @pytest.mark.parametrize(
        ("order", "where"),
        [
            (examples.order({"LAX1": PACKED}), "The parcel will be shipped."),
            (examples.order({"LAX1": SHIPPED}), "The parcel is on its way."),
            (examples.order({"LAX1": DELIVERED}), "The parcel has arrived."),
        ],
        ids=lambda value: value.status if isinstance(value, Order) else "",
    )
    def test_the_seller_is_told_to_settle_it_and_not_to_cancel_there(self, order: Order, where: str) -> None:
        (step,) = documents.why_not_cancellable(order)["next_steps"]
        assert step["action"] == "contact_marketplace_or_customer"
        assert step["text"].startswith(f"{where} Do not cancel order 113-4000553-2711418 in Amazon; if it is cancelled")
        assert "settle it with Amazon or the customer" in step["text"]


class TestCancelled:
    def test_of_a_split_order_in_a_later_versions_status_nothing_is_said(self) -> None:
        step = documents.why_not_cancellable(SPLIT._replace(status="on_hold"))["next_steps"][-1]
        assert step["text"].startswith("Do not cancel order 113-4000553-2711418 in Amazon; ")

    def test_the_message_of_a_cancel(self) -> None:
        document = documents.cancel_document(cancelled("cancelled"), examples.PERSON)
        assert document["message"] == "Your order has been successfully cancelled."
        assert (document["order_id"], document["status"], document["outcome"]) == ("A-1001", "cancelled", "cancelled")

    def test_one_that_was_cancelled_before_says_when_and_by_whom(self) -> None:
        document = documents.cancel_document(
            cancelled("already_cancelled", examples.auto_cancellation()), examples.PERSON
        )
        assert document["outcome"] == "already_cancelled"
        assert document["message"].startswith("Order A-1001 was cancelled automatically on 23 Nov 2026 at 14:02 UTC")
        assert document["cancellation"]["reason"] == "stockout"

    @pytest.mark.parametrize(
        ("actor", "reader", "begins"),
        [
            (examples.PERSON, examples.PERSON, "You cancelled order A-1001 already"),
            (examples.PERSON, COLLEAGUE, "Order A-1001 was cancelled by ops@acme.example already"),
            (Actor("person", "person-1"), COLLEAGUE, "Order A-1001 was cancelled already"),
            (None, examples.PERSON, "Order A-1001 was cancelled already"),  # by a version that did not note who
            (examples.PERSON, examples.NETWORK, "Order A-1001 was cancelled by its seller already"),
            (None, examples.NETWORK, "Order A-1001 was cancelled by its seller already"),
        ],
    )
    def test_you_cancelled_is_said_only_to_the_person_who_did(
        self, actor: Actor | None, reader: Actor, begins: str
    ) -> None:
        by = examples.cancellation(actor=actor)
        document = documents.cancel_document(cancelled("already_cancelled", by), reader)
        assert document["message"] == f"{begins}, on 23 Nov 2026 at 14:02 UTC."

    def test_the_note_and_the_person_are_for_the_sellers_people_alone(self) -> None:
        by = examples.cancellation(note="Moved.", actor=examples.PERSON)
        seen = documents.cancel_document(cancelled("already_cancelled", by), COLLEAGUE)["cancellation"]
        assert (seen["note"], seen["actor"]["name"]) == ("Moved.", "ops@acme.example")
        shown = json.dumps(documents.cancel_document(cancelled("already_cancelled", by), examples.NETWORK))
        for secret in ("Moved.", "ops@acme.example", "person-1"):
            assert secret not in shown
        assert "ops@acme" not in json.dumps(documents.put_back(examples.cancelled_order(by)))
        assert "ops@acme" not in json.dumps(documents.why_not_cancellable(examples.cancelled_order(by)))

    def test_the_seller_is_told_to_cancel_in_the_marketplace_or_to_reroute(self) -> None:
        steps = documents.cancel_document(cancelled("cancelled"), examples.PERSON)["next_steps"]
        assert [step["action"] for step in steps] == ["cancel_in_marketplace", "reroute"]
        assert steps[0]["marketplace"] == "amazon"
        assert steps[0]["marketplace_order_id"] == "113-4000553-2711418"
        assert steps[0]["text"].startswith("Cancel order 113-4000553-2711418 in Amazon too.")
        assert "re-route the order to another fulfillment service" in steps[1]["text"]

    def test_a_sellers_cancellation(self) -> None:
        assert documents.cancellation_document(examples.cancellation(note="Moved."), examples.PERSON) == {
            "cancellation_id": "c1" * 16,
            "kind": "seller",
            "reason": "customer_request",
            "note": "Moved.",
            "cancelled_at": examples.CANCELLED_AT,
            "actor": None,
        }

    def test_the_networks_cancellation_has_skus_and_a_detail(self) -> None:
        document = documents.cancellation_document(
            examples.auto_cancellation(detail="Till 4 December."), examples.PERSON
        )
        assert (document["kind"], document["skus"], document["detail"]) == ("auto", ["TENT-2P-GRN"], "Till 4 December.")

    def test_the_request_id_is_ours_alone(self) -> None:
        assert "request-1" not in json.dumps(documents.cancel_document(cancelled("cancelled"), examples.PERSON))


def told() -> dict[str, Any]:
    """Everything that a seller can be told about an order that was, or cannot be, cancelled."""
    outcomes: tuple[Literal["cancelled"], Literal["already_cancelled"]] = ("cancelled", "already_cancelled")
    done = {
        f"{outcome} by {by.kind}": documents.cancel_document(cancelled(outcome, by), examples.PERSON)
        for outcome in outcomes
        for by in (examples.cancellation(), examples.auto_cancellation())
    }
    refused = {f"refused: {name}": documents.why_not_cancellable(order) for name, (order, _, _) in REFUSALS.items()}
    viewed = {
        f"viewed: {name}": documents.order_document(order, examples.PERSON) for name, (order, _, _) in REFUSALS.items()
    }
    return done | refused | viewed


@pytest.mark.parametrize("document", told().values(), ids=told())
def test_every_answer_names_the_marketplace_and_says_that_nothing_is_synchronized(document: Any) -> None:
    texts = [step["text"] for step in document["next_steps"]]
    assert any("Nothing is synchronized: Amazon" in text for text in texts)
    assert all("Amazon" in text for text in texts)


@pytest.mark.parametrize("document", told().values(), ids=told())
def test_every_sentence_is_one(document: Any) -> None:
    because = document.get("not_cancellable_because", {})
    said = [document.get("message"), document.get("detail"), because.get("detail")]
    for sentence in [text for text in said if text] + [step["text"] for step in document["next_steps"]]:
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert "  " not in sentence
        assert "None" not in sentence


class TestOrderDocument:
    @pytest.mark.parametrize("status", orders.CANCELLABLE)
    def test_one_that_can_be_cancelled(self, status: str) -> None:
        document = documents.order_document(examples.order(status=status), examples.PERSON)
        assert document["cancellable"] is True
        assert document.keys().isdisjoint({"not_cancellable_because", "next_steps", "cancellation"})

    @pytest.mark.parametrize(("order", "code", "sentence"), REFUSALS.values(), ids=REFUSALS)
    def test_one_that_cannot_says_what_a_cancel_would_be_told(self, order: Order, code: str, sentence: str) -> None:
        document = documents.order_document(order, examples.PERSON)
        assert document["cancellable"] is False
        packed = [{"fc_id": fc_id, "at": at} for fc_id, at in order.packed()] if not order.cancellation else []
        left = {"still_cancellable": list(order.still_cancellable)}
        because = {"code": code, "detail": sentence} | ({"packed": packed, **left} if packed else {})
        assert document["not_cancellable_because"] == because
        assert document["next_steps"] == documents.why_not_cancellable(order)["next_steps"]
        assert ("cancellation" in document) == (order.cancellation is not None)

    def test_the_order_as_it_was_placed(self) -> None:
        document = documents.order_document(examples.order({"LAX1": {}}), examples.PERSON)
        placed = examples.placement_document()
        assert {name: document[name] for name in placed if name != "fulfillment_centers"} == {
            name: value for name, value in placed.items() if name != "fulfillment_centers"
        }

    def test_every_center_is_where_it_reported_last(self) -> None:
        document = documents.order_document(examples.order({"LAX1": SHIPPED, "EWR2": {}}), examples.PERSON)
        assert document["fulfillment_centers"] == [
            {
                "fc_id": "LAX1",
                "status": "shipped",
                "at": "2026-11-23T17:00:00Z",
                "cancellable": False,
                "events": [{"event": event, "at": at} for event, at in SHIPPED.items()],
            },
            {"fc_id": "EWR2", "status": "received", "at": None, "cancellable": True, "events": []},
        ]


class TestDifferences:
    SAID = Reconciliation("amazon", frozenset({"1", "2"}), frozenset({"3"}))

    def row(self, order: Order) -> Any:
        return documents.differences_document(self.SAID, Differences((order,), (), (), ()))["cancelled_there_live_here"]

    @pytest.mark.parametrize(
        ("order", "more"),
        [
            (examples.order(), {"cancellable": True}),
            (
                examples.packed_order(),
                {
                    "cancellable": False,
                    "not_cancellable_because": {
                        "code": "order_picked_packed",
                        "detail": f"{CANNOT}: fulfillment center LAX1 picked and packed it on {AT}.",
                        "packed": [{"fc_id": "LAX1", "at": examples.PACKED_AT}],
                        "still_cancellable": [],
                    },
                },
            ),
            (examples.cancelled_order(), {"cancellable": False, "marketplace_cancellation": "to_do"}),
        ],
    )
    def test_a_row_says_what_can_still_be_done_here(self, order: Order, more: Any) -> None:
        placed = {"order_id": "A-1001", "marketplace_order_id": order.placement.marketplace_order_id}
        assert self.row(order) == [{**placed, "status": order.status, **more}]

    def test_a_row_of_an_order_that_is_cancelled_in_part_says_so(self) -> None:
        (row,) = self.row(SPLIT)
        assert row["partially_cancelled"] is True
        assert row["not_cancellable_because"]["still_cancellable"] == ["EWR2"]

    def test_what_nobody_can_read_is_named_where_there_is_any(self) -> None:
        found = Differences((), (), (), ("2",))
        assert documents.differences_document(self.SAID, found) == {
            "marketplace": "amazon",
            "counts": {
                "orders": 3,
                "cancelled_there_live_here": 0,
                "cancelled_here_live_there": 0,
                "agreed": 0,
                "unknown": 1,
            },
            "cancelled_there_live_here": [],
            "cancelled_here_live_there": [],
            "agreed": [],
            "unknown": [{"marketplace_order_id": "2"}],
        }
        unreadable = documents.differences_document(self.SAID, found._replace(unreadable=("1",)))
        assert unreadable == {**documents.differences_document(self.SAID, found), "unreadable": ["1"]}


class TestMoves:
    def test_what_cannot_be_taken_away_says_who_packed_it_when(self) -> None:
        assert documents.not_movable(SPLIT, ["LAX1"], "order_picked_packed") == {
            "detail": "LAX1 has packed its part and EWR2 has not packed its part yet. "
            "Nothing can be taken from LAX1 any more. Nothing was changed.",
            "order_id": "A-1001",
            "order_status": "picked_packed",
            "packed": [{"fc_id": "LAX1", "at": examples.PACKED_AT}],
        }

    @pytest.mark.parametrize(
        ("fc_ids", "said"),
        [
            (["ONT8"], "ONT8's part of order A-1001 is cancelled, and stays so: leave ONT8 out."),
            (["ONT8", "SBD1"], "are cancelled, and stay so: leave ONT8 and SBD1 out."),
        ],
    )
    def test_what_is_cancelled_takes_nothing_more(self, fc_ids: list[str], said: str) -> None:
        told = documents.not_movable(SPLIT, fc_ids, "part_withdrawn")
        assert said in told["detail"]
        assert "packed" not in told

    @pytest.mark.parametrize(
        ("fc_ids", "said"), [(["SBD1"], "SBD1 has no part of"), (["SBD1", "DFW3"], "SBD1 and DFW3 have no part of")]
    )
    def test_a_part_that_was_moved_away_is_nothing_to_cancel(self, fc_ids: list[str], said: str) -> None:
        told = documents.parts_moved(SPLIT, fc_ids)
        assert said in told["detail"]
        assert (told["order_status"], told["still_cancellable"]) == ("picked_packed", ["EWR2"])
        assert [step["action"] for step in told["next_steps"]] == ["cancel_rest", "correct_in_marketplace", "reroute"]
        assert "next_steps" not in documents.parts_moved(examples.packed_order(), fc_ids)


class TestPutBack:
    def test_the_fulfillment_center_is_told_to_stop(self) -> None:
        told = documents.put_back(examples.cancelled_order())
        assert told["instruction"] == "put_back"
        assert told["detail"].endswith("Stop, and put the goods back.")
        assert told["cancelled_at"] == examples.CANCELLED_AT

    def test_but_not_why_nor_by_whom(self) -> None:
        secret = examples.cancellation(reason="pricing_error", note="We sold it too cheap.")
        told = json.dumps(documents.put_back(examples.cancelled_order(secret)))
        for word in ("pricing_error", "cheap", "seller", secret.cancellation_id):
            assert word not in told


@pytest.mark.parametrize(
    ("marketplace", "name"),
    [
        ("amazon", "Amazon"),
        ("EBAY", "eBay"),
        ("walmart", "Walmart"),
        ("shopify", "Shopify"),
        ("zalando.de", "zalando.de"),
    ],
)
def test_a_marketplace_is_written_as_it_writes_itself(marketplace: str, name: str) -> None:
    assert marketplaces.name(marketplace) == name
