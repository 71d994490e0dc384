"""Print what the local stack tells other systems, as it happens: python -m local.events"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from local.cloud import Cloud, LocalCloudError
from local.stack import local_cloud, read_description


def subscribe(cloud: Cloud, event_bus: str) -> str:
    """A queue for all of the bus's events; returns its URL."""
    queue = str(cloud.client("sqs").create_queue(QueueName=f"{event_bus}-watched")["QueueUrl"])
    attributes = cloud.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    events = cloud.client("events")
    pattern = json.dumps({"source": ["order-cancellation"]})
    events.put_rule(Name="watched", EventBusName=event_bus, EventPattern=pattern)
    events.put_targets(Rule="watched", EventBusName=event_bus, Targets=[{"Id": "queue", "Arn": attributes["QueueArn"]}])
    return queue


def received(cloud: Cloud, queue: str, seconds: int = 1) -> Iterator[dict[str, Any]]:
    """The events that are there, or come within so many seconds."""
    sqs = cloud.client("sqs")
    answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=seconds)
    for message in answer.get("Messages", ()):
        yield json.loads(message["Body"])
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def main() -> int:
    try:
        cloud = local_cloud()
        queue = subscribe(cloud, read_description(cloud.directory)["event_bus"])
    except (LocalCloudError, OSError) as error:
        print(f"Is the local stack up? make up starts it. ({error})", file=sys.stderr)
        return 1
    print("Waiting for events; Ctrl-C ends it.", flush=True)
    try:
        while True:
            for event in received(cloud, queue):
                print(event["detail-type"], json.dumps(event["detail"]), flush=True)
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
