"""The summaries of auto-cancelled orders that were mailed to a seller, and whether their mail arrives."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import settings
from order_cancellation.http import cursors, documents, parse
from order_cancellation.http.api import Api, Reply
from order_cancellation.http.request import Request
from order_cancellation.observability import count, entry_point
from order_cancellation.tables.client import client
from order_cancellation.tables.sellers import Sellers
from order_cancellation.tables.summaries import Summaries


class Settings(settings.Http):
    summaries_table: str
    sellers_table: str


told = settings.read(Settings)
dynamodb = client()
summaries = Summaries(dynamodb, told.summaries_table)
sellers = Sellers(dynamodb, told.sellers_table)
api = Api(told)


@api.route("GET", "/summaries")
def list_summaries(request: Request) -> Reply:
    seller_id = request.seller()
    query = request.query("limit", "cursor")
    before = cursors.decode(query["cursor"]) if "cursor" in query else None
    found, last = summaries.page(seller_id, parse.page_size(query), before)
    count("SummariesListed", len(found))
    document = {
        "summaries": [documents.summary_document(summary) for summary in found],
        "cursor": last and cursors.encode(last),
        "contact": documents.contact_document(sellers.find(seller_id)),
    }
    return Reply(200, document)


@entry_point("requestContext.requestId")
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return api.handle(event, context)
