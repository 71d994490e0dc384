"""A fulfillment center reports what it did with an order, or is told to put the goods back."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import progress, requests, settings, store
from order_cancellation.api import Api, Reply, machine, reply
from order_cancellation.errors import Problem
from order_cancellation.observability import count, logger, metrics

dynamodb = store.client()
orders = store.Orders(dynamodb, settings.required("ORDERS_TABLE"))
fulfillment_centers = store.FulfillmentCenters(dynamodb, settings.required("FULFILLMENT_CENTERS_TABLE"))
api = Api()


@api.routes.post("/fulfillment-centers/<fc_id>/events")
def report(fc_id: str) -> Reply:
    client_id = machine(api.event, "fulfillment/events")
    fc_id = requests.path_id(fc_id, "fc_id")
    reported = requests.fulfillment_event(requests.json_body(api.event))
    if fulfillment_centers.known_by(client_id) != fc_id:
        raise Problem("forbidden", f"This token is not fulfillment center {fc_id}'s.")
    outcome, order = progress.record(orders, fc_id, reported)
    count(f"Event.{reported.event}.{outcome}")
    document = {"order_id": order.order_id, "fc_id": fc_id, "outcome": outcome, "order_status": order.status}
    return reply(200, document)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return api.handle(event, context)
