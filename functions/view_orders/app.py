"""Check here first: a seller's orders, whether each can be cancelled, and why not."""

import base64
import binascii
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import answers, requests, settings, store
from order_cancellation.api import Api, Reply, reply, seller
from order_cancellation.errors import InvalidRequest, OrderNotFound
from order_cancellation.observability import count, logger, metrics
from order_cancellation.orders import STATUSES

orders = store.Orders(store.client(), settings.required("ORDERS_TABLE"))
api = Api()


@api.routes.get("/orders")
def list_orders() -> Reply:
    seller_id = seller(api.event)
    query = requests.query(api.event, ("status", "limit", "cursor"))
    found, last = orders.page(
        seller_id,
        limit=requests.page_size(query.get("limit", "25"), "limit"),
        after=_position(query["cursor"]) if "cursor" in query else None,
        status=requests.choice(query["status"], "status", STATUSES) if "status" in query else None,
    )
    count("OrdersListed", len(found))
    return reply(200, {"orders": [answers.order_document(order) for order in found], "cursor": last and _cursor(last)})


@api.routes.get("/orders/<order_id>")
def view_order(order_id: str) -> Reply:
    seller_id = seller(api.event)
    order_id = requests.path_id(order_id, "order_id")
    order = orders.find(seller_id, order_id)
    if order is None:
        raise OrderNotFound(order_id)
    count("OrdersViewed")
    return reply(200, answers.order_document(order))


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return api.handle(event, context)


def _cursor(order_id: str) -> str:
    # Opaque, but no secret: it names a place in the caller's own list, whoever made it up.
    return base64.urlsafe_b64encode(order_id.encode()).decode().rstrip("=")


def _position(cursor: str) -> str:
    try:
        order_id = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, UnicodeError, ValueError):
        order_id = ""
    if not requests.valid_id(order_id):
        raise InvalidRequest("cursor", "is not one that this list gave out")
    return order_id
