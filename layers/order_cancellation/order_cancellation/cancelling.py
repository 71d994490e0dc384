"""The cancel: one ask, one conditional write, one definite answer.

ask ──▶ cancellation (id from the Idempotency-Key or the request) ──▶ Orders.cancel: one UpdateItem
    written          the order is ours: ``cancelled``
    refused, and the order that won comes back with the refusal:
        none                              order_not_found
        cancelled under our own id        ``cancelled``: an earlier attempt of this very ask won (G3)
        cancelled under another id        ``already_cancelled``, with the first cancellation
        packed, shipped, delivered        the refusal that names what won, where and when
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from order_cancellation import answers, summaries, times
from order_cancellation.errors import CancelRefused, OrderNotFound, Problem
from order_cancellation.observability import logger
from order_cancellation.orders import Cancellation, Kind, Order

Outcome = Literal["cancelled", "already_cancelled"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """Where an ask comes from: what makes it the same ask when it comes again."""

    request_id: str
    idempotency_key: str | None = None

    def cancellation_id(self, kind: Kind, seller_id: str, order_id: str) -> str:
        """The same for every repetition of an ask, different for all others; 32 hexadecimal digits.

        With the tenant and the order in it, one key may serve a whole batch, and no caller can guess another's.
        """
        source = f"key:{self.idempotency_key}" if self.idempotency_key else f"request:{self.request_id}"
        return hashlib.sha256("\n".join((kind, seller_id, order_id, source)).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The order is cancelled. ``replayed``: an earlier request with the same key did it, this one changed nothing."""

    order: Order
    outcome: Outcome
    asked_by: Kind
    replayed: bool = False

    def document(self) -> Mapping[str, Any]:
        return answers.cancel_document(self.order, self.outcome, self.asked_by)


class CancelStore(Protocol):
    """The one call that a cancel makes."""

    def cancel(
        self, seller_id: str, order_id: str, cancellation: Cancellation, summary_due_at: str | None = None
    ) -> tuple[bool, Order | None]: ...


def cancel(
    store: CancelStore,
    attempt: Attempt,
    *,
    kind: Kind,
    seller_id: str,
    order_id: str,
    reason: str,
    note: str | None = None,
    detail: str | None = None,
    skus: tuple[str, ...] = (),
) -> Cancelled:
    """Cancel one order, in one DynamoDB call.

    An ``auto`` cancellation is due for a summary from this moment on; a seller's own is not.
    Raises OrderNotFound, CancelRefused, Unavailable, or Problem ``idempotency_key_reused``.
    """
    cancelled_at = times.now()
    due = summaries.due_after(cancelled_at) if kind == "auto" else None
    asked = Cancellation(
        cancellation_id=attempt.cancellation_id(kind, seller_id, order_id),
        kind=kind,
        reason=reason,
        cancelled_at=cancelled_at,
        request_id=attempt.request_id,
        note=note,
        detail=detail,
        skus=skus,
    )
    audit = {"seller_id": seller_id, "order_id": order_id, "kind": kind, "cancellation_id": asked.cancellation_id}
    try:
        cancelled = _settle(asked, order_id, *store.cancel(seller_id, order_id, asked, due))
    except Problem as refusal:
        logger.info("cancel refused", extra={**audit, "code": refusal.code})
        raise
    logger.info("cancel", extra={**audit, "outcome": cancelled.outcome, "replayed": cancelled.replayed})
    return cancelled


def _settle(asked: Cancellation, order_id: str, written: bool, order: Order | None) -> Cancelled:
    if order is None:
        raise OrderNotFound(order_id)
    if written:
        return Cancelled(order, "cancelled", asked.kind)
    first = order.cancellation
    if first is None:
        refusal = answers.why_not_cancellable(order)
        raise CancelRefused(refusal.pop("code"), refusal.pop("detail"), order_id=order_id, **refusal)
    if first.cancellation_id != asked.cancellation_id:
        return Cancelled(order, "already_cancelled", asked.kind)
    if not first.asks_the_same_as(asked):
        raise Problem(
            "idempotency_key_reused",
            f"This Idempotency-Key cancelled order {order_id} already, with another reason or note. "
            "The order stays cancelled as it was asked first.",
            order_id=order_id,
        )
    return Cancelled(order, "cancelled", asked.kind, replayed=first.request_id != asked.request_id)
