"""The network's planner registers sellers, places and routes their orders, and auto-cancels what cannot be shipped."""

from order_cancellation import settings
from order_cancellation.actions.move import move
from order_cancellation.actions.place import place
from order_cancellation.http import batch, documents, parse
from order_cancellation.http.api import Api, Reply
from order_cancellation.http.request import Request
from order_cancellation.observability import count, entry_point
from order_cancellation.tables.client import client
from order_cancellation.tables.orders import Orders
from order_cancellation.tables.retention import Retention
from order_cancellation.tables.sellers import Sellers


class Settings(settings.Http, settings.Finishing):
    sellers_table: str


told = settings.read(Settings)
dynamodb = client()
orders = Orders(dynamodb, told.orders_table)
retention = Retention(dynamodb, told.orders_table, told.summaries_table, told.orders_kept_days)
sellers = Sellers(dynamodb, told.sellers_table)
api = Api(told)


@api.route("PUT", "/sellers/{seller_id}")
def register_seller(request: Request) -> Reply:
    request.machine("network/sellers")
    seller_id = request.path_id("seller_id")
    contact = parse.contact(request.body())
    sellers.register(seller_id, contact)
    count("SellersRegistered")
    return Reply(200, documents.seller_document(seller_id, contact))


@api.route("PUT", "/sellers/{seller_id}/orders/{order_id}")
def place_order(request: Request) -> Reply:
    request.machine("network/orders")
    seller_id, order_id = request.path_id("seller_id"), parse.new_order_id(request.path_id("order_id"))
    created, order = place(orders, seller_id, order_id, parse.placement(request.body()))
    count("OrdersPlaced" if created else "OrdersPlacedAgain")
    return Reply(201 if created else 200, documents.network_document(order, request.actor()))


@api.route("PUT", "/sellers/{seller_id}/orders/{order_id}/fulfillment-centers")
def move_order(request: Request) -> Reply:
    request.machine("network/orders")
    seller_id, order_id = request.path_id("seller_id"), request.path_id("order_id")
    order = move(orders, retention, seller_id, order_id, parse.centers(request.body()))
    count("OrdersMoved")
    return Reply(200, documents.network_document(order, request.actor()))


@api.route("POST", "/auto-cancellations")
def auto_cancel(request: Request) -> Reply:
    request.machine("network/orders")
    return batch.cancel_each(orders, request, parse.auto_cancel_batch(request.body()))


lambda_handler = entry_point(api.handle)
