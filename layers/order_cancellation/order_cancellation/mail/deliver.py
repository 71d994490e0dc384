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
from order_cancellation.domain.summaries import Plan, Postpone, Summary, WaitsFor
from order_cancellation.mail.compose import can_tell, compose_summary
from order_cancellation.mail.feedback import Events
from order_cancellation.mail.ses import Ses
from order_cancellation.observability import count, logger
from order_cancellation.tables.orders import Orders
from order_cancellation.tables.outbox import Outbox, write_units
from order_cancellation.tables.retention import Retention
from order_cancellation.tables.sellers import Sellers
from order_cancellation.tables.summaries import Summaries, Waiting

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sesv2 import SESV2Client

_MOST_NAMED: Final = 20  # requests in one line of the log

MIN_SEND_MS: Final = 15_000  # do not begin to send what could not end before the function's timeout


class SendingStopped(Exception):
    """SES takes no mail from us at all. Whatever is due or pending stays so until it does again."""


class Deliveries:
    """Tells sellers of auto-cancellations. Make it once per process, of what the template says."""

    def __init__(self, told: settings.Mail, dynamodb: DynamoDBClient, ses: SESV2Client) -> None:
        self.outbox = Outbox(dynamodb, told.orders_table, told.summaries_table)
        self.summaries = Summaries(dynamodb, told.summaries_table)
        self._orders = Orders(dynamodb, told.orders_table)
        self._retention = Retention(dynamodb, told.orders_table, told.summaries_table, told.orders_kept_days)
        self._sellers = Sellers(dynamodb, told.sellers_table)
        self._ses = Ses(ses, told.sender_address, told.configuration_set, told.reply_to_address)
        self.events = Events(told.mail_events_queue_url)
        self._daily_hour = told.daily_summary_hour
        self._portal_origin = told.portal_origin
        self._remaining_ms: Callable[[], int] = lambda: MIN_SEND_MS

    def begin(self, remaining_ms: Callable[[], int]) -> None:
        """At the start of each invocation: how much time it has left."""
        self._remaining_ms = remaining_ms

    def in_time(self) -> bool:
        """Whether there is time to begin a sending."""
        return self._remaining_ms() > MIN_SEND_MS

    def tell(self, seller_id: str, orders: Sequence[Order]) -> None:
        """Put the due ones of a seller's orders into summaries and send them, or leave them for their proper time.

        Raises SendingStopped, Unavailable. Whatever is raised, no order is lost.
        """
        if seller := self._registered(seller_id):
            # A record is behind its order: of one that goes on, more may be due by now, and the rest has gone on.
            split = {order.order_id for order in orders if order.part_cancellations}
            now = self._orders.find_many(seller_id, sorted(split)) if split else []
            self._tell(seller, [*(order for order in orders if order.order_id not in split), *now])

    def tell_due(self, seller_id: str, order_ids: Sequence[str]) -> None:
        """Tell of orders that the sparse index showed as due; it may be behind, so they are read first.

        Those of a seller whom nobody has registered stand aside, unread, and are told when somebody has.
        """
        if seller := self._registered(seller_id):
            self._tell(seller, self._orders.find_many(seller_id, order_ids))

    def tell_early(self, seller_id: str, order_ids: Sequence[str]) -> None:
        """Tell of orders that wait for their day's hour, if the seller does not want that any longer."""
        seller = self._sellers.find(seller_id)
        if seller and seller.contact.summaries != "daily":
            self._tell(seller, self._orders.find_many(seller_id, order_ids))

    def send_again(self, seller_id: str, summary_id: str, events_wait: bool) -> None:
        """Send a summary whose lease is over, exactly as it was sealed. Raises SendingStopped, Unavailable.

        ``events_wait``: one of SES's events that nobody has recorded yet may be about it.
        """
        seller = self._sellers.find(seller_id)
        email = seller.contact.email if seller else None
        summary = self.summaries.lease(seller_id, summary_id, times.now(), email, events_wait)
        if summary is None:
            return  # sent or taken meanwhile, or its turn comes later
        if seller is None:
            self._park(summary, "nobody has registered its seller any longer", "registration")
            return
        self._deliver(seller, summary, self._orders.find_many(seller_id, summary.order_ids))

    def send_elsewhere(self, seller_id: str, waiting: Sequence[Waiting]) -> None:
        """Send summaries that did not reach their seller to where they are now, if the network has registered that.

        Raises SendingStopped, Unavailable.
        """
        seller = self._sellers.find(seller_id)
        if seller is None:
            return
        for each in waiting:
            if not summaries.wait_is_over(each.waits_for, each.email, seller):
                continue
            if summary := self.summaries.readdress(seller, each.summary_id, times.now()):
                count("SummariesSentElsewhere")
                self._deliver(seller, summary, self._orders.find_many(seller_id, summary.order_ids))

    def _registered(self, seller_id: str) -> Seller | None:
        seller = self._sellers.find(seller_id)
        if seller is None:
            count("SellersUnregistered")
        elif seller.contact.zone is None:
            logger.error("time zone unknown", extra={"seller_id": seller_id, "time_zone": seller.contact.time_zone})
            count("TimeZonesUnknown")
        return seller

    def _tell(self, seller: Seller, orders: Sequence[Order]) -> None:
        ready = self._ready(seller, orders)
        parts = summaries.in_parts(list(ready))
        units = {order_id: write_units(order) for order_id, order in ready.items()}
        for part, order_ids in enumerate(parts, start=1):
            found = {order_id: ready[order_id] for order_id in order_ids}
            split = any(order.part_cancellations for order in found.values())
            sealed = self.outbox.seal(seller, order_ids, times.now(), part, len(parts), units, found if split else {})
            if sealed:
                self._deliver(seller, sealed, [found[order_id] for order_id in sealed.order_ids])

    def _ready(self, seller: Seller, orders: Sequence[Order]) -> dict[str, Order]:
        """Those of the orders that belong into a summary now, by id; the others are put where they belong."""
        now = times.now()
        ready = {}
        for order in orders:
            if order.summary_due_at is None or (order.summary_id is not None and not order.due):
                continue  # told already, or about to be
            plan = self._plan(order, order.summary_due_at, seller, now)
            match plan:
                case "send_now":
                    ready[order.order_id] = order
                case Postpone(until) if until != order.summary_due_at:
                    self.outbox.postpone(order, until)
                case "skip":
                    if skipped := self.outbox.skip(order):
                        self._retention.let_go(skipped)
        return ready

    def _plan(self, order: Order, summary_due_at: str, seller: Seller, now: str) -> Plan | None:
        """None for an order that this version cannot tell of: it stays due, and an alarm says so."""
        try:
            plan = summaries.plan(summary_due_at, seller, now, self._daily_hour)
        except (TypeError, ValueError):
            plan = None
        if plan is None or not can_tell(order, [each.cancellation_id for each in order.due]):
            logger.error("unreadable order", extra={"seller_id": order.seller_id, "order_id": order.order_id})
            count("OrdersUnreadable")
            return None
        return plan

    def _deliver(self, seller: Seller, summary: Summary, found: Sequence[Order]) -> None:
        if problem := seller.unreachable:
            waits_for: WaitsFor = "registration" if problem.kind == "complaint" else "address"
            self._park(summary, f"the address is unreachable: {problem.kind}", waits_for)
            return
        orders = [order for order in found if can_tell(order, summary.told_of(order.order_id))]
        others = sorted(set(summary.order_ids) - {order.order_id for order in orders})
        audit = {"seller_id": summary.seller_id, "summary_id": summary.summary_id, "orders": len(orders)}
        if others:
            logger.error("orders of a summary are gone or unreadable", extra={**audit, "order_ids": others})
            count("OrdersUnreadable", len(others))
        if not orders:
            if not self._orders.any_is_there(summary.seller_id, summary.order_ids):
                self._park(summary, "its orders are gone", "operator")
            return  # where there is one, the version that wrote it can read it: the summary stays pending
        mail = compose_summary(seller.contact, summary, orders, self._portal_origin)
        result = self._ses.send(seller.contact.email, mail, summary.summary_id, summary.mailing, self.in_time)
        told = {cancellation.request_id for order in orders for cancellation in order.cancellations()}
        logger.info(
            "summary",
            extra={
                **audit,
                "verdict": result.verdict,
                "why": result.why,
                "said": result.said,
                "ses_message_id": result.message_id,
                "requests": sorted(told)[:_MOST_NAMED],
            },
        )
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
                self._park(summary, result.why, "address")
            case "throttled" | "later":
                self.summaries.release(summary, times.now())
            case "stop":
                self.summaries.release(summary, times.now())
                raise SendingStopped(f"{result.why}: {result.said}" if result.said else result.why)
            case "unknown":
                pass  # it may be on its way: the SES event or the end of the lease decides

    def _park(self, summary: Summary, why: str, waits_for: WaitsFor) -> None:
        self.summaries.set_status(
            summary.seller_id, summary.summary_id, "parked", times.now(), summary.mailing, waits_for, parked_because=why
        )
        named = {"seller_id": summary.seller_id, "summary_id": summary.summary_id}
        logger.error("summary parked", extra={**named, "why": why})
        count("SummariesParked")
