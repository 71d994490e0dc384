"""The summaries of auto-cancelled orders that were mailed to a seller, and whether his mail arrives."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import answers, cursors, requests, settings, store
from order_cancellation.api import Api, Reply, reply, seller
from order_cancellation.observability import count, logger, metrics

dynamodb = store.client()
summaries = store.Summaries(dynamodb, settings.required("SUMMARIES_TABLE"))
sellers = store.Sellers(dynamodb, settings.required("SELLERS_TABLE"))
api = Api()


@api.routes.get("/summaries")
def list_summaries() -> Reply:
    seller_id = seller(api.event)
    query = requests.query(api.event, ("limit", "cursor"))
    found, last = summaries.page(
        seller_id,
        limit=requests.page_size(query.get("limit", "25"), "limit"),
        before=cursors.decode(query["cursor"]) if "cursor" in query else None,
    )
    count("SummariesListed", len(found))
    document = {
        "summaries": [answers.summary_document(summary) for summary in found],
        "cursor": last and cursors.encode(last),
        "contact": answers.contact_document(sellers.find(seller_id)),
    }
    return reply(200, document)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return api.handle(event, context)
