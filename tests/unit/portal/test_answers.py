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
    (settled,) = told["settled"]  # whoever else shows the order
    assert {name: settled[name] for name in ("outcome", "body")} == told["result"]
    assert told["asked"][0]["route"] == f"/orders/{settled['orderId']}/cancel"
    assert told["asked"][0]["type"] == "application/json"


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
    assert (told["result"], told["settled"]) == ({"error": "SignedOut"}, [])


@pytest.mark.parametrize(("minutes", "fresh"), [(0, True), (9, True), (11, False)])
def test_only_what_was_asked_in_the_last_ten_minutes_goes_on_by_itself(run: Run, minutes: int, fresh: bool) -> None:
    assert run(MODULE, "module.fresh(argument)", minutes) is fresh


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


@pytest.mark.parametrize(("count", "size"), [(3, 3), (8, 5), (60, 6), (300, 25)])
def test_a_batch_goes_in_chunks_and_each_order_once(run: Run, count: int, size: int) -> None:
    ids = [f"B-{number}" for number in range(1, count + 1)]
    chunks = [ids[first : first + size] for first in range(0, count, size)]
    told = batch(run, count, *[results(**{name.replace("-", "_"): "cancelled" for name in chunk}) for chunk in chunks])
    assert [each["ids"] for each in told["asked"]] == chunks
    assert told["kept"] == [len(chunk) for chunk in chunks]  # each is written down before it is sent
    assert set(map(tuple, told["rows"].values())) == {("cancelled", None)}
    assert told["marked"] == [len(chunk) for chunk in chunks]


def test_a_batch_is_saved_before_it_is_sent_and_whenever_it_has_changed(run: Run) -> None:
    told = batch(run, 2, "lost", [503, {}], results(B_1="order_shipped"), results(B_2="cancelled"))
    assert told["begun"] == ["waiting", "waiting"]
    assert told["changed"] == [
        ["asking", "asking"],
        ["unknown", "unknown"],  # lost
        ["unknown", "unknown"],  # asked again
        ["unknown", "unknown"],  # 503
        ["unknown", "unknown"],
        ["refused", "unknown"],
        ["refused", "unknown"],
        ["refused", "cancelled"],  # the chunk
        ["refused", "cancelled"],  # the batch
    ]
    assert told["unknown"] == [1, 2, 1, 0]
    assert told["pauses"] == [1, 2, 4]
    assert told["marked"] == [0, 1]


def test_only_what_was_cancelled_now_is_to_do_in_a_marketplace(run: Run) -> None:
    told = batch(run, 4, results(B_1="cancelled", B_2="already_cancelled", B_3="order_shipped", B_4="cancelled"))
    assert told["marked"] == [2]


def test_a_batch_that_is_stopped_sends_nothing_until_it_goes_on(run: Run) -> None:
    answers = [results(B_1="cancelled")]
    told = run(MODULE, "module.stopped(argument)", {"orderIds": ["B-1"], "answers": answers})
    assert told == {"kept": True, "before": 0, "after": 1, "rows": {"B-1": ["cancelled", None]}}


def test_after_a_reload_what_was_sent_is_settled_alone_and_the_rest_waits_for_a_word(run: Run) -> None:
    states = {"R-1": "cancelled", "R-2": "asking", "R-3": "unknown", "R-4": "unknown", "R-5": "waiting"}
    answers = [CANCELLED, refused(409, "order_shipped"), ALREADY, results(R_5="cancelled")]
    argument = {"states": states, "pending": {"R-3": "key-of-its-own"}, "answers": answers}
    told = run(MODULE, "module.reloaded(argument)", argument)
    assert told["waits"] is True
    assert told["asked"] == [
        ["/orders/R-2/cancel", "key-of-batch", "other"],
        ["/orders/R-3/cancel", "key-of-its-own", "wrong_address"],
        ["/orders/R-4/cancel", "key-of-batch", "other"],
        ["/orders/cancel", "key-of-batch", ["R-5"]],
    ]
    assert told["kept"] == [3, 3, 3, 1]
    assert told["rows"] == {
        "R-1": ["cancelled", None],
        "R-2": ["cancelled", None],
        "R-3": ["refused", "order_shipped"],
        "R-4": ["already_cancelled", None],
        "R-5": ["cancelled", None],
    }
    assert told["saved"] == told["rows"]
    assert told["changed"] == 6  # three alone, the chunk before and after, and the end
    assert told["pending"] == []


def test_an_end_is_an_answer(run: Run) -> None:
    states = ["already_cancelled", "asking", "cancelled", "refused", "unknown", "waiting"]
    ends = ["already_cancelled", "cancelled", "refused"]
    assert run(MODULE, "module.finished(argument)", states) == ends


@pytest.mark.parametrize(
    ("query", "route"),
    [
        ({}, "/orders"),
        ({"a": None, "b": ""}, "/orders"),
        ({"a": "x y", "b": 0, "c": None, "d": 7}, "/orders?a=x+y&b=0&d=7"),
    ],
    ids=str,
)
def test_what_is_empty_is_left_out_of_a_query_and_zero_is_not(run: Run, query: dict[str, Any], route: str) -> None:
    assert run(MODULE, "module.asking(argument)", query) == route


@pytest.mark.parametrize(
    ("query", "cursor", "route"),
    [
        ({"status": "cancelled", "step": ""}, None, "/orders?status=cancelled&limit=100"),
        ({}, "c-2", "/orders?limit=100&cursor=c-2"),
    ],
    ids=str,
)
def test_a_page_has_a_hundred_orders(run: Run, query: dict[str, str], cursor: str | None, route: str) -> None:
    document: dict[str, Any] = {"orders": [], "next_cursor": None}
    told = run(MODULE, "module.page(argument)", {"query": query, "cursor": cursor, "answers": [[200, document]]})
    assert (told["result"], told["asked"]) == (document, [[route, "first"]])
    assert told["types"] == [None]  # nothing is sent along


ROUTE = "/orders?limit=100"
COGNITO = "https://cognito.test/"


@pytest.mark.parametrize(
    ("last", "result", "signed_in"), [([200, {"orders": []}], {"orders": []}, True), ([401, {}], "SignedOut", False)]
)
def test_a_token_that_is_not_accepted_is_renewed_once(run: Run, last: Any, result: Any, signed_in: bool) -> None:
    told = run(MODULE, "module.page(argument)", {"answers": [[401, {}], "renewed", last]})
    assert told["asked"] == [[ROUTE, "first"], [COGNITO, None], [ROUTE, "renewed"]]
    assert (told["result"], told["signedIn"]) == (result, signed_in)


@pytest.mark.parametrize(
    ("error", "result"),
    [(None, "loaded"), ("RangeError", "RangeError"), ("SyntaxError", "SyntaxError"), ("TypeError", "NoConnection")],
)
def test_a_file_that_cannot_be_fetched_is_no_connection_and_a_broken_one_is_not(
    run: Run, error: str | None, result: str
) -> None:
    assert run(MODULE, "module.needed(argument)", error) == result


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


def test_many_are_marked_in_requests_of_a_hundred_and_taken_back_to_what_each_was(run: Run) -> None:
    before = [*["to_do"] * 110, *["done"] * 60, *["not_needed"] * 50, *[None] * 30]
    told = run(MODULE, "module.markAll(argument)", {"before": before, "state": "done"})
    assert told["first"] == {
        "states": ["done"] * 250,
        "sent": [[100, "done"], [100, "done"], [50, "done"]],
        "counted": -110,
        "told": ["250 orders marked as done."],
    }
    assert told["undone"] == {
        "states": [earlier or "to_do" for earlier in before],  # without any mark, it was to do
        "sent": [[100, "to_do"], [40, "to_do"], [60, "done"], [50, "not_needed"]],
        "counted": 140,
        "told": [
            "140 orders put back on the to-do list.",
            "60 orders marked as done.",
            "50 orders marked as not needed.",
        ],
    }


def test_what_could_not_be_marked_is_counted_and_not_taken_back(run: Run) -> None:
    argument = {"before": ["to_do"] * 3, "state": "not_needed", "refuse": ["A-1"]}
    told = run(MODULE, "module.markAll(argument)", argument)
    assert told["first"]["states"] == ["not_needed", "to_do", "not_needed"]
    assert told["first"]["told"] == [
        "1 order could not be marked. Try again.",
        "2 orders marked as not needed.",
    ]
    assert told["undone"]["sent"] == [[2, "to_do"]]


def test_where_nothing_could_be_marked_nothing_is_taken_back(run: Run) -> None:
    told = run(MODULE, "module.markAll(argument)", {"before": ["to_do"], "state": "done", "refuse": ["A-0"]})
    assert told["first"]["told"] == ["1 order could not be marked. Try again."]
    assert told["undone"] is None
