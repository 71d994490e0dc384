"""A seller cancels one order, or up to a hundred at once."""

from order_cancellation import settings
from order_cancellation.actions.cancel import cancel
from order_cancellation.http import batch, documents, parse
from order_cancellation.http.api import Api, Reply
from order_cancellation.http.request import Request
from order_cancellation.observability import count, entry_point
from order_cancellation.tables.client import client
from order_cancellation.tables.orders import Orders


class Settings(settings.Http):
    orders_table: str


told = settings.read(Settings)
orders = Orders(client(), told.orders_table)
api = Api(told)


@api.route("POST", "/orders/{order_id}/cancel")
def cancel_one(request: Request) -> Reply:
    seller_id = request.seller()
    command = parse.cancel(seller_id, request.path_id("order_id"), request.body())
    cancelled = cancel(orders, request.identity(), command)
    count(f"Cancel.{cancelled.outcome}")
    replayed = {"Idempotent-Replayed": "true"} if cancelled.replayed else {}
    return Reply(200, documents.cancel_document(cancelled, request.actor()), replayed)


@api.route("POST", "/orders/cancel")
def cancel_many(request: Request) -> Reply:
    seller_id = request.seller()
    return batch.cancel_each(orders, request, parse.cancel_batch(seller_id, request.body()))


lambda_handler = entry_point(api.handle)
