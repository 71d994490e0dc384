"""Every way to say no. A refusal is raised with what it is about; ``http.problems`` makes it a document, once.

Refusal                what was asked was not carried out; ``code`` is what programs read
  InvalidRequest       names the field and says why
  PayloadTooLarge
  RouteNotFound
  Forbidden            whoever asks may not
  OrderNotFound        missing, or another seller's: the two cannot be told apart
  NotCancellable       too late, or a status that this version does not know
  PartsPacked          too late for parts that were named; nothing of what was asked is done
  PartsMoved           parts that were named are not the named fulfillment centers' any more
  KeyReused            the Idempotency-Key cancelled this order before, in other words
  PutBack              to a fulfillment center: the order is cancelled
  PutBackPart          to a fulfillment center: its part is cancelled, or another center's now
  UnknownStatus        a later version gave the order a status; this one moves it nowhere
  PlacedAndCancelled   the order that is to be placed, or to be moved, is cancelled
  NotMovable           parts cannot be taken from centers that have packed, nor given to those whose part is cancelled
  AlreadyPlaced        the order id belongs to an order with other particulars
  NotCancelled         there is nothing to note about cancelling it in its marketplace
  Unavailable          no answer in time: whether a write was carried out is not known, and asking again is safe
    ComparisonCutShort a reconciliation is whole or nothing
"""

from collections.abc import Sequence

from order_cancellation.domain import orders
from order_cancellation.domain.orders import Order


class Refusal(Exception):
    """What was asked was not carried out."""

    code: str


class InvalidRequest(Refusal):
    """``field`` is a path such as ``orders[3].note``, a header's name, or ``body``; ``why`` has no full stop."""

    code = "invalid_request"

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


class PayloadTooLarge(Refusal):
    code = "payload_too_large"

    def __init__(self, size: int, most: int) -> None:
        super().__init__(f"{size} bytes, at most {most}")
        self.size = size
        self.most = most


class RouteNotFound(Refusal):
    code = "route_not_found"


class Forbidden(Refusal):
    """The text is one sentence for the caller."""

    code = "forbidden"


class OrderNotFound(Refusal):
    code = "order_not_found"

    def __init__(self, order_id: str) -> None:
        super().__init__(order_id)
        self.order_id = order_id


class _OfAnOrder(Refusal):
    def __init__(self, order: Order) -> None:
        super().__init__(f"{order.order_id} is {order.status}")
        self.order = order


class NotCancellable(_OfAnOrder):
    """``code`` says what won, such as ``order_picked_packed``; ``order_conflict`` is a status that nobody knows."""

    def __init__(self, order: Order) -> None:
        super().__init__(order)
        self.code = why_code(order)


class _OfParts(_OfAnOrder):
    def __init__(self, order: Order, fc_ids: Sequence[str]) -> None:
        super().__init__(order)
        self.fc_ids = tuple(fc_ids)


class PartsPacked(_OfParts):
    """``fc_ids`` are those of the named ones that have packed."""

    code = "order_picked_packed"


class PartsMoved(_OfParts):
    """``fc_ids`` are those of the named ones that have no part of the order any more."""

    code = "part_withdrawn"


class KeyReused(_OfAnOrder):
    code = "idempotency_key_reused"


class PutBack(_OfAnOrder):
    code = "order_cancelled"


class PutBackPart(_OfAnOrder):
    code = "part_withdrawn"

    def __init__(self, order: Order, fc_id: str) -> None:
        super().__init__(order)
        self.fc_id = fc_id


class UnknownStatus(_OfAnOrder):
    code = "order_conflict"


class PlacedAndCancelled(_OfAnOrder):
    code = "order_cancelled"


class NotMovable(_OfParts):
    """``fc_ids`` are in the way: they have packed, or their part is cancelled; or the order is all shipped."""

    def __init__(self, order: Order, fc_ids: Sequence[str], code: str) -> None:
        super().__init__(order, fc_ids)
        self.code = code


class AlreadyPlaced(Refusal):
    code = "order_conflict"

    def __init__(self, seller_id: str, order_id: str) -> None:
        super().__init__(f"{order_id} of {seller_id}")
        self.seller_id = seller_id
        self.order_id = order_id


class NotCancelled(_OfAnOrder):
    code = "order_conflict"


class Unavailable(Refusal):
    """``reading``: it was a read that failed, so nothing was changed."""

    code = "service_unavailable"

    def __init__(self, *, reading: bool = False) -> None:
        super().__init__("a read" if reading else "a write")
        self.reading = reading


class ComparisonCutShort(Unavailable):
    def __init__(self) -> None:
        super().__init__(reading=True)


def why_code(order: Order) -> str:
    """The code that a cancel gets from an order that cannot be cancelled (any more)."""
    return f"order_{order.status}" if order.status in (*orders.PROGRESS, orders.CANCELLED) else "order_conflict"
