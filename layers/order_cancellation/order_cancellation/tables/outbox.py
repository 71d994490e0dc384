"""The outbox: the due marks of auto-cancelled orders and parts, and how a summary claims them.

A claim is one transaction: the orders lose their due mark, their cancellations get the summary's id, and the summary
lists them, or nothing of it happens. So there is no moment at which a crash could leave one between the two. Of an
order all that is due is claimed at once, and nothing if more became due since it was read.

A claim that DynamoDB refuses, for whatever reason but that an order is not due any more, is halved, down to one order:
an order that cannot be claimed costs no other.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from botocore.exceptions import ClientError

from order_cancellation.domain import summaries
from order_cancellation.domain.orders import Order
from order_cancellation.domain.refusals import Unavailable
from order_cancellation.domain.sellers import Seller
from order_cancellation.domain.summaries import CLAIM_UNITS, WITHOUT_SUMMARY, Summary
from order_cancellation.observability import count, logger
from order_cancellation.tables.client import Table, call, update_request
from order_cancellation.tables.items import Item
from order_cancellation.tables.orders import order_of
from order_cancellation.tables.summaries import Pages, Summaries, pages

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DUE_INDEX: Final = "DueForSummary"

_CLAIMS_PER_TRANSACTION = 99  # DynamoDB takes 100 actions; one of them is the summary's own
_CONFLICT_TRIES = 3
_CONDITION_FAILED = "ConditionalCheckFailed"
_CONFLICT = "TransactionConflict"
_UNKNOWN_SIZES: Mapping[str, int] = MappingProxyType({})
_UNKNOWN_ORDERS: Mapping[str, Order] = MappingProxyType({})


class Outbox:
    """The summary attributes of the Orders table, and the pending summaries that claim them."""

    def __init__(self, dynamodb: DynamoDBClient, orders_table: str, summaries_table: str) -> None:
        self._orders = Table(dynamodb, orders_table)
        self._summaries = Summaries(dynamodb, summaries_table)
        self._summaries_table = summaries_table
        self._paces = threading.local()  # sellers are told side by side, and each has a partition of their own

    def due(self, shard: str, now: str, after: Item | None = None) -> Pages[tuple[str, str]]:
        """(seller_id, order_id) of the orders in this shard whose time has come, oldest first.

        From the sparse index, so a moment behind: read an order before acting on it. Raises Unavailable.
        """
        return self._entries("summary_shard = :shard AND summary_due_at <= :moment", shard, now, after)

    def waiting(self, shard: str, moment: str, after: Item | None = None) -> Pages[tuple[str, str]]:
        """The same for orders whose time comes after ``moment``, soonest first. Raises Unavailable."""
        if after and after["summary_due_at"] <= moment:
            after = None  # what was there is due by now, and DynamoDB begins nowhere but where the condition holds
        return self._entries("summary_shard = :shard AND summary_due_at > :moment", shard, moment, after)

    def _entries(self, condition: str, shard: str, moment: str, after: Item | None) -> Pages[tuple[str, str]]:
        for items, place in pages(self._orders, DUE_INDEX, condition, after, shard=shard, moment=moment):
            yield [(item["seller_id"], item["order_id"]) for item in items], place

    def postpone(self, order: Order, moment: str) -> None:
        """Leave the order due, for ``moment``; nothing if it is no longer due as it was seen. Raises Unavailable."""
        self._change_due(order, "SET summary_due_at = :moment", moment=moment)

    def skip(self, order: Order) -> Order | None:
        """Tell nobody of the order, and return it after that; None if it is no longer due as it was seen.

        Raises Unavailable.
        """
        update, condition, values = _taken(WITHOUT_SUMMARY, order)
        return self._change_due(order, update, condition, **values)

    def seal(
        self,
        seller: Seller,
        order_ids: Sequence[str],
        now: str,
        part: int = 1,
        parts: int = 1,
        units: Mapping[str, int] = _UNKNOWN_SIZES,
        orders: Mapping[str, Order] = _UNKNOWN_ORDERS,
    ) -> Summary | None:
        """Claim those of the orders that are still due, and list them in a new pending summary under our lease.

        ``units`` are the ``write_units`` of the orders, as far as known. ``orders`` are all of them by id, as they were
        seen, where some were cancelled in parts; without it, each is wholly cancelled.

        Returns the summary as its table has it; None if nothing was left to claim. An order that somebody else has
        claimed, or of which more became due, is left out: it is in their summary, or still due. One that cannot be
        claimed stays due. Raises Unavailable; what was claimed by then is sent by the sweep.
        """
        draft = _Draft(
            Summary(
                seller_id=seller.seller_id,
                summary_id=summaries.new_summary_id(now),
                status="pending",
                order_ids=(),
                email=seller.contact.email,
                created_at=now,
                lease_until=summaries.lease_after(now, 1),
                part=part,
                parts=parts,
            ),
            orders,
        )
        pace: _Pace | None = getattr(self._paces, "last", None)
        if pace is None or pace.seller_id != seller.seller_id:
            pace = self._paces.last = _Pace(seller.seller_id)
        complete = True
        for claim in summaries.in_claims(order_ids, units, _CLAIMS_PER_TRANSACTION):
            pace.spend(sum(units.get(order_id, 0) for order_id in claim))
            complete = self._claim(draft, claim) is not False and complete
        sealed = self._summaries.find(
            seller.seller_id, draft.summary.summary_id
        )  # an answer along the way may have been lost
        if sealed is None and not complete:
            raise Unavailable
        return sealed

    def _change_due(self, order: Order, update: str, also: str | None = None, **values: Any) -> Order | None:
        # If the condition fails, the order was claimed, postponed or skipped meanwhile: whoever did it has seen to it.
        # Or more became due since it was seen: then it is looked at again.
        changed, item = self._orders.update(
            {"seller_id": order.seller_id, "order_id": order.order_id},
            update,
            condition=" AND ".join(filter(None, ("summary_due_at = :seen", also))),
            seen=order.summary_due_at,
            **values,
        )
        return order_of(item) if changed and item else None

    def _claim(self, draft: _Draft, order_ids: list[str]) -> bool:
        """Claim and list those of the orders that are still due; False if that could not be done for one of them."""
        conflicts = 0
        while order_ids:
            listing, *takings = self._transact(draft, order_ids)
            if listing == _CONDITION_FAILED:  # the lease ran out, and the sweep sends what was listed by then
                raise Unavailable
            if {listing, *takings} <= {"None"}:
                return True
            if {listing, *takings} <= {"None", _CONDITION_FAILED}:
                order_ids = [
                    order_id for order_id, code in zip(order_ids, takings, strict=True) if code != _CONDITION_FAILED
                ]
                continue
            conflicts += 1
            if _CONFLICT not in (listing, *takings) or conflicts == _CONFLICT_TRIES:
                return self._claim_by_halves(draft, order_ids, why={listing, *takings} - {"None"})
            _pause(conflicts)  # somebody else is at one of these orders just now
        return True

    def _claim_by_halves(self, draft: _Draft, order_ids: list[str], why: set[str]) -> bool:
        if len(order_ids) == 1:
            logger.error(
                "order not claimed", extra={"seller_id": draft.summary.seller_id, "order_id": order_ids[0], "why": why}
            )
            count("OrdersNotClaimed")
            return False
        _pause(_CONFLICT_TRIES)
        middle = len(order_ids) // 2
        first, second = self._claim(draft, order_ids[:middle]), self._claim(draft, order_ids[middle:])
        return first and second

    def _transact(self, draft: _Draft, order_ids: Sequence[str]) -> list[str]:
        """One transaction: what DynamoDB says of the listing and of each of the orders, ``None`` where it is content.

        Raises Unavailable where there is no answer: it may have been carried out.
        """
        dynamodb = self._orders.dynamodb
        actions: Any = [self._listing(draft, order_ids), *(self._taking(draft, each) for each in order_ids)]
        try:
            call(lambda: dynamodb.transact_write_items(TransactItems=actions))
        except dynamodb.exceptions.TransactionCanceledException as error:
            codes = [str(reason.get("Code")) for reason in error.response.get("CancellationReasons", ())]
            # without reasons it is about all of them together, such as their size
            return codes if len(codes) == len(actions) and set(codes) != {"None"} else ["Refused"] * len(actions)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationException":
                raise
            return ["Refused"] * len(actions)
        return ["None"] * len(actions)

    def _listing(self, draft: _Draft, order_ids: Sequence[str]) -> dict[str, Any]:
        summary = draft.summary
        listed, more = draft.listed(order_ids)
        return self._action(
            self._summaries_table,
            {"seller_id": summary.seller_id, "summary_id": summary.summary_id},
            f"SET {listed} = list_append(if_not_exists({listed}, :none), :more), "
            "#status = :pending, email = :email, created_at = :now, attempts = :one, "
            "#part = :part, parts = :parts, lease_until = :lease, lease_shard = :shard",
            "attribute_not_exists(summary_id) OR lease_until = :lease",
            none=[],
            more=more,
            pending=summary.status,
            email=summary.email,
            now=summary.created_at,
            one=summary.attempts,
            part=summary.part,
            parts=summary.parts,
            lease=summary.lease_until,
            shard=summaries.shard_of(summary.seller_id),
        )

    def _taking(self, draft: _Draft, order_id: str) -> dict[str, Any]:
        update, condition, values = _taken(draft.summary.summary_id, draft.orders.get(order_id))
        key = {"seller_id": draft.summary.seller_id, "order_id": order_id}
        return self._action(self._orders.name, key, update, condition, **values)

    @staticmethod
    def _action(table: str, key: dict[str, str], update: str, condition: str, **values: Any) -> dict[str, Any]:
        return {"Update": {"TableName": table, **update_request(key, update, condition, values)}}


class _Draft(NamedTuple):
    """A summary that is being sealed, and its orders where parts of any are due."""

    summary: Summary
    orders: Mapping[str, Order]

    def listed(self, order_ids: Sequence[str]) -> tuple[str, Sequence[Any]]:
        """The attribute that lists what a summary tells of, and its entries for these orders.

        Where there are parts, it is each cancellation by its id, and ``order_ids`` is not there: the previous version,
        to which a part is nothing, then leaves the whole summary to this one.
        """
        if not self.orders:
            return "order_ids", order_ids
        return "cancellations", [
            {"order_id": order_id, "cancellation_id": each.cancellation_id}
            for order_id in order_ids
            for each in self.orders[order_id].due
        ]


class _Pace:
    """Keeps a seller's claims to the write units that one partition may have in a second."""

    def __init__(self, seller_id: str) -> None:
        self.seller_id = seller_id
        self._left = float(CLAIM_UNITS)
        self._at = time.monotonic()

    def spend(self, units: int) -> None:
        """Wait until the partition has so many to spare, if it takes that."""
        now = time.monotonic()
        self._left = min(CLAIM_UNITS, self._left + (now - self._at) * CLAIM_UNITS) - units
        self._at = now
        if self._left < 0:
            time.sleep(-self._left / CLAIM_UNITS)


def _taken(summary_id: str, order: Order | None) -> tuple[str, str, dict[str, Any]]:
    """The update, condition and values that put all that is due of an order into a summary.

    Of an order that goes on, more may become due after it was seen; one that is cancelled is final.
    """
    due = order.due if order else ()
    parts = [each.cancellation_id for each in due if order and each.cancellation_id in order.part_cancellations]
    own = not parts or (order is not None and order.cancellation in due)
    marks = [f"part_cancellations.#{name}.summary_id" for name in parts] + (["summary_id"] if own else [])
    conditions = ["attribute_exists(summary_due_at)", *(f"attribute_not_exists({mark})" for mark in marks)]
    values: dict[str, Any] = {"summary": summary_id}
    if order and parts and not order.cancellation:
        conditions += ["attribute_not_exists(cancellation)", "size(part_cancellations) = :seen_parts"]
        values["seen_parts"] = len(order.part_cancellations)
    update = f"SET {', '.join(f'{mark} = :summary' for mark in marks)} REMOVE summary_due_at, summary_shard"
    return update, " AND ".join(conditions), values


def write_units(order: Order) -> int:
    """What a claim of this order takes of its partition, at most: two units for each KB, as in any transaction."""
    return 2 * (len(repr(order).encode(errors="replace")) // 1024 + 1)


def _pause(tries: int) -> None:
    """Longer after each try, and by chance, so that two who are in each other's way do not meet again."""
    time.sleep(random.uniform(0, 0.05 * 2**tries))  # noqa: S311 - no secret
