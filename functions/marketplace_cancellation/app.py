"""A seller notes what he has done, or need not do, in the marketplace about an order that is cancelled here."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import marketplace, requests, settings, store
from order_cancellation.api import Api, Reply, reply, seller
from order_cancellation.observability import count, logger, metrics

orders = store.Orders(store.client(), settings.required("ORDERS_TABLE"))
api = Api()


@api.routes.put("/orders/<order_id>/marketplace-cancellation")
def mark(order_id: str) -> Reply:
    seller_id = seller(api.event)
    order_id = requests.path_id(order_id, "order_id")
    state = requests.marketplace_cancellation(requests.json_body(api.event))
    order = marketplace.mark(orders, seller_id, order_id, state)
    count(f"MarketplaceCancellation.{state}")
    document = {
        "order_id": order.order_id,
        "status": order.status,
        "marketplace": order.placement.marketplace,
        "marketplace_order_id": order.placement.marketplace_order_id,
        "marketplace_cancellation": order.marketplace_cancellation,
    }
    return reply(200, document)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return api.handle(event, context)
