"""What the events in events/ promise by their names. The integration tests and `sam local` hold them to it.

`sam local invoke CancelOrderFunction -e events/cancel_order-success.json`
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.cloud import ROOT
from tests.support import world
from tests.support.functions import response


@dataclass(frozen=True)
class Promise:
    """What comes of a call in the world of tests/support/world.py.

    ``body`` is what the answer's document has at least. A header that is None is not there. ``after`` names the
    events that come before this one.
    """

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str | None] = field(default_factory=dict)
    after: tuple[str, ...] = ()

    def broken_by(self, returned: Any) -> str | None:
        """How what the function returned breaks the promise, or None."""
        answer = response(returned)
        if answer.status != self.status:
            return f"it is {answer.status}: {answer.text}"
        if self.status >= 400 and answer.headers["content-type"] != "application/problem+json":
            return f"it is no problem but {answer.headers['content-type']}"
        received = {name: answer.headers.get(name) for name in self.headers}
        return difference(self.headers, received, "headers") or difference(self.body, answer.body)


@dataclass(frozen=True)
class Effect:
    """What comes of an event that nobody waits for an answer to.

    ``returned`` is what Lambda gets, ``view`` what view_summaries-list shows of it then. ``raises`` is the type of the
    error that the function ends with instead.
    """

    returned: Any = None
    raises: str | None = None
    view: Mapping[str, Any] = field(default_factory=dict)
    after: tuple[str, ...] = ()

    def broken_by(self, returned: Any) -> str | None:
        """How what the function returned breaks the promise, or None. An error is what Lambda makes of it."""
        if self.raises:
            error = returned.get("errorType") if isinstance(returned, Mapping) else None
            return None if error == self.raises else f"it returned {returned!r}"
        return None if returned == self.returned else f"it returned {returned!r}"


def function_of(name: str) -> str:
    """The function that an event is for: what stands before the hyphen."""
    return name.partition("-")[0]


def read(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((DIRECTORY / f"{name}.json").read_text())
    return event


def difference(expected: Any, actual: Any, path: str = "") -> str | None:
    """Where ``actual`` lacks what is expected, or None. Objects may have more members, lists no more entries."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for name, value in expected.items():
            if name not in actual:
                return f"{path}.{name} is missing"
            if found := difference(value, actual[name], f"{path}.{name}"):
                return found
        return None
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        found_in_entries = (
            difference(*pair, f"{path}[{index}]") for index, pair in enumerate(zip(expected, actual, strict=True))
        )
        return next(filter(None, found_in_entries), None)
    return None if expected == actual else f"{path} is {actual!r} instead of {expected!r}"


DIRECTORY: Path = ROOT / "events"
REPLAYED = {"idempotent-replayed": "true"}
NOT_REPLAYED = {"idempotent-replayed": None}
CANCELLED = {"status": "cancelled", "outcome": "cancelled", "message": "Your order has been successfully cancelled."}
BY_CUSTOMER = {"kind": "seller", "reason": "customer_request", "note": "Ordered the wrong size."}
OUT_OF_STOCK = {"kind": "auto", "reason": "stockout", "skus": ["TENT-2P-GRN"]}
MARKETPLACE_TOO = [{"action": "cancel_in_marketplace", "marketplace": "amazon"}, {"action": "reroute"}]
SETTLE = [{"action": "contact_marketplace_or_customer"}]
FINE = {"mail_problem": None}
BOUNCED = {"mail_problem": {"kind": "bounce"}}
COMPLAINED = {"mail_problem": {"kind": "complaint"}}
PACKED = [{"fc_id": "LAX1", "at": "2026-11-23T13:50:00Z"}]


def problem(code: str, **members: Any) -> dict[str, Any]:
    return {"code": code, **members}


PROMISES = {
    # -------------------------------------------------------------------------------------------------- cancel_order
    "cancel_order-success": Promise(
        200,
        {"order_id": "A-1001", **CANCELLED, "cancellation": BY_CUSTOMER, "next_steps": MARKETPLACE_TOO},
        NOT_REPLAYED,
    ),
    "cancel_order-success_without_body": Promise(
        200, {"order_id": "A-1004", **CANCELLED, "cancellation": {"reason": "other", "note": None}}, NOT_REPLAYED
    ),
    "cancel_order-replayed": Promise(
        200, {"order_id": "A-1001", **CANCELLED, "cancellation": BY_CUSTOMER}, REPLAYED, after=("cancel_order-success",)
    ),
    "cancel_order-already_cancelled": Promise(
        200,
        {"outcome": "already_cancelled", "cancellation": BY_CUSTOMER, "next_steps": MARKETPLACE_TOO},
        NOT_REPLAYED,
        after=("cancel_order-success",),
    ),
    "cancel_order-key_reused": Promise(
        422, problem("idempotency_key_reused", order_id="A-1001"), after=("cancel_order-success",)
    ),
    "cancel_order-refused_packed": Promise(
        409,
        problem("order_picked_packed", order_status="picked_packed", packed=PACKED, next_steps=SETTLE),
    ),
    "cancel_order-refused_shipped": Promise(
        409, problem("order_shipped", order_status="shipped", packed=PACKED, next_steps=SETTLE)
    ),
    "cancel_order-not_found": Promise(404, problem("order_not_found", order_id="A-9999")),
    "cancel_order-other_sellers_order": Promise(404, problem("order_not_found", order_id="A-1001")),
    "cancel_order-bad_body": Promise(400, problem("invalid_request", field="refund")),
    "cancel_order-bad_key": Promise(400, problem("invalid_request", field="Idempotency-Key")),
    "cancel_order-forbidden": Promise(403, problem("forbidden")),
    "cancel_order-batch_success": Promise(
        200,
        {
            "outcome": "success",
            "counts": {"orders": 2, "cancelled": 2, "already_cancelled": 0, "refused": 0},
            "results": [
                {"order_id": "A-1001", **CANCELLED, "cancellation": {"reason": "duplicate_order"}},
                {"order_id": "A-1002", **CANCELLED, "cancellation": {"reason": "other"}},
            ],
        },
        NOT_REPLAYED,
    ),
    "cancel_order-batch_replayed": Promise(
        200,
        {"outcome": "success", "results": [{"outcome": "cancelled"}, {"outcome": "cancelled"}]},
        REPLAYED,
        after=("cancel_order-batch_success",),
    ),
    "cancel_order-batch_partial_success": Promise(
        200,
        {
            "outcome": "partial_success",
            "counts": {"orders": 3, "cancelled": 1, "already_cancelled": 0, "refused": 2},
            "results": [
                {"order_id": "A-1001", **CANCELLED},
                {"order_id": "A-1003", "outcome": "refused", "code": "order_picked_packed", "next_steps": SETTLE},
                {"order_id": "A-9999", "outcome": "refused", "code": "order_not_found"},
            ],
        },
        NOT_REPLAYED,
    ),
    "cancel_order-batch_failure": Promise(
        200,
        {
            "outcome": "failure",
            "results": [
                {"order_id": "A-1003", "outcome": "refused", "code": "order_picked_packed"},
                {"order_id": "A-9999", "outcome": "refused", "code": "order_not_found"},
            ],
        },
        NOT_REPLAYED,
    ),
    "cancel_order-batch_bad_body": Promise(400, problem("invalid_request", field="orders")),
    # --------------------------------------------------------------------------------------------------- view_orders
    "view_orders-cancellable": Promise(
        200,
        {
            "order_id": "A-1001",
            "status": "allocated",
            "cancellable": True,
            "fulfillment_centers": [{"fc_id": "LAX1", "status": "allocated", "at": "2026-11-23T13:30:00Z"}],
        },
    ),
    "view_orders-not_cancellable": Promise(
        200,
        {
            "order_id": "A-1003",
            "status": "picked_packed",
            "cancellable": False,
            "not_cancellable_because": {"code": "order_picked_packed"},
            "next_steps": SETTLE,
        },
    ),
    "view_orders-cancelled": Promise(
        200,
        {
            "status": "cancelled",
            "cancellable": False,
            "not_cancellable_because": {"code": "order_cancelled"},
            "cancellation": BY_CUSTOMER,
        },
        after=("cancel_order-success",),
    ),
    "view_orders-not_found": Promise(404, problem("order_not_found", order_id="A-9999")),
    "view_orders-other_sellers_order": Promise(404, problem("order_not_found", order_id="A-1001")),
    "view_orders-list": Promise(
        200,
        {
            "orders": [
                {"order_id": order_id} for order_id in ("A-1001", "A-1002", "A-1003", "A-1004", "A-1005", "A-1009")
            ],
            "cursor": None,
        },
    ),
    "view_orders-list_first_page": Promise(
        200, {"orders": [{"order_id": "A-1001"}, {"order_id": "A-1002"}], "cursor": "QS0xMDAy"}
    ),
    "view_orders-list_next_page": Promise(200, {"orders": [{"order_id": "A-1003"}, {"order_id": "A-1004"}]}),
    "view_orders-list_by_status": Promise(200, {"orders": [{"order_id": "A-1003"}], "cursor": None}),
    "view_orders-list_bad_cursor": Promise(400, problem("invalid_request", field="cursor")),
    "view_orders-forbidden": Promise(403, problem("forbidden")),
    # -------------------------------------------------------------------------------------------------- order_intake
    "order_intake-seller_registered": Promise(
        200,
        {
            "seller_id": "acme",
            "name": "Acme Outdoor",
            "email": "ops@acme.example",
            "time_zone": "America/Los_Angeles",
            "summaries": "each_batch",
        },
    ),
    "order_intake-seller_bad_email": Promise(400, problem("invalid_request", field="email")),
    "order_intake-order_placed": Promise(
        201, {"seller_id": "acme", "order_id": "A-2001", "status": "received", "cancellable": True}
    ),
    "order_intake-order_placed_again": Promise(
        200, {"seller_id": "acme", "order_id": "A-2001", "status": "received"}, after=("order_intake-order_placed",)
    ),
    "order_intake-order_conflict": Promise(
        409, problem("order_conflict", order_id="A-2001"), after=("order_intake-order_placed",)
    ),
    "order_intake-order_bad_body": Promise(400, problem("invalid_request", field="lines[0].quantity")),
    "order_intake-auto_cancel_success": Promise(
        200,
        {
            "outcome": "success",
            "results": [
                {"seller_id": "acme", "order_id": "A-1001", "outcome": "cancelled", "cancellation": OUT_OF_STOCK},
                {"seller_id": "bluebird", "order_id": "B-1001", "outcome": "cancelled"},
            ],
        },
        NOT_REPLAYED,
    ),
    "order_intake-auto_cancel_replayed": Promise(
        200,
        {"outcome": "success", "results": [{"outcome": "cancelled"}, {"outcome": "cancelled"}]},
        REPLAYED,
        after=("order_intake-auto_cancel_success",),
    ),
    "order_intake-auto_cancel_partial_success": Promise(
        200,
        {
            "outcome": "partial_success",
            "results": [
                {"seller_id": "acme", "order_id": "A-1001", "outcome": "cancelled"},
                {"seller_id": "acme", "order_id": "A-1003", "outcome": "refused", "code": "order_picked_packed"},
            ],
        },
    ),
    "order_intake-auto_cancel_bad_reason": Promise(400, problem("invalid_request", field="cancellations[1].reason")),
    "order_intake-forbidden": Promise(403, problem("forbidden")),
    # ------------------------------------------------------------------------------------- fulfillment_center_events
    "fulfillment_center_events-recorded": Promise(
        200, {"order_id": "A-1001", "fc_id": "LAX1", "outcome": "recorded", "order_status": "picking"}
    ),
    "fulfillment_center_events-recorded_packed": Promise(
        200, {"order_id": "A-1001", "fc_id": "LAX1", "outcome": "recorded", "order_status": "picked_packed"}
    ),
    "fulfillment_center_events-already_recorded": Promise(
        200, {"order_id": "A-1003", "fc_id": "LAX1", "outcome": "already_recorded", "order_status": "picked_packed"}
    ),
    "fulfillment_center_events-order_cancelled": Promise(
        409,
        problem("order_cancelled", order_id="A-1001", order_status="cancelled", instruction="put_back"),
        after=("cancel_order-success",),
    ),
    "fulfillment_center_events-not_found": Promise(404, problem("order_not_found", order_id="A-9999")),
    "fulfillment_center_events-not_its_order": Promise(404, problem("order_not_found", order_id="B-1002")),
    "fulfillment_center_events-forbidden": Promise(403, problem("forbidden")),
    "fulfillment_center_events-bad_time": Promise(400, problem("invalid_request", field="occurred_at")),
    "fulfillment_center_events-bad_body": Promise(400, problem("invalid_request", field="event")),
    # --------------------------------------------------------------------------------------- marketplace_cancellation
    "marketplace_cancellation-done": Promise(
        200,
        {"order_id": "A-1001", "status": "cancelled", "marketplace": "amazon", "marketplace_cancellation": "done"},
        after=("cancel_order-success",),
    ),
    "marketplace_cancellation-not_cancelled": Promise(
        409, problem("order_conflict", order_id="A-1002", order_status="picking")
    ),
    "marketplace_cancellation-not_found": Promise(404, problem("order_not_found", order_id="A-9999")),
    "marketplace_cancellation-bad_body": Promise(400, problem("invalid_request", field="state")),
    "marketplace_cancellation-forbidden": Promise(403, problem("forbidden")),
    # ------------------------------------------------------------------------------------------------ reconciliation
    "reconciliation-differences": Promise(
        200,
        {
            "cancelled_there_live_here": [
                {"order_id": "A-1003", "cancellable": False},
                {"order_id": "A-1005", "cancellable": True},
            ],
            "cancelled_here_live_there": [{"order_id": "A-1001"}],
            "agreed": [{"order_id": "A-1002"}],
            "unknown": [{"marketplace_order_id": "113-4009999-2711418"}],
        },
        after=("cancel_order-success",),
    ),
    "reconciliation-bad_body": Promise(400, problem("invalid_request", field="orders[0].state")),
    "reconciliation-forbidden": Promise(403, problem("forbidden")),
    # ------------------------------------------------------------------------------------------------ view_summaries
    "view_summaries-list": Promise(
        200,
        {
            "summaries": [{"summary_id": world.SUMMARY_ID, "status": "pending", "orders": ["B-1003"]}],
            "contact": {"email": "hello@bluebird.example"},
            "cursor": None,
        },
    ),
    "view_summaries-bad_cursor": Promise(400, problem("invalid_request", field="cursor")),
    "view_summaries-forbidden": Promise(403, problem("forbidden")),
}

EFFECTS = {
    # ------------------------------------------------------------------------------------------ cancellation_summary
    "cancellation_summary-auto_cancelled": Effect(
        {"batchItemFailures": []},
        view={
            "summaries": [
                {"status": "sent", "orders": ["B-1001"]},
                {"status": "pending", "orders": ["B-1003"]},
            ]
        },
        after=("order_intake-auto_cancel_success",),
    ),
    "cancellation_summary-unreadable_record": Effect(
        {"batchItemFailures": [{"itemIdentifier": "4421584500000000017450439091"}]},
        view={"summaries": [{"status": "sent", "orders": ["B-1001"]}, {"status": "pending"}]},
        after=("order_intake-auto_cancel_success",),
    ),
    # ------------------------------------------------------------------------------------------------- summary_sweep
    "summary_sweep-every_minute": Effect(view={"summaries": [{"status": "sent", "orders": ["B-1003"]}]}),
    # ---------------------------------------------------------------------------------------------- summary_feedback
    "summary_feedback-send": Effect(view={"summaries": [{"status": "sent"}]}),
    "summary_feedback-delivery": Effect(view={"summaries": [{"status": "delivered"}], "contact": FINE}),
    "summary_feedback-hard_bounce": Effect(view={"summaries": [{"status": "bounced"}], "contact": BOUNCED}),
    "summary_feedback-complaint": Effect(view={"summaries": [{"status": "delivered"}], "contact": COMPLAINED}),
    "summary_feedback-unknown_summary": Effect(raises="UnknownSummary", view={"summaries": [{"status": "pending"}]}),
}
ALL: Mapping[str, Promise | Effect] = {**PROMISES, **EFFECTS}
VIEW = "view_summaries-list"
