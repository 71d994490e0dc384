"""The real handlers in this process, and what sellers, the planner and fulfillment centers ask of them.

An ``ExecutionEnvironment`` is Lambda's, of every function: its own modules and its own SDK clients. Calls that overlap
need one each, as they do in Lambda.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from types import ModuleType
from typing import Any
from unittest.mock import patch

from botocore.config import Config

from order_cancellation import observability
from order_cancellation.domain import summaries, times
from order_cancellation.mail import ses as product_ses
from order_cancellation.tables import client as tables_client
from tests.proofs.order_model import AutoCancel, Cancel, Report, Request, View
from tests.support import functions, tables
from tests.support.aws import Hook, PostOffice, no_hook
from tests.support.aws import dynamodb as connect_dynamodb
from tests.support.aws import ses as connect_ses
from tests.support.functions import Context, http_event, machine_claims, seller_claims
from tests.support.tables import Tables

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "POWERTOOLS_SERVICE_NAME": "order-cancellation",
    "POWERTOOLS_METRICS_NAMESPACE": "OrderCancellation",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "PORTAL_ORIGIN": "https://portal.test",
    "PROBLEM_TYPE_BASE": "https://portal.test/problems",
    "ORDERS_TABLE": tables.ORDERS,
    "SUMMARIES_TABLE": tables.SUMMARIES,
    "SELLERS_TABLE": tables.SELLERS,
    "FULFILLMENT_CENTERS_TABLE": tables.FULFILLMENT_CENTERS,
    "SENDER_ADDRESS": "orders@network.example",
    "CONFIGURATION_SET": "summaries",
    "DAILY_SUMMARY_HOUR": "8",
}
SELLER = "acme"
CENTERS = ("LAX1", "EWR2")
CLIENTS = {fc_id: f"client-{fc_id}" for fc_id in CENTERS}
# A busy machine must not look like a lost answer: what is lost here, is lost on purpose.
PATIENT = Config(read_timeout=60)
PLANNER = machine_claims("planner", "network/orders", "network/sellers")


@contextmanager
def in_lambda() -> Iterator[None]:
    """The template's environment, and SDK retries without their pauses, nothing logged. No way to an AWS account."""
    metrics, logger = observability.metrics.provider, observability.logger
    level = logger.log_level
    logger.setLevel("CRITICAL")
    with (
        patch.dict(os.environ, ENVIRONMENT),
        patch("botocore.endpoint.time.sleep", lambda _: None),
        # After fifty lost answers or so a client asks no second time; no client lives through as many as ours.
        patch("botocore.retries.quota.RetryQuota.acquire", lambda *_: True),
        patch.object(metrics, "add_metric", _nothing),
        patch.object(metrics, "flush_metrics", _nothing),
    ):
        os.environ.pop("AWS_ENDPOINT_URL", None)
        os.environ.pop("AWS_PROFILE", None)
        yield
    logger.setLevel(level)


def _nothing(*_: object, **__: object) -> None:
    """Metrics go nowhere: calls that overlap in one process would share them."""


class Clock:
    """Virtual time: a number of milliseconds, moved on by hand and by every look at it. Chance is ruled out with it."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self._at = times.to_datetime("2026-11-23T09:00:00.000Z").timestamp()
        self._tokens = count(1)

    def now(self) -> str:
        self._at += 0.001
        return times.from_datetime(datetime.fromtimestamp(self._at, UTC))

    def advance(self, minutes: float) -> None:
        self._at += minutes * 60

    @contextmanager
    def ruling(self) -> Iterator[None]:
        """The code under test takes the time from here, and the random part of a summary's id."""
        with (
            patch.object(times, "now", self.now),
            patch("order_cancellation.domain.summaries.secrets.token_hex", self._token),
        ):
            yield

    def _token(self, size: int) -> str:
        return f"{next(self._tokens):0{2 * size}x}"


class ExecutionEnvironment:
    """One environment of every function."""

    def __init__(
        self,
        memory: Tables,
        post_office: PostOffice | None = None,
        hook: Hook = no_hook,
        dynamodb: Any = None,
    ) -> None:
        self._dynamodb = dynamodb or connect_dynamodb(memory, hook)
        self._ses = connect_ses(post_office or PostOffice(), hook)
        self._modules: dict[str, ModuleType] = {}

    def function(self, name: str) -> ModuleType:
        """The module of a function; loaded at its first use."""
        if name not in self._modules:
            with (
                patch.object(tables_client, "client", lambda: self._dynamodb),
                patch.object(product_ses, "client", lambda: self._ses),
            ):
                self._modules[name] = functions.load(name)
        return self._modules[name]

    def send(self, request: Request, clients: Mapping[str, str] | None = None) -> functions.Response:
        """Let the handler that a request is for answer it. ``clients``: the centers' client ids, if not the usual."""
        function, event = event_of(request, clients or CLIENTS)
        return functions.call(self.function(function), event)

    def deliver(self, records: list[dict[str, Any]]) -> list[str]:
        """Hand a batch of stream records to the summary function; returns what it gave back as failed."""
        result = self.function("cancellation_summary").lambda_handler({"Records": records}, Context(120_000))
        return [failure["itemIdentifier"] for failure in result["batchItemFailures"]]

    def sweep(self) -> None:
        self.function("summary_sweep").lambda_handler({}, Context(120_000))

    def sweep_only(self, seller_id: str) -> None:
        """Let the sweep look into this seller's shard alone: where there is one seller, the others are empty."""
        self.function("summary_sweep").SHARDS = (summaries.shard_of(seller_id),)  # type: ignore[attr-defined]

    def feed_back(self, event_type: str, summary_id: str, message_id: str = "mail-1", **detail: Any) -> None:
        mail = {"messageId": message_id, "tags": {"summary_id": [summary_id]}}
        event = {"source": "aws.ses", "detail": {"eventType": event_type, "mail": mail, **detail}}
        self.function("summary_feedback").lambda_handler(event, Context())


def event_of(request: Request, clients: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """The function that a request is for, and the event that API Gateway would send it."""
    order_id = request.order_id
    match request:
        case Cancel():
            headers = {"Idempotency-Key": request.key} if request.key else {}
            body = {"reason": "customer_request", "note": request.label}
            claims = seller_claims(SELLER)
            event = http_event("cancel_one", claims, body, headers, request_id=request.request_id, order_id=order_id)
            return "cancel_order", event
        case AutoCancel():
            entry = {"seller_id": SELLER, "order_id": order_id, "reason": "stockout", "detail": request.label}
            event = http_event("auto_cancel", PLANNER, {"cancellations": [entry]}, request_id=request.request_id)
            return "order_intake", event
        case Report():
            claims = machine_claims(clients[request.fc_id], "fulfillment/events")
            reported = {"seller_id": SELLER, "order_id": order_id, "event": request.event, "occurred_at": request.at}
            return "fulfillment_center_events", http_event("report", claims, reported, fc_id=request.fc_id)
        case View():
            return "view_orders", http_event("view_order", seller_claims(SELLER), order_id=order_id)


def order_item(order_id: str, centers: tuple[str, ...] = CENTERS) -> dict[str, Any]:
    """A new order as the Orders table holds it."""
    return {
        "seller_id": {"S": SELLER},
        "order_id": {"S": order_id},
        "status": {"S": "received"},
        "marketplace": {"S": "amazon"},
        "marketplace_order_id": {"S": f"113-{order_id}"},
        "destination_country": {"S": "US"},
        "placed_at": {"S": "2026-11-23T08:00:00Z"},
        "order_lines": {"L": [{"M": {"sku": {"S": "TENT"}, "quantity": {"N": "2"}}}]},
        "fulfillment_centers": {"L": [{"S": fc_id} for fc_id in centers]},
        "milestones": {"M": {fc_id: {"M": {}} for fc_id in centers}},
    }


def furnish(memory: Tables, *order_ids: str) -> None:
    """The fulfillment centers, the registered seller, and new orders of theirs."""
    for fc_id, client_id in CLIENTS.items():
        memory.put(tables.FULFILLMENT_CENTERS, {"client_id": {"S": client_id}, "fc_id": {"S": fc_id}})
    contact = {"name": "Acme", "email": "ops@acme.example", "time_zone": "UTC", "summaries": "each_batch"}
    memory.put(tables.SELLERS, {"seller_id": {"S": SELLER}, **{name: {"S": text} for name, text in contact.items()}})
    for order_id in order_ids:
        memory.put(tables.ORDERS, order_item(order_id))


def stream_record(number: int, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """A change of an order as its stream tells it."""
    return {
        "eventName": "MODIFY" if before else "INSERT",
        "dynamodb": {"SequenceNumber": f"{number:021}", "NewImage": after, **({"OldImage": before} if before else {})},
    }


def concerns_summaries(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """What the event source mapping's filter lets through: the transition into cancelled, by the network."""
    return (
        bool(before)
        and before["status"]["S"] != "cancelled"
        and after["status"]["S"] == "cancelled"
        and after["cancellation"]["M"]["kind"]["S"] == "auto"
    )
