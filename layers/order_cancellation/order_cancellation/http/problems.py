"""From refusal to RFC 9457 problem: the one table from code to HTTP status, and the one place that words a refusal."""

from collections.abc import Mapping
from typing import Final

from order_cancellation.domain import marketplaces
from order_cancellation.domain.refusals import (
    AlreadyPlaced,
    ComparisonCutShort,
    Forbidden,
    InvalidRequest,
    KeyReused,
    NotCancellable,
    NotCancelled,
    NotMovable,
    OrderNotFound,
    PartsMoved,
    PartsPacked,
    PayloadTooLarge,
    PlacedAndCancelled,
    PutBack,
    PutBackPart,
    Refusal,
    RouteNotFound,
    Unavailable,
    UnknownStatus,
)
from order_cancellation.http import documents
from order_cancellation.http.documents import Document

# code: (HTTP status, title). API Gateway answers some of them itself: the template's gateway responses say the same.
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
    "part_withdrawn": (409, "Part withdrawn"),
    "payload_too_large": (413, "Payload too large"),
    "idempotency_key_reused": (422, "Idempotency-Key used before for something else"),
    "too_many_requests": (429, "Too many requests"),
    "internal_error": (500, "Internal error"),
    "service_unavailable": (503, "Service unavailable"),
}


_UNKNOWN = "We do not know yet whether this was carried out."


class Problems:
    """Problem documents, as responses or as results of a batch. Under ``type_base`` the types are explained."""

    def __init__(self, type_base: str) -> None:
        self._type_base = type_base

    def of(self, refusal: Refusal) -> Document:
        """What a caller is told of a refusal."""
        return self._document(refusal.code, _told(refusal))

    def internal_error(self, *, reading: bool = False) -> Document:
        """A defect of ours: logged where it is caught, and told to the caller without its particulars."""
        known = "Nothing was changed." if reading else f"{_UNKNOWN} Ask again with the same Idempotency-Key."
        return self._document("internal_error", {"detail": f"Something went wrong here. {known}"})

    def _document(self, code: str, told: Document) -> Document:
        status, title = PROBLEMS[code]
        type_ = f"{self._type_base}/{code.replace('_', '-')}"
        return {"type": type_, "title": title, "status": status, "code": code, **told}


def _told(refusal: Refusal) -> Document:
    """``detail``, one sentence for the caller, and what goes beside it."""
    match refusal:
        case InvalidRequest():
            return {"detail": f"{refusal.field}: {refusal.why}.", "field": refusal.field}
        case PayloadTooLarge():
            return {"detail": f"The body has {refusal.size} bytes; at most {refusal.most} are accepted."}
        case RouteNotFound():
            return {"detail": "No route has this method and path."}
        case Forbidden():
            return {"detail": str(refusal)}
        case OrderNotFound():
            detail = f"There is no order {refusal.order_id} here. "
            return {
                "detail": f"{detail}Nothing was changed, neither here nor in the marketplace.",
                "order_id": refusal.order_id,
            }
        case NotCancellable():
            why = documents.why_not_cancellable(refusal.order)
            return {"detail": why.pop("detail"), "order_id": refusal.order.order_id, **why}
        case PartsPacked():
            why = documents.parts_packed(refusal.order, refusal.fc_ids)
            return {"detail": why.pop("detail"), "order_id": refusal.order.order_id, **why}
        case PartsMoved():
            why = documents.parts_moved(refusal.order, refusal.fc_ids)
            return {"detail": why.pop("detail"), "order_id": refusal.order.order_id, **why}
        case KeyReused():
            what = f"order {refusal.order.order_id}, or parts of it,"
            return {
                "detail": f"This Idempotency-Key cancelled {what} already, with another reason or note. What it "
                "cancelled stays cancelled as it was asked first.",
                "order_id": refusal.order.order_id,
            }
        case PutBack():
            return documents.put_back(refusal.order)
        case PutBackPart():
            return documents.put_back_part(refusal.order, refusal.fc_id)
        case UnknownStatus():
            order = refusal.order
            return {
                "detail": f"Order {order.order_id} has the status {order.status}, which no report may change. Nothing "
                "was recorded: stop, and ask the network.",
                "order_id": order.order_id,
                "order_status": order.status,
            }
        case PlacedAndCancelled():
            return documents.placed_and_cancelled(refusal.order)
        case NotMovable():
            return documents.not_movable(refusal.order, refusal.fc_ids, refusal.code)
        case AlreadyPlaced():
            detail = (
                f"Order {refusal.order_id} of seller {refusal.seller_id} was placed already, with other particulars. "
            )
            return {"detail": f"{detail}Nothing was changed.", "order_id": refusal.order_id}
        case NotCancelled():
            order = refusal.order
            return {
                "detail": f"Order {order.order_id} is not cancelled here, so there is nothing to note about cancelling "
                f"it in {marketplaces.name(order.placement.marketplace)}.",
                "order_id": order.order_id,
                "order_status": order.status,
            }
        case ComparisonCutShort():
            return {
                "detail": "The orders could not all be compared in time. Nothing was changed: ask again, with fewer "
                "orders at once if this repeats."
            }
        case Unavailable(reading=True):
            return {"detail": "We cannot read this just now. Nothing was changed: ask again."}
        case Unavailable():
            return {
                "detail": f"{_UNKNOWN} Ask again, with the same Idempotency-Key if there was one: "
                "nothing is done twice."
            }
    raise NotImplementedError(type(refusal).__name__)
