"""One table from code to status; every problem finds itself in it."""

import pytest

from order_cancellation import orders
from order_cancellation.errors import (
    PROBLEMS,
    CancelRefused,
    InvalidRequest,
    OrderNotFound,
    Problem,
    Unavailable,
    internal_error,
)

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
    "payload_too_large": 413,
    "idempotency_key_reused": 422,
    "too_many_requests": 429,
    "internal_error": 500,
    "service_unavailable": 503,
}


def test_the_table_is_the_contract() -> None:
    assert {code: status for code, (status, _) in PROBLEMS.items()} == CONTRACT


@pytest.mark.parametrize("code", PROBLEMS)
def test_a_problem_has_the_status_and_title_of_its_code(code: str) -> None:
    problem = Problem(code, "A sentence.", order_id="A-1")
    assert (problem.status, problem.title) == PROBLEMS[code]
    assert problem.title[0].isupper()
    assert problem.members == {"order_id": "A-1"}


@pytest.mark.parametrize("status", sorted(set(orders.STATUSES) - set(orders.CANCELLABLE)))
def test_every_status_that_refuses_has_a_code(status: str) -> None:
    assert PROBLEMS[f"order_{status}"][0] == 409


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (InvalidRequest("orders[3].note", "must be a string, not null"), "invalid_request"),
        (OrderNotFound("A-1"), "order_not_found"),
        (CancelRefused("order_shipped", "Too late."), "order_shipped"),
        (Unavailable(), "service_unavailable"),
        (internal_error(), "internal_error"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_kind_of_problem_is_a_sentence_or_two(problem: Problem, code: str) -> None:
    assert problem.code == code
    assert problem.detail.endswith(".")


def test_an_invalid_request_names_the_field_and_says_why() -> None:
    problem = InvalidRequest("orders[3].note", "must be a string, not null")
    assert problem.detail == "orders[3].note: must be a string, not null."
    assert problem.members == {"field": "orders[3].note"}


@pytest.mark.parametrize("problem", [Unavailable(), internal_error()], ids=lambda problem: problem.code)
def test_where_the_outcome_is_not_known_the_caller_is_told_to_repeat_with_the_same_key(problem: Problem) -> None:
    assert "We do not know" in problem.detail
    assert "the same Idempotency-Key" in problem.detail
