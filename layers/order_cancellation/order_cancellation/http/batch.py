"""Many cancels in one request: side by side, one result each, no failure hidden."""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from order_cancellation.actions.cancel import Cancelled, cancel
from order_cancellation.domain.cancellations import CancelCommand
from order_cancellation.domain.refusals import Refusal, Unavailable
from order_cancellation.http import documents
from order_cancellation.http.api import Reply
from order_cancellation.http.request import Request
from order_cancellation.observability import count, logger
from order_cancellation.tables.client import SIDE_BY_SIDE
from order_cancellation.tables.orders import Orders


def cancel_each(orders: Orders, request: Request, commands: Sequence[CancelCommand]) -> Reply:
    """Carry out each of the commands; the results are in their order.

    A cancel that might not end before the function's own timeout is not begun: its result says so, and the same request
    with the same Idempotency-Key does the rest.
    """
    identity = request.identity()

    def attempt(command: CancelCommand) -> tuple[Cancelled | None, Mapping[str, Any]]:
        name = _name(command)
        try:
            if not request.in_time(calls=2 if command.fulfillment_centers else 1):
                raise Unavailable
            cancelled = cancel(orders, identity, command)
            return cancelled, {**name, **documents.cancel_document(cancelled, request.actor())}
        except Refusal as refusal:
            return None, {**name, "outcome": "refused", **request.problems.of(refusal)}
        except Exception:  # the other orders' results must still reach the caller
            logger.exception("unexpected error", extra=name)
            return None, {**name, "outcome": "refused", **request.problems.internal_error()}

    with ThreadPoolExecutor(min(len(commands), SIDE_BY_SIDE)) as pool:
        attempts = list(pool.map(attempt, commands))

    results = [result for _, result in attempts]
    outcomes = Counter(result["outcome"] for result in results)
    for outcome, times in outcomes.items():
        count(f"Batch.{outcome}", times)
    refused = outcomes["refused"]
    document = {
        "outcome": "success" if not refused else "failure" if refused == len(results) else "partial_success",
        "counts": {"orders": len(results)}
        | {name: outcomes[name] for name in ("cancelled", "already_cancelled", "refused")},
        "results": results,
    }
    done = [cancelled for cancelled, _ in attempts if cancelled and cancelled.outcome == "cancelled"]
    replayed = bool(done) and all(cancelled.replayed for cancelled in done)
    return Reply(200, document, {"Idempotent-Replayed": "true"} if replayed else {})


def _name(command: CancelCommand) -> dict[str, Any]:
    """What a result begins with: the network speaks of many sellers' orders, a seller of their own."""
    seller = {"seller_id": command.seller_id} if command.kind == "auto" else {}
    parts = {"fulfillment_centers": list(command.fulfillment_centers)} if command.fulfillment_centers else {}
    return {**seller, "order_id": command.order_id, **parts}
