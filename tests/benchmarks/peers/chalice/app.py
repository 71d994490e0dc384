"""AWS's Chalice, with boto3."""

import os

import boto3
import order
from chalice import Chalice, Response

app = Chalice(app_name="orders")
dynamodb = boto3.client("dynamodb")
TABLE = os.environ["ORDERS_TABLE"]


@app.route("/orders/{order_id}/cancel", methods=["POST"])
def cancel(order_id):
    event = app.current_request.to_original_event()
    record = order.cancellation(event, app.current_request.json_body or {})
    try:
        item = dynamodb.update_item(**order.update(TABLE, event, record))["Attributes"]
        return order.answer(item, record)
    except dynamodb.exceptions.ConditionalCheckFailedException as refused:
        status, document = order.refusal(refused.response.get("Item"))
        return Response(document, status_code=status)


lambda_handler = app
