"""Every answer that docs/openapi.yaml documents is one that the running API gives, and is given just so."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from moto import mock_aws
from urllib3 import HTTPHeaderDict

from local.client import Answer, Client
from tests import functions
from tests.contract import document
from tests.contract.conftest import SELLER, Callers, PlaceOne, as_nobody

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

    def cancel(self, document: Any = None, key: str | None = None) -> Answer:
        return self.callers.seller.cancel(self.place(self.order_id), document, key)

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
        entries = [{"seller_id": SELLER, "order_id": name, "reason": "stockout", **more} for name in order_ids]
        return self.callers.planner.post("/auto-cancellations", {"cancellations": entries})


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


def placed(story: Story) -> Answer:
    body = document.operation("placeOrder").example_body()
    return story.callers.planner.put(f"/sellers/{SELLER}/orders/{story.order_id}", body)


def placed_again(story: Story) -> Answer:
    placed(story)
    return placed(story)


def placed_differently(story: Story) -> Answer:
    story.place(story.order_id)
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


# (operation, status): what brings that answer about, in each of its shapes
ANSWERS: dict[tuple[str, int], tuple[Callable[[Story], Answer], ...]] = {
    ("cancelOrder", 200): (cancelled, cancelled_again, replayed, cancelled_after_an_auto_cancellation),
    ("cancelOrder", 404): (another_sellers,),
    ("cancelOrder", 409): (too_late("picked_packed"), too_late("shipped"), shipped, delivered),
    ("cancelOrder", 422): (key_reused,),
    ("cancelOrders", 200): (batch_of_all_kinds,),
    ("viewOrder", 200): (
        viewed(lambda _: None),
        viewed(Story.cancel),
        viewed(lambda story: story.auto_cancel(story.order_id, skus=["SKU-1"])),
        viewed(Story.packed),
    ),
    ("viewOrder", 404): (lambda story: story.callers.seller.get("/orders/no-such-order"),),
    ("listOrders", 200): (listed,),
    ("registerSeller", 200): (registered,),
    ("placeOrder", 201): (placed,),
    ("placeOrder", 200): (placed_again,),
    ("placeOrder", 409): (placed_differently,),
    ("autoCancelOrders", 200): (auto_batch_of_all_kinds,),
    ("reportEvent", 200): (reported, reported_again),
    ("reportEvent", 404): (lambda story: story.report("picking"),),
    ("reportEvent", 409): (reported_of_a_cancelled_order,),
}
SHAPES = [(*answer, number) for answer, ways in ANSWERS.items() for number in range(len(ways))]


@pytest.fixture
def story(callers: Callers, place_one: PlaceOne, request: pytest.FixtureRequest) -> Story:
    operation_id, status, number = request.node.callspec.params["shape"]
    return Story(callers, place_one, f"{operation_id}-{status}-{number}")


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


@pytest.mark.parametrize("operation", WITH_A_BODY, ids=name_of)
def test_a_body_over_64_kib_is_413(operation: document.Operation, callers: Callers) -> None:
    answer = ask(operation, callers.of(operation), body={"note": "x" * 64 * 1024})
    assert answer.status == 413
    assert document.departures(operation, answer) == []


@pytest.mark.parametrize(("method", "path"), [("GET", "/sellers"), ("DELETE", "/orders/A-1"), ("PATCH", "/orders")])
def test_what_is_no_route_is_404(method: str, path: str, callers: Callers) -> None:
    answer = callers.seller.call(method, path)
    assert answer.status == 404
    assert document.departures_from({"$ref": "#/components/responses/RouteNotFound"}, answer) == []


def test_a_defect_of_ours_is_500(monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_aws():  # an account without the table
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
