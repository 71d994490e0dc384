"""What a table was told is read at once, by everything that decides upon it: other reads may lag behind."""

from collections.abc import Callable
from typing import Any

import pytest

from order_cancellation.tables.orders import Orders
from order_cancellation.tables.sellers import FulfillmentCenters, Sellers
from order_cancellation.tables.summaries import Summaries
from tests.support import rig, sdk
from tests.support.clock import HOUR
from tests.support.memory_tables import FULFILLMENT_CENTERS, ORDERS, SELLERS, SUMMARIES, Tables

SUMMARY = {
    "seller_id": {"S": "acme"},
    "summary_id": {"S": "S-1"},
    "status": {"S": "sent"},
    "email": {"S": "ops@acme.example"},
    "order_ids": {"L": [{"S": "A-1"}]},
    "created_at": {"S": "2026-11-23T09:00:00.000Z"},
    "attempts": {"N": "1"},
    "part": {"N": "1"},
    "parts": {"N": "1"},
}
READS: dict[str, Callable[[Any], Any]] = {
    "an order": lambda dynamodb: Orders(dynamodb, ORDERS).find("acme", "A-1"),
    "orders": lambda dynamodb: Orders(dynamodb, ORDERS).find_many("acme", ["A-1"]),
    "a summary": lambda dynamodb: Summaries(dynamodb, SUMMARIES).find("acme", "S-1"),
    "a page of summaries": lambda dynamodb: Summaries(dynamodb, SUMMARIES).page("acme", 10, None)[0],
    "a seller": lambda dynamodb: Sellers(dynamodb, SELLERS).find("acme"),
    "a center": lambda dynamodb: FulfillmentCenters(dynamodb, FULFILLMENT_CENTERS).known_by("client-LAX1"),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_it_is_read_at_once(read: Callable[[Any], Any]) -> None:
    tables = Tables(lag=HOUR)
    rig.furnish(tables, "A-1")
    tables.put(SUMMARIES, SUMMARY)
    assert read(sdk.dynamodb(tables))
