"""Where a marketplace and this network disagree about a seller's orders. Reads only."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import marketplace, requests, settings, store
from order_cancellation.api import Api, Reply, reply, seller
from order_cancellation.observability import count, logger, metrics

orders = store.Orders(store.client(), settings.required("ORDERS_TABLE"))
api = Api()


@api.routes.post("/reconciliations")
def reconcile() -> Reply:
    seller_id = seller(api.event)
    ask = requests.reconciliation(requests.json_body(api.event, requests.MAX_RECONCILIATION_BYTES))
    document = marketplace.reconcile(orders, seller_id, ask, api.in_time)
    for name, orders_found in document["counts"].items():
        count(f"Reconciliation.{name}", orders_found)
    return reply(200, document)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return api.handle(event, context)
