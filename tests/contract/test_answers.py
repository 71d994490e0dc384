"""Every answer that docs/openapi.yaml documents is one that the running API gives, exactly so."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from urllib3 import HTTPHeaderDict

from local.client import Answer, Client
from local.cloud import Cloud
from order_cancellation.http import parse, request
from tests.contract import document
from tests.contract.conftest import MAILED, SELLER, Callers, PlaceOne, as_nobody
from tests.support import functions

AT = "2026-11-23T14:01:58Z"
OPERATIONS = document.operations()
WITH_A_BODY = [operation for operation in OPERATIONS if operation.takes_a_body]


def name_of(operation: document.Operation) -> str:
    return operation.id


@dataclass
class Story:
    """What the answers below are asked with."""

    callers: Callers
    place: PlaceOne
    order_id: str
    cloud: Cloud
    configuration_set: str

    def cancel(self, document: Any = None, key: str | None = None) -> Answer:
        return self.callers.seller.cancel(self.place(self.order_id), document, key)

    def cancel_part(self, *centers: str, key: str | None = None) -> Answer:
        """The order that is placed already, without these centers' parts."""
        return self.callers.seller.cancel(self.order_id, {"fulfillment_centers": list(centers)}, key)

    def move(self, *centers: str) -> Answer:
        path = f"/sellers/{SELLER}/orders/{self.order_id}/fulfillment-centers"
        return self.callers.planner.put(path, {"fulfillment_centers": list(centers)})

    def report(self, event: str, fc_id: str = "LAX1") -> Answer:
        return self.callers.center.report(fc_id, SELLER, self.order_id, event, AT)

    def packed(self, event: str = "picked_packed") -> str:
        """The order, once LAX1 has packed it; EWR2 has not."""
        self.place(self.order_id)
        assert self.report(event).status == 200
        return self.order_id

    def cancel_many(self, *order_ids: str) -> Answer:
        return self.callers.seller.post("/orders/cancel", {"orders": [{"order_id": name} for name in order_ids]})

    def auto_cancel(self, *order_ids: str, **more: Any) -> Answer:
        entries = [{"seller_id": SELLER, "order_id": name, "reason": "stockout"} | more for name in order_ids]
        return self.callers.planner.post("/auto-cancellations", {"cancellations": entries})

    def mark(self, state: str) -> Answer:
        return self.callers.seller.put(f"/orders/{self.order_id}/marketplace-cancellation", {"state": state})


def cancelled(story: Story) -> Answer:
    return story.cancel({"reason": "wrong_address", "note": "Straße 5\nno door — 門"})


def cancelled_again(story: Story) -> Answer:
    story.cancel()
    return story.cancel()


def replayed(story: Story) -> Answer:
    story.cancel(key="a key")
    answer = story.cancel(key='"a key"')
    assert answer.headers["Idempotent-Replayed"] == "true"
    return answer


def cancelled_after_an_auto_cancellation(story: Story) -> Answer:
    story.auto_cancel(story.place(story.order_id), skus=["SKU-1"], detail="None left.")
    return story.cancel()


def key_reused(story: Story) -> Answer:
    story.cancel({"reason": "other"}, "a key")
    return story.cancel({"reason": "pricing_error"}, "a key")


def too_late(event: str) -> Callable[[Story], Answer]:
    def ask(story: Story) -> Answer:
        story.packed(event)
        return story.cancel()

    return ask


def part_cancelled(story: Story) -> Answer:
    story.packed()
    answer = story.cancel_part("EWR2", key="a key")
    assert story.cancel_part("EWR2", key="a key").headers["Idempotent-Replayed"] == "true"
    return answer


def part_cancelled_again(story: Story) -> Answer:
    story.packed()
    story.auto_cancel(story.order_id, fulfillment_centers=["EWR2"])
    return story.cancel_part("EWR2")


def last_part_cancelled(story: Story) -> Answer:
    story.place(story.order_id)
    story.cancel_part("EWR2")
    return story.cancel_part("LAX1")


def part_packed(story: Story) -> Answer:
    story.packed()
    return story.cancel_part("LAX1", "EWR2")


def part_moved_away(story: Story) -> Answer:
    story.place(story.order_id)
    story.move("LAX1")
    return story.cancel_part("EWR2")


def moved(story: Story) -> Answer:
    story.place(story.order_id)
    return story.move("LAX1", "ONT8")


def moved_from_who_has_packed(story: Story) -> Answer:
    story.packed()
    return story.move("EWR2")


def moved_to_who_was_cancelled(story: Story) -> Answer:
    part_cancelled(story)
    return story.move("LAX1", "EWR2")


def moved_and_cancelled(story: Story) -> Answer:
    story.cancel()
    return story.move("LAX1")


def shipped(story: Story) -> Answer:
    """A placed order whose only center has shipped it."""
    planner, center = story.callers.planner, story.callers.center
    body = document.operation("placeOrder").example_body() | {"fulfillment_centers": ["LAX1"]}
    assert planner.put(f"/sellers/{SELLER}/orders/{story.order_id}", body).status == 201
    assert center.report("LAX1", SELLER, story.order_id, "shipped", AT).status == 200
    return story.callers.seller.cancel(story.order_id)


def delivered(story: Story) -> Answer:
    shipped(story)
    story.report("delivered")
    return story.callers.seller.cancel(story.order_id)


def another_sellers(story: Story) -> Answer:
    return story.callers.another_seller.cancel(story.place(story.order_id))


def batch_of_all_kinds(story: Story) -> Answer:
    fresh, done, packed = story.place(f"{story.order_id}-1"), story.place(f"{story.order_id}-2"), story.packed()
    story.callers.seller.cancel(done)
    answer = story.cancel_many(fresh, done, packed, "no-such-order")
    assert answer.body["outcome"] == "partial_success"
    assert answer.body["counts"] == {"orders": 4, "cancelled": 1, "already_cancelled": 1, "refused": 2}
    return answer


def batch_of_parts(story: Story) -> Answer:
    packed = story.packed()
    entries = [{"order_id": packed, "fulfillment_centers": [fc_id]} for fc_id in ("LAX1", "EWR2", "NONE")]
    answer = story.callers.seller.post("/orders/cancel", {"orders": entries})
    assert [result["outcome"] for result in answer.body["results"]] == ["refused", "cancelled", "refused"]
    return answer


def auto_batch_of_all_kinds(story: Story) -> Answer:
    fresh, packed = story.place(f"{story.order_id}-1"), story.packed()
    answer = story.auto_cancel(fresh, packed, "no-such-order")
    assert {result["seller_id"] for result in answer.body["results"]} == {SELLER}
    return answer


def viewed(prepare: Callable[[Story], Any]) -> Callable[[Story], Answer]:
    def ask(story: Story) -> Answer:
        story.place(story.order_id)
        prepare(story)
        return story.callers.seller.get(f"/orders/{story.order_id}")

    return ask


def listed(story: Story) -> Answer:
    for number in range(3):
        story.place(f"{story.order_id}-{number}")
    answer = story.callers.seller.get("/orders", limit=2)
    assert answer.body["cursor"]
    return answer


def listed_by_the_marketplaces_id(story: Story) -> Answer:
    """Three orders here of one order there: two live, one cancelled and done with."""
    there = story.order_id
    here = [story.place(f"{there}-{number}", marketplace_order_id=there) for number in range(3)]
    story.order_id = here[1]
    assert story.callers.seller.cancel(story.order_id).status == 200
    assert story.mark("done").status == 200
    answer = story.callers.seller.get("/orders", marketplace_order_id=there)
    assert [order["order_id"] for order in answer.body["orders"]] == here
    done = story.callers.seller.get("/orders", marketplace_order_id=there, marketplace_cancellation="done")
    assert [order["order_id"] for order in done.body["orders"]] == [here[1]]
    assert document.departures(document.operation("listOrders"), done) == []
    return answer


def listed_by_what_is_to_do(story: Story) -> Answer:
    story.cancel()
    answer = story.callers.seller.get("/orders", marketplace_cancellation="to_do", status="cancelled", limit=100)
    assert {order["marketplace_cancellation"] for order in answer.body["orders"]} == {"to_do"}
    return answer


def marked(story: Story) -> Answer:
    story.cancel()
    return story.mark("not_needed")


def marked_many(story: Story) -> Answer:
    """One that is cancelled, one that is not, and one that is not there."""
    story.cancel()
    live = story.place(f"{story.order_id}-live")
    entries = [{"order_id": name, "state": "done"} for name in (story.order_id, live, "no-such-order")]
    answer = story.callers.seller.post("/marketplace-cancellations", {"orders": entries})
    assert answer.body["counts"] == {"orders": 3, "recorded": 1, "refused": 2}
    return answer


def marked_again(story: Story) -> Answer:
    before = marked(story)
    answer = story.mark("not_needed")
    assert answer.body == before.body
    return answer


def marked_without_a_cancellation(event: str | None = None) -> Callable[[Story], Answer]:
    def ask(story: Story) -> Answer:
        if event:
            story.packed(event)
        else:
            story.place(story.order_id)
        return story.mark("done")

    return ask


def marked_by_another_seller(story: Story) -> Answer:
    story.cancel()
    return story.callers.another_seller.put(f"/orders/{story.order_id}/marketplace-cancellation", {"state": "done"})


def reconciled_in_every_way(story: Story) -> Answer:
    """An order there for each way in which the two can meet; its id says its state there, and what it is here."""
    prefix, rows = story.order_id, []
    for state in ("cancelled", "open"):
        for here in ("live", "packed", "cancelled", "both"):
            there = story.order_id = f"{prefix}-{state}-{here}"
            rows.append({"marketplace_order_id": there, "state": state})
            story.place(there, marketplace="eBay", marketplace_order_id=there)
            if here == "packed":
                assert story.report("picked_packed").status == 200
            elif here in ("cancelled", "both"):
                assert story.callers.seller.cancel(there).status == 200
            if here == "both":
                story.place(f"{there}-again", marketplace="eBay", marketplace_order_id=there)
    rows.append({"marketplace_order_id": f"{prefix}-unknown", "state": "open"})
    answer = story.callers.seller.post("/reconciliations", {"marketplace": "ebay", "orders": [*rows, rows[0]]})
    found = {
        name: [row.get("order_id", row["marketplace_order_id"]).removeprefix(f"{prefix}-") for row in answer.body[name]]
        for name in ("cancelled_there_live_here", "cancelled_here_live_there", "agreed", "unknown")
    }
    assert found == {
        "cancelled_there_live_here": ["cancelled-both-again", "cancelled-live", "cancelled-packed"],
        "cancelled_here_live_there": ["open-cancelled"],
        "agreed": ["cancelled-both", "cancelled-cancelled", "open-both-again", "open-live", "open-packed"],
        "unknown": ["unknown"],
    }
    assert answer.body["counts"] == {"orders": 9, **{name: len(rows) for name, rows in found.items()}}
    return answer


def nothing_known(story: Story) -> Answer:
    return story.callers.seller.post("/reconciliations", document.operation("reconcile").example_body())


def mailed(story: Story) -> Answer:
    """A summary that was sent, by the deployed functions, to an address that nothing is known of."""
    contact = {"name": "Mailed", "email": f"{story.order_id}@contract.example", "time_zone": "UTC"}
    assert story.callers.planner.put(f"/sellers/{MAILED}", contact).status == 200
    return summarized(story, "sent")


def summarized(story: Story, status: str) -> Answer:
    story.auto_cancel(story.place(story.order_id, seller_id=MAILED), seller_id=MAILED)
    return eventually(story, lambda _, summary: summary["status"] == status)


def mailed_in_vain(story: Story) -> Answer:
    """A summary that came back; SES publishes no events here, so the test does."""
    summary = its_summary(story, mailed(story))
    assert summary["sent_at"]
    tags = {"summary_id": [summary["summary_id"]], "ses:configuration-set": [story.configuration_set]}
    bounce = {
        "eventType": "Bounce",
        "mail": {"messageId": "m", "tags": tags},
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": summary["email"]}],
        },
    }
    entry = {"Source": "ses.local", "DetailType": "Email Bounced", "Detail": json.dumps(bounce)}
    assert story.cloud.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0
    return eventually(story, lambda page, summary: summary["status"] == "bounced" and page["contact"]["mail_problem"])


def not_mailed_at_all(story: Story) -> Answer:
    mailed_in_vain(story)
    story.order_id += "-2"
    return summarized(story, "parked")


def mailed_page_by_page(story: Story) -> Answer:
    mailed(story)
    story.order_id += "-2"
    summarized(story, "sent")
    first = story.callers.mailed.get("/summaries", limit=1)
    answer = story.callers.mailed.get("/summaries", limit=1, cursor=first.body["cursor"])
    assert answer.body["summaries"][0]["summary_id"] < first.body["summaries"][0]["summary_id"]
    return answer


def its_summary(story: Story, answer: Answer) -> Any:
    """The summary that has the story's order, or None."""
    return next((one for one in answer.body["summaries"] if one["orders"] == [story.order_id]), None)


def eventually(story: Story, wanted: Callable[[Any, Any], Any]) -> Answer:
    """The seller's page of summaries, as soon as it, and that of the story's order on it, are as wanted."""
    deadline = time.monotonic() + 30
    while True:
        answer = story.callers.mailed.get("/summaries")
        summary = its_summary(story, answer)
        if summary and wanted(answer.body, summary):
            return answer
        assert time.monotonic() < deadline, answer.raw
        time.sleep(0.1)


def not_registered(story: Story) -> Answer:
    answer = story.callers.unregistered.get("/summaries")
    assert answer.body == {"summaries": [], "cursor": None, "contact": None}
    return answer


def placed(story: Story) -> Answer:
    body = document.operation("placeOrder").example_body()
    return story.callers.planner.put(f"/sellers/{SELLER}/orders/{story.order_id}", body)


def placed_again(story: Story) -> Answer:
    placed(story)
    return placed(story)


def placed_differently(story: Story) -> Answer:
    story.place(story.order_id)
    return placed(story)


def placed_and_cancelled(story: Story) -> Answer:
    placed(story)
    story.callers.seller.cancel(story.order_id)
    return placed(story)


def registered(story: Story) -> Answer:
    return story.callers.planner.put(f"/sellers/{SELLER}", document.operation("registerSeller").example_body())


def reported(story: Story) -> Answer:
    story.place(story.order_id)
    return story.report("picking")


def reported_again(story: Story) -> Answer:
    reported(story)
    return story.report("allocated")


def reported_of_a_cancelled_order(story: Story) -> Answer:
    story.cancel()
    return story.report("picking")


def reported_of_a_cancelled_part(story: Story) -> Answer:
    story.place(story.order_id)
    story.cancel_part("LAX1")
    return story.report("picking")


# (operation, status): what brings that answer about, in each of its shapes
ANSWERS: dict[tuple[str, int], tuple[Callable[[Story], Answer], ...]] = {
    ("cancelOrder", 200): (
        cancelled,
        cancelled_again,
        replayed,
        cancelled_after_an_auto_cancellation,
        part_cancelled,
        part_cancelled_again,
        last_part_cancelled,
    ),
    ("cancelOrder", 404): (another_sellers,),
    ("cancelOrder", 409): (
        too_late("picked_packed"),
        too_late("shipped"),
        shipped,
        delivered,
        part_packed,
        part_moved_away,
    ),
    ("cancelOrder", 422): (key_reused,),
    ("cancelOrders", 200): (batch_of_all_kinds, batch_of_parts),
    ("viewOrder", 200): (
        viewed(lambda _: None),
        viewed(Story.cancel),
        viewed(lambda story: story.auto_cancel(story.order_id, skus=["SKU-1"])),
        viewed(Story.packed),
        viewed(marked),
        viewed(part_cancelled),
        viewed(last_part_cancelled),
        viewed(moved),
    ),
    ("viewOrder", 404): (lambda story: story.callers.seller.get("/orders/no-such-order"),),
    ("listOrders", 200): (listed, listed_by_the_marketplaces_id, listed_by_what_is_to_do),
    ("markMarketplaceCancellation", 200): (marked, marked_again),
    ("markMarketplaceCancellations", 200): (marked_many,),
    ("markMarketplaceCancellation", 404): (marked_by_another_seller,),
    ("markMarketplaceCancellation", 409): (
        marked_without_a_cancellation(),
        marked_without_a_cancellation("picked_packed"),
    ),
    ("reconcile", 200): (reconciled_in_every_way, nothing_known),
    ("listSummaries", 200): (not_registered, mailed, mailed_page_by_page, mailed_in_vain, not_mailed_at_all),
    ("registerSeller", 200): (registered,),
    ("placeOrder", 201): (placed,),
    ("placeOrder", 200): (placed_again,),
    ("placeOrder", 409): (placed_differently, placed_and_cancelled),
    ("moveOrder", 200): (moved,),
    ("moveOrder", 404): (lambda story: story.move("LAX1"),),
    ("moveOrder", 409): (moved_from_who_has_packed, moved_to_who_was_cancelled, moved_and_cancelled),
    ("autoCancelOrders", 200): (auto_batch_of_all_kinds,),
    ("reportEvent", 200): (reported, reported_again),
    ("reportEvent", 404): (lambda story: story.report("picking"),),
    ("reportEvent", 409): (reported_of_a_cancelled_order, reported_of_a_cancelled_part),
}
SHAPES = [(*answer, number) for answer, ways in ANSWERS.items() for number in range(len(ways))]


@pytest.fixture
def story(
    callers: Callers,
    place_one: PlaceOne,
    cloud: Cloud,
    description: dict[str, Any],
    request: pytest.FixtureRequest,
) -> Story:
    operation_id, status, number = request.node.callspec.params["shape"]
    order_id = f"{operation_id}-{status}-{number}"
    return Story(callers, place_one, order_id, cloud, f"{description['stack_name']}-summaries")


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "-".join(map(str, shape)))
def test_a_documented_answer_is_given(shape: tuple[str, int, int], story: Story) -> None:
    operation_id, status, number = shape
    answer = ANSWERS[operation_id, status][number](story)
    assert answer.status == status, answer.raw
    assert document.departures(document.operation(operation_id), answer) == []


def test_no_documented_answer_is_forgotten() -> None:
    documented = {(operation.id, status) for operation in OPERATIONS for status in operation.statuses}
    of_every_operation = {400, 401, 403, 413, 429, 500, 503}  # below, and in test_drift.py: API Gateway's own
    assert {pair for pair in documented if pair[1] not in of_every_operation} == set(ANSWERS)


@pytest.mark.parametrize("operation", OPERATIONS, ids=name_of)
def test_without_a_token_it_is_401(operation: document.Operation, callers: Callers) -> None:
    answer = ask(operation, as_nobody(callers.of(operation)))
    assert answer.status == 401
    assert document.departures(operation, answer) == []


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if not one.scopes], ids=name_of)
def test_a_person_of_no_seller_gets_403(operation: document.Operation, callers: Callers) -> None:
    answer = ask(operation, callers.nobodys)
    assert answer.status == 403
    assert document.departures(operation, answer) == []


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one.scopes], ids=name_of)
def test_a_token_without_the_scope_is_refused(operation: document.Operation, callers: Callers) -> None:
    for wrong in (callers.seller, callers.planner, callers.center):
        if wrong is callers.of(operation):
            continue
        answer = ask(operation, wrong)
        assert answer.status == 401
        assert document.departures(operation, answer) == []


def test_another_fulfillment_center_gets_403(callers: Callers) -> None:
    answer = callers.center.report("EWR2", SELLER, "any", "picking", AT)
    assert answer.status == 403
    assert document.departures(document.operation("reportEvent"), answer) == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=name_of)
def test_what_is_not_documented_is_400(operation: document.Operation, callers: Callers) -> None:
    if operation.takes_a_body:
        answer = ask(operation, callers.of(operation), body={"unknown": 1})
    elif "{" in operation.path:
        answer = ask(operation, callers.of(operation), order_id="-")
    else:
        answer = callers.of(operation).get(operation.path, unknown="1")
    assert answer.status == 400
    assert answer.body["field"] in ("unknown", "order_id")
    assert document.departures(operation, answer) == []


def test_an_order_in_two_states_is_400(callers: Callers) -> None:
    rows = [{"marketplace_order_id": "M-1", "state": state} for state in ("open", "open", "cancelled")]
    answer = callers.seller.post("/reconciliations", {"marketplace": "amazon", "orders": rows})
    assert (answer.status, answer.body["field"]) == (400, "orders[2].state")
    assert document.departures(document.operation("reconcile"), answer) == []


@pytest.mark.parametrize("operation", WITH_A_BODY, ids=name_of)
def test_a_body_over_the_limit_is_413_and_one_below_is_read(operation: document.Operation, callers: Callers) -> None:
    most = parse.MAX_RECONCILIATION_BYTES if operation.id == "reconcile" else request.MAX_BODY_BYTES
    for size, status in ((most, 400), (most + 1, 413)):
        body = {"unknown": "x" * (size - len(json.dumps({"unknown": ""})))}
        answer = ask(operation, callers.of(operation), body=body)
        assert answer.status == status
        assert document.departures(operation, answer) == []


@pytest.mark.parametrize(("method", "path"), [("GET", "/sellers"), ("DELETE", "/orders/A-1"), ("PATCH", "/orders")])
def test_what_is_no_route_is_404(method: str, path: str, callers: Callers) -> None:
    answer = callers.seller.call(method, path)
    assert answer.status == 404
    assert document.departures_from({"$ref": "#/components/responses/RouteNotFound"}, answer) == []


def test_a_defect_of_ours_is_500(monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, cloud.environment[name])  # where there is no table of the name
    answer = cancel_in_process(monkeypatch)
    assert answer.status == 500
    assert document.departures(document.operation("cancelOrder"), answer) == []


def test_no_answer_from_the_database_is_503(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # nobody listens there
    answer = cancel_in_process(monkeypatch)
    assert answer.status == 503
    assert document.departures(document.operation("cancelOrder"), answer) == []


def cancel_in_process(monkeypatch: pytest.MonkeyPatch) -> Answer:
    monkeypatch.setenv("ORDERS_TABLE", "missing")
    event = functions.http_event("cancel_one", functions.seller_claims(SELLER), order_id="A-1")
    response = functions.call(functions.load("cancel_order"), event)
    return Answer(response.status, HTTPHeaderDict(response.headers), response.text.encode())


def ask(operation: document.Operation, caller: Client, order_id: str = "any", body: Any = None) -> Answer:
    """Call an operation with its own example, or with another body or order."""
    path = operation.path.format(order_id=order_id, seller_id=SELLER, fc_id="LAX1")
    if body is None and operation.takes_a_body:
        body = operation.example_body()
    return caller.call(operation.method, path, body)
