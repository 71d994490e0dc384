"""Auto-cancelled orders reach their seller: the deployed functions, the real stream, the captured mail."""

import json
import time
from collections.abc import Callable
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from local.client import Client
from local.cloud import Cloud
from local.mailbox import messages
from tests.support.local_stack import Place


def eventually[Found](look: Callable[[], Found]) -> Found:
    """What ``look`` returns as soon as it is true; whatever it is in the end otherwise."""
    deadline = time.monotonic() + 30
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def ledger(cloud: Cloud, description: dict[str, Any], seller_id: str) -> list[dict[str, Any]]:
    items = cloud.client("dynamodb").query(
        TableName=description["tables"]["summaries"],
        KeyConditionExpression="seller_id = :seller",
        ExpressionAttributeValues={":seller": {"S": seller_id}},
    )["Items"]
    deserialize = TypeDeserializer().deserialize
    return [{name: deserialize(value) for name, value in item.items()} for item in items]


def all_before_is_told(cloud: Cloud, planner: Client, place: Place, seller_id: str = "acme") -> None:
    """An order that is auto-cancelled now has been mailed: so has been what the seller's stream told before it."""
    order_id = place(seller_id=seller_id)
    entry = {"seller_id": seller_id, "order_id": order_id, "reason": "stockout"}
    assert planner.post("/auto-cancellations", {"cancellations": [entry]}).body["outcome"] == "success"
    assert eventually(lambda: [mail for mail in messages(cloud.endpoint_url) if order_id in mail["BodyText"]])


def test_a_batch_of_five_orders_of_two_sellers_is_exactly_two_mails(
    cloud: Cloud, description: dict[str, Any], planner: Client, place: Place
) -> None:
    acme = [place() for _ in range(3)]
    bluebird = [place(seller_id="bluebird") for _ in range(2)]
    entries = [{"seller_id": "acme", "order_id": order_id, "reason": "stockout"} for order_id in acme]
    entries += [{"seller_id": "bluebird", "order_id": order_id, "reason": "mislinked_sku"} for order_id in bluebird]
    assert planner.post("/auto-cancellations", {"cancellations": entries}).body["outcome"] == "success"

    def mails_about_these() -> list[dict[str, Any]]:
        about = [
            mail for mail in messages(cloud.endpoint_url) if any(order in mail["BodyText"] for order in acme + bluebird)
        ]
        return about if len(about) >= 2 else []

    found = {mail["To"][0]: mail for mail in eventually(mails_about_these)}
    for seller_id in ("acme", "bluebird"):
        all_before_is_told(cloud, planner, place, seller_id)
    assert len(mails_about_these()) == 2
    assert set(found) == {"ops@acme.example", "hello@bluebird.example"}
    for address, order_ids, title in (
        ("ops@acme.example", acme, "out of stock"),
        ("hello@bluebird.example", bluebird, "mis-linked SKU"),
    ):
        mail = found[address]
        assert title in mail["Subject"]
        for part in ("BodyText", "BodyHtml"):
            assert all(order_id in mail[part] for order_id in order_ids)
            assert title.lower() in mail[part].lower()
    for seller_id, order_ids in (("acme", acme), ("bluebird", bluebird)):
        (entry,) = [
            entry
            for entry in ledger(cloud, description, seller_id)
            if set(entry.get("order_ids", ())) & set(order_ids)  # one about parts has cancellations instead
        ]
        assert sorted(entry["order_ids"]) == sorted(order_ids)
        assert entry["status"] == "sent"
        assert entry["summary_id"] in found[entry["email"]]["BodyText"]

    events = cloud.client("events")
    for kind, detail_type in (("Send", "Email Sent"), ("Delivery", "Email Delivered")):
        tags = {
            "summary_id": [entry["summary_id"]],
            "ses:configuration-set": [f"{description['stack_name']}-summaries"],
        }
        detail = {"eventType": kind, "mail": {"messageId": "m", "tags": tags}}
        put = events.put_events(
            Entries=[{"Source": "ses.local", "DetailType": detail_type, "Detail": json.dumps(detail)}]
        )
        assert put["FailedEntryCount"] == 0
    assert eventually(
        lambda: (
            "delivered"
            in {
                e["status"]
                for e in ledger(cloud, description, "bluebird")
                if e == e | {"summary_id": entry["summary_id"]}
            }
        )
    )


def test_a_sellers_own_cancel_mails_nothing(cloud: Cloud, acme: Client, planner: Client, place: Place) -> None:
    order_id = place()
    assert acme.cancel(order_id).status == 200
    all_before_is_told(cloud, planner, place)
    assert not [mail for mail in messages(cloud.endpoint_url) if order_id in mail["BodyText"]]


def test_the_deployed_sweep_finds_what_the_stream_lost(
    cloud: Cloud, description: dict[str, Any], planner: Client, place: Place
) -> None:
    """An order that is due and that no stream record speaks of: its record is spoiled before the function sees it."""
    order_id = place(seller_id="bluebird")
    dynamodb = cloud.client("dynamodb")
    table = description["tables"]["orders"]
    cancellation = {
        "cancellation_id": "c",
        "reason": "stockout",
        "cancelled_at": "2026-11-01T10:00:00.000Z",
        "request_id": "r",
    }
    key = {"seller_id": {"S": "bluebird"}, "order_id": {"S": order_id}}
    # first another kind, which the filter drops; then the kind alone, which is no transition into cancelled
    for kind in ("seller", "auto"):
        dynamodb.update_item(
            TableName=table,
            Key=key,
            UpdateExpression="SET #s = :cancelled, cancellation = :c, summary_due_at = :due, summary_shard = :shard",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={
                ":cancelled": {"S": "cancelled"},
                ":c": {"M": {name: {"S": value} for name, value in {**cancellation, "kind": kind}.items()}},
                ":due": {"S": "2026-11-01T10:10:00.000Z"},
                ":shard": {"S": "shard-0"},
            },
        )
    invoked = cloud.client("lambda").invoke(FunctionName=description["functions"]["summary_sweep"], Payload=b"{}")
    assert "FunctionError" not in invoked
    assert [mail for mail in messages(cloud.endpoint_url) if order_id in mail["BodyText"]]
