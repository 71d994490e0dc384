"""Lists of a seller's orders, each from an index of keys alone: the orders themselves are read when a page needs them.

    NEWEST    every order, by when it was placed, newest first
    NAMED     every order, by its marketplace order id
    TO_DO     the cancelled orders that are still to be cancelled in their marketplace, oldest cancellation first

No event of a fulfillment center writes to any of them, and a cancel to the last alone. An index lags behind its table
by a moment; the orders are read at once, so that what a page says of them is true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from order_cancellation.domain import marketplaces, times
from order_cancellation.domain.orders import Order
from order_cancellation.tables.client import Table
from order_cancellation.tables.orders import BATCH, Orders

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST_COUNTED: Final = 1000

# How many entries a filtered list reads at a time: few where most are wanted, and 6,300 in all where none is.
_STEPS: Final = (100, 200, 400, *[800] * 7)


class Listing(NamedTuple):
    """An index of the Orders table whose partitions are sellers, and the way that a list goes through it."""

    name: str
    sort_key: str
    forward: bool


NEWEST: Final = Listing("ByPlacedAt", "placed_at", forward=False)
NAMED: Final = Listing("ByMarketplaceOrderId", "marketplace_order_id", forward=True)
TO_DO: Final = Listing("ToDo", "to_do_since", forward=True)


class OrderName(NamedTuple):
    """What the index by marketplace order id knows of an order."""

    marketplace_order_id: str
    order_id: str


class Place(NamedTuple):
    """Where an order stands in a list: by the sort key of its index, then by its id."""

    sort: str
    order_id: str


class Wanted(NamedTuple):
    """One page of a list: up to ``limit`` orders behind the place ``after``, of what is given of the rest.

    ``statuses`` are alternatives. ``placed_from`` and ``placed_to`` are the first and the last moment.
    """

    limit: int = 25
    after: Place | None = None
    statuses: Sequence[str] = ()
    cancellable: bool | None = None
    marketplace_cancellation: str | None = None
    marketplace_order_id: str | None = None
    placed_from: str | None = None
    placed_to: str | None = None

    @property
    def listing(self) -> Listing:
        if self.marketplace_order_id is not None:
            return NAMED
        return TO_DO if self.marketplace_cancellation == marketplaces.TO_DO else NEWEST

    @property
    def bounds(self) -> tuple[str, str]:
        """The first and the last sort key that the list goes through: before all, or behind all, where it is open."""
        if self.marketplace_order_id is not None:
            return self.marketplace_order_id, self.marketplace_order_id
        if self.listing is TO_DO:
            return "0", "~"
        # The same second may be written with fractions or without: a Z sorts behind all of them.
        first = self.placed_from[:19] if self.placed_from else "0"
        return first, f"{self.placed_to[:19]}Z" if self.placed_to else "~"

    def has(self, order: Order) -> bool:
        """Whether an order that the index has belongs into the list."""
        placed_at = times.to_datetime(order.placement.placed_at)
        return (
            (not self.statuses or order.status in self.statuses)
            and self.cancellable in (None, order.cancellable)
            and self.marketplace_cancellation in (None, order.marketplace_cancellation)
            and (self.placed_from is None or placed_at >= times.to_datetime(self.placed_from))
            and (self.placed_to is None or placed_at <= times.to_datetime(self.placed_to))
        )

    @property
    def filtered(self) -> bool:
        """Whether the list may leave out many of the orders that its index has between the bounds."""
        if self.statuses or self.cancellable is not None:
            return True
        return self.marketplace_cancellation is not None and self.listing is not TO_DO


class Page(NamedTuple):
    """Orders, the ids of those that this version cannot read, and the place to go on behind: None at the end.

    ``places`` are those of the orders, in the same sequence.
    """

    orders: list[Order]
    places: list[Place]
    unreadable: list[str]
    last: Place | None


class OrderLists:
    """The Orders table, read in pages."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._table = Table(dynamodb, table)
        self.orders = Orders(dynamodb, table)

    def page(self, seller_id: str, wanted: Wanted, in_time: Callable[[], bool] = lambda: True) -> Page:
        """A page of one of the lists of a seller. Raises Unavailable.

        A page may be short, or even empty, before the end: however rare those are that it is asked for, one call looks
        at 6,300 orders at most, and ends before that when ``in_time`` says that another read might not.
        """
        page = Page([], [], [], None)
        last = wanted.after
        for names, more in self._read(seller_id, wanted):
            for batch in batched(names, BATCH if wanted.filtered else wanted.limit, strict=False):
                if not in_time():
                    return page._replace(last=last)
                read = self.orders.find_many(seller_id, [name.order_id for name in batch])
                orders = {order.order_id: order for order in read}
                for name in batch:
                    last = name
                    if (order := orders.get(name.order_id)) is None:
                        page.unreadable.append(name.order_id)
                    elif wanted.has(order):
                        page.orders.append(order)
                        page.places.append(name)
                    if len(page.orders) == wanted.limit:
                        return page._replace(last=last if more or name != names[-1] else None)
        return page._replace(last=last if more else None)

    def count_to_do(self, seller_id: str) -> tuple[int, bool]:
        """How many orders are still to be cancelled in their marketplace, and whether there are more than that.

        Counts up to MOST_COUNTED. Raises Unavailable.
        """
        number = self._table.count(
            "seller_id = :seller", {"seller": seller_id}, IndexName=TO_DO.name, Limit=MOST_COUNTED + 1
        )
        return min(number, MOST_COUNTED), number > MOST_COUNTED

    def named_between(
        self, seller_id: str, first: str, last: str, limit: int, after: OrderName | None = None
    ) -> tuple[list[OrderName], OrderName | None]:
        """Up to ``limit`` names of a seller's orders, by marketplace order id from ``first`` to ``last``.

        Begins behind ``after``; returns the names and the one to go on behind, or None at the end. There is more than
        one for an id where an order was placed again, or where two marketplaces use the same. The index lags behind a
        placement by a moment: an order that was placed this second may be missing. Raises Unavailable.
        """
        places, last_place = self._between(seller_id, NAMED, (first, last), Place(*after) if after else None, limit)
        return [OrderName(*place) for place in places], OrderName(*last_place) if last_place else None

    def _read(self, seller_id: str, wanted: Wanted) -> Iterator[tuple[list[Place], bool]]:
        """The places of a list, so many at a time, and whether there are more behind them."""
        after = wanted.after
        for step in _STEPS if wanted.filtered else (wanted.limit + 1,):  # one more tells if it is the last
            places, after = self._between(seller_id, wanted.listing, wanted.bounds, after, step)
            yield places, after is not None
            if after is None:
                return

    def _between(
        self, seller_id: str, listing: Listing, bounds: tuple[str, str], after: Place | None, limit: int
    ) -> tuple[list[Place], Place | None]:
        def place(item: Mapping[str, Any]) -> Place:
            return Place(item[listing.sort_key], item["order_id"])

        items, last = self._table.query(
            f"seller_id = :seller AND {listing.sort_key} BETWEEN :first AND :last",
            {"seller": seller_id, "first": bounds[0], "last": bounds[1]},
            after={"seller_id": seller_id, listing.sort_key: after.sort, "order_id": after.order_id} if after else None,
            IndexName=listing.name,
            ScanIndexForward=listing.forward,
            Limit=limit,
        )
        return [place(item) for item in items], place(last) if last else None
