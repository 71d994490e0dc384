"""Powertools as its first page shows it: Logger, Metrics and the resolver, with boto3."""

import os

import boto3
import order
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger(service="orders")
metrics = Metrics(service="orders", namespace="Orders")
app = APIGatewayRestResolver()
dynamodb = boto3.client("dynamodb")
TABLE = os.environ["ORDERS_TABLE"]


@app.post("/orders/<order_id>/cancel")
def cancel(order_id):
    event = app.current_event.raw_event
    record = order.cancellation(event, app.current_event.json_body or {})
    try:
        item = dynamodb.update_item(**order.update(TABLE, event, record))["Attributes"]
    except dynamodb.exceptions.ConditionalCheckFailedException as refused:
        status, document = order.refusal(refused.response.get("Item"))
        return Response(status, "application/json", document)
    logger.info("cancel", extra={"order_id": order_id, "outcome": "cancelled"})
    metrics.add_metric(name="Cancel.cancelled", unit=MetricUnit.Count, value=1)
    return order.answer(item, record)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
@metrics.log_metrics
def lambda_handler(event, context):
    return app.resolve(event, context)
