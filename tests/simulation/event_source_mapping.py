"""Lambda's event source mapping over a DynamoDB stream, with AWS's rules, on virtual time, from a seed.

    stream ──▶ filter ──▶ lane (one for each shard) ──▶ batch ──▶ handler
                                                          ▲          │
                                           retry, bisect, │          ├─▶ done: the checkpoint moves
                                      from the checkpoint └──────────┤
                                                                     └─▶ failure queue, and on

The rules, from the AWS Lambda Developer Guide ("Using Lambda with DynamoDB", "Configuring partial batch response",
"Retain discarded records"):

- A lane has one batch under way; what is behind waits. The next batch goes when it is full (BatchSize, 6 MB) or when
  the batching window ends; a window begins when the last invocation ended.
- At least once. A batch that succeeded may come again, later, behind its successors.
- Without ReportBatchItemFailures only an error fails a batch. With it the checkpoint is the *lowest* number returned,
  and everything from there on comes again, successes included.
- A failed batch is retried MaximumRetryAttempts times, or until it is too old. Bisecting costs no retry. A throttled
  invocation never reached the function: it costs no retry and is repeated until the records are too old.
- What is given up leaves a note in the failure queue. What outlives the stream's retention is gone without one.

Where the documentation is silent, this is how it is here:

- The count of retries stays with a batch when its checkpoint moves on or when it is cut again; halves keep it too.
- A partial response that names the first record made no progress: with bisecting on, the batch is halved.
- The first half is the smaller one. Retries wait 1, 2, 4 ... 60 s.
- ``BatchSize`` is what a batch has after the filter.

Invocations take turns; they overlap only where a handler's own calls let the world go on meanwhile (``crash_plans``).
"""

import itertools
import json
import random
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from local import event_pattern
from tests.simulation import failure_queue
from tests.simulation.failure_queue import FailureQueue
from tests.simulation.invocation_faults import Fault, Faults, Plan
from tests.simulation.mapping_properties import Properties
from tests.simulation.partial_batch_response import failed_from
from tests.simulation.processes import ProcessDied
from tests.simulation.stream import Record, Shard, Stream
from tests.support.clock import Clock
from tests.support.functions import Context

Event = dict[str, Any]
Handler = Callable[[Event, Any], Any]

_PAYLOAD_LIMIT = 6 * 1024 * 1024
_LONGEST_RETRY_DELAY = 60.0
_LATEST_REDELIVERY = 600.0


class Fate(StrEnum):
    """How the mapping was done with a record."""

    DONE = "done"
    FILTERED = "filtered"
    EXPIRED = "expired"
    DISCARDED = "discarded"


@dataclass
class Batch:
    """Records that go to the function together. ``ready_at`` is when they go (again)."""

    records: list[Record]
    ready_at: float
    retries: int = 0
    throttles: int = 0
    invocations: int = 0
    ended_in_error: bool = False
    is_redelivery: bool = False


@dataclass
class Lane:
    """One batch at a time from one shard."""

    shard: Shard
    window_from: float
    position: int = 0
    gathered: deque[Record] = field(default_factory=deque)
    batches: deque[Batch] = field(default_factory=deque)
    redeliveries: list[Batch] = field(default_factory=list)
    is_busy: bool = False


@dataclass(frozen=True)
class Attempt:
    """One attempt at an invocation, for the trace. ``invocation`` is its number within its batch."""

    number: int
    at: float
    lane: str
    sequence_numbers: tuple[str, ...]
    invocation: int
    is_redelivery: bool
    result: str

    def __str__(self) -> str:
        records = f"{len(self.sequence_numbers)} records from {self.sequence_numbers[0]}"
        again = "redelivered" if self.is_redelivery else f"invocation {self.invocation}"
        return f"{self.number:4} {self.at:.3f} {self.lane} {records}, {again}: {self.result}"


@dataclass(frozen=True)
class Outcome:
    """What came of an invocation. ``failed_from`` is the first record to send again; None when all are done."""

    result: str
    failed_from: int | None = None
    is_error: bool = False


class EventSourceMapping:
    """Delivers a stream to a handler.

    It begins with the oldest record that is kept. ``outages`` are (from, to) moments in which it is disabled.
    ``seconds`` is how long an invocation takes.
    """

    def __init__(
        self,
        stream: Stream,
        properties: Properties | None = None,
        *,
        faults: Faults | None = None,
        seed: int = 0,
        seconds: float = 0.0,
    ) -> None:
        self.stream = stream
        self.clock: Clock = stream.clock
        self.properties = properties or Properties()
        self.faults = faults or Plan()
        self.seconds = seconds
        self.outages: list[tuple[float, float]] = []
        self.failures = FailureQueue()
        self.trace: list[Attempt] = []
        self.counts: Counter[str] = Counter()
        self.deliveries: Counter[int] = Counter()
        self.fates: dict[int, Fate] = {}
        self._random = random.Random(f"mapping {seed}")
        self._numbers = itertools.count(1)
        self._lanes = [Lane(shard, window_from=self.clock.now) for shard in stream.shards]

    @classmethod
    def from_template(cls, function: str, stream: Stream, **options: Any) -> Self:
        """The mapping of a function as template.yaml gives it; ``options`` as for the class."""
        return cls(stream, Properties.from_template(function), **options)

    def run(self, handler: Handler, until: float | None = None) -> None:
        """Deliver until ``until`` (a moment), or until nothing is left to do."""
        while (due := self.next_due()) is not None and (until is None or due <= until):
            self.step(handler)
        if until is not None:
            self.clock.advance_to(until)

    def next_due(self) -> float | None:
        """When there is something to do, or None while there is not."""
        return min((due for lane in self._lanes if (due := self._due(lane)) is not None), default=None)

    def step(self, handler: Handler) -> None:
        """Go on to the next moment that is due, and do one thing that is due then: at most one invocation."""
        due = self.next_due()
        assert due is not None, "nothing is due"
        self.clock.advance_to(due)
        self.stream.trim()
        lane = self._random.choice([lane for lane in self._lanes if self._due(lane) == due])
        again = [batch for batch in lane.redeliveries if batch.ready_at <= self.clock.now]
        if again:
            lane.redeliveries.remove(again[0])
            self._deliver(lane, again[0], handler)
            return
        if not lane.batches:
            lane.batches.append(self._cut(lane))
        self._deliver(lane, lane.batches[0], handler)

    def fetch(self, note: Event) -> list[Event]:
        """The records that a note of the failure queue names; raises TrimmedData a day after they were written."""
        named = note["DDBStreamBatchInfo"]
        return self.stream.fetch(named["shardId"], named["startSequenceNumber"], named["endSequenceNumber"])

    def unaccounted(self) -> list[Record]:
        """Records that were never delivered, filtered, expired or discarded: none, once nothing is due."""
        return [
            record
            for shard in self.stream.shards
            for record in shard.records
            if record.number not in self.fates and not self.deliveries[record.number]
        ]

    def report(self) -> str:
        """The trace and the counts, to print."""
        counts = {**self.counts, **Counter(fate.value for fate in self.fates.values())}
        totals = ", ".join(f"{name}: {count}" for name, count in sorted(counts.items()))
        return "\n".join([*map(str, self.trace), totals])

    # ---------------------------------------------------------------------------------------------- gathering, cutting

    def _due(self, lane: Lane) -> float | None:
        if lane.is_busy:
            return None
        moments = [batch.ready_at for batch in lane.redeliveries]
        if lane.batches:
            moments.append(lane.batches[0].ready_at)
        elif (full_at := self._full_at(lane)) is not None:
            moments.append(full_at)
        return self._after_outages(min(moments)) if moments else None

    def _after_outages(self, moment: float) -> float:
        for begin, end in sorted(self.outages):
            if begin <= moment < end:
                moment = end
        return moment

    def _full_at(self, lane: Lane) -> float | None:
        """When the next batch goes: now if it is full, else when the window ends. None without a record."""
        self._gather(lane)
        if not lane.gathered:
            return None
        first = lane.gathered[0].created
        window = self.properties.maximum_batching_window_in_seconds
        is_full = (
            len(lane.gathered) >= self.properties.batch_size
            or sum(len(record.text) for record in lane.gathered) > _PAYLOAD_LIMIT
        )
        if is_full or not window:
            return max(first, self.clock.now)
        return lane.window_from + window * (max(first - lane.window_from, 0.0) // window + 1)

    def _gather(self, lane: Lane) -> None:
        """Read on in the shard, past what the filter drops."""
        records = lane.shard.records
        while lane.position < len(records) and len(lane.gathered) < self.properties.batch_size:
            record = records[lane.position]
            lane.position += 1
            if self.stream.has_expired(record):
                self.fates[record.number] = Fate.EXPIRED
            elif not self._selects(record):
                self.fates[record.number] = Fate.FILTERED
            else:
                lane.gathered.append(record)

    def _selects(self, record: Record) -> bool:
        if not self.properties.patterns:
            return True
        event = record.event
        return any(event_pattern.matches(pattern, event) for pattern in self.properties.patterns)

    def _cut(self, lane: Lane) -> Batch:
        """Take the next batch off what was gathered."""
        records = [lane.gathered.popleft()]
        size = len(records[0].text)
        while lane.gathered and (size := size + len(lane.gathered[0].text)) <= _PAYLOAD_LIMIT:
            records.append(lane.gathered.popleft())
        return Batch(records, self.clock.now)

    def _recut(self, lane: Lane, batch: Batch) -> None:
        """Before a retry: the poller has read on, or has started again and cuts the records at another place."""
        self.counts["recut"] += 1
        if self._random.random() < 0.5 and len(batch.records) > 1:
            place = self._random.randrange(1, len(batch.records))
            lane.batches.insert(1, Batch(batch.records[place:], batch.ready_at))
            del batch.records[place:]
        elif len(lane.batches) == 1:
            self._gather(lane)
            while lane.gathered and len(batch.records) < self.properties.batch_size:
                batch.records.append(lane.gathered.popleft())

    # ------------------------------------------------------------------------------------------------------ delivering

    def _deliver(self, lane: Lane, batch: Batch, handler: Handler) -> None:
        if batch.invocations and self._random.random() < self.faults.recut:
            self._recut(lane, batch)
        self._let_go_of_old(batch)
        if not batch.records:
            self._finish(lane, batch)
            return
        number = next(self._numbers)
        fault = self.faults(number)
        if fault is Fault.THROTTLE:
            self._throttle(number, lane, batch)
            return

        batch.invocations += 1
        began, sent = self.clock.now, list(batch.records)
        lane.is_busy = True
        try:
            outcome = self._invoke(handler, sent, fault)
        finally:
            lane.is_busy = False
        lane.window_from = self.clock.now
        batch.ended_in_error = outcome.is_error
        self._trace(number, began, lane, batch, outcome.result)
        if batch.is_redelivery:
            return  # it was done before: whatever became of it now, nothing is owed
        if outcome.failed_from is not None:
            self._retry(lane, batch, outcome.failed_from)
            return
        self._conclude(batch.records, Fate.DONE)
        self._finish(lane, batch)
        if fault is Fault.REDELIVER:
            again = self.clock.now + self._random.uniform(0.0, _LATEST_REDELIVERY)
            lane.redeliveries.append(Batch(sent, again, is_redelivery=True))

    def _throttle(self, number: int, lane: Lane, batch: Batch) -> None:
        batch.throttles += 1
        batch.ready_at = self.clock.now + _delay(batch.throttles)
        if batch.is_redelivery:
            lane.redeliveries.append(batch)
        self.counts["throttled"] += 1
        self._trace(number, self.clock.now, lane, batch, Fault.THROTTLE)

    def _invoke(self, handler: Handler, records: Sequence[Record], fault: Fault | None) -> Outcome:
        self.counts["invocations"] += 1
        self.deliveries.update(record.number for record in records)
        if fault is Fault.CRASH:
            return Outcome(fault, failed_from=0, is_error=True)
        deadline = self.clock.now + self.properties.timeout
        try:
            response = json.loads(json.dumps(handler(_event(records), VirtualContext(self.clock, deadline))))
        except ProcessDied as death:
            return Outcome(f"died: {death}", failed_from=0, is_error=True)
        except Exception as error:
            return Outcome(f"raised {error!r}", failed_from=0, is_error=True)
        self.clock.advance(self.seconds)
        if self.clock.now > deadline:
            return Outcome("timed out", failed_from=0, is_error=True)
        if fault is Fault.LOST:
            return Outcome(fault, failed_from=0, is_error=True)
        if not self.properties.report_batch_item_failures:
            return Outcome("succeeded")
        failed = failed_from(response, [record.sequence_number for record in records])
        return Outcome("succeeded" if failed is None else f"failed from record {failed + 1} on", failed)

    def _retry(self, lane: Lane, batch: Batch, failed: int) -> None:
        self.counts["failed"] += 1
        self._conclude(batch.records[:failed], Fate.DONE)
        del batch.records[:failed]
        if self.properties.bisect_batch_on_function_error and (failed or len(batch.records) > 1):
            if not failed:
                middle = len(batch.records) // 2
                lane.batches.insert(1, Batch(batch.records[middle:], self.clock.now, batch.retries))
                del batch.records[middle:]
            batch.ready_at = self.clock.now + _delay(batch.retries + 1)
            return
        batch.retries += 1
        if -1 < self.properties.maximum_retry_attempts < batch.retries:
            self._discard(batch, batch.records, "RetryAttemptsExhausted")
            self._finish(lane, batch)
        else:
            batch.ready_at = self.clock.now + _delay(batch.retries)

    def _let_go_of_old(self, batch: Batch) -> None:
        gone = [record for record in batch.records if self.stream.has_expired(record)]
        self._conclude(gone, Fate.EXPIRED)
        age = self.properties.maximum_record_age_in_seconds
        kept = batch.records[len(gone) :]
        old = [record for record in kept if age != -1 and self.clock.now - record.created > age]
        if old:
            self._discard(batch, old, "RecordAgeExceeded")
        batch.records = kept[len(old) :]

    def _discard(self, batch: Batch, records: Sequence[Record], condition: str) -> None:
        self._conclude(records, Fate.DISCARDED)
        if self.properties.has_failure_queue and not batch.is_redelivery:
            note = failure_queue.note(
                records,
                condition,
                at=self.clock.now,
                request_id=str(UUID(int=self._random.getrandbits(128), version=4)),
                invocations=batch.invocations,
                error=batch.ended_in_error,
                stream=self.stream.arn,
            )
            self.failures.notes.append(note)

    def _finish(self, lane: Lane, batch: Batch) -> None:
        if not batch.is_redelivery:
            assert lane.batches[0] is batch
            lane.batches.popleft()

    def _conclude(self, records: Iterable[Record], fate: Fate) -> None:
        for record in records:
            self.fates.setdefault(record.number, fate)  # a redelivery changes nothing

    def _trace(self, number: int, at: float, lane: Lane, batch: Batch, result: str) -> None:
        self.counts["redelivered"] += batch.is_redelivery
        numbers = tuple(record.sequence_number for record in batch.records)
        self.trace.append(
            Attempt(number, at, lane.shard.shard_id, numbers, batch.invocations, batch.is_redelivery, result)
        )


class VirtualContext(Context):
    """Lambda's context; its time runs out in virtual time."""

    def __init__(self, clock: Clock, deadline: float) -> None:
        super().__init__()
        self._clock = clock
        self.deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        return max(int((self.deadline - self._clock.now) * 1000), 0)


def _event(records: Sequence[Record]) -> Event:
    """A fresh copy each time: what a handler does to its event stays with it."""
    return {"Records": [record.event for record in records]}


def _delay(times: int) -> float:
    return min(2.0 ** min(times - 1, 6), _LONGEST_RETRY_DELAY)
