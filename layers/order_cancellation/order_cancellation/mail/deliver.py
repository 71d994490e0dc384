"""From due orders to a mail that is known to be sent: plan, claim and seal, compose, send, note what came of it.

What happens when the process dies, or an answer is lost, between any two of these steps:

    before the seal     the orders are still due: the stream brings them again, and after it the sweep
    after the seal      the summary is pending under a lease: SES's event says that it was sent, else the sweep sends it
    after the status    nothing is left to do
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from order_cancellation import settings
from order_cancellation.domain import summaries, times
from order_cancellation.domain.orders import Order
from order_cancellation.domain.sellers import Seller
from order_cancellation.domain.summaries import Postpone, SendNow, Skip, Summary
from order_cancellation.mail.compose import compose
from order_cancellation.mail.ses import Ses
from order_cancellation.observability import count, logger
from order_cancellation.tables.orders import Orders
from order_cancellation.tables.outbox import Outbox, write_units
from order_cancellation.tables.sellers import Sellers
from order_cancellation.tables.summaries import Summaries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sesv2 import SESV2Client

MIN_SEND_MS: Final = 15_000  # do not begin to send what could not end before the function's timeout


class SendingStopped(Exception):
    """SES takes no mail from us at all. Whatever is due or pending stays so until it does again."""


class Deliveries:
    """Tells sellers of auto-cancellations. Make it once per process, of what the template says."""

    def __init__(self, told: settings.Mail, dynamodb: DynamoDBClient, ses: SESV2Client) -> None:
        self.outbox = Outbox(dynamodb, told.orders_table, told.summaries_table)
        self.summaries = Summaries(dynamodb, told.summaries_table)
        self._orders = Orders(dynamodb, told.orders_table)
        self._sellers = Sellers(dynamodb, told.sellers_table)
        self._ses = Ses(ses, told.sender_address, told.configuration_set, told.reply_to_address)
        self._daily_hour = told.daily_summary_hour
        self._portal_origin = told.portal_origin

    def tell(self, seller_id: str, orders: Sequence[Order]) -> None:
        """Put the due ones of a seller's orders into summaries and send them, or leave them for their proper time.

        Raises SendingStopped, Unavailable. Whatever is raised, no order is lost.
        """
        seller = self._sellers.find(seller_id)
        if seller is None:
            count("SellersUnregistered")
        ready = self._ready(seller, orders)
        if seller is None or not ready:
            return
        parts = summaries.in_parts(list(ready))
        units = {order_id: write_units(order) for order_id, order in ready.items()}
        for part, order_ids in enumerate(parts, start=1):
            sealed = self.outbox.seal(seller, order_ids, times.now(), part, len(parts), units)
            if sealed:
                self._deliver(seller, sealed, [ready[order_id] for order_id in sealed.order_ids])

    def tell_due(self, seller_id: str, order_ids: Sequence[str]) -> None:
        """Tell of orders that the sparse index showed as due; it may be behind, so they are read first."""
        self.tell(seller_id, self._orders.find_many(seller_id, order_ids))

    def send_again(self, seller_id: str, summary_id: str) -> None:
        """Send a summary whose lease is over, exactly as it was sealed. Raises SendingStopped, Unavailable."""
        seller = self._sellers.find(seller_id)
        summary = self.summaries.lease(seller_id, summary_id, times.now(), seller.contact.email if seller else None)
        if summary is None or seller is None:
            return  # sent or taken meanwhile
        count("SummariesSentAgain")
        self._deliver(seller, summary, self._orders.find_many(seller_id, summary.order_ids))

    def _ready(self, seller: Seller | None, orders: Sequence[Order]) -> dict[str, Order]:
        """Those of the orders that belong into a summary now, by id; the others are put where they belong."""
        now = times.now()
        ready = {}
        for order in orders:
            if order.summary_due_at is None or order.summary_id is not None:
                continue  # told already, or about to be
            match summaries.plan(order.summary_due_at, seller, now, self._daily_hour):
                case SendNow():
                    ready[order.order_id] = order
                case Postpone(until) if until != order.summary_due_at:
                    self.outbox.postpone(order, until)
                case Skip():
                    self.outbox.skip(order)
        return ready

    def _deliver(self, seller: Seller, summary: Summary, orders: Sequence[Order]) -> None:
        audit = {"seller_id": summary.seller_id, "summary_id": summary.summary_id, "orders": len(orders)}
        if problem := seller.unreachable:
            self._park(summary, f"the address is unreachable: {problem.kind}", audit)
            return
        mail = compose(seller.contact, summary.summary_id, orders, self._portal_origin, summary.part, summary.parts)
        result = self._ses.send(seller.contact.email, mail, summary.summary_id, summary.mailing)
        logger.info("summary", extra={**audit, "verdict": result.verdict, "why": result.why})
        count(f"Summary.{result.verdict}")
        match result.verdict:
            case "sent":
                self.summaries.set_status(
                    summary.seller_id,
                    summary.summary_id,
                    "sent",
                    times.now(),
                    summary.mailing,
                    ses_message_id=result.message_id,
                    email=seller.contact.email,
                )
            case "park":
                self._park(summary, result.why, audit)
            case "later":
                self.summaries.release(summary, times.now())
            case "stop":
                self.summaries.release(summary, times.now())
                raise SendingStopped(result.why)
            case "unknown":
                pass  # it may be on its way: the SES event or the end of the lease decides

    def _park(self, summary: Summary, why: str, audit: dict[str, object]) -> None:
        self.summaries.set_status(
            summary.seller_id, summary.summary_id, "parked", times.now(), summary.mailing, parked_because=why
        )
        logger.error("summary parked", extra={**audit, "why": why})
        count("SummariesParked")


def one_seller[**Arguments](
    send: Callable[Arguments, None], *arguments: Arguments.args, **options: Arguments.kwargs
) -> None:
    """Send to one seller; whatever goes wrong there does not keep the next from their mail. Raises SendingStopped.

    Nothing is lost by it: what was not sent is still due, or still pending.
    """
    try:
        send(*arguments, **options)
    except SendingStopped:
        raise
    except Exception:
        logger.exception("seller not told", extra={"arguments": arguments})
        count("SellersNotTold")


def report_stop(reason: SendingStopped) -> None:
    """SES takes no mail from us: a person has to look at it, and an alarm says so."""
    logger.error("sending stopped", extra={"why": str(reason)})
    count("SendingStopped")
