"""Where a marketplace and this network disagree about a seller's orders. Reads only."""

from order_cancellation import settings
from order_cancellation.actions.reconcile import reconcile
from order_cancellation.http import documents, parse
from order_cancellation.http.api import Api, Reply
from order_cancellation.http.request import Request
from order_cancellation.observability import count, entry_point
from order_cancellation.tables.client import client
from order_cancellation.tables.order_lists import OrderLists


class Settings(settings.Http):
    orders_table: str


told = settings.read(Settings)
dynamodb = client()
lists = OrderLists(dynamodb, told.orders_table)
api = Api(told)


@api.route("POST", "/reconciliations", reads=True)
def compare(request: Request) -> Reply:
    seller_id = request.seller()
    said = parse.reconciliation(request.body(parse.MAX_RECONCILIATION_BYTES))
    document = documents.differences_document(said, reconcile(lists, seller_id, said, request.in_time))
    for name, orders_found in document["counts"].items():
        count(f"Reconciliation.{name}", orders_found)
    return Reply(200, document)


lambda_handler = entry_point(api.handle)
