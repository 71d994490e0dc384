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

    ``returned`` is what Lambda gets, ``view`` what view_summaries-list shows of it then.
    """

    returned: Any = None
    view: Mapping[str, Any] = field(default_factory=dict)
    after: tuple[str, ...] = ()

    def broken_by(self, returned: Any) -> str | None:
        """How what the function returned breaks the promise, or None."""
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
NOT_REPLAYED = {"idempotent-replayed": None}
CANCELLED = {"status": "cancelled", "outcome": "cancelled", "message": "Your order has been successfully cancelled."}
BY_CUSTOMER = {"kind": "seller", "reason": "customer_request", "note": "Ordered the wrong size."}
OUT_OF_STOCK = {"kind": "auto", "reason": "stockout", "skus": ["TENT-2P-GRN"]}
MARKETPLACE_TOO = [{"action": "cancel_in_marketplace", "marketplace": "amazon"}, {"action": "reroute"}]
SETTLE = [{"action": "contact_marketplace_or_customer"}]
NOTHING_FAILED: Mapping[str, Any] = {"batchItemFailures": []}
BOUNCED = {"mail_problem": {"kind": "bounce"}}
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
    "cancel_order-refused_packed": Promise(
        409,
        problem("order_picked_packed", order_status="picked_packed", packed=PACKED, next_steps=SETTLE),
    ),
    "cancel_order-bad_body": Promise(400, problem("invalid_request", field="refund")),
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
    "view_orders-list": Promise(
        200,
        {
            "orders": [
                {"order_id": order_id} for order_id in ("A-1001", "A-1002", "A-1003", "A-1004", "A-1005", "A-1009")
            ],
            "cursor": None,
        },
    ),
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
    "order_intake-order_placed": Promise(
        201, {"seller_id": "acme", "order_id": "A-2001", "status": "received", "cancellable": True}
    ),
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
    # ------------------------------------------------------------------------------------- fulfillment_center_events
    "fulfillment_center_events-recorded_packed": Promise(
        200, {"order_id": "A-1001", "fc_id": "LAX1", "outcome": "recorded", "order_status": "picked_packed"}
    ),
    "fulfillment_center_events-order_cancelled": Promise(
        409,
        problem("order_cancelled", order_id="A-1001", order_status="cancelled", instruction="put_back"),
        after=("cancel_order-success",),
    ),
    "fulfillment_center_events-forbidden": Promise(403, problem("forbidden")),
    # --------------------------------------------------------------------------------------- marketplace_cancellation
    "marketplace_cancellation-done": Promise(
        200,
        {"order_id": "A-1001", "status": "cancelled", "marketplace": "amazon", "marketplace_cancellation": "done"},
        after=("cancel_order-success",),
    ),
    "marketplace_cancellation-not_cancelled": Promise(
        409, problem("order_conflict", order_id="A-1002", order_status="picking")
    ),
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
    # ------------------------------------------------------------------------------------------------ view_summaries
    "view_summaries-list": Promise(
        200,
        {
            "summaries": [{"summary_id": world.SUMMARY_ID, "status": "pending", "orders": ["B-1003"]}],
            "contact": {"email": "hello@bluebird.example"},
            "cursor": None,
        },
    ),
}

EFFECTS = {
    # ------------------------------------------------------------------------------------------ cancellation_summary
    "cancellation_summary-auto_cancelled": Effect(
        NOTHING_FAILED,
        view={
            "summaries": [
                {"status": "sent", "orders": ["B-1001"]},
                {"status": "pending", "orders": ["B-1003"]},
            ]
        },
        after=("order_intake-auto_cancel_success",),
    ),
    # -------------------------------------------------------------------------------------------------- order_events
    "order_events-cancelled": Effect(NOTHING_FAILED),
    # ------------------------------------------------------------------------------------------------- summary_sweep
    "summary_sweep-every_minute": Effect(view={"summaries": [{"status": "sent", "orders": ["B-1003"]}]}),
    # ------------------------------------------------------------------------------------------------- summary_watch
    "summary_watch-every_minute": Effect(view={"summaries": [{"status": "pending", "orders": ["B-1003"]}]}),
    # ---------------------------------------------------------------------------------------------- summary_feedback
    "summary_feedback-send": Effect(NOTHING_FAILED, view={"summaries": [{"status": "sent"}]}),
    "summary_feedback-hard_bounce": Effect(
        NOTHING_FAILED, view={"summaries": [{"status": "bounced"}], "contact": BOUNCED}
    ),
}
ALL: Mapping[str, Promise | Effect] = {**PROMISES, **EFFECTS}
VIEW = "view_summaries-list"
