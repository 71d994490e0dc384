"""A fulfillment center reports what it did with an order, or is told to put the goods back."""

from order_cancellation import settings
from order_cancellation.actions.report import report
from order_cancellation.domain import times
from order_cancellation.domain.refusals import Forbidden
from order_cancellation.http import parse
from order_cancellation.http.api import Api, Reply
from order_cancellation.http.request import Request
from order_cancellation.observability import count, entry_point
from order_cancellation.tables.client import client
from order_cancellation.tables.orders import Orders
from order_cancellation.tables.retention import Retention
from order_cancellation.tables.sellers import FulfillmentCenters


class Settings(settings.Http, settings.Finishing):
    fulfillment_centers_table: str


told = settings.read(Settings)
dynamodb = client()
orders = Orders(dynamodb, told.orders_table, told.orders_kept_days)
retention = Retention(dynamodb, told.orders_table, told.summaries_table, told.orders_kept_days)
fulfillment_centers = FulfillmentCenters(dynamodb, told.fulfillment_centers_table)
api = Api(told)


@api.route("POST", "/fulfillment-centers/{fc_id}/events")
def report_event(request: Request) -> Reply:
    client_id = request.machine("fulfillment/events")
    fc_id = request.path_id("fc_id")
    if fulfillment_centers.known_by(client_id) != fc_id:  # before the body: who may not speak is told that first
        raise Forbidden(f"This token is not fulfillment center {fc_id}'s.")
    event = parse.event(request.body(), times.now())
    outcome, order = report(orders, retention, fc_id, event)
    count(f"Event.{event.event}.{outcome}")
    document = {"order_id": order.order_id, "fc_id": fc_id, "outcome": outcome, "order_status": order.status}
    return Reply(200, document)


lambda_handler = entry_point(api.handle)
