"""What the portal makes of each answer to a cancel: yes where the service said yes, and no end before an answer."""

import itertools
from typing import Any

import pytest

from tests.unit.portal.conftest import Run

MODULE = "../tests/unit/portal/answers.mjs"
IDS = (f"A-{number}" for number in itertools.count(1))  # what was asked before belongs to its order

CANCELLED = [200, {"outcome": "cancelled"}]
ALREADY = [200, {"outcome": "already_cancelled"}]


def refused(status: int, code: str) -> list[Any]:
    return [status, {"status": status, "code": code, "detail": f"Because of {code}."}]


def cancel(run: Run, *answers: Any, **options: Any) -> Any:
    order_id = next(IDS)
    told = run(MODULE, "module.cancel(argument)", {"orderId": order_id, "answers": answers, **options})
    assert {each["route"] for each in told["asked"]} == {f"/orders/{order_id}/cancel"}
    assert {each["kept"] for each in told["asked"]} == {1}, "the ask is kept until its answer is here"
    assert [name for name in told["pending"] if name != order_id] == []
    return told


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (CANCELLED, "cancelled"),
        (ALREADY, "already_cancelled"),
        (refused(400, "invalid_request"), "refused"),
        (refused(403, "forbidden"), "refused"),
        (refused(404, "order_not_found"), "refused"),
        (refused(409, "order_picked_packed"), "refused"),
        (refused(409, "order_shipped"), "refused"),
        (refused(409, "part_withdrawn"), "refused"),
        (refused(413, "payload_too_large"), "refused"),
        (refused(422, "idempotency_key_reused"), "refused"),
    ],
    ids=str,
)
def test_a_definite_answer_ends_it(run: Run, answer: Any, outcome: str) -> None:
    told = cancel(run, answer)
    assert told["result"] == {"outcome": outcome, "body": answer[1]}
    assert (len(told["asked"]), told["pending"], told["unknown"]) == (1, [], [])


@pytest.mark.parametrize(
    ("first", "pause"),
    [
        (refused(500, "internal_error"), 1),
        (refused(503, "service_unavailable"), 1),
        ([503, {}, {"Retry-After": "2"}], 2),
        ([429, {}, {"Retry-After": "3"}], 3),
        ("lost", 1),
        ("not JSON", 1),
    ],
    ids=str,
)
@pytest.mark.parametrize("second", [CANCELLED, refused(409, "order_picked_packed")], ids=["yes", "no"])
def test_no_answer_is_asked_for_again_as_the_same_ask(run: Run, first: Any, pause: int, second: Any) -> None:
    told = cancel(run, first, second)
    assert told["result"]["outcome"] == ("cancelled" if second is CANCELLED else "refused")
    assert told["pauses"] == [pause]
    assert told["unknown"] == [1, 0]  # that nobody knows is said meanwhile, and taken back
    assert told["pending"] == []
    one, other = told["asked"]
    assert one == other
    assert one["key"]
    assert one["body"] == {"reason": "other", "note": "Moved."}
    assert one["keepalive"] is True


@pytest.mark.parametrize(
    ("wishes", "body"),
    [
        ({"note": ""}, {"reason": "other"}),
        ({"fulfillment_centers": ["EWR2"]}, {"reason": "other", "note": "Moved.", "fulfillment_centers": ["EWR2"]}),
    ],
)
def test_what_is_not_wished_is_not_asked_for(run: Run, wishes: dict[str, Any], body: dict[str, Any]) -> None:
    assert cancel(run, CANCELLED, wishes=wishes)["asked"][0]["body"] == body


def test_an_ask_goes_on_without_its_page_unless_the_browser_would_refuse_its_size(run: Run) -> None:
    lengths = {length: cancel(run, CANCELLED, wishes={"note": "a" * length}) for length in (32_000, 33_000)}
    assert {length: told["asked"][0]["keepalive"] for length, told in lengths.items()} == {32_000: True, 33_000: False}


def test_pauses_grow(run: Run) -> None:
    assert cancel(run, *["lost"] * 7, CANCELLED)["pauses"] == [1, 2, 4, 8, 15, 15, 15]


def test_a_token_that_was_revoked_is_no_answer_and_the_ask_is_kept(run: Run) -> None:
    told = run(
        MODULE, "module.cancel(argument)", {"orderId": "A-revoked", "answers": [[401, {}], [400, {}], [401, {}]]}
    )
    assert told["result"] == {"error": "SignedOut"}


def test_what_was_asked_before_a_reload_is_asked_again_as_it_was(run: Run) -> None:
    told = cancel(run, CANCELLED, reload=True)
    assert [each["key"] for each in told["asked"]] == ["key-before"]
    assert told["asked"][0]["body"] == {"reason": "other", "note": "Moved."}


def results(**outcomes: str) -> list[Any]:
    """A batch's answer: outcomes, or the code of a refusal."""
    documents: list[dict[str, Any]] = []
    for name, outcome in outcomes.items():
        order_id = name.replace("_", "-")
        if outcome in ("cancelled", "already_cancelled"):
            documents.append({"order_id": order_id, "outcome": outcome})
        else:
            status = {"service_unavailable": 503, "internal_error": 500, "order_not_found": 404}.get(outcome, 409)
            refusal = refused(status, outcome)[1]
            documents.append({"order_id": order_id, "outcome": "refused", **refusal})
    return [200, {"outcome": "partial_success", "results": documents}]


def batch(run: Run, count: int, *answers: Any) -> Any:
    ids = [f"B-{number}" for number in range(1, count + 1)]
    return run(MODULE, "module.batch(argument)", {"orderIds": ids, "answers": answers})


def test_each_order_of_a_batch_has_its_own_answer(run: Run) -> None:
    told = batch(run, 3, results(B_3="already_cancelled", B_1="cancelled", B_2="order_picked_packed"))
    assert told["rows"] == {
        "B-1": ["cancelled", None],
        "B-2": ["refused", "order_picked_packed"],
        "B-3": ["already_cancelled", None],
    }
    assert (told["finished"], told["pending"], told["pauses"]) == (True, [], [])


@pytest.mark.parametrize("code", ["service_unavailable", "internal_error"])
def test_an_order_of_a_batch_without_an_answer_is_asked_for_again_alone(run: Run, code: str) -> None:
    told = batch(run, 3, results(B_1="cancelled", B_2=code, B_3="order_shipped"), results(B_2="cancelled"))
    assert told["rows"] == {"B-1": ["cancelled", None], "B-2": ["cancelled", None], "B-3": ["refused", "order_shipped"]}
    first, second = told["asked"]
    assert (first["ids"], second["ids"]) == (["B-1", "B-2", "B-3"], ["B-2"])
    assert first["key"] == second["key"]
    assert told["pending"] == []


@pytest.mark.parametrize("first", ["lost", [503, {}], [500, {}], results(B_1="cancelled")], ids=str)
def test_no_order_is_left_out_of_a_batch(run: Run, first: Any) -> None:
    left = results(B_1="cancelled", B_2="cancelled")
    told = batch(run, 2, first, left)
    assert told["rows"] == {"B-1": ["cancelled", None], "B-2": ["cancelled", None]}
    assert (told["finished"], told["pending"], len(told["asked"])) == (True, [], 2)


@pytest.mark.parametrize("status", [400, 403, 409, 413])
def test_a_batch_that_is_refused_whole_cancels_nothing(run: Run, status: int) -> None:
    told = batch(run, 2, refused(status, "invalid_request"))
    assert told["rows"] == {name: ["refused", "invalid_request"] for name in ("B-1", "B-2")}


def test_a_long_batch_goes_in_chunks_and_each_order_once(run: Run) -> None:
    count = 60
    chunks = [[f"B-{number}" for number in range(first, first + 6)] for first in range(1, count + 1, 6)]
    told = batch(run, count, *[results(**{name.replace("-", "_"): "cancelled" for name in chunk}) for chunk in chunks])
    assert [each["ids"] for each in told["asked"]] == chunks
    assert set(map(tuple, told["rows"].values())) == {("cancelled", None)}


@pytest.mark.parametrize(
    ("before", "state", "answer", "after", "counted", "error"),
    [
        ("to_do", "done", [200, {"marketplace_cancellation": "done"}], "done", [-1], None),
        ("done", "to_do", [200, {"marketplace_cancellation": "to_do"}], "to_do", [1], None),
        ("done", "not_needed", [200, {"marketplace_cancellation": "not_needed"}], "not_needed", [0], None),
        ("to_do", "done", refused(409, "order_not_cancelled"), "to_do", [], "Refused"),
        ("to_do", "done", [503, {}], "to_do", [], "NoAnswer"),
        ("to_do", "done", "lost", "to_do", [], "NoConnection"),
    ],
    ids=str,
)
def test_a_mark_is_shown_when_the_service_has_noted_it(
    run: Run, before: str, state: str, answer: Any, after: str, counted: list[int], error: str | None
) -> None:
    told = run(MODULE, "module.mark(argument)", {"before": before, "state": state, "answers": [answer]})
    assert (told["order"], told["counted"], told["error"]) == (after, counted, error)
    assert told["asked"][0]["body"] == {"state": state}
