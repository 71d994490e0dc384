"""Many cancels in one request: side by side, one result each, no failure hidden."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from order_cancellation.api import Reply, problem_document, reply
from order_cancellation.cancelling import Cancelled
from order_cancellation.errors import Problem, Unavailable, internal_error
from order_cancellation.observability import count, logger
from order_cancellation.store import SIDE_BY_SIDE


class Named(Protocol):
    """A wish to cancel one order; ``name`` is what its result begins with."""

    @property
    def name(self) -> Mapping[str, str]: ...


def run[Ask: Named](asks: Sequence[Ask], cancel: Callable[[Ask], Cancelled], in_time: Callable[[], bool]) -> Reply:
    """Cancel each of ``asks``; the results are in their order.

    A cancel that ``in_time`` says might not end before the function's own timeout is not begun: its result says so,
    and the same request with the same Idempotency-Key does the rest.
    """

    def attempt(ask: Ask) -> tuple[Cancelled | None, Mapping[str, Any]]:
        try:
            if not in_time():
                raise Unavailable
            cancelled = cancel(ask)
            return cancelled, {**ask.name, **cancelled.document()}
        except Problem as problem:
            return None, {**ask.name, "outcome": "refused", **problem_document(problem)}
        except Exception:  # the other orders' results must still reach the caller
            logger.exception("unexpected error", extra=dict(ask.name))
            return None, {**ask.name, "outcome": "refused", **problem_document(internal_error())}

    with ThreadPoolExecutor(min(len(asks), SIDE_BY_SIDE)) as pool:
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
