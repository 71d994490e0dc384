"""What is done by hand after something went wrong: bring back what was given up, send what was parked, forget a seller.

Each may be repeated, and goes on where it was stopped: what is done is taken away from what is left, one by one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from botocore.exceptions import ClientError

from local import event_pattern
from order_cancellation.domain import times
from order_cancellation.domain.orders import CANCELLED, STATUSES
from order_cancellation.domain.summaries import SHARDS, shard_of
from order_cancellation.tables.client import Table
from order_cancellation.tables.items import decode_item
from scripts.stack import Mistake, Stack

Queue = Literal["summaries", "feedback", "events"]
QUEUES: Mapping[Queue, tuple[str, str]] = {
    "summaries": ("SummaryFailureQueue", "CancellationSummaryFunction"),
    "feedback": ("FeedbackFailureQueue", "MailEvents"),
    "events": ("EventFailureQueue", "OrderEventsFunction"),
}
_OVER = "2000-01-01T00:00:00.000Z"  # a lease that ended long ago


def redrive(stack: Stack, queue: Queue) -> Iterator[str]:
    """Bring back what was given up, and say of each message what came of it. Raises Mistake if something stays."""
    name, target = QUEUES[queue]
    sqs, url = stack.client("sqs"), stack.names[name]
    stay = 0
    for message in _messages(sqs, url):
        if queue == "feedback":
            sqs.send_message(QueueUrl=stack.names[target], MessageBody=message["Body"])
            said = "an event of SES is in its queue again"
        elif problem := _hand_over(stack, stack.names[target], json.loads(message["Body"])):
            stay += 1
            yield f"stays: {problem}"
            continue
        else:
            said = "its records were handed over"
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        yield said
    if stay:
        raise Mistake(f"{stay} messages stay in {name}. They can be seen again in half a minute.")


def _messages(sqs: Any, url: str) -> Iterator[Mapping[str, Any]]:
    """Each message that there is, once."""
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=30).get("Messages"):
        yield from found


def _hand_over(stack: Stack, function: str, given_up: Mapping[str, Any]) -> str | None:
    """Read the records that a message names from the stream, and invoke the function with them; or why not."""
    batch = given_up["DDBStreamBatchInfo"]
    try:
        records = list(_records(stack.client("dynamodbstreams"), batch))
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("TrimmedDataAccessException", "ResourceNotFoundException"):
            raise
        return f"the stream has {batch['startSequenceNumber']} no longer"
    client = stack.client("lambda")
    mappings = client.list_event_source_mappings(EventSourceArn=batch["streamArn"])["EventSourceMappings"]
    [mapping] = [each for each in mappings if f":function:{function}" in each["FunctionArn"]]
    patterns = [event_pattern.parse(each["Pattern"]) for each in mapping["FilterCriteria"]["Filters"]]
    wanted = [each for each in records if any(event_pattern.matches(pattern, each) for pattern in patterns)]
    if not wanted:
        return None
    payload = json.dumps({"Records": wanted}, default=lambda moment: moment.timestamp())
    answer = client.invoke(FunctionName=function, Qualifier="live", Payload=payload.encode())
    result = json.load(answer["Payload"])
    if "FunctionError" in answer:
        return f"the function failed: {result.get('errorMessage')}"
    failed = len(result["batchItemFailures"])
    return f"{failed} of its {len(wanted)} records failed again; the log says why" if failed else None


def _records(streams: Any, batch: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    last = int(batch["endSequenceNumber"])
    position = streams.get_shard_iterator(
        StreamArn=batch["streamArn"],
        ShardId=batch["shardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        SequenceNumber=batch["startSequenceNumber"],
    )["ShardIterator"]
    while position:
        page = streams.get_records(ShardIterator=position)
        for record in page["Records"]:
            if int(record["dynamodb"]["SequenceNumber"]) > last:
                return
            yield record
        if not page["Records"]:
            return
        position = page.get("NextShardIterator")


def waiting(stack: Stack, seller_id: str | None = None) -> list[dict[str, Any]]:
    """The summaries that did not reach their seller, as they are: all, or one seller's."""
    table = _summaries(stack)
    found = []
    for shard in [shard_of(seller_id)] if seller_id else SHARDS:
        after = None
        while True:
            items, after = table.query(
                "waiting_shard = :shard", {"shard": shard}, after=after, IndexName="WaitingSummaries"
            )
            found += [item for item in items if seller_id in (None, item["seller_id"])]
            if after is None:
                break
    keys = [{"seller_id": each["seller_id"], "summary_id": each["summary_id"]} for each in found]
    return [dict(item) for key in keys if (item := table.get(key))]


def send_again(stack: Stack, seller_id: str, summary_id: str | None) -> Iterator[str]:
    """Make a seller's parked summaries pending, so that the sweep sends them within a minute. Raises Mistake."""
    table = _summaries(stack)
    for summary in _chosen(stack, seller_id, summary_id):
        done, _ = table.update(
            {"seller_id": seller_id, "summary_id": summary["summary_id"]},
            "SET #status = :pending, lease_until = :over, lease_shard = :shard, mailing = :mailing "
            "REMOVE waits_for, waiting_shard, waiting_since",
            condition="#status = :seen AND waiting_since = :since",
            pending="pending",
            over=_OVER,
            shard=shard_of(seller_id),
            mailing=summary.get("mailing", 1) + 1,
            seen=summary["status"],
            since=summary["waiting_since"],
        )
        yield f"{summary['summary_id']} {'is pending: the sweep sends it' if done else 'was seen to by somebody else'}"


def set_aside(stack: Stack, seller_id: str, summary_id: str | None) -> Iterator[str]:
    """Take a seller's parked summaries off the list of what waits: a person has told them. Raises Mistake."""
    table = _summaries(stack)
    for summary in _chosen(stack, seller_id, summary_id):
        table.update(
            {"seller_id": seller_id, "summary_id": summary["summary_id"]},
            "SET set_aside_at = :now REMOVE waits_for, waiting_shard, waiting_since",
            condition="attribute_exists(waiting_since)",
            now=times.now(),
        )
        yield f"{summary['summary_id']} waits no longer; it stays {summary['status']}"


def _chosen(stack: Stack, seller_id: str, summary_id: str | None) -> list[dict[str, Any]]:
    found = [each for each in waiting(stack, seller_id) if summary_id in (None, each["summary_id"])]
    if not found:
        raise Mistake(f"Nothing of {seller_id} waits" + (f" under {summary_id}." if summary_id else "."))
    return found


def _summaries(stack: Stack) -> Table:
    return Table(stack.client("dynamodb"), stack.outputs["SummariesTableName"])


def forget_seller(stack: Stack, seller_id: str, write: bool) -> Iterator[str]:
    """Delete orders, summaries, contact and people of a seller. Raises Mistake while anything is live."""
    orders = _partition(stack, "OrdersTableName", seller_id)
    summaries = _partition(stack, "SummariesTableName", seller_id)
    people = _people(stack, seller_id)
    live = [each["order_id"] for each in orders if is_live(each)]
    pending = [each["summary_id"] for each in summaries if each["status"] == "pending" or "lease_until" in each]
    yield f"{len(orders)} orders, {len(summaries)} summaries, {len(people)} people, and the contact of {seller_id}"
    if live or pending:
        raise Mistake(
            f"{len(live)} orders are on their way or not told of yet, {len(pending)} summaries are not sent: "
            f"{', '.join([*live, *pending][:5])}. Nothing was deleted."
        )
    if not write:
        yield "Nothing was deleted: --write does it."
        return
    dynamodb = stack.client("dynamodb")
    for output, name, items in (
        ("OrdersTableName", "order_id", orders),
        ("SummariesTableName", "summary_id", summaries),
    ):
        for number, item in enumerate(items, start=1):
            key = {"seller_id": {"S": seller_id}, name: {"S": item[name]}}
            dynamodb.delete_item(TableName=stack.outputs[output], Key=key)
            if number % 100 == 0 or number == len(items):
                yield f"{number} of {len(items)} deleted from {stack.outputs[output]}"
    dynamodb.delete_item(TableName=stack.outputs["SellersTableName"], Key={"seller_id": {"S": seller_id}})
    for username in people:
        stack.client("cognito-idp").admin_delete_user(UserPoolId=stack.outputs["UserPoolId"], Username=username)
    yield f"Nothing is left of {seller_id}. Backups and logs have it until they expire."


def is_live(order: Mapping[str, Any]) -> bool:
    """Whether something may still come of an order: it is on its way, or its seller is not told yet."""
    if order.get("status") not in STATUSES or "summary_due_at" in order:
        return True
    return order["status"] not in (CANCELLED, "delivered")


def _partition(stack: Stack, output: str, seller_id: str) -> list[dict[str, Any]]:
    pages = (
        stack.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=stack.outputs[output],
            KeyConditionExpression="seller_id = :seller",
            ExpressionAttributeValues={":seller": {"S": seller_id}},
            ConsistentRead=True,
        )
    )
    return [decode_item(item) for page in pages for item in page["Items"]]


def _people(stack: Stack, seller_id: str) -> list[str]:
    """Cognito filters by no attribute of ours: every account is looked at."""
    pages = stack.client("cognito-idp").get_paginator("list_users").paginate(UserPoolId=stack.outputs["UserPoolId"])
    mine = {"Name": "custom:seller_id", "Value": seller_id}
    return [user["Username"] for page in pages for user in page["Users"] if mine in user["Attributes"]]
