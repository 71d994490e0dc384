"""Every way to refuse a request, and the one table from error to HTTP status.

Problem                     what the caller is told; ``code`` looks the status up in PROBLEMS
  InvalidRequest            names the field and says why
  OrderNotFound             missing, or another seller's: the two cannot be told apart
  CancelRefused             the order cannot be cancelled any more; says what won, where and when
Unavailable is a Problem too: the answer is unknown, and asking again is safe.
"""

from collections.abc import Mapping
from typing import Any, Final

# code: (HTTP status, title)
PROBLEMS: Final[Mapping[str, tuple[int, str]]] = {
    "invalid_request": (400, "Invalid request"),
    "unauthorized": (401, "Not signed in"),
    "forbidden": (403, "Not allowed"),
    "order_not_found": (404, "Order not found"),
    "route_not_found": (404, "No such route"),
    "order_picked_packed": (409, "Order already picked and packed"),
    "order_shipped": (409, "Order already shipped"),
    "order_delivered": (409, "Order already delivered"),
    "order_cancelled": (409, "Order already cancelled"),
    "order_conflict": (409, "Order conflict"),
    "payload_too_large": (413, "Payload too large"),
    "idempotency_key_reused": (422, "Idempotency-Key used before for something else"),
    "too_many_requests": (429, "Too many requests"),
    "internal_error": (500, "Internal error"),
    "service_unavailable": (503, "Service unavailable"),
}


class Problem(Exception):
    """A request that was not carried out. ``detail`` is one sentence for the caller; ``members`` go beside it."""

    def __init__(self, code: str, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.members = members

    @property
    def status(self) -> int:
        return PROBLEMS[self.code][0]

    @property
    def title(self) -> str:
        return PROBLEMS[self.code][1]


class InvalidRequest(Problem):
    """``field`` is a path such as ``orders[3].note``, a header's name, or ``body``."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__("invalid_request", f"{field}: {why}.", field=field)


class OrderNotFound(Problem):
    def __init__(self, order_id: str) -> None:
        super().__init__(
            "order_not_found",
            f"There is no order {order_id} here. Nothing was changed, neither here nor in the marketplace.",
            order_id=order_id,
        )


class CancelRefused(Problem):
    """The code and members come from ``answers.why_not_cancellable``."""


class Unavailable(Problem):
    """DynamoDB gave no answer in time, or none that is final. Whether the write happened is not known."""

    def __init__(self) -> None:
        super().__init__(
            "service_unavailable",
            "We do not know yet whether this was carried out. Ask again, with the same Idempotency-Key if there was "
            "one: nothing is done twice.",
        )


def internal_error() -> Problem:
    """A defect of ours: logged where it is caught, and told to the caller without its particulars."""
    return Problem(
        "internal_error",
        "Something went wrong here. We do not know whether this was carried out: "
        "ask again with the same Idempotency-Key.",
    )
