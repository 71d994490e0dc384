"""From due orders to a mail that is known to be sent: plan, claim and seal, compose, send, settle.

What happens when the process dies, or an answer is lost, between any two of these steps:

    before the seal     the orders are still due: the stream brings them again, and after it the sweep
    after the seal      the summary is pending under a lease: an SES event settles it, else the sweep sends it again
    after the mark      nothing is left to do
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from order_cancellation import mail, summaries, times
from order_cancellation.ledger import Ledger
from order_cancellation.observability import count, logger
from order_cancellation.orders import Order
from order_cancellation.postage import Postman
from order_cancellation.store import Orders, Sellers
from order_cancellation.summaries import Postpone, Seller, SendNow, Settle, Summary

MIN_SEND_MS: Final = 15_000  # do not begin to send what could not end before the function's timeout


class SendingStopped(Exception):
    """SES takes no mail from us at all. Whatever is due or pending stays so until it does again."""


@dataclass(frozen=True)
class Mailroom:
    """Tells sellers of auto-cancellations. ``daily_hour`` is 0–23, by each daily seller's own clock."""

    ledger: Ledger
    orders: Orders
    sellers: Sellers
    postman: Postman
    daily_hour: int
    portal_origin: str

    def tell(self, seller_id: str, orders: Sequence[Order]) -> None:
        """Put the due ones of a seller's orders into summaries and send them, or leave them for their proper time.

        Raises SendingStopped, Unavailable. Whatever is raised, no order is lost.
        """
        seller = self.sellers.find(seller_id)
        if seller is None:
            count("SellersUnregistered")
        now = times.now()
        ready = []
        for order in orders:
            if order.summary_due_at is None or order.summary_id is not None:
                continue  # told already, or about to be
            match summaries.plan(order.summary_due_at, seller, now, self.daily_hour):
                case SendNow():
                    ready.append(order)
                case Postpone(until) if until != order.summary_due_at:
                    self.ledger.postpone(order, until)
                case Settle():
                    self.ledger.settle(order)
        if seller is None or not ready:
            return
        parts = summaries.in_parts([order.order_id for order in ready])
        by_id = {order.order_id: order for order in ready}
        for part, order_ids in enumerate(parts, start=1):
            sealed = self.ledger.seal(seller, order_ids, times.now(), part, len(parts))
            if sealed:
                self._deliver(seller, sealed, [by_id[order_id] for order_id in sealed.order_ids])

    def tell_again(self, seller_id: str, order_ids: Sequence[str]) -> None:
        """Tell of orders that the sparse index showed as due; it may be behind, so they are read first."""
        self.tell(seller_id, self.orders.find_many(seller_id, order_ids))

    def send_again(self, seller_id: str, summary_id: str) -> None:
        """Send a pending summary whose lease is over, exactly as it was sealed. Raises SendingStopped, Unavailable."""
        seller = self.sellers.find(seller_id)
        summary = self.ledger.lease(seller_id, summary_id, times.now())
        if summary is None or seller is None:
            return  # settled or taken meanwhile
        count("SummariesSentAgain")
        self._deliver(seller, summary, self.orders.find_many(seller_id, summary.order_ids))

    def _deliver(self, seller: Seller, summary: Summary, orders: Sequence[Order]) -> None:
        audit = {"seller_id": summary.seller_id, "summary_id": summary.summary_id, "orders": len(orders)}
        if problem := seller.unreachable:
            self._park(summary, f"the address is unreachable: {problem.kind}", audit)
            return
        composed = mail.compose(
            seller.contact, summary.summary_id, orders, summary.part, summary.parts, self.portal_origin
        )
        receipt = self.postman.send(seller.contact.email, composed, summary.summary_id)
        logger.info("summary", extra={**audit, "verdict": receipt.verdict, "why": receipt.why})
        count(f"Summary.{receipt.verdict}")
        match receipt.verdict:
            case "sent":
                self.ledger.settle_summary(
                    summary.seller_id,
                    summary.summary_id,
                    "sent",
                    times.now(),
                    ses_message_id=receipt.message_id,
                    email=seller.contact.email,
                )
            case "park":
                self._park(summary, receipt.why, audit)
            case "later":
                self.ledger.try_again_at(summary, times.now())
            case "stop":
                self.ledger.try_again_at(summary, times.now())
                raise SendingStopped(receipt.why)
            case "unknown":
                pass  # it may be on its way: the SES event or the end of the lease decides

    def _park(self, summary: Summary, why: str, audit: dict[str, object]) -> None:
        self.ledger.settle_summary(summary.seller_id, summary.summary_id, "parked", times.now(), parked_because=why)
        logger.error("summary parked", extra={**audit, "why": why})
        count("SummariesParked")
