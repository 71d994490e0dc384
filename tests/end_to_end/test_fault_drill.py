"""A drill: the mail function is broken for a while. Metrics show it, and afterwards every order is told of, once."""

import json
from typing import Any

from local.client import Client
from local.cloud import Cloud
from local.mailbox import messages
from scripts.stack import Stack
from tests.end_to_end.test_summaries import eventually
from tests.support.local_stack import Operate, Place

LONG_AGO = "2026-11-01T10:00:00.000Z"
DENIED = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"}]}


class Drill:
    """One seller's orders, and what can be seen of them from outside."""

    def __init__(self, cloud: Cloud, description: dict[str, Any], planner: Client, place: Place) -> None:
        self.cloud, self.description, self.planner, self.place = cloud, description, planner, place
        self.role = Stack(description["stack_name"]).names["CancellationSummaryRole"]
        contact = {"name": "Drill", "email": "ops@drill.example", "time_zone": "UTC", "summaries": "each_batch"}
        assert planner.put("/sellers/drill", contact).status == 200

    def auto_cancel(self, number: int) -> list[str]:
        order_ids = [self.place(seller_id="drill") for _ in range(number)]
        entries = [{"seller_id": "drill", "order_id": order_id, "reason": "stockout"} for order_id in order_ids]
        assert self.planner.post("/auto-cancellations", {"cancellations": entries}).body["outcome"] == "success"
        return order_ids

    def break_it(self) -> None:
        policy = json.dumps(DENIED)
        self.cloud.client("iam").put_role_policy(RoleName=self.role, PolicyName="Broken", PolicyDocument=policy)

    def mend_it(self) -> None:
        self.cloud.client("iam").delete_role_policy(RoleName=self.role, PolicyName="Broken")

    def mails_of(self, order_id: str) -> int:
        """How many mails list an order, whole words: T-1 is not in T-12."""
        mails = [mail for mail in messages(self.cloud.endpoint_url) if "ops@drill.example" in mail["To"]]
        return sum(order_id in mail["BodyText"].split() for mail in mails)

    def make_late(self, order_ids: list[str]) -> None:
        """As if ten minutes and more had gone by."""
        for order_id in order_ids:
            self.cloud.client("dynamodb").update_item(
                TableName=self.description["tables"]["orders"],
                Key={"seller_id": {"S": "drill"}, "order_id": {"S": order_id}},
                UpdateExpression="SET summary_due_at = :due",
                ExpressionAttributeValues={":due": {"S": LONG_AGO}},
            )

    def invoke(self, function: str) -> None:
        answer = self.cloud.client("lambda").invoke(FunctionName=self.description["functions"][function])
        assert "FunctionError" not in answer

    def measured(self, metric: str) -> list[float]:
        """What was written of a metric to the log of the stack, which CloudWatch reads it from."""
        group = f"/aws/lambda/{self.description['stack_name']}"
        pages = self.cloud.client("logs").get_paginator("filter_log_events")
        found = pages.paginate(logGroupName=group, filterPattern=f'"{metric}"')
        lines = [event["message"] for page in found for event in page["events"] if f'"{metric}":' in event["message"]]
        return [value for line in lines for value in json.loads(line)[metric]]

    def given_up(self, order_id: str) -> dict[str, Any]:
        """What Lambda says of the order's stream record when it has given it up."""
        dynamodb, streams = self.cloud.client("dynamodb"), self.cloud.client("dynamodbstreams")
        arn = dynamodb.describe_table(TableName=self.description["tables"]["orders"])["Table"]["LatestStreamArn"]
        [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        begin = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        position = streams.get_shard_iterator(**begin)["ShardIterator"]
        while (page := streams.get_records(ShardIterator=position))["Records"]:
            for record in page["Records"]:
                change = record["dynamodb"]
                if record["eventName"] == "MODIFY" and change["Keys"]["order_id"]["S"] == order_id:
                    number = change["SequenceNumber"]
                    batch = {"shardId": shard["ShardId"], "startSequenceNumber": number, "endSequenceNumber": number}
                    return {"DDBStreamBatchInfo": {**batch, "streamArn": arn}}
            position = page["NextShardIterator"]
        raise AssertionError(f"the stream has no record of {order_id}")


def test_the_mail_function_is_broken_for_a_while(
    cloud: Cloud, description: dict[str, Any], planner: Client, place: Place, operate: Operate
) -> None:
    drill = Drill(cloud, description, planner, place)
    failed_before = sum(drill.measured("RecordsFailed"))
    drill.break_it()
    try:
        swept, streamed = drill.auto_cancel(3), drill.auto_cancel(2)
        assert eventually(lambda: sum(drill.measured("RecordsFailed")) > failed_before)  # the metric moves
        assert [drill.mails_of(each) for each in (*swept, *streamed)] == [0] * 5
        drill.make_late(swept)
        drill.invoke("summary_watch")
        assert drill.measured("SummaryLate")[-1] > 900  # and so does the alarm's
        drill.invoke("summary_sweep")  # it has rights of its own: what is late is told although the other is broken
        assert [drill.mails_of(each) for each in swept] == [1] * 3
        body = json.dumps(drill.given_up(streamed[0]))
        queue = Stack(description["stack_name"]).names["SummaryFailureQueue"]
        cloud.client("sqs").send_message(QueueUrl=queue, MessageBody=body)
        assert operate("redrive", "--queue", "summaries")[0] == 1  # still broken: it stays
    finally:
        drill.mend_it()
    assert eventually(lambda: all(drill.mails_of(each) for each in streamed))  # the stream brings it again
    cloud.client("sqs").purge_queue(QueueUrl=queue)
    cloud.client("sqs").send_message(QueueUrl=queue, MessageBody=body)
    assert operate("redrive", "--queue", "summaries")[0] == 0
    [marker] = drill.auto_cancel(1)
    assert eventually(lambda: drill.mails_of(marker))
    drill.invoke("summary_sweep")
    assert [drill.mails_of(each) for each in (*swept, *streamed, marker)] == [1] * 6  # nothing lost, nothing doubled
    drill.invoke("summary_watch")
    assert drill.measured("SummaryLate")[-1] < 900
