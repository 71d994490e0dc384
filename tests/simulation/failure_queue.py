"""The on-failure destination of an event source mapping: an SQS queue of notes about what was given up.

A note names a range of records in a shard; it does not hold them. ``Stream.fetch`` finds them for a day.
"""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from tests.simulation.stream import Record
from tests.support.clock import to_second

Note = dict[str, Any]


class FailureQueue:
    """Notes, oldest first."""

    def __init__(self) -> None:
        self.notes: list[Note] = []

    def receive(self) -> list[dict[str, Any]]:
        """The notes as ``sqs.receive_message`` gives them."""
        return [
            {"MessageId": str(UUID(int=index)), "ReceiptHandle": f"receipt-{index}", "Body": json.dumps(note)}
            for index, note in enumerate(self.notes)
        ]

    def event(self) -> dict[str, Any]:
        """The notes as Lambda gives them to a function that reads the queue."""
        return {
            "Records": [
                {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": {"ApproximateReceiveCount": "1"},
                    "messageAttributes": {},
                    "eventSource": "aws:sqs",
                    "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:failures",
                    "awsRegion": "us-east-1",
                }
                for message in self.receive()
            ]
        }


def note(
    records: Sequence[Record], condition: str, *, at: float, request_id: str, invocations: int, error: bool, stream: str
) -> Note:
    """What Lambda writes of records that it gives up. ``error``: the last invocation ended without a response."""
    response = {"statusCode": 200, "executedVersion": "$LATEST"}
    return {
        "requestContext": {
            "requestId": request_id,
            "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:function",
            "condition": condition,
            "approximateInvokeCount": invocations,
        },
        # without it where there was no invocation
        **({"responseContext": response | ({"functionError": "Unhandled"} if error else {})} if invocations else {}),
        "version": "1.0",
        "timestamp": to_second(at),
        "DDBStreamBatchInfo": {
            "shardId": records[0].shard_id,
            "startSequenceNumber": records[0].sequence_number,
            "endSequenceNumber": records[-1].sequence_number,
            "approximateArrivalOfFirstRecord": to_second(records[0].created),
            "approximateArrivalOfLastRecord": to_second(records[-1].created),
            "batchSize": len(records),
            "streamArn": stream,
        },
    }
