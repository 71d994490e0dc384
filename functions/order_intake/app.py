"""The network's planner registers sellers, places their orders, and auto-cancels what cannot be shipped."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import answers, batch, cancelling, placing, requests, settings, store
from order_cancellation.api import Api, Reply, machine, reply
from order_cancellation.cancelling import Attempt, Cancelled
from order_cancellation.observability import count, logger, metrics
from order_cancellation.requests import AutoCancelAsk

dynamodb = store.client()
orders = store.Orders(dynamodb, settings.required("ORDERS_TABLE"))
sellers = store.Sellers(dynamodb, settings.required("SELLERS_TABLE"))
api = Api()


@api.routes.put("/sellers/<seller_id>")
def register_seller(seller_id: str) -> Reply:
    machine(api.event, "network/sellers")
    seller_id = requests.path_id(seller_id, "seller_id")
    contact = requests.contact(requests.json_body(api.event))
    sellers.register(seller_id, contact)
    count("SellersRegistered")
    return reply(200, {"seller_id": seller_id, **contact.document()})


@api.routes.put("/sellers/<seller_id>/orders/<order_id>")
def place_order(seller_id: str, order_id: str) -> Reply:
    machine(api.event, "network/orders")
    seller_id = requests.path_id(seller_id, "seller_id")
    order_id = requests.new_order_id(order_id)
    placement = requests.placement(requests.json_body(api.event))
    created, order = placing.place(orders, seller_id, order_id, placement)
    count("OrdersPlaced" if created else "OrdersPlacedAgain")
    return reply(201 if created else 200, {"seller_id": seller_id, **answers.order_document(order)})


@api.routes.post("/auto-cancellations")
def auto_cancel() -> Reply:
    machine(api.event, "network/orders")
    attempt = api.attempt()
    asks = requests.auto_cancel_batch(requests.json_body(api.event))
    return batch.run(asks, lambda ask: _cancel(ask, attempt), api.in_time)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return api.handle(event, context)


def _cancel(ask: AutoCancelAsk, attempt: Attempt) -> Cancelled:
    return cancelling.cancel(
        orders,
        attempt,
        kind="auto",
        seller_id=ask.seller_id,
        order_id=ask.order_id,
        reason=ask.reason,
        detail=ask.detail,
        skus=ask.skus,
    )
