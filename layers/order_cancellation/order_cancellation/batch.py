"""Many cancels in one request: side by side, one result each, no failure hidden."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation.api import Reply, problem_document, reply
from order_cancellation.cancelling import Cancelled
from order_cancellation.errors import Problem, Unavailable, internal_error
from order_cancellation.observability import count, logger
from order_cancellation.store import CLIENT_CONFIG, MAX_CALL_SECONDS

_SIDE_BY_SIDE = CLIENT_CONFIG.max_pool_connections  # type: ignore[attr-defined]


def run[Ask](
    asks: Sequence[Ask],
    cancel: Callable[[Ask], Cancelled],
    name: Callable[[Ask], Mapping[str, str]],
    context: LambdaContext,
) -> Reply:
    """Cancel each of ``asks``; the results are in their order, each beginning with what ``name`` says.

    A cancel that could not end before the function's own timeout is not begun: its result says so, and the same
    request with the same Idempotency-Key does the rest.
    """

    def attempt(ask: Ask) -> tuple[Cancelled | None, Mapping[str, Any]]:
        try:
            if context.get_remaining_time_in_millis() < MAX_CALL_SECONDS * 1000:
                raise Unavailable
            cancelled = cancel(ask)
            return cancelled, {**name(ask), **cancelled.document()}
        except Problem as problem:
            return None, {**name(ask), "outcome": "refused", **problem_document(problem)}
        except Exception:  # the other orders' results must still reach the caller
            logger.exception("unexpected error", extra=dict(name(ask)))
            return None, {**name(ask), "outcome": "refused", **problem_document(internal_error())}

    with ThreadPoolExecutor(min(len(asks), _SIDE_BY_SIDE)) as pool:
        attempts = list(pool.map(attempt, asks))

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
    return reply(200, document, {"Idempotent-Replayed": "true"} if replayed else None)
