"""What the mail of a summary says, for whoever wants to read it in the portal."""

from order_cancellation.domain.sellers import Seller
from order_cancellation.domain.summaries import Summary
from order_cancellation.mail.compose import can_tell, compose_summary
from order_cancellation.tables.orders import Orders


def written_now(orders: Orders, seller: Seller, summary: Summary, portal_origin: str) -> dict[str, str] | None:
    """A summary's mail, written from its orders as they are now; None where none of them can be told of."""
    found = orders.find_many(seller.seller_id, summary.order_ids)
    told_of = [order for order in found if can_tell(order, summary.told_of(order.order_id))]
    if not told_of:
        return None
    mail = compose_summary(seller.contact, summary, told_of, portal_origin)
    return {"summary_id": summary.summary_id, "subject": mail.subject, "html": mail.html, "text": mail.text}
