"""The mail path: reading and grouping stream records, telling sellers, composing mails."""

import json
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from time import sleep  # the rig takes the SDK's away
from typing import Any
from unittest.mock import patch

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from local import event_pattern
from local.bridges import template
from order_cancellation.domain.sellers import Contact
from order_cancellation.mail import rounds
from order_cancellation.mail.compose import compose
from order_cancellation.tables.orders import order_from_image
from tests.support import functions, rig, sdk
from tests.support.memory_tables import ORDERS as ORDERS_TABLE
from tests.support.memory_tables import SELLERS as SELLERS_TABLE
from tests.support.memory_tables import Tables
from tests.support.ses import SimulatedSes

ORIGIN = "https://portal.example.com"
with patch.dict(os.environ, rig.VARIABLES):
    function = functions.load("cancellation_summary")

RECORDS = 10_000
SELLERS = 200
ROUNDS = 5
# What an answer takes inside a Region: about what single items, small transactions and mails take.
ANSWER_SECONDS = {"dynamodb": 0.008, "sesv2": 0.06, "sqs": 0.008}


def image(number: int, status: str) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "seller_id": f"seller-{number % SELLERS}",
        "order_id": f"A-{number}",
        "status": status,
        "marketplace": "amazon",
        "marketplace_order_id": f"113-{number:07d}-0000001",
        "destination_country": "US",
        "placed_at": "2026-11-23T09:00:00.000Z",
        "order_lines": [{"sku": "TENT-2P-GRN", "quantity": 1}, {"sku": "LAMP-HEAD-01", "quantity": 2}],
        "fulfillment_centers": ["LAX1"],
        "milestones": {"LAX1": {"allocated": "2026-11-23T09:10:00.000Z"}},
    }
    if status == "cancelled":
        plain["cancellation"] = {
            "cancellation_id": f"{number:032x}",
            "kind": "auto",
            "reason": ("stockout", "mislinked_sku", "international_unfulfillable")[number % 3],
            "cancelled_at": "2026-11-23T10:00:00.000Z",
            "request_id": "r",
        }
        plain |= {"summary_due_at": "2026-11-23T10:10:00.000Z", "summary_shard": "shard-0"}
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in plain.items()}


def records() -> list[dict[str, Any]]:
    return [
        {
            "eventName": "MODIFY",
            "dynamodb": {
                "SequenceNumber": str(number),
                "OldImage": image(number, "allocated"),
                "NewImage": image(number, "cancelled"),
            },
        }
        for number in range(RECORDS)
    ]


def group_as_the_function_does(batch: Sequence[dict[str, Any]]) -> int:
    sellers, _ = function.by_seller(batch)
    return len(sellers)


def group_by_keys_alone(batch: Sequence[dict[str, Any]]) -> int:
    sellers: dict[str, dict[str, Any]] = defaultdict(dict)
    for record in batch:
        new = record["dynamodb"]["NewImage"]
        sellers[new["seller_id"]["S"]][new["order_id"]["S"]] = new
    return len(sellers)


def group_after_deserializing(batch: Sequence[dict[str, Any]]) -> int:
    deserialize = TypeDeserializer().deserialize
    sellers: dict[str, dict[str, Any]] = defaultdict(dict)
    for record in batch:
        new = {name: deserialize(value) for name, value in record["dynamodb"]["NewImage"].items()}
        sellers[new["seller_id"]][new["order_id"]] = new
    return len(sellers)


def filter_and_group(batch: Sequence[dict[str, Any]]) -> int:
    """With the template's filter in Python, which in production is Lambda's work."""
    function = template()["Resources"]["CancellationSummaryFunction"]["Properties"]
    filters = function["Events"]["AutoCancelled"]["Properties"]["FilterCriteria"]["Filters"]
    patterns = [json.loads(entry["Pattern"]) for entry in filters]
    passed = [record for record in batch if any(event_pattern.matches(pattern, record) for pattern in patterns)]
    return group_as_the_function_does(passed)


def median_seconds(work: Sequence[Callable[[], Any]]) -> list[float]:
    """The median of ROUNDS runs of each, in turn, so that a slow moment of the machine meets all of them."""
    times: list[list[float]] = [[] for _ in work]
    for _ in range(ROUNDS):
        for index, run in enumerate(work):
            begun = time.perf_counter()
            run()
            times[index].append(time.perf_counter() - begun)
    return [statistics.median(each) for each in times]


def sellers_told_per_second(side_by_side: int, sellers: int = 200) -> float:
    """How many sellers one run of the sweep tells in a second, each of one due order, of whom so many at a time.

    AWS's answers take what ANSWER_SECONDS says; the SDK, the tables and the mails are all in play.
    """
    tables, ses = Tables(), SimulatedSes()
    rig.furnish(tables)
    for number in range(sellers):
        seller_id, order_id = f"seller-{number}", f"A-{number}"
        contact = {"name": seller_id, "email": f"{seller_id}@sellers.example", "time_zone": "UTC"}
        contact |= {"seller_id": seller_id, "summaries": "each_batch"}
        tables.put(SELLERS_TABLE, {name: {"S": text} for name, text in contact.items()})
        order = image(number, "cancelled") | {"seller_id": {"S": seller_id}, "order_id": {"S": order_id}}
        tables.put(ORDERS_TABLE, order)

    def answer(call: sdk.Call) -> None:
        sleep(ANSWER_SECONDS[call.service])

    with rig.in_lambda(), patch.object(rounds, "SIDE_BY_SIDE", side_by_side):
        service = rig.Service(tables, ses, answer)
        sweeper = service.function("summary_sweep")
        sweeper.sweep.shards = ("shard-0",)
        begun = time.perf_counter()
        sweeper.lambda_handler({}, functions.Context(120_000))
        seconds = time.perf_counter() - begun
    if len(ses.accepted) != sellers:
        raise RuntimeError(f"{len(ses.accepted)} of {sellers} sellers were told")
    return sellers / seconds


def measure(say: Any) -> list[dict[str, Any]]:
    """Tables: a title, a unit, and rows of (name, value), the first of which the others are compared with."""
    say("Reading stream records, telling sellers, composing mails")
    batch = records()
    readers = (group_as_the_function_does, group_by_keys_alone, group_after_deserializing, filter_and_group)
    seconds = median_seconds([lambda reader=reader: reader(batch) for reader in readers])  # type: ignore[misc]
    names = [reader.__name__.replace("_", " ") for reader in readers]
    contact = Contact("Acme Outdoor", "ops@acme.example", "America/Los_Angeles", "each_batch")
    orders = [order_from_image(record["dynamodb"]["NewImage"]) for record in batch[:1000]]
    sizes = (1, 10, 100, 1000)
    composing = [lambda size=size: compose(contact, "S-1", orders[:size], ORIGIN) for size in sizes]
    return [
        {
            "title": f"{RECORDS:,} stream records of {SELLERS} sellers",
            "unit": "records/s",
            "rows": [(name, RECORDS / each) for name, each in zip(names, seconds, strict=True)],
        },
        {
            "title": "Sellers told by one sweep, each in a mail",
            "unit": "sellers/s",
            "rows": [(f"{crew} at a time", sellers_told_per_second(crew)) for crew in (1, rounds.SIDE_BY_SIDE)],
        },
        {
            "title": "Composing one mail",
            "unit": "ms",
            "rows": [
                (f"{size:,} orders", each * 1000) for size, each in zip(sizes, median_seconds(composing), strict=True)
            ],
        },
    ]
