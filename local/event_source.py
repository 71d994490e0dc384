"""Brings the Orders stream to its function, with the batching window, in place of the local cloud's own mapping.

The local cloud ignores MaximumBatchingWindowInSeconds, so that the orders of one batch would be told in several mails,
and it ignores a partial batch response, so that a record that failed would be lost. Here both are kept; everything else
that Lambda does with a failing record is in the simulator that the tests use.

    python -m local.event_source .local/stack.json
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local import event_pattern
from local.cloud import Cloud

_PAUSE = 0.1  # seconds between two looks at the stream
_RETRY_PAUSE = 1.0

Record = dict[str, Any]


def disable_mapping(cloud: Cloud, function: str) -> None:
    """Keep the local cloud itself from reading the stream."""
    functions = cloud.client("lambda")
    for mapping in functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)


def follow(cloud: Cloud, function: str) -> None:
    """Deliver the stream until the process ends."""
    functions = cloud.client("lambda")
    (mapping,) = functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    patterns = [json.loads(entry["Pattern"]) for entry in mapping["FilterCriteria"]["Filters"]]
    window: float = mapping["MaximumBatchingWindowInSeconds"]
    gathered: list[Record] = []
    deadline = 0.0
    for record in _records(cloud, mapping["EventSourceArn"]):
        if record is not None and any(event_pattern.matches(pattern, record) for pattern in patterns):
            deadline = deadline if gathered else time.monotonic() + window
            gathered.append(record)
        if gathered and (time.monotonic() >= deadline or len(gathered) >= mapping["BatchSize"]):
            gathered = _deliver(functions, mapping["FunctionArn"], gathered)
            deadline = time.monotonic() + _RETRY_PAUSE


def _deliver(functions: Any, function: str, records: list[Record]) -> list[Record]:
    """Invoke the function; returns the records that must come again: all behind the lowest number that failed."""
    answer = functions.invoke(FunctionName=function, Payload=json.dumps({"Records": records}).encode())
    result = json.load(answer["Payload"])
    if "FunctionError" in answer:
        print("failed:", result, flush=True)
        return records
    failed = [int(entry["itemIdentifier"]) for entry in (result or {}).get("batchItemFailures", ())]
    if failed:
        print("failed records:", failed, flush=True)
    return [record for record in records if failed and int(record["dynamodb"]["SequenceNumber"]) >= min(failed)]


def _records(cloud: Cloud, stream_arn: str) -> Iterator[Record | None]:
    """The stream's records as Lambda shows them; None whenever there is no more for now."""
    streams = cloud.client("dynamodbstreams")
    (shard,) = streams.describe_stream(StreamArn=stream_arn)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(
        StreamArn=stream_arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    while True:
        page = streams.get_records(ShardIterator=iterator)
        iterator = page["NextShardIterator"]
        for record in page["Records"]:
            created = record["dynamodb"]["ApproximateCreationDateTime"].timestamp()
            yield {
                **record,
                "eventSourceARN": stream_arn,
                "dynamodb": {**record["dynamodb"], "ApproximateCreationDateTime": created},
            }
        yield None
        time.sleep(_PAUSE)


def main() -> None:
    stack = json.loads(Path(sys.argv[1]).read_text())
    cloud = Cloud(Path(sys.argv[1]).parent, int(stack["endpoint_url"].rpartition(":")[2]))
    follow(cloud, stack["functions"]["cancellation_summary"])


if __name__ == "__main__":
    main()
