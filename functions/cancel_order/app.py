"""A seller cancels one order, or up to a hundred at once."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import batch, cancelling, requests, settings, store
from order_cancellation.api import Api, Reply, reply, seller
from order_cancellation.cancelling import Attempt, Cancelled
from order_cancellation.observability import count, logger, metrics
from order_cancellation.requests import CancelAsk

orders = store.Orders(store.client(), settings.required("ORDERS_TABLE"))
api = Api()


@api.routes.post("/orders/cancel")
def cancel_many() -> Reply:
    seller_id = seller(api.event)
    attempt = api.attempt()
    asks = requests.cancel_batch(requests.json_body(api.event))
    return batch.run(asks, lambda ask: _cancel(seller_id, ask, attempt), api.in_time)


@api.routes.post("/orders/<order_id>/cancel")
def cancel_one(order_id: str) -> Reply:
    seller_id = seller(api.event)
    attempt = api.attempt()
    ask = requests.cancel(requests.path_id(order_id, "order_id"), requests.json_body(api.event))
    cancelled = _cancel(seller_id, ask, attempt)
    count(f"Cancel.{cancelled.outcome}")
    return reply(200, cancelled.document(), {"Idempotent-Replayed": "true"} if cancelled.replayed else None)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return api.handle(event, context)


def _cancel(seller_id: str, ask: CancelAsk, attempt: Attempt) -> Cancelled:
    return cancelling.cancel(
        orders, attempt, kind="seller", seller_id=seller_id, order_id=ask.order_id, reason=ask.reason, note=ask.note
    )
