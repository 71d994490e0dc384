"""FastAPI behind Mangum, with boto3. (``async``, though boto3 waits: a thread for one request would cost more.)"""

import os

import boto3
import order
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from mangum import Mangum
from pydantic import BaseModel

app = FastAPI()
dynamodb = boto3.client("dynamodb")
TABLE = os.environ["ORDERS_TABLE"]


class Body(BaseModel):
    reason: str = "other"
    note: str | None = None


@app.post("/orders/{order_id}/cancel")
async def cancel(order_id: str, request: Request, body: Body | None = None):
    event = request.scope["aws.event"]
    record = order.cancellation(event, (body or Body()).model_dump())
    try:
        item = dynamodb.update_item(**order.update(TABLE, event, record))["Attributes"]
    except dynamodb.exceptions.ConditionalCheckFailedException as refused:
        status, document = order.refusal(refused.response.get("Item"))
        return JSONResponse(document, status)
    return order.answer(item, record)


lambda_handler = Mangum(app, lifespan="off")
