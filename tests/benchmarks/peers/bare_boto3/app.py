"""boto3, one conditional update, nothing else."""

import json
import os

import boto3
import order

dynamodb = boto3.client("dynamodb")
TABLE = os.environ["ORDERS_TABLE"]


def lambda_handler(event, context):
    record = order.cancellation(event, json.loads(event["body"] or "{}"))
    try:
        item = dynamodb.update_item(**order.update(TABLE, event, record))["Attributes"]
        status, document = 200, order.answer(item, record)
    except dynamodb.exceptions.ConditionalCheckFailedException as refused:
        status, document = order.refusal(refused.response.get("Item"))
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(document)}
