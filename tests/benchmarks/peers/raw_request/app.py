"""No SDK: one request, signed by hand, over one kept connection. The floor of what Python can do, and nobody's advice:
no retries, no timeouts by kind, no credentials but the environment's.
"""

import hashlib
import hmac
import http.client
import json
import os
import time
from urllib.parse import urlsplit

import order

TABLE = os.environ["ORDERS_TABLE"]
REGION = os.environ["AWS_REGION"]
ENDPOINT = urlsplit(os.environ.get("AWS_ENDPOINT_URL", f"https://dynamodb.{REGION}.amazonaws.com"))
SECURE = ENDPOINT.scheme == "https"
connection = (http.client.HTTPSConnection if SECURE else http.client.HTTPConnection)(ENDPOINT.netloc, timeout=3)


def signed(target, body):
    at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "host": ENDPOINT.netloc,
        "x-amz-date": at,
        "x-amz-security-token": os.environ["AWS_SESSION_TOKEN"],
        "x-amz-target": f"DynamoDB_20120810.{target}",
    }
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{at[:8]}/{REGION}/dynamodb/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = f"AWS4{os.environ['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in (*scope.split("/"), text):
        signature = hmac.digest(signature, part.encode(), "sha256")
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={os.environ['AWS_ACCESS_KEY_ID']}/{scope}, SignedHeaders={names}, "
        f"Signature={signature.hex()}"
    )
    return headers


def lambda_handler(event, context):
    record = order.cancellation(event, json.loads(event["body"] or "{}"))
    body = json.dumps(order.update(TABLE, event, record)).encode()
    connection.request("POST", "/", body, signed("UpdateItem", body))
    response = connection.getresponse()
    answered = json.loads(response.read())
    if response.status == 200:
        status, document = 200, order.answer(answered["Attributes"], record)
    elif answered["__type"].endswith("ConditionalCheckFailedException"):
        status, document = order.refusal(answered.get("Item"))
    else:
        raise RuntimeError(answered)
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(document)}
