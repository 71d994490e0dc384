"""Check here first: a seller's orders, whether each can be cancelled, and why not."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import answers, cursors, requests, settings, store, times
from order_cancellation.api import Api, Reply, reply, seller
from order_cancellation.errors import OrderNotFound
from order_cancellation.observability import count, logger, metrics
from order_cancellation.orders import MARKETPLACE_CANCELLATIONS, STATUSES, Order
from order_cancellation.safe_reply import safe_reply

orders = store.Orders(store.client(), settings.required("ORDERS_TABLE"))
api = Api()


@api.routes.get("/orders")
def list_orders() -> Reply:
    seller_id = seller(api.event)
    names = ("status", "marketplace_cancellation", "marketplace_order_id", "limit", "cursor")
    found, last = _page(seller_id, requests.query(api.event, names))
    count("OrdersListed", len(found))
    document = {
        "orders": [answers.order_document(order) for order in found],
        "cursor": last and cursors.encode(last),
    }
    return reply(200, document)


@api.routes.get("/orders/<order_id>")
def view_order(order_id: str) -> Reply:
    seller_id = seller(api.event)
    order_id = requests.path_id(order_id, "order_id")
    order = orders.find(seller_id, order_id)
    if order is None:
        raise OrderNotFound(order_id)
    count("OrdersViewed")
    return reply(200, {**answers.order_document(order), "safe_reply": safe_reply(order, times.now())})


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return api.handle(event, context)


def _page(seller_id: str, query: Mapping[str, str]) -> tuple[list[Order], str | None]:
    limit = requests.page_size(query.get("limit", "25"), "limit")
    after = requests.path_id(cursors.decode(query["cursor"]), "cursor") if "cursor" in query else None
    status = _chosen(query, "status", STATUSES)
    to_do = _chosen(query, "marketplace_cancellation", MARKETPLACE_CANCELLATIONS)
    if "marketplace_order_id" not in query:
        return orders.page(seller_id, limit, after, status, to_do)
    wanted = requests.marketplace_order(query["marketplace_order_id"], "marketplace_order_id")
    return orders.page_named(seller_id, wanted, limit, after, status, to_do)


def _chosen(query: Mapping[str, str], name: str, allowed: Sequence[str]) -> str | None:
    return requests.choice(query[name], name, allowed) if name in query else None
