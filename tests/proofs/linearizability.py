"""What callers asked, when, and what they were told; and whether one order can have behaved like that.

The checker is Wing and Gong's: look for one sequence in which every operation takes effect between its call and its
return, and every answer is the one that the model gives. A lost answer may have taken effect at any later time, or
never.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Final

from tests.proofs.order_model import Answer, AutoCancel, Cancel, Move, OrderState, Report, Request, View, carry_out

UNKNOWN: Final[Answer] = ("unknown",)


@dataclass(frozen=True, slots=True)
class Operation:
    """One request. ``end`` is infinite and ``answer`` UNKNOWN where no answer came."""

    request: Request
    answer: Answer
    start: float
    end: float

    @classmethod
    def lost(cls, request: Request, start: float) -> "Operation":
        return cls(request, UNKNOWN, start, inf)


def linearizable(history: Sequence[Operation], initial: OrderState) -> bool:
    """Whether some order of the operations explains every answer."""
    everything = frozenset(range(len(history)))
    required = frozenset(index for index, operation in enumerate(history) if operation.answer != UNKNOWN)
    tried: set[tuple[frozenset[int], OrderState]] = set()
    stack = [(everything, initial)]
    while stack:
        left, state = stack.pop()
        if not left & required:
            return True
        if (left, state) in tried:
            continue
        tried.add((left, state))
        first_return = min(history[index].end for index in left)
        for index in left:
            operation = history[index]
            if operation.start > first_return:
                continue  # another had returned before this was called
            after, answer = carry_out(state, operation.request)
            if operation.answer in (answer, UNKNOWN):
                stack.append((left - {index}, after))
    return False


def answer_of(request: Request, status: int, body: Mapping[str, Any], headers: Mapping[str, str]) -> Answer:
    """A response in the model's words. Whatever has no place there becomes an answer that the model never gives."""
    if status == 503:
        return UNKNOWN
    unexpected: Answer = ("unexpected", status, body.get("code"))
    match request:
        case AutoCancel() if status == 200:
            return _cancel_answer(body["results"][0], headers, "detail")
        case Cancel() if status in {200, 409}:
            return _cancel_answer(body, headers, "note")
        case Report() if status == 200:
            return body["outcome"], body["order_status"]
        case Report() if status == 409 and body["code"] == "order_cancelled" and body["instruction"] == "put_back":
            return ("put_back",)
        case Report() if status == 409 and body["code"] == "part_withdrawn" and body["instruction"] == "put_back":
            return ("part_withdrawn",)
        case Move() if status == 200:
            return "moved", body["status"], _statuses(body["fulfillment_centers"])
        case Move() if status == 409:
            return "refused", body["code"]
        case View() if status == 200:
            cancellation = body.get("cancellation")
            label = cancellation.get("note") or cancellation.get("detail") if cancellation else None
            return "view", body["status"], body["cancellable"], label, _statuses(body["fulfillment_centers"])
    return unexpected


def _cancel_answer(result: Mapping[str, Any], headers: Mapping[str, str], said: str) -> Answer:
    if result.get("code") == "service_unavailable":
        return UNKNOWN
    if "code" in result:
        packed = tuple((entry["fc_id"], entry["at"]) for entry in result.get("packed", ()))
        return "refused", result["code"], packed, tuple(sorted(result.get("still_cancellable", ())))
    cancellation = result["cancellation"]
    label = cancellation.get("detail") or cancellation.get("note")
    if result["outcome"] == "cancelled":
        label = cancellation[said]
    told = result["outcome"], label, headers.get("idempotent-replayed") == "true"
    return (*told, result["order_status"], _statuses(result["still_shipping"])) if "still_shipping" in result else told


def _statuses(centers: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((center["fc_id"], center["status"]) for center in centers))
