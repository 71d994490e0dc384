"""The Summaries table: which orders each summary is about, to whom it went, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from order_cancellation.domain import summaries, times
from order_cancellation.domain.sellers import Seller
from order_cancellation.domain.summaries import FOLLOWS, Status, Summary, WaitsFor
from order_cancellation.observability import count, logger
from order_cancellation.tables.client import Table
from order_cancellation.tables.items import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PENDING_INDEX: Final = "PendingSummaries"
WAITING_INDEX: Final = "WaitingSummaries"
ID_INDEX: Final = "BySummaryId"


# Entries of an index, a page at a time, each with the place to go on behind: None at the end.
type Pages[Entry] = Iterator[tuple[Sequence[Entry], Item | None]]


class Waiting(NamedTuple):
    """What the index knows of a summary that waits."""

    seller_id: str
    summary_id: str
    email: str
    waits_for: WaitsFor


class Summaries:
    def __init__(self, dynamodb: DynamoDBClient, table: str, kept_days: int = 0) -> None:
        """``kept_days``: how long a summary is kept that arrived; 0 is for ever."""
        self._table = Table(dynamodb, table)
        self._kept_days = kept_days

    def find(self, seller_id: str, summary_id: str) -> Summary | None:
        """Read a summary, strongly consistent. Raises Unavailable."""
        item = self._table.get(_key(seller_id, summary_id))
        return _summary(item) if item else None

    def seller_of(self, summary_id: str) -> str | None:
        """Whose summary this is, or None; a moment behind a new one. Raises Unavailable."""
        items, _ = self._table.query("summary_id = :id", {"id": summary_id}, IndexName=ID_INDEX)
        return items[0]["seller_id"] if items else None

    def page(self, seller_id: str, limit: int, before: str | None) -> tuple[list[dict[str, Any]], str | None]:
        """Up to ``limit`` items of a seller's summaries, latest first, beginning with the one before ``before``.

        Returns them and the summary id to go on with, or None at the end. A page has at most the 1 MB that one query
        reads, so it may end before the limit. Raises Unavailable.
        """
        items, last = self._table.query(
            "seller_id = :seller",
            {"seller": seller_id},
            after=_key(seller_id, before) if before is not None else None,
            ConsistentRead=True,
            ScanIndexForward=False,
            Limit=limit + 1,
        )
        if len(items) > limit:
            items, last = items[:limit], items[limit - 1]
        return [item for item in items if _is_listable(item)], last["summary_id"] if last else None

    def expired(self, shard: str, now: str, after: Item | None = None) -> Pages[tuple[str, str]]:
        """(seller_id, summary_id) of the pending summaries in this shard whose lease is over. Raises Unavailable."""
        condition = "lease_shard = :shard AND lease_until <= :now"
        for items, place in pages(self._table, PENDING_INDEX, condition, after, shard=shard, now=now):
            yield [(item["seller_id"], item["summary_id"]) for item in items], place

    def waiting(self, shard: str, after: Item | None = None) -> Pages[Waiting]:
        """The summaries in this shard that did not reach their seller and wait, by seller. Raises Unavailable."""
        for items, place in pages(self._table, WAITING_INDEX, "waiting_shard = :shard", after, shard=shard):
            yield [_waiting(item) for item in items], place

    def lease(
        self, seller_id: str, summary_id: str, now: str, email: str | None = None, events_wait: bool = False
    ) -> Summary | None:
        """Take a summary whose lease is over, to send it again; None if somebody else has. Raises Unavailable.

        From here on its set is final: whoever was still adding to it has lost the lease that they need for that.
        ``email`` is where it goes now, unless that is where it went before. None also for one that events of SES may be
        about which still wait to be recorded.
        """
        seen = self.find(seller_id, summary_id)
        mine = summaries.sent_again(seen, email or seen.email, now, events_wait) if seen else None
        if seen is None or mine is None:
            return None
        taken, item = self._table.update(
            _key(seller_id, summary_id),
            "SET #status = :pending, email = :email, lease_until = :until, attempts = :attempts, mailing = :mailing "
            "REMOVE came_back, not_taken",
            condition="#status = :seen_status AND lease_until = :seen",
            pending=mine.status,
            email=mine.email,
            until=mine.lease_until,
            attempts=mine.attempts,
            mailing=mine.mailing,
            seen_status=seen.status,
            seen=seen.lease_until,
        )
        return _summary(item) if taken and item else None

    def readdress(self, seller: Seller, summary_id: str, now: str) -> Summary | None:
        """Take a summary that waits, to send it to where its seller is now; None if it has to wait, or is not there.

        Raises Unavailable.
        """
        seen = self.find(seller.seller_id, summary_id)
        mine = summaries.sent_elsewhere(seen, seller, now) if seen else None
        if seen is None or mine is None:
            return None
        taken, item = self._table.update(
            _key(seller.seller_id, summary_id),
            "SET #status = :pending, email = :email, lease_until = :until, lease_shard = :shard, "
            "attempts = :attempts, mailing = :mailing REMOVE waits_for, waiting_shard, waiting_since, expires_at",
            condition="#status = :seen_status AND waiting_since = :since",
            pending=mine.status,
            email=mine.email,
            until=mine.lease_until,
            shard=summaries.shard_of(seller.seller_id),
            attempts=mine.attempts,
            mailing=mine.mailing,
            seen_status=seen.status,
            since=seen.waiting_since,
        )
        return _summary(item) if taken and item else None

    def release(self, summary: Summary, moment: str) -> None:
        """Give the lease back at ``moment``: SES said for certain that it took nothing, so it was no attempt either.

        Raises Unavailable.
        """
        self._table.update(
            _key(summary.seller_id, summary.summary_id),
            "SET lease_until = :moment, not_taken = :true, attempts = :before",
            condition="#status = :pending AND lease_until = :mine",
            returning=False,
            moment=moment,
            true=True,
            before=summary.attempts - 1,
            pending="pending",
            mine=summary.lease_until,
        )

    def set_status(
        self,
        seller_id: str,
        summary_id: str,
        status: Status,
        at: str,
        mailing: int = 1,
        waits_for: WaitsFor | None = None,
        **facts: str,
    ) -> bool:
        """Record what became of a mailing, with ``facts`` such as ``ses_message_id``. Raises Unavailable.

        Returns False, changing nothing, where as much or more is known already. The lease goes with it, and so does
        the place in the index of the pending; what ``waits_for`` something gets its place in the index of those. What
        was delivered expires, if anything does, until it comes back after all.
        """
        if waits_for:
            facts |= {
                "waits_for": waits_for,
                "waiting_shard": summaries.shard_of(seller_id),
                "waiting_since": at,
            }
        earlier = {f"before{index}": each for index, each in enumerate(FOLLOWS[status])}
        condition = f"#status IN ({', '.join(f':{name}' for name in earlier)})"
        if status != "sent":
            condition = f"({condition} OR (#status = :bounced AND attribute_exists(came_back)))"
            earlier["bounced"] = "bounced"
        gone = "lease_until, lease_shard, came_back, not_taken"
        values: dict[str, Any] = dict(facts)
        if status != "delivered":
            gone += ", expires_at"  # it may be sent again
        elif self._kept_days:
            values["expires_at"] = times.expiry(self._kept_days)
        sets = ", ".join(["#status = :status", f"#{status}_at = :at", *(f"#{name} = :{name}" for name in values)])
        recorded, _ = self._table.update(
            _key(seller_id, summary_id),
            f"SET {sets} REMOVE {gone}",
            condition=f"{condition} AND {_same_mailing(mailing)}",
            returning=False,  # it lists up to a thousand orders
            status=status,
            at=at,
            mailing=mailing,
            **values,
            **earlier,
        )
        return recorded

    def try_later(self, summary: Summary, at: str, until: str, why: str) -> bool:
        """A mailing came back for now: let the summary be sent again after ``until``. Raises Unavailable.

        Returns False, changing nothing, where more is known already: it was delivered, or came back for good.
        """
        recorded, _ = self._table.update(
            _key(summary.seller_id, summary.summary_id),
            "SET #status = :bounced, bounced_at = :at, bounced_because = :why, came_back = :true, "
            "lease_until = :until, lease_shard = :shard",
            condition=f"#status IN (:pending, :sent) AND {_same_mailing(summary.mailing)}",
            returning=False,
            bounced="bounced",
            at=at,
            why=why,
            true=True,
            until=until,
            shard=summaries.shard_of(summary.seller_id),
            pending="pending",
            sent="sent",
            mailing=summary.mailing,
        )
        return recorded


def _same_mailing(mailing: int) -> str:
    """The condition that a summary was not mailed anew since; a summary of old has no number, and is in its first."""
    return "(mailing = :mailing OR attribute_not_exists(mailing))" if mailing == 1 else "mailing = :mailing"


def pages(table: Table, index: str, condition: str, after: Item | None = None, **values: str) -> Pages[dict[str, Any]]:
    """What a sparse index has behind a place that meets a key condition, in the order of its sort key."""
    while True:
        items, after = table.query(condition, values, after=after, IndexName=index)
        yield items, after
        if after is None:
            return


def _key(seller_id: str, summary_id: str) -> dict[str, str]:
    return {"seller_id": seller_id, "summary_id": summary_id}


def _waiting(item: Item) -> Waiting:
    return Waiting(item["seller_id"], item["summary_id"], item["email"], item["waits_for"])


def _is_listable(item: Item) -> bool:
    """Whether this version can list a summary; one that it cannot costs the others nothing."""
    if isinstance(item.get("status"), str) and isinstance(item.get("order_ids", []), list):
        return True
    _report_unreadable(item)
    return False


def _report_unreadable(item: Item) -> None:
    logger.error("unreadable summary", extra={"seller_id": item["seller_id"], "summary_id": item["summary_id"]})
    count("SummariesUnreadable")


def orders_of(item: Item) -> tuple[str, ...]:
    """The ids of the orders that a summary is about, each once."""
    of_parts = [each["order_id"] for each in item.get("cancellations", ())]
    return tuple(dict.fromkeys((*item.get("order_ids", ()), *of_parts)))


def _summary(item: Item) -> Summary:
    return Summary(
        seller_id=item["seller_id"],
        summary_id=item["summary_id"],
        status=item["status"],
        order_ids=orders_of(item) if "cancellations" in item else tuple(item["order_ids"]),
        email=item["email"],
        created_at=item["created_at"],
        lease_until=item.get("lease_until", ""),
        attempts=item["attempts"],
        part=item["part"],
        parts=item["parts"],
        mailing=item.get("mailing", 1),
        came_back=item.get("came_back", False),
        waits_for=item.get("waits_for"),
        waiting_since=item.get("waiting_since", ""),
        not_taken=item.get("not_taken", False),
        cancellations=tuple((each["order_id"], each["cancellation_id"]) for each in item.get("cancellations", ())),
    )
