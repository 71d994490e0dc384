"""SES's events about our mails: what became of each summary, whatever we know or missed.

    SES ──▶ EventBridge ──▶ a queue, which keeps and brings them again for hours ──▶ apply

The shapes are those of "Examples of event data that Amazon SES publishes to Amazon EventBridge".

An event is about a summary, by the tag that we gave its mail; whom it reached or did not reach is what the summary
says. The addresses in an event are others' words: a forwarding mailbox, other letters, or none at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from order_cancellation import aws
from order_cancellation.domain import times
from order_cancellation.domain.sellers import MailProblem
from order_cancellation.domain.summaries import MAX_MAILINGS, Status, Summary, WaitsFor, lease_after
from order_cancellation.mail.ses import masked
from order_cancellation.observability import count, logger
from order_cancellation.tables.orders import Orders
from order_cancellation.tables.retention import Retention
from order_cancellation.tables.sellers import Sellers
from order_cancellation.tables.summaries import Summaries

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

Detail = Mapping[str, Any]

# Bounces that are called transient, and yet this mail comes back from this mailbox every time.
_NOT_THIS_MAIL: Final = frozenset({"AttachmentRejected", "ContentRejected", "MessageTooLarge"})
_WAITING: Final[Sequence[Literal["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]]] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",  # brought to the function just now, or waiting to be brought again
)
# SES has the address on its list of those that do not work, and has sent nothing.
_SUPPRESSED: Final = "OnAccountSuppressionList"
_SIDE_BY_SIDE: Final = 8  # writes to the orders of one summary


class UnknownSummary(Exception):
    """No summary has this id, or not yet as far as its index shows: the event has to come again."""


class Ledger(NamedTuple):
    """Where it is written what became of a summary, and how long what it tells of is kept."""

    summaries: Summaries
    sellers: Sellers
    orders: Orders
    retention: Retention


def apply(ledger: Ledger, detail: Detail) -> None:
    """Record one event. Repeated, late and re-ordered events do no harm. Raises UnknownSummary, Unavailable."""
    kind = detail["eventType"]
    summary_id, mailing = _tag(detail, "summary_id"), int(_tag(detail, "mailing", "1"))
    count(f"Feedback.{kind.replace(' ', '')}")
    seller_id = ledger.summaries.seller_of(summary_id)
    summary = ledger.summaries.find(seller_id, summary_id) if seller_id else None
    if summary is None:
        raise UnknownSummary(summary_id)
    facts = {"seller_id": seller_id, "summary_id": summary_id, "ses_message_id": detail["mail"]["messageId"]}
    logger.info("feedback", extra={**facts, "event": kind, "said": _said(detail)})
    if mailing == summary.mailing:  # else it was mailed anew since, and what becomes of that counts
        _Feedback(ledger.summaries, ledger.sellers, summary).record(kind, detail)
    if kind in ("Delivery", "Complaint") and ledger.retention.is_on:
        for order in ledger.orders.find_many(summary.seller_id, summary.order_ids):
            ledger.retention.let_go(order)
    elif kind == "Bounce" and (mailing != summary.mailing or summary.status in ("delivered", "bounced")):
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            list(pool.map(lambda order_id: ledger.retention.keep(summary.seller_id, order_id), summary.order_ids))


class Events:
    """The queue in which events wait until they are recorded, as seen from outside; without a URL there is none."""

    def __init__(self, queue_url: str) -> None:
        self._queue_url = queue_url
        config = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2, "mode": "standard"})
        self._sqs: SQSClient | None = aws.client("sqs", config) if queue_url else None

    def wait(self) -> bool:
        """Whether there are any, as far as the queue says; a moment behind."""
        if self._sqs is None:
            return False
        try:
            attributes = self._sqs.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=_WAITING)["Attributes"]
        except (BotoCoreError, ClientError):
            logger.exception("queue of events not seen")  # the lease alone decides
            return False
        return any(int(number) for number in attributes.values())


class _Feedback:
    """What an event says of the last mailing of a summary."""

    def __init__(self, summaries: Summaries, sellers: Sellers, summary: Summary) -> None:
        self._summaries = summaries
        self._sellers = sellers
        self._summary = summary
        self._now = times.now()

    def record(self, kind: str, detail: Detail) -> None:
        match kind:
            case "Send":
                self._set("sent", ses_message_id=detail["mail"]["messageId"])
            case "Delivery":
                self._set("delivered")
            case "Bounce":
                self._bounced(detail["bounce"])
            case "Complaint":
                self._complained(detail["complaint"])
            case "Reject" | "Rendering Failure":
                self._park(kind, "operator")
            case _:
                logger.warning("event of a kind that nothing is done about", extra={"event": kind})

    def _bounced(self, bounce: Detail) -> None:
        kind, subtype = bounce["bounceType"], bounce.get("bounceSubType") or ""
        why = f"{kind}: {subtype}"
        if kind == "Permanent":
            self._mark("bounce")
            if self._set("bounced", "address", bounced_because=why):
                self._alarm(why)
        elif subtype in _NOT_THIS_MAIL:
            self._park(why, "address")
        elif self._summary.mailing >= MAX_MAILINGS:
            self._park(f"{why}, {self._summary.mailing} times", "address")
        else:
            # A full mailbox, or a reply that its reader is out of the office: then the mail did arrive, and the event
            # that says so is here before the lease is over.
            until = lease_after(self._now, self._summary.mailing + 1)
            self._summaries.try_later(self._summary, self._now, until, why)

    def _complained(self, complaint: Detail) -> None:
        self._mark("complaint")
        if complaint.get("complaintSubType") == _SUPPRESSED:
            why = f"Complaint: {_SUPPRESSED}: SES sent nothing, for the reader has complained before"
            self._park(why, "registration")
        else:
            # the mail did arrive; that its reader calls it spam is about the address, not about this summary
            self._set("delivered")

    def _set(self, status: Status, waits_for: WaitsFor | None = None, **facts: str) -> bool:
        summary = self._summary
        return self._summaries.set_status(
            summary.seller_id, summary.summary_id, status, self._now, summary.mailing, waits_for, **facts
        )

    def _park(self, why: str, waits_for: WaitsFor) -> None:
        if self._set("parked", waits_for, parked_because=why):
            self._alarm(why)

    def _alarm(self, why: str) -> None:
        named = {"seller_id": self._summary.seller_id, "summary_id": self._summary.summary_id}
        logger.error("summary parked", extra={**named, "why": why})
        count("SummariesParked")

    def _mark(self, kind: Literal["bounce", "complaint"]) -> None:
        problem = MailProblem(kind, self._summary.email, self._now)
        if self._sellers.mark_unreachable(self._summary.seller_id, problem):
            count("SellersUnreachable")


def _tag(detail: Detail, name: str, otherwise: str | None = None) -> str:
    tags: Mapping[str, Sequence[str]] = detail["mail"]["tags"]
    return tags[name][0] if otherwise is None else tags.get(name, [otherwise])[0]


def _said(detail: Detail) -> str:
    """What the receiving side or SES said to it, as the log may have it."""
    recipients = detail.get("bounce", {}).get("bouncedRecipients", ())
    words = [each.get("diagnosticCode") or "" for each in recipients] + [detail.get("reject", {}).get("reason") or ""]
    return masked(" | ".join(filter(None, words)))
