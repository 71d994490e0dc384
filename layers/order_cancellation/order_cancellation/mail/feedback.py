"""SES's events about our mails, as EventBridge brings them: what became of each summary, whatever we know or missed.

The shapes are those of "Examples of event data that Amazon SES publishes to Amazon EventBridge".
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from order_cancellation.domain import times
from order_cancellation.domain.sellers import MailProblem
from order_cancellation.observability import count, logger
from order_cancellation.tables.sellers import Sellers
from order_cancellation.tables.summaries import Summaries

Detail = Mapping[str, Any]


class UnknownSummary(Exception):
    """No summary has this id, or not yet as far as its index shows: the event has to come again."""


def apply(summaries: Summaries, sellers: Sellers, detail: Detail) -> None:
    """Record one event. Repeated, late and re-ordered events do no harm. Raises UnknownSummary, Unavailable."""
    kind = detail["eventType"]
    summary_id = _tag(detail)
    count(f"Feedback.{kind.replace(' ', '')}")
    seller_id = summaries.seller_of(summary_id)
    if seller_id is None:
        raise UnknownSummary(summary_id)
    now = times.now()
    logger.info("feedback", extra={"seller_id": seller_id, "summary_id": summary_id, "event": kind})
    match kind:
        case "Send":
            summaries.set_status(seller_id, summary_id, "sent", now, ses_message_id=detail["mail"]["messageId"])
        case "Delivery":
            summaries.set_status(seller_id, summary_id, "delivered", now)
        case "Bounce":
            bounce = detail["bounce"]
            why = f"{bounce['bounceType']}: {bounce.get('bounceSubType', '')}"
            summaries.set_status(seller_id, summary_id, "bounced", now, bounced_because=why)
            if bounce["bounceType"] == "Permanent":
                _mark(sellers, seller_id, "bounce", bounce["bouncedRecipients"], now)
        case "Complaint":
            # the mail did arrive; that its reader calls it spam is about the address, not about this summary
            summaries.set_status(seller_id, summary_id, "delivered", now)
            _mark(sellers, seller_id, "complaint", detail["complaint"]["complainedRecipients"], now)
        case "Reject" | "Rendering Failure":
            summaries.set_status(seller_id, summary_id, "parked", now, parked_because=kind)
            count("SummariesParked")
        case _:
            logger.warning("event of a kind that nothing is done about", extra={"event": kind})


def _tag(detail: Detail) -> str:
    values: Sequence[str] = detail["mail"]["tags"]["summary_id"]
    return values[0]


def _mark(
    sellers: Sellers, seller_id: str, kind: Literal["bounce", "complaint"], recipients: Sequence[Detail], now: str
) -> None:
    for recipient in recipients:
        if sellers.mark_unreachable(seller_id, MailProblem(kind, recipient["emailAddress"], now)):
            count("SellersUnreachable")
