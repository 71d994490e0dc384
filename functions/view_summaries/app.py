"""The summaries of auto-cancelled orders that were mailed to a seller, whether their mail arrives, and a mail itself.

The one function behind the API that knows mail, and only once a mail is asked for: its templates take longer to load
than the list to read.
"""

from order_cancellation import settings
from order_cancellation.domain.sellers import Seller
from order_cancellation.domain.summaries import Summary
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
        summary = summaries.find(seller_id, checks.identifier(query["mail_of"], "mail_of"))
        document["mail"] = _mail(seller, summary) if seller and summary else None
    return Reply(200, document)


def _mail(seller: Seller, summary: Summary) -> dict[str, str] | None:
    from order_cancellation.mail.preview import written_now

    return written_now(orders, seller, summary, told.portal_origin)


lambda_handler = entry_point(api.handle)
