"""What the events in events/ promise by their names. The integration tests and `sam local invoke` hold them to it.

`sam local invoke CancelOrderFunction -e events/cancel_order-success.json`
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.cloud import ROOT


@dataclass(frozen=True)
class Promise:
    """What comes of an event in the world of tests/world.py.

    ``body`` is what the answer's document has at least. A header that is None is not there. ``after`` names the
    events that come before this one.
    """

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str | None] = field(default_factory=dict)
    after: tuple[str, ...] = ()


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
}
