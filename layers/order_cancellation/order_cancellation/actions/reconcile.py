"""Where a marketplace and this network disagree about a seller's orders: the seller shows us what it says."""

import bisect
import math
from collections.abc import Callable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from typing import NamedTuple

from order_cancellation.domain.orders import Order
from order_cancellation.domain.refusals import ComparisonCutShort, Unavailable
from order_cancellation.tables.client import SIDE_BY_SIDE
from order_cancellation.tables.order_lists import OrderLists, OrderName
from order_cancellation.tables.orders import BATCH

_STRIDE = 250  # how many names one query reads: about 25 KB, four read units


class Reconciliation(NamedTuple):
    """What a marketplace says of a seller's orders: its ids of those that are cancelled there, and of the others."""

    marketplace: str
    cancelled: frozenset[str]
    open: frozenset[str]


class Differences(NamedTuple):
    """Each list by marketplace order id, then by ours. ``unknown`` are marketplace order ids that no order here has;
    ``unreadable`` those of orders that this version cannot read.
    """

    cancelled_there_live_here: tuple[Order, ...]
    cancelled_here_live_there: tuple[Order, ...]
    agreed: tuple[Order, ...]
    unknown: tuple[str, ...]
    unreadable: tuple[str, ...] = ()


def reconcile(lists: OrderLists, seller_id: str, said: Reconciliation, in_time: Callable[[], bool]) -> Differences:
    """Compare what a marketplace says with what is here; changes nothing.

    Of several orders for one order of the marketplace, each live one differs from ``cancelled``; one that is live
    is enough for ``open``. Complete or nothing: raises ComparisonCutShort when a read fails, or when ``in_time`` says
    that the next one might not end in time.
    """
    try:
        names = _names_here(lists, seller_id, said, in_time)
        orders = _read(lists, seller_id, names, in_time)
    except Unavailable as error:
        raise ComparisonCutShort from error
    read = {order.order_id for order in orders}
    unreadable = {name.marketplace_order_id for name in names if name.order_id not in read}
    return _differences(said, orders, unreadable)


def _names_here(
    lists: OrderLists, seller_id: str, said: Reconciliation, in_time: Callable[[], bool]
) -> list[OrderName]:
    """The names of our orders, from the index; their state is read from the table itself."""

    def look_up(wanted: Sequence[str]) -> list[OrderName]:
        return _named(lists, seller_id, wanted, in_time)

    every = sorted(said.cancelled | said.open)
    shares = batched(every, math.ceil(len(every) / SIDE_BY_SIDE), strict=False)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:  # the first read that fails cancels those that wait
        return [name for found in pool.map(look_up, shares) for name in found]


def _read(lists: OrderLists, seller_id: str, names: Sequence[OrderName], in_time: Callable[[], bool]) -> list[Order]:
    def read(order_ids: Sequence[str]) -> list[Order]:
        _require(in_time)
        return lists.orders.find_many(seller_id, order_ids)

    batches = batched([name.order_id for name in names], BATCH, strict=False)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return [order for orders in pool.map(read, batches) for order in orders]


def _named(lists: OrderLists, seller_id: str, wanted: Sequence[str], in_time: Callable[[], bool]) -> list[OrderName]:
    """Our orders for the marketplace order ids in ``wanted``, which is sorted.

    Walks the index from the first to the last of them, as both are in the same order (that of DynamoDB, by UTF-8
    bytes, is Python's, by code points): one query finds all that lie close together, and where other orders lie
    between two, the next query begins at the second. At worst that is one query for each.
    """
    found: list[OrderName] = []
    ids, begin = frozenset(wanted), 0
    position: OrderName | None = None
    while True:
        _require(in_time)
        names, position = lists.named_between(seller_id, wanted[begin], wanted[-1], _STRIDE, position)
        found += [name for name in names if name.marketplace_order_id in ids]
        if position is None:
            return found
        begin = bisect.bisect_left(wanted, position.marketplace_order_id)
        if wanted[begin] != position.marketplace_order_id:
            position = None  # nothing of the next one was read yet


def _require(in_time: Callable[[], bool]) -> None:
    if not in_time():
        raise Unavailable(reading=True)


def _differences(said: Reconciliation, orders: Sequence[Order], unreadable: Set[str]) -> Differences:
    here: dict[str, list[Order]] = {}
    for order in orders:
        if order.placement.marketplace.lower() == said.marketplace.lower():
            here.setdefault(order.placement.marketplace_order_id, []).append(order)
    cancelled_there_live_here: list[Order] = []
    cancelled_here_live_there: list[Order] = []
    agreed: list[Order] = []
    unknown: list[str] = []
    for marketplace_order_id in sorted(said.cancelled | said.open):
        known = sorted(here.get(marketplace_order_id, ()), key=lambda order: order.order_id)
        live = [order for order in known if not order.cancellation]
        if not known:
            unknown += [] if marketplace_order_id in unreadable else [marketplace_order_id]
        elif marketplace_order_id in said.cancelled:
            cancelled_there_live_here += live
            agreed += [order for order in known if order.cancellation]
        elif live:
            agreed += live
        else:
            cancelled_here_live_there += known
    return Differences(
        tuple(cancelled_there_live_here),
        tuple(cancelled_here_live_there),
        tuple(agreed),
        tuple(unknown),
        tuple(sorted(unreadable)),
    )
