"""A DynamoDB stream: shards of records in order, each kept for a day, in the JSON shape that Lambda sends.

Left out: shards that split and close (a consumer sees that as one shard after another), and TTL's ``userIdentity``.
"""

import base64
import json
import random
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from tests.support.clock import DAY, Clock

Image = Mapping[str, Any]

_serialize = TypeSerializer().serialize


class TrimmedData(LookupError):
    """The stream no longer has the records that were asked for (TrimmedDataAccessException)."""


@dataclass(frozen=True, slots=True)
class Record:
    """One change of one item. ``number`` is the sequence number; ``text`` is the record as JSON.

    Text, because every consumer must get a copy of its own, and a hundred thousand records as objects are slow.
    """

    number: int
    shard_id: str
    partition: str
    created: float
    text: str

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.text)
        return event

    @property
    def sequence_number(self) -> str:
        return str(self.number)


class Shard:
    """Records in the order in which they were written. Those before ``trimmed`` are gone."""

    def __init__(self, shard_id: str) -> None:
        self.shard_id = shard_id
        self.records: list[Record] = []
        self.trimmed = 0


class Stream:
    """The stream of one table. The same ``seed`` gives the same shards and sequence numbers."""

    def __init__(
        self,
        clock: Clock,
        *,
        shards: int = 1,
        seed: int = 0,
        key: Sequence[str] = ("seller_id", "order_id"),
        table: str = "Orders",
        retention: float = DAY,
    ) -> None:
        self.clock = clock
        self.key = tuple(key)
        self.retention = retention
        self.arn = f"arn:aws:dynamodb:us-east-1:123456789012:table/{table}/stream/2026-11-23T00:00:00.000"
        self.shards = [Shard(f"shardId-{index:020d}-{seed:08x}") for index in range(shards)]
        self._random = random.Random(f"stream {seed}")
        self._seed = seed
        # A few records before the numbers get one digit longer: comparing them as text goes wrong there.
        self._number = 10**20 - self._random.randrange(1, 2_000)

    def put(self, old: Image | None, new: Image | None) -> Record | None:
        """Append the change from ``old`` to ``new``, both plain Python; None is an item that is not there."""
        images = [image and {name: _serialize(value) for name, value in image.items()} for image in (old, new)]
        return self.append(*images)

    def append(self, old: Image | None, new: Image | None) -> Record | None:
        """Append a change given as DynamoDB JSON. A write that changes nothing makes no record: returns None."""
        if old == new:
            return None
        image = new or old
        assert image
        keys = {name: image[name] for name in self.key}
        partition = json.dumps(keys[self.key[0]], default=_base64)
        shard = self.shards[zlib.crc32(f"{self._seed} {partition}".encode()) % len(self.shards)]
        self._number += self._random.randrange(1, 1_000)
        images = ({"NewImage": new} if new else {}) | ({"OldImage": old} if old else {})
        text = json.dumps(
            {
                "eventID": f"{self._random.getrandbits(128):032x}",
                "eventName": "INSERT" if not old else "MODIFY" if new else "REMOVE",
                "eventVersion": "1.1",
                "eventSource": "aws:dynamodb",
                "awsRegion": "us-east-1",
                "dynamodb": {
                    "ApproximateCreationDateTime": float(int(self.clock.now)),
                    "Keys": keys,
                    **images,
                    "SequenceNumber": str(self._number),
                    "SizeBytes": len(json.dumps([keys, images], default=_base64)),
                    "StreamViewType": "NEW_AND_OLD_IMAGES",
                },
                "eventSourceARN": self.arn,
            },
            default=_base64,
        )
        record = Record(self._number, shard.shard_id, partition, self.clock.now, text)
        shard.records.append(record)
        return record

    def trim(self) -> None:
        """Let go of what is older than the retention."""
        for shard in self.shards:
            while shard.trimmed < len(shard.records) and self.has_expired(shard.records[shard.trimmed]):
                shard.trimmed += 1

    def has_expired(self, record: Record) -> bool:
        return self.clock.now - record.created >= self.retention

    def fetch(self, shard_id: str, first: str, last: str) -> list[dict[str, Any]]:
        """The records of a shard from one sequence number to another, both included, as GetRecords finds them.

        They are all the shard's records in that range, also those that a mapping's filter would drop.
        Raises TrimmedData when ``first`` is gone.
        """
        self.trim()
        [shard] = [each for each in self.shards if each.shard_id == shard_id]
        kept = shard.records[shard.trimmed :]
        if not kept or kept[0].number > int(first):
            raise TrimmedData(f"{shard_id} has nothing left from {first} on")
        return [record.event for record in kept if int(first) <= record.number <= int(last)]


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
