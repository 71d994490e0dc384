"""Check here first: a seller's orders, whether each can be cancelled, and why not."""

from order_cancellation import settings
from order_cancellation.domain import times
from order_cancellation.domain.refusals import OrderNotFound
from order_cancellation.http import cursors, documents, parse
from order_cancellation.http.api import Api, Reply
from order_cancellation.http.request import Request
from order_cancellation.http.safe_reply import safe_reply
from order_cancellation.observability import count, entry_point
from order_cancellation.tables.client import client
from order_cancellation.tables.order_lists import TO_DO, OrderLists
from order_cancellation.tables.orders import Orders


class Settings(settings.Http):
    orders_table: str


told = settings.read(Settings)
dynamodb = client()
orders = Orders(dynamodb, told.orders_table)
lists = OrderLists(dynamodb, told.orders_table)
api = Api(told)


@api.route("GET", "/orders/{order_id}")
def view_order(request: Request) -> Reply:
    seller_id = request.seller()
    order_id = request.path_id("order_id")
    zone = parse.zone(request.query("time_zone"))
    order = orders.find(seller_id, order_id)
    if order is None:
        raise OrderNotFound(order_id)
    count("OrdersViewed")
    document = documents.order_document(order, request.actor())
    return Reply(200, {**document, "safe_reply": safe_reply(order, times.now(), zone)})


@api.route("GET", "/orders")
def list_orders(request: Request) -> Reply:
    seller_id = request.seller()
    wanted = parse.wanted_orders(request.query(*parse.OF_A_LIST))
    page = lists.page(seller_id, wanted, request.in_time)
    rows = [
        (cursors.of_place(place, wanted), documents.order_document(order, request.actor()))
        for place, order in zip(page.places, page.orders, strict=True)
    ]
    found, cursor = cursors.cut(rows, page.last and cursors.of_place(page.last, wanted))
    count("OrdersListed", len(found))
    answer: documents.Document = {"orders": found, "cursor": cursor}
    if page.unreadable:
        answer["unreadable"] = page.unreadable
    if wanted.listing is TO_DO and wanted.after is None:
        answer["count"], answer["more"] = lists.count_to_do(seller_id)
    return Reply(200, answer)


lambda_handler = entry_point(api.handle)
