"""Lists of a seller's orders: by order id, or by the marketplace's; whole, or of one status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from order_cancellation.domain.marketplaces import TO_DO
from order_cancellation.domain.orders import CANCELLED, Order
from order_cancellation.tables.client import Table
from order_cancellation.tables.orders import Orders, readable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Of attributes that never change after an order was placed, and nothing else: no cancel and no event writes it.
MARKETPLACE_INDEX: Final = "ByMarketplaceOrderId"


class OrderName(NamedTuple):
    """What the index by marketplace order id knows of an order."""

    marketplace_order_id: str
    order_id: str


class Wanted(NamedTuple):
    """One page of a list: up to ``limit`` orders behind the order id ``after``, of what is given of the rest."""

    limit: int = 25
    after: str | None = None
    status: str | None = None
    marketplace_cancellation: str | None = None
    marketplace_order_id: str | None = None


class Page(NamedTuple):
    """Orders, the ids of those that this version cannot read, and the order id to go on behind: None at the end."""

    orders: list[Order]
    unreadable: list[str]
    last: str | None


class OrderLists:
    """The Orders table, read in pages."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._table = Table(dynamodb, table)
        self._orders = Orders(dynamodb, table)

    def page(self, seller_id: str, wanted: Wanted) -> Page:
        """Orders of a seller by order id. Raises Unavailable.

        A page may be short, or even empty, before the end: one call reads at most ten pages of the table, or ``limit``
        orders of one marketplace order id, however rare those are that it is asked for.
        """
        if wanted.marketplace_order_id is not None:
            return self._page_named(seller_id, wanted, wanted.marketplace_order_id)
        found: list[dict[str, Any]] = []
        position = wanted.after
        for items, last in self._read(seller_id, wanted):
            found += items
            position = last
            if len(found) > wanted.limit:
                position = found[wanted.limit - 1]["order_id"]
                break
        return Page(*readable(found[: wanted.limit]), position)

    def named_between(
        self, seller_id: str, first: str, last: str, limit: int, after: OrderName | None = None
    ) -> tuple[list[OrderName], OrderName | None]:
        """Up to ``limit`` names of a seller's orders, by marketplace order id from ``first`` to ``last``.

        Begins behind ``after``; returns the names and the one to go on behind, or None at the end. There is more than
        one for an id where an order was placed again, or where two marketplaces use the same. The index lags behind a
        placement by a moment: an order that was placed this second may be missing. Raises Unavailable.
        """
        items, position = self._table.query(
            "seller_id = :seller AND marketplace_order_id BETWEEN :first AND :last",
            {"seller": seller_id, "first": first, "last": last},
            after={"seller_id": seller_id, **after._asdict()} if after else None,
            IndexName=MARKETPLACE_INDEX,
            Limit=limit,
        )
        return [_name(item) for item in items], _name(position) if position else None

    def find_many(self, seller_id: str, order_ids: Sequence[str]) -> list[Order]:
        """``Orders.find_many``, for those who hold only the lists."""
        return self._orders.find_many(seller_id, order_ids)

    def _page_named(self, seller_id: str, wanted: Wanted, marketplace_order_id: str) -> Page:
        behind = OrderName(marketplace_order_id, wanted.after) if wanted.after else None
        names, last = self.named_between(seller_id, marketplace_order_id, marketplace_order_id, wanted.limit, behind)
        named = [name.order_id for name in names]
        orders = {order.order_id: order for order in self.find_many(seller_id, named)}
        found = [
            order
            for _, order in sorted(orders.items())
            if wanted.status in (None, order.status)
            and wanted.marketplace_cancellation in (None, order.marketplace_cancellation)
        ]
        return Page(found, sorted(set(named) - set(orders)), last and last.order_id)

    def _read(self, seller_id: str, wanted: Wanted) -> Iterator[tuple[list[dict[str, Any]], str | None]]:
        conditions, values = _filter(wanted)
        options: dict[str, Any] = {
            "ConsistentRead": True,
            "Limit": wanted.limit + 1,
        }  # one more tells if it is the last
        if conditions:
            options |= {"Limit": 200, "FilterExpression": " AND ".join(conditions)}
        after = wanted.after
        for _ in range(10):
            items, last = self._table.query(
                "seller_id = :seller",
                {"seller": seller_id, **values},
                after={"seller_id": seller_id, "order_id": after} if after is not None else None,
                **options,
            )
            after = last["order_id"] if last else None
            yield items, after
            if after is None:
                return


def _filter(wanted: Wanted) -> tuple[Sequence[str], Mapping[str, str]]:
    conditions: list[str] = []
    values: dict[str, str] = {}
    if wanted.status is not None:
        conditions.append("#status = :status")
        values["status"] = wanted.status
    if wanted.marketplace_cancellation is not None:
        # A cancel writes no mark: without one, it is still to do.
        to_do = wanted.marketplace_cancellation == TO_DO
        unmarked = "attribute_not_exists(marketplace_cancellation) OR " if to_do else ""
        conditions.append(f"#status = :cancelled AND ({unmarked}marketplace_cancellation = :mark)")
        values |= {"cancelled": CANCELLED, "mark": wanted.marketplace_cancellation}
    return conditions, values


def _name(item: Mapping[str, Any]) -> OrderName:
    return OrderName(item["marketplace_order_id"], item["order_id"])
