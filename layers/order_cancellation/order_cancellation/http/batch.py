"""Many requests in one: side by side, one result each, no failure hidden."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from order_cancellation.actions.cancel import Cancelled, cancel
from order_cancellation.actions.mark import mark
from order_cancellation.domain.cancellations import CancelCommand
from order_cancellation.domain.refusals import Refusal, Unavailable
from order_cancellation.http import documents
from order_cancellation.http.api import Reply
from order_cancellation.http.request import Request
from order_cancellation.observability import count, logger
from order_cancellation.tables.client import SIDE_BY_SIDE
from order_cancellation.tables.orders import Orders
from order_cancellation.tables.retention import Retention

Result = Mapping[str, Any]


def cancel_each(orders: Orders, request: Request, commands: Sequence[CancelCommand]) -> Reply:
    """Carry out each of the commands; the results are in their order.

    A cancel that might not end before the function's own timeout is not begun: its result says so, and the same request
    with the same Idempotency-Key does the rest.
    """
    identity = request.identity()
    done: list[Cancelled] = []

    def carry_out(command: CancelCommand) -> Result:
        if not request.in_time(calls=2 if command.fulfillment_centers else 1):
            raise Unavailable
        cancelled = cancel(orders, identity, command)
        if cancelled.outcome == "cancelled":
            done.append(cancelled)
        return documents.cancel_document(cancelled, request.actor())

    results = _each(request, commands, _name, carry_out)
    for outcome, times in Counter(result["outcome"] for result in results).items():
        count(f"Batch.{outcome}", times)
    replayed = bool(done) and all(cancelled.replayed for cancelled in done)
    document = _document(results, ("cancelled", "already_cancelled", "refused"))
    return Reply(200, document, {"Idempotent-Replayed": "true"} if replayed else {})


def mark_each(
    orders: Orders, retention: Retention, request: Request, seller_id: str, states: Mapping[str, str]
) -> Reply:
    """Note of each of a seller's orders, by id, what is to be done in its marketplace; the results are in their order.

    One that might not end before the function's own timeout is not begun: the same request does the rest.
    """

    def carry_out(entry: tuple[str, str]) -> Result:
        if not request.in_time():
            raise Unavailable
        order_id, state = entry
        return {**documents.mark_document(mark(orders, retention, seller_id, order_id, state)), "outcome": "recorded"}

    results = _each(request, list(states.items()), lambda entry: {"order_id": entry[0]}, carry_out)
    for state, times in Counter(result.get("marketplace_cancellation", "refused") for result in results).items():
        count(f"MarketplaceCancellation.{state}", times)
    return Reply(200, _document(results, ("recorded", "refused")))


def _each[Command](
    request: Request,
    commands: Sequence[Command],
    name: Callable[[Command], Result],
    carry_out: Callable[[Command], Result],
) -> list[Result]:
    """What came of each, beginning with its name. Every entry of the batch gets a result, whatever went wrong."""

    def attempt(command: Command) -> Result:
        try:
            return {**name(command), **carry_out(command)}
        except Refusal as refusal:
            return {**name(command), "outcome": "refused", **request.problems.of(refusal)}
        except Exception:  # the other orders' results must still reach the caller
            logger.exception("unexpected error", extra=dict(name(command)))
            return {**name(command), "outcome": "refused", **request.problems.internal_error()}

    with ThreadPoolExecutor(min(len(commands), SIDE_BY_SIDE)) as pool:
        return list(pool.map(attempt, commands))


def _document(results: Sequence[Result], known: Sequence[str]) -> dict[str, Any]:
    outcomes = Counter(result["outcome"] for result in results)
    refused = outcomes["refused"]
    return {
        "outcome": "success" if not refused else "failure" if refused == len(results) else "partial_success",
        "counts": {"orders": len(results)} | {name: outcomes[name] for name in known},
        "results": results,
    }


def _name(command: CancelCommand) -> dict[str, Any]:
    """What a result begins with: the network speaks of many sellers' orders, a seller of their own."""
    seller = {"seller_id": command.seller_id} if command.kind == "auto" else {}
    parts = {"fulfillment_centers": list(command.fulfillment_centers)} if command.fulfillment_centers else {}
    return {**seller, "order_id": command.order_id, **parts}
