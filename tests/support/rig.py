"""The service as its callers use it, in this process: the real handlers and the real SDK, on tables and SES in memory.

A ``Service`` is one execution environment of every function: its own modules and its own SDK clients. Calls that
overlap need one each, as they do in Lambda.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from unittest.mock import patch

from botocore.config import Config

from order_cancellation import observability
from order_cancellation.domain import summaries
from order_cancellation.mail import rounds
from order_cancellation.mail import ses as product_ses
from order_cancellation.tables import client as tables_client
from tests.support import examples, functions, memory_tables, sdk
from tests.support.clock import Stopwatch
from tests.support.functions import Context, Response, http_event, machine_claims, seller_claims
from tests.support.memory_tables import Tables
from tests.support.sdk import Hook, no_hook
from tests.support.ses import SimulatedSes
from tests.support.template import CONFIGURATION_SET, TABLES

SELLER = "acme"
CENTERS = ("LAX1", "EWR2")
CLIENTS = {fc_id: f"client-{fc_id}" for fc_id in CENTERS}
PLANNER = machine_claims("client-planner", "network/orders", "network/sellers")
# A busy machine must not look like a lost answer: what is lost here, is lost on purpose.
PATIENT = Config(read_timeout=60)
VARIABLES = TABLES | {
    "SENDER_ADDRESS": "orders@network.example",
    "CONFIGURATION_SET": CONFIGURATION_SET,
    "DAILY_SUMMARY_HOUR": "8",
    "EVENT_BUS": "orders",
    "ORDERS_KEPT_DAYS": "0",
    "SUMMARIES_KEPT_DAYS": "0",
}
EXPIRING = {"ORDERS_KEPT_DAYS": "90", "SUMMARIES_KEPT_DAYS": "60"}
FUNCTIONS = {
    "cancel_one": "cancel_order",
    "cancel_many": "cancel_order",
    "view_order": "view_orders",
    "list_orders": "view_orders",
    "list_summaries": "view_summaries",
    "mark_marketplace": "marketplace_cancellation",
    "mark_many": "marketplace_cancellation",
    "reconcile": "reconciliation",
    "register_seller": "order_intake",
    "place_order": "order_intake",
    "move_order": "order_intake",
    "auto_cancel": "order_intake",
    "report": "fulfillment_center_events",
}


@contextmanager
def without_pauses() -> Iterator[None]:
    """The SDK's retries come without their pauses, and each client has as many as it wants; so it is with SES's."""
    with (
        patch("order_cancellation.mail.ses.time", Stopwatch()),
        patch("botocore.endpoint.time.sleep", lambda _: None),
        # After fifty lost answers or so a client asks no second time; no client lives through as many as ours.
        patch("botocore.retries.quota.RetryQuota.acquire", lambda *_: True),
    ):
        yield


@contextmanager
def in_lambda(**variables: str) -> Iterator[None]:
    """For thousands of calls: the functions' variables, retries without pauses, nothing logged and nothing counted.

    Sellers are told in turn, so that the calls come in the same order each time. ``variables`` are other than usual.
    """
    metrics, logger = observability.metrics.provider, observability.logger
    level = logger.log_level
    logger.setLevel("CRITICAL")
    with (
        patch.dict(os.environ, VARIABLES | variables),
        without_pauses(),
        patch.object(rounds, "SIDE_BY_SIDE", 1),
        patch.object(metrics, "add_metric", _nothing),
        patch.object(metrics, "flush_metrics", _nothing),
    ):
        yield
    logger.setLevel(level)


def _nothing(*_: object, **__: object) -> None:
    """Metrics go nowhere: calls that overlap in one process would share them."""


class Service:
    """All functions. Each is loaded when it is called first."""

    def __init__(
        self,
        tables: Tables,
        ses: SimulatedSes | None = None,
        hook: Hook = no_hook,
        *,
        dynamodb: Any = None,
        mail: Any = None,
    ) -> None:
        """Without ``ses`` none of the functions can mail; ``dynamodb`` and ``mail`` are clients made before."""
        self._dynamodb = dynamodb or sdk.dynamodb(tables, hook)
        self._mail = mail or (sdk.ses(ses, hook) if ses else None)
        self._modules: dict[str, ModuleType] = {}

    def function(self, name: str) -> ModuleType:
        """The module of a function."""
        if name not in self._modules:
            with (
                patch.object(tables_client, "client", lambda: self._dynamodb),
                patch.object(product_ses, "client", lambda: self._mail),
            ):
                self._modules[name] = functions.load(name)
        return self._modules[name]

    # ------------------------------------------------------------------------------------------------------ API Gateway

    def send(
        self, route: str, claims: dict[str, str], body: Any = None, context: Context | None = None, **event: Any
    ) -> Response:
        """Any request to one of functions.ROUTES; ``event``: what http_event takes, and ``key``, an Idempotency-Key."""
        if key := event.pop("key", None):
            event["headers"] = {"Idempotency-Key": key, **event.get("headers", {})}
        return functions.call(self.function(FUNCTIONS[route]), http_event(route, claims, body, **event), context)

    def cancel(self, order_id: str, body: Any = None, *, seller_id: str = SELLER, **event: Any) -> Response:
        return self.send("cancel_one", seller_claims(seller_id), body, order_id=order_id, **event)

    def cancel_many(self, *orders: dict[str, Any], seller_id: str = SELLER, **event: Any) -> Response:
        return self.send("cancel_many", seller_claims(seller_id), {"orders": list(orders)}, **event)

    def view(self, order_id: str, *, seller_id: str = SELLER, **query: str) -> Response:
        single = {name: [value] for name, value in query.items()}
        return self.send("view_order", seller_claims(seller_id), order_id=order_id, query=single)

    def list(self, *, seller_id: str = SELLER, **query: str) -> Response:
        single = {name: [value] for name, value in query.items()}
        return self.send("list_orders", seller_claims(seller_id), query=single)

    def register(self, seller_id: str, **changes: Any) -> Response:
        return self.send("register_seller", PLANNER, examples.contact_document(**changes), seller_id=seller_id)

    def place(self, order_id: str, *centers: str, seller_id: str = SELLER, **changes: Any) -> Response:
        body = examples.placement_document(*centers, **changes)
        return self.send("place_order", PLANNER, body, seller_id=seller_id, order_id=order_id)

    def move(self, order_id: str, *centers: str, seller_id: str = SELLER) -> Response:
        body = {"fulfillment_centers": list(centers)}
        return self.send("move_order", PLANNER, body, seller_id=seller_id, order_id=order_id)

    def auto_cancel(self, *cancellations: dict[str, Any], **event: Any) -> Response:
        return self.send("auto_cancel", PLANNER, {"cancellations": list(cancellations)}, **event)

    def report(
        self,
        fc_id: str,
        order_id: str,
        event: str,
        at: str = examples.PACKED_AT,
        *,
        seller_id: str = SELLER,
        client_id: str = "",
    ) -> Response:
        body = {"seller_id": seller_id, "order_id": order_id, "event": event, "occurred_at": at}
        claims = machine_claims(client_id or f"client-{fc_id}", "fulfillment/events")
        return self.send("report", claims, body, fc_id=fc_id)

    # ----------------------------------------------------------------------------------------------- stream, sweep, SES

    def deliver(self, records: Sequence[Mapping[str, Any]]) -> Sequence[str]:
        """Hand a batch of stream records to the summary function; returns what it gave back as failed."""
        result = self.function("cancellation_summary").lambda_handler({"Records": records}, Context(120_000))
        return [failure["itemIdentifier"] for failure in result["batchItemFailures"]]

    def sweep(self) -> None:
        self.function("summary_sweep").lambda_handler({}, Context(120_000))

    def sweep_only(self, seller_id: str) -> None:
        """Let the sweep look into this seller's shard alone: where there is one seller, the others are empty."""
        self.function("summary_sweep").sweep.shards = (summaries.shard_of(seller_id),)

    def feed_back(
        self, event_type: str, summary_id: str, message_id: str = "mail-1", mailing: int = 1, **detail: Any
    ) -> None:
        """Hand over an event of SES's; ``detail`` is the member that only events of its type have."""
        tags = {"summary_id": [summary_id], "mailing": [str(mailing)], "ses:configuration-set": ["summaries"]}
        mail = {"messageId": message_id, "tags": tags}
        event = {"source": "aws.ses", "detail": {"eventType": event_type, "mail": mail, **detail}}
        self.function("summary_feedback").lambda_handler(event, Context())


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


def know_centers(tables: Tables) -> None:
    """The clients of the fulfillment centers."""
    for fc_id, client_id in CLIENTS.items():
        tables.put(memory_tables.FULFILLMENT_CENTERS, {"client_id": {"S": client_id}, "fc_id": {"S": fc_id}})


def furnish(tables: Tables, *order_ids: str) -> None:
    """The fulfillment centers, the registered seller, and new orders of theirs."""
    know_centers(tables)
    contact = {"name": "Acme", "email": "ops@acme.example", "time_zone": "UTC", "summaries": "each_batch"}
    item = {"seller_id": {"S": SELLER}, **{name: {"S": text} for name, text in contact.items()}}
    tables.put(memory_tables.SELLERS, item)
    for order_id in order_ids:
        tables.put(memory_tables.ORDERS, order_item(order_id))


def changes(tables: Tables, after: int = 0) -> list[dict[str, Any]]:
    """The Orders stream behind a position: every change of an order that was there."""
    return [_record(number, *each) for number, each in enumerate(tables.changes, start=1) if number > after and each[0]]


def stream_records(tables: Tables, after: int = 0) -> list[dict[str, Any]]:
    """The Orders stream behind a position, as the event source mapping hands it on: the auto-cancellations."""
    return [
        _record(number, *change)
        for number, change in enumerate(tables.changes, start=1)
        if number > after and _is_an_auto_cancellation(*change)
    ]


def cancellations(item: Mapping[str, Any]) -> dict[str, str]:
    """The kind of every cancellation of an order, of parts and its own, by id."""
    found = [each["M"]["cancellation"] for each in item.get("part_cancellations", {"M": {}})["M"].values()]
    found += [item["cancellation"]] if "cancellation" in item else []
    return {each["M"]["cancellation_id"]["S"]: each["M"]["kind"]["S"] for each in found}


def due(item: Mapping[str, Any]) -> frozenset[str]:
    """The ids of the auto-cancellations of an order that no summary has yet."""
    parts = item.get("part_cancellations", {"M": {}})["M"]
    told = {name for name, each in parts.items() if "summary_id" in each["M"]}
    if "summary_id" in item:
        told.add(item["cancellation"]["M"]["cancellation_id"]["S"])
    return frozenset(name for name, kind in cancellations(item).items() if kind == "auto" and name not in told)


def orders_of(summary: Mapping[str, Any]) -> set[str]:
    """The ids of the orders that an item of the ledger is about."""
    of_parts = {entry["M"]["order_id"]["S"] for entry in summary.get("cancellations", {"L": []})["L"]}
    return of_parts | {entry["S"] for entry in summary.get("order_ids", {"L": []})["L"]}


def told(tables: Tables) -> list[tuple[str, str]]:
    """(order_id, cancellation_id) of everything that summaries list."""
    return [each for summary in tables.items(memory_tables.SUMMARIES) for each in listed(tables, summary)]


def listed(tables: Tables, summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The same of what one item of the ledger lists."""
    in_parts = (entry["M"] for entry in summary.get("cancellations", {"L": []})["L"])
    found = [(entry["order_id"]["S"], entry["cancellation_id"]["S"]) for entry in in_parts]
    for entry in summary.get("order_ids", {"L": []})["L"]:
        order = tables.get(memory_tables.ORDERS, summary["seller_id"]["S"], entry["S"])
        assert order, "a summary lists an order that is not there"
        found.append((entry["S"], order["cancellation"]["M"]["cancellation_id"]["S"]))
    return found


def _record(number: int, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    keys = {name: after[name] for name in ("seller_id", "order_id")}
    images = {"NewImage": after, **({"OldImage": before} if before else {})}
    return {
        "eventName": "MODIFY" if before else "INSERT",
        "dynamodb": {"SequenceNumber": f"{number:021}", "Keys": keys, **images},
    }


def _is_an_auto_cancellation(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """What the mapping's filter lets through: what became due, and the transition into cancelled, by the network."""
    if before and "summary_due_at" in after and "summary_due_at" not in before:
        return True
    return (
        bool(before)
        and before["status"]["S"] != "cancelled"
        and after["status"]["S"] == "cancelled"
        and after["cancellation"]["M"]["kind"]["S"] == "auto"
    )
