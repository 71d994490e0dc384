"""A seller notes what they have done, or need not do, in the marketplace about orders that are cancelled here."""

from order_cancellation import settings
from order_cancellation.actions.mark import mark
from order_cancellation.http import batch, documents, parse
from order_cancellation.http.api import Api, Reply
from order_cancellation.http.request import Request
from order_cancellation.observability import count, entry_point
from order_cancellation.tables.client import client
from order_cancellation.tables.orders import Orders
from order_cancellation.tables.retention import Retention


class Settings(settings.Http, settings.Finishing):
    pass


told = settings.read(Settings)
dynamodb = client()
orders = Orders(dynamodb, told.orders_table)
retention = Retention(dynamodb, told.orders_table, told.summaries_table, told.orders_kept_days)
api = Api(told)


@api.route("PUT", "/orders/{order_id}/marketplace-cancellation")
def mark_order(request: Request) -> Reply:
    seller_id = request.seller()
    order_id = request.path_id("order_id")
    state = parse.marketplace_cancellation(request.body())
    order = mark(orders, retention, seller_id, order_id, state)
    count(f"MarketplaceCancellation.{state}")
    return Reply(200, documents.mark_document(order))


@api.route("POST", "/marketplace-cancellations")
def mark_orders(request: Request) -> Reply:
    seller_id = request.seller()
    return batch.mark_each(orders, retention, request, seller_id, parse.marketplace_cancellation_batch(request.body()))


lambda_handler = entry_point(api.handle)
