"""Every refusal becomes one problem document: its code has one status, its sentence is for a person."""

import pytest

from order_cancellation.domain import orders, refusals
from order_cancellation.domain.refusals import (
    AlreadyPlaced,
    ComparisonCutShort,
    Forbidden,
    InvalidRequest,
    KeyReused,
    NotCancellable,
    NotCancelled,
    NotMovable,
    OrderNotFound,
    PartsMoved,
    PartsPacked,
    PayloadTooLarge,
    PlacedAndCancelled,
    PutBack,
    PutBackPart,
    Refusal,
    RouteNotFound,
    Unavailable,
    UnknownStatus,
)
from order_cancellation.http.problems import PROBLEMS, Problems
from tests.support import examples

CONTRACT = {
    "invalid_request": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "order_not_found": 404,
    "route_not_found": 404,
    "order_picked_packed": 409,
    "order_shipped": 409,
    "order_delivered": 409,
    "order_cancelled": 409,
    "order_conflict": 409,
    "part_withdrawn": 409,
    "payload_too_large": 413,
    "idempotency_key_reused": 422,
    "too_many_requests": 429,
    "internal_error": 500,
    "service_unavailable": 503,
}


def test_the_table_is_the_contract() -> None:
    assert {code: status for code, (status, _) in PROBLEMS.items()} == CONTRACT


PROBLEMS_HERE = Problems("https://portal.test/problems")
SPLIT = examples.split_order(
    {"LAX1": {"picked_packed": examples.PACKED_AT}, "ONT8": {}}, ("EWR2", examples.cancellation()), moved=["DFW3"]
)
EACH = [
    (InvalidRequest("orders[3].note", "must be a string, not null"), "invalid_request"),
    (PayloadTooLarge(65_537, 65_536), "payload_too_large"),
    (RouteNotFound(), "route_not_found"),
    (Forbidden("This needs an ID token."), "forbidden"),
    (OrderNotFound("A-1"), "order_not_found"),
    (NotCancellable(examples.packed_order()), "order_picked_packed"),
    (NotCancellable(examples.order(status="on_hold")), "order_conflict"),
    (PartsPacked(SPLIT, ["LAX1"]), "order_picked_packed"),
    (PartsMoved(SPLIT, ["DFW3"]), "part_withdrawn"),
    (PutBackPart(SPLIT, "EWR2"), "part_withdrawn"),
    (PutBackPart(SPLIT, "DFW3"), "part_withdrawn"),
    (NotMovable(SPLIT, ["EWR2"], "part_withdrawn"), "part_withdrawn"),
    (NotMovable(SPLIT, ["LAX1"], "order_picked_packed"), "order_picked_packed"),
    (KeyReused(examples.cancelled_order()), "idempotency_key_reused"),
    (PutBack(examples.cancelled_order()), "order_cancelled"),
    (UnknownStatus(examples.order(status="on_hold")), "order_conflict"),
    (PlacedAndCancelled(examples.cancelled_order()), "order_cancelled"),
    (AlreadyPlaced("acme", "A-1"), "order_conflict"),
    (NotCancelled(examples.order()), "order_conflict"),
    (Unavailable(), "service_unavailable"),
    (Unavailable(reading=True), "service_unavailable"),
    (ComparisonCutShort(), "service_unavailable"),
]


def test_none_is_forgotten_here() -> None:
    def kinds(base: type[Refusal]) -> set[type[Refusal]]:
        below = {kind for child in base.__subclasses__() for kind in kinds(child)}
        return below | ({base} if not base.__name__.startswith("_") else set())

    assert {type(refusal) for refusal, _ in EACH} == kinds(Refusal) - {Refusal}


@pytest.mark.parametrize(("refusal", "code"), EACH, ids=lambda value: value if isinstance(value, str) else "")
def test_every_refusal_is_a_problem_of_its_code(refusal: Refusal, code: str) -> None:
    problem = PROBLEMS_HERE.of(refusal)
    status, title = PROBLEMS[code]
    assert list(problem)[:5] == ["type", "title", "status", "code", "detail"]
    assert (problem["type"], problem["title"], problem["status"], problem["code"]) == (
        f"https://portal.test/problems/{code.replace('_', '-')}",
        title,
        status,
        code,
    )
    assert problem["detail"][0].isupper() or isinstance(refusal, InvalidRequest)
    assert problem["detail"].endswith(".")


def test_a_kind_that_is_not_worded_fails_aloud() -> None:
    class Novel(Refusal):
        code = "forbidden"

    with pytest.raises(NotImplementedError, match="Novel"):
        PROBLEMS_HERE.of(Novel())


@pytest.mark.parametrize("status", sorted(set(orders.STATUSES) - set(orders.CANCELLABLE)))
def test_every_status_that_refuses_has_a_code(status: str) -> None:
    assert PROBLEMS[refusals.why_code(examples.order(status=status))][0] == 409


def test_an_invalid_request_names_the_field_and_says_why() -> None:
    problem = PROBLEMS_HERE.of(InvalidRequest("orders[3].note", "must be a string, not null"))
    assert (problem["detail"], problem["field"]) == ("orders[3].note: must be a string, not null.", "orders[3].note")


def test_a_refused_cancel_says_what_won() -> None:
    problem = PROBLEMS_HERE.of(NotCancellable(examples.packed_order()))
    assert (problem["order_id"], problem["order_status"]) == ("A-1001", "picked_packed")
    assert problem["packed"] == [{"fc_id": "LAX1", "at": examples.PACKED_AT}]
    assert problem["next_steps"]


@pytest.mark.parametrize("unknown", [PROBLEMS_HERE.of(Unavailable()), PROBLEMS_HERE.internal_error()])
def test_what_is_not_known_is_not_said(unknown: dict[str, str]) -> None:
    assert "whether this was carried out" in unknown["detail"]
    assert "Idempotency-Key" in unknown["detail"]


READS = [PROBLEMS_HERE.of(Unavailable(reading=True)), PROBLEMS_HERE.internal_error(reading=True)]


@pytest.mark.parametrize("problem", READS)
def test_a_read_that_fails_says_that_nothing_was_changed(problem: dict[str, str]) -> None:
    assert "Nothing was changed" in problem["detail"]
    assert "carried out" not in problem["detail"]


def test_a_cancelled_order_that_is_placed_again_says_what_to_do() -> None:
    problem = PROBLEMS_HERE.of(PlacedAndCancelled(examples.cancelled_order(examples.cancellation(note="Moved."))))
    assert problem["detail"].startswith("Order A-1001 of seller acme was cancelled on 23 Nov 2026 at 14:02 UTC.")
    assert problem["cancelled_at"] == examples.CANCELLED_AT
    assert [step["action"] for step in problem["next_steps"]] == ["place_as_new_order"]
    assert "Moved." not in str(problem)
