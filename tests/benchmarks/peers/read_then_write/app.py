"""boto3 as most write it: read the order, look, write. (Two calls, and a packing in between is overwritten.)"""

import json
import os

import boto3
import order

dynamodb = boto3.client("dynamodb")
TABLE = os.environ["ORDERS_TABLE"]


def lambda_handler(event, context):
    item = dynamodb.get_item(TableName=TABLE, Key=order.key(event), ConsistentRead=True).get("Item")
    if item is None or item["status"]["S"] not in order.CANCELLABLE:
        status, document = order.refusal(item)
    else:
        record = order.cancellation(event, json.loads(event["body"] or "{}"))
        request = order.update(TABLE, event, record)
        for name in ("ConditionExpression", "ReturnValuesOnConditionCheckFailure"):
            del request[name]
        for number in range(len(order.CANCELLABLE)):
            del request["ExpressionAttributeValues"][f":s{number}"]
        item = dynamodb.update_item(**request)["Attributes"]
        status, document = 200, order.answer(item, record)
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(document)}
