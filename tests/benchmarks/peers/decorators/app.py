"""Powertools with all that its pages offer: validation, Parser, Tracer, and Idempotency in a table of its own."""

import os

import boto3
import order
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent
from aws_lambda_powertools.utilities.parser import BaseModel, parse

logger = Logger(service="orders")
metrics = Metrics(service="orders", namespace="Orders")
tracer = Tracer(service="orders")
app = APIGatewayRestResolver(enable_validation=True)
dynamodb = boto3.client("dynamodb")
TABLE = os.environ["ORDERS_TABLE"]
persistence = DynamoDBPersistenceLayer(table_name="Idempotency")
config = IdempotencyConfig(event_key_jmespath='headers."Idempotency-Key"')


class Body(BaseModel):
    reason: str = "other"
    note: str | None = None


@app.post("/orders/<order_id>/cancel")
@tracer.capture_method
def cancel(order_id: str):
    event = app.current_event.raw_event
    body = parse(event=app.current_event.body or "{}", model=Body)
    record = order.cancellation(event, body.model_dump())
    try:
        item = dynamodb.update_item(**order.update(TABLE, event, record))["Attributes"]
    except dynamodb.exceptions.ConditionalCheckFailedException as refused:
        status, document = order.refusal(refused.response.get("Item"))
        return Response(status, "application/json", document)
    logger.info("cancel", extra={"order_id": order_id, "outcome": "cancelled"})
    metrics.add_metric(name="Cancel.cancelled", unit=MetricUnit.Count, value=1)
    return order.answer(item, record)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
@tracer.capture_lambda_handler
@metrics.log_metrics
@idempotent(config=config, persistence_store=persistence)
def lambda_handler(event, context):
    config.register_lambda_context(context)
    return app.resolve(event, context)
