"""Keeping step with the marketplace, by the seller's own hand: what is still to do there, and where the two differ.

Nothing is synchronised. The seller says what he has done there (``mark``), or shows us what the marketplace says and is
told where it differs (``reconcile``).
"""

import bisect
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from typing import Any, Protocol

from order_cancellation import answers
from order_cancellation.errors import OrderNotFound, Problem, Unavailable
from order_cancellation.orders import Order
from order_cancellation.requests import ReconciliationAsk
from order_cancellation.store import BATCH, SIDE_BY_SIDE, OrderName

_STRIDE = 250  # how many names one query reads: about 25 KB, four read units


class LedgerStore(Protocol):
    """The one call that marking makes."""

    def mark(self, seller_id: str, order_id: str, marketplace_cancellation: str) -> tuple[bool, Order | None]: ...


class LookupStore(Protocol):
    """The calls that a reconciliation makes; it only reads."""

    def named_between(
        self, seller_id: str, first: str, last: str, limit: int, after: OrderName | None = None
    ) -> tuple[list[OrderName], OrderName | None]: ...
    def find_many(self, seller_id: str, order_ids: Sequence[str]) -> list[Order]: ...


def mark(store: LedgerStore, seller_id: str, order_id: str, state: str) -> Order:
    """Record what is to be done in the marketplace about a cancelled order; the same again changes nothing.

    Raises OrderNotFound, Problem ``order_conflict`` where the order is not cancelled, or Unavailable.
    """
    written, order = store.mark(seller_id, order_id, state)
    if order is None:
        raise OrderNotFound(order_id)
    if not written:
        raise Problem(
            "order_conflict",
            f"Order {order_id} is not cancelled here, so there is nothing to note about cancelling it in "
            f"{answers.marketplace_name(order.placement.marketplace)}.",
            order_id=order_id,
            order_status=order.status,
        )
    return order


def reconcile(
    store: LookupStore, seller_id: str, ask: ReconciliationAsk, in_time: Callable[[], bool]
) -> answers.Document:
    """Compare what a marketplace says with what is here; changes nothing.

    Of several orders for one order of the marketplace, each live one differs from ``cancelled``; one that is live
    suffices for ``open``. Complete or nothing: raises Problem ``service_unavailable`` when a read fails, or when
    ``in_time`` says that the next one might not end in time.
    """
    try:
        here = _orders_here(store, seller_id, ask, in_time)
    except Unavailable as error:
        raise Problem(
            "service_unavailable",
            "The orders could not all be compared in time. Nothing was changed: ask again, with fewer orders at once "
            "if this repeats.",
        ) from error
    return _differences(ask, here)


def _orders_here(
    store: LookupStore, seller_id: str, ask: ReconciliationAsk, in_time: Callable[[], bool]
) -> dict[str, list[Order]]:
    """Our orders by marketplace order id. The index only names them; their state is read from the table itself."""

    def look_up(wanted: Sequence[str]) -> list[str]:
        return _named(store, seller_id, wanted, in_time)

    def read(order_ids: Sequence[str]) -> list[Order]:
        _require(in_time)
        return store.find_many(seller_id, order_ids)

    every = sorted(ask.cancelled | ask.open)
    shares = batched(every, math.ceil(len(every) / SIDE_BY_SIDE), strict=False)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:  # the first read that fails cancels those that wait
        order_ids = [order_id for found in pool.map(look_up, shares) for order_id in found]
        here: dict[str, list[Order]] = {}
        for orders in pool.map(read, batched(order_ids, BATCH, strict=False)):
            for order in orders:
                if order.placement.marketplace.lower() == ask.marketplace.lower():
                    here.setdefault(order.placement.marketplace_order_id, []).append(order)
    return here


def _named(store: LookupStore, seller_id: str, wanted: Sequence[str], in_time: Callable[[], bool]) -> list[str]:
    """The ids of our orders for the marketplace order ids in ``wanted``, which is sorted.

    Walks the index from the first to the last of them, as both are in the same order (that of DynamoDB, by UTF-8
    bytes, is Python's, by code points): one query finds all that lie close together, and where other orders lie
    between two, the next query begins at the second. At worst that is one query for each.
    """
    found: list[str] = []
    ids, begin = frozenset(wanted), 0
    position: OrderName | None = None
    while True:
        _require(in_time)
        names, position = store.named_between(seller_id, wanted[begin], wanted[-1], _STRIDE, position)
        found += [name.order_id for name in names if name.marketplace_order_id in ids]
        if position is None:
            return found
        begin = bisect.bisect_left(wanted, position.marketplace_order_id)
        if wanted[begin] != position.marketplace_order_id:
            position = None  # nothing of the next one was read yet


def _require(in_time: Callable[[], bool]) -> None:
    if not in_time():
        raise Unavailable


def _differences(ask: ReconciliationAsk, here: dict[str, list[Order]]) -> answers.Document:
    lists: dict[str, list[dict[str, Any]]] = {
        "cancelled_there_live_here": [],
        "cancelled_here_live_there": [],
        "agreed": [],
        "unknown": [],
    }
    for marketplace_order_id in sorted(ask.cancelled | ask.open):
        known = sorted(here.get(marketplace_order_id, ()), key=lambda order: order.order_id)
        live = [order for order in known if not order.cancellation]
        if not known:
            lists["unknown"].append({"marketplace_order_id": marketplace_order_id})
        elif marketplace_order_id in ask.cancelled:
            lists["cancelled_there_live_here"] += [_row(order) for order in live]
            lists["agreed"] += [_row(order) for order in known if order.cancellation]
        else:
            lists["agreed"] += [_row(order) for order in live]
            lists["cancelled_here_live_there"] += [] if live else [_row(order) for order in known]
    counts = {"orders": len(ask.cancelled | ask.open)} | {name: len(rows) for name, rows in lists.items()}
    return {"marketplace": ask.marketplace, "counts": counts, **lists}


def _row(order: Order) -> answers.Document:
    row: answers.Document = {
        "order_id": order.order_id,
        "marketplace_order_id": order.placement.marketplace_order_id,
        "status": order.status,
        "cancellable": order.cancellable,
    }
    if order.cancellation:
        row["marketplace_cancellation"] = order.marketplace_cancellation
    elif not order.cancellable:
        row["not_cancellable_because"] = answers.in_short(answers.why_not_cancellable(order))
    return row
