"""The summaries of auto-cancelled orders that were mailed to a seller, whether their mail arrives, and a mail itself.

The one function behind the API that knows mail, and only once a mail is asked for: its templates take longer to load
than the list to read.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import settings
from order_cancellation.domain.sellers import Seller
from order_cancellation.http import checks, cursors, documents, parse
from order_cancellation.http.api import Api, Reply
from order_cancellation.http.request import Request
from order_cancellation.observability import count, entry_point
from order_cancellation.tables.client import client
from order_cancellation.tables.orders import Orders
from order_cancellation.tables.sellers import Sellers
from order_cancellation.tables.summaries import Summaries


class Settings(settings.Http):
    summaries_table: str
    sellers_table: str
    orders_table: str


told = settings.read(Settings)
dynamodb = client()
summaries = Summaries(dynamodb, told.summaries_table)
sellers = Sellers(dynamodb, told.sellers_table)
orders = Orders(dynamodb, told.orders_table)
api = Api(told)


@api.route("GET", "/summaries")
def list_summaries(request: Request) -> Reply:
    seller_id = request.seller()
    query = request.query("limit", "cursor", "mail_of")
    before = cursors.decode(query["cursor"]) if "cursor" in query else None
    found, last = summaries.page(seller_id, parse.page_size(query), before)
    count("SummariesListed", len(found))
    seller = sellers.find(seller_id)
    document = {
        "summaries": [documents.summary_document(summary) for summary in found],
        "cursor": last and cursors.encode(last),
        "contact": documents.contact_document(seller),
    }
    if "mail_of" in query:
        document["mail"] = _mail(seller_id, seller, checks.identifier(query["mail_of"], "mail_of"))
    return Reply(200, document)


def _mail(seller_id: str, seller: Seller | None, summary_id: str) -> dict[str, str] | None:
    """What this summary's mail says, written from its orders as they are now; None where there is none to write."""
    from order_cancellation.mail.compose import can_tell, compose_summary

    summary = summaries.find(seller_id, summary_id)
    if summary is None or seller is None:
        return None
    found = orders.find_many(seller_id, summary.order_ids)
    told_of = [order for order in found if can_tell(order, summary.told_of(order.order_id))]
    if not told_of:
        return None
    mail = compose_summary(seller.contact, summary, told_of, told.portal_origin)
    return {"summary_id": summary_id, "subject": mail.subject, "html": mail.html, "text": mail.text}


@entry_point("requestContext.requestId")
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return api.handle(event, context)
