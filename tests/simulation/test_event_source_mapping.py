"""The simulator keeps AWS's rules: each has a test here that a simulator without it fails."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local import event_pattern
from tests.simulation.event_source_mapping import EventSourceMapping, Fate
from tests.simulation.invocation_faults import Chaos, Fault, Plan
from tests.simulation.mapping_properties import Properties
from tests.simulation.partial_batch_response import failed_from
from tests.simulation.processes import ProcessDied
from tests.simulation.stream import Record, Stream, TrimmedData
from tests.support.clock import DAY, HOUR, MINUTE, Clock

Batches = list[list[str]]
Answer = Callable[[dict[str, Any]], Any]


class Recorder:
    """A handler that notes which orders it was given, in batches; ``answer`` is asked for its response."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.batches: Batches = []
        self.events: list[dict[str, Any]] = []
        self._answer = answer

    def __call__(self, event: dict[str, Any], _: Any) -> Any:
        self.events.append(event)
        self.batches.append(orders(event["Records"]))
        return self._answer(event) if self._answer else None


def orders(records: Sequence[dict[str, Any]]) -> list[str]:
    return [record["dynamodb"]["Keys"]["order_id"]["S"] for record in records]


def fails_on(*poison: str) -> Answer:
    """Answers with the sequence numbers of these orders."""

    def answer(event: dict[str, Any]) -> Any:
        failed = [each for each in event["Records"] if orders([each])[0] in poison]
        return {"batchItemFailures": [{"itemIdentifier": each["dynamodb"]["SequenceNumber"]} for each in failed]}

    return answer


def raises_on(*poison: str) -> Answer:
    """Raises as soon as one of these orders is in the batch."""

    def answer(event: dict[str, Any]) -> Any:
        if set(orders(event["Records"])) & set(poison):
            raise RuntimeError("poison")

    return answer


def place(stream: Stream, *order_ids: str, seller_id: str = "acme") -> list[Record]:
    records = [stream.put(None, {"seller_id": seller_id, "order_id": order_id}) for order_id in order_ids]
    return [record for record in records if record]


def numbered(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stream(clock: Clock) -> Stream:
    return Stream(clock)


# --------------------------------------------------------------------------------------------------------------- stream


def test_a_record_has_the_shape_that_lambda_sends(stream: Stream) -> None:
    handler = Recorder()
    old = {"seller_id": "acme", "order_id": "A-1", "status": "received", "quantity": 2}
    stream.put(None, old)
    stream.put(old, {**old, "status": "cancelled", "cancellation": {"kind": "auto", "skus": ["TENT"]}})
    stream.put({"seller_id": "acme", "order_id": "A-1"}, None)
    EventSourceMapping(stream).run(handler)
    [[inserted, modified, removed]] = [event["Records"] for event in handler.events]
    assert [each["eventName"] for each in (inserted, modified, removed)] == ["INSERT", "MODIFY", "REMOVE"]
    number = modified["dynamodb"].pop("SequenceNumber")
    assert number.isdecimal()
    assert len(modified.pop("eventID")) == 32
    assert modified["dynamodb"].pop("SizeBytes") > 100
    image = {"seller_id": {"S": "acme"}, "order_id": {"S": "A-1"}, "quantity": {"N": "2"}}
    assert modified == {
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "eventSourceARN": stream.arn,
        "dynamodb": {
            "ApproximateCreationDateTime": stream.clock.now,
            "Keys": {"seller_id": {"S": "acme"}, "order_id": {"S": "A-1"}},
            "NewImage": {
                **image,
                "status": {"S": "cancelled"},
                "cancellation": {"M": {"kind": {"S": "auto"}, "skus": {"L": [{"S": "TENT"}]}}},
            },
            "OldImage": {**image, "status": {"S": "received"}},
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }
    assert "OldImage" not in inserted["dynamodb"]
    assert "NewImage" not in removed["dynamodb"]


def test_a_write_that_changes_nothing_makes_no_record(stream: Stream) -> None:
    image = {"seller_id": "acme", "order_id": "A-1"}
    assert stream.put(image, dict(image)) is None
    assert stream.shards[0].records == []


def test_sequence_numbers_ascend_and_outgrow_their_number_of_digits(stream: Stream) -> None:
    numbers = [record.number for record in place(stream, *numbered(1, 20))]
    assert numbers == sorted(set(numbers))
    assert sorted(map(str, numbers)) != list(map(str, numbers)), "comparing them as text must go wrong"


def test_a_partition_keeps_to_one_shard_and_many_partitions_use_all(clock: Clock) -> None:
    stream = Stream(clock, shards=4, seed=1)
    for number in range(400):
        place(stream, f"A-{number}", seller_id=f"seller-{number % 40}")
    shards_of: dict[str, set[str]] = {}
    for shard in stream.shards:
        for record in shard.records:
            shards_of.setdefault(record.partition, set()).add(record.shard_id)
    assert all(len(shards) == 1 for shards in shards_of.values())
    assert all(len(shard.records) > 20 for shard in stream.shards)


def test_the_same_seed_makes_the_same_run(clock: Clock) -> None:
    def run(seed: int) -> str:
        stream = Stream(Clock(), shards=3, seed=seed)
        mapping = EventSourceMapping(
            stream,
            Properties(batch_size=7, maximum_retry_attempts=3),
            faults=Chaos(seed, throttle=0.1, crash=0.1, lost=0.1, redeliver=0.2, recut=0.3),
            seed=seed,
        )
        for number in range(100):
            place(stream, str(number), seller_id=f"seller-{number % 9}")
        mapping.run(Recorder())
        return mapping.report()

    assert run(1) == run(1)
    assert run(1) != run(2)


# ----------------------------------------------------------------------------------------------------- batch and window


def test_a_batch_has_at_most_batch_size_records_in_order(stream: Stream) -> None:
    handler = Recorder()
    place(stream, *numbered(1, 7))
    EventSourceMapping(stream, Properties(batch_size=3)).run(handler)
    assert handler.batches == [["1", "2", "3"], ["4", "5", "6"], ["7"]]


def test_without_a_window_a_record_goes_at_once(stream: Stream) -> None:
    handler = Recorder()
    mapping = EventSourceMapping(stream)
    began = stream.clock.now
    place(stream, "1")
    mapping.run(handler)
    assert (handler.batches, stream.clock.now) == ([["1"]], began)


def test_a_window_gathers_until_it_ends(stream: Stream) -> None:
    handler = Recorder()
    mapping = EventSourceMapping(stream, Properties(maximum_batching_window_in_seconds=300))
    began = stream.clock.now
    for order_id in ("1", "2", "3"):
        place(stream, order_id)
        mapping.run(handler, until=stream.clock.now + 99)
    assert handler.batches == []
    mapping.run(handler)
    assert (handler.batches, stream.clock.now) == ([["1", "2", "3"]], began + 300)


def test_windows_follow_one_another_so_a_late_record_waits_for_the_end_of_its_own(stream: Stream) -> None:
    handler = Recorder()
    mapping = EventSourceMapping(stream, Properties(maximum_batching_window_in_seconds=300))
    began = stream.clock.now
    mapping.run(handler, until=began + 1_000)
    place(stream, "1")
    mapping.run(handler)
    assert stream.clock.now == began + 1_200
    mapping.run(handler, until=began + 1_250)
    place(stream, "2")  # this window began at 1,200, when the last invocation ended
    mapping.run(handler)
    assert stream.clock.now == began + 1_500


def test_a_full_batch_does_not_wait_for_its_window(stream: Stream) -> None:
    handler = Recorder()
    mapping = EventSourceMapping(stream, Properties(batch_size=2, maximum_batching_window_in_seconds=300))
    began = stream.clock.now
    place(stream, "1", "2", "3")
    mapping.run(handler, until=began + 1)
    assert handler.batches == [["1", "2"]]
    mapping.run(handler)
    assert handler.batches == [["1", "2"], ["3"]]
    assert stream.clock.now == began + 300


def test_a_batch_stays_under_six_megabytes(stream: Stream) -> None:
    handler = Recorder()
    for number in range(40):
        stream.put(None, {"seller_id": "acme", "order_id": str(number), "blob": "x" * 390_000})
    EventSourceMapping(stream, Properties(maximum_batching_window_in_seconds=300)).run(handler)
    assert [len(batch) for batch in handler.batches] == [16, 16, 8]


def test_records_that_come_while_the_function_runs_wait_for_the_next_batch(stream: Stream) -> None:
    handler = Recorder(lambda _: None if len(handler.batches) > 1 else place(stream, "2") and None)
    place(stream, "1")
    mapping = EventSourceMapping(stream, seconds=2.0)
    mapping.run(handler)
    assert handler.batches == [["1"], ["2"]]
    assert [attempt.at for attempt in mapping.trace] == [stream.clock.now - 4, stream.clock.now - 2]


# ----------------------------------------------------------------------------------------------------- start and expiry


def test_trim_horizon_begins_with_the_oldest_record_that_is_kept(stream: Stream) -> None:
    handler = Recorder()
    place(stream, "expired")
    stream.clock.advance(DAY)
    place(stream, "kept")
    mapping = EventSourceMapping(stream)
    place(stream, "new")
    mapping.run(handler)
    assert handler.batches == [["kept", "new"]]
    assert Counter(mapping.fates.values()) == {Fate.EXPIRED: 1, Fate.DONE: 2}


def test_a_record_a_day_old_is_gone_and_leaves_no_note(stream: Stream) -> None:
    handler = Recorder()
    properties = Properties(has_failure_queue=True, maximum_retry_attempts=2)
    mapping = EventSourceMapping(stream, properties)
    mapping.outages.append((stream.clock.now, stream.clock.now + DAY))
    place(stream, "1")
    stream.clock.advance(1.0)
    place(stream, "2")
    mapping.run(handler)
    assert handler.batches == [["2"]]
    assert list(mapping.fates.values()) == [Fate.EXPIRED, Fate.DONE]
    assert mapping.failures.notes == []


# --------------------------------------------------------------------------------------------------------------- filter


def test_filtered_records_are_dropped_and_count_as_done(stream: Stream) -> None:
    handler = Recorder()
    pattern = event_pattern.parse('{"dynamodb": {"NewImage": {"order_id": {"S": [{"prefix": "A"}]}}}}')
    place(stream, "A-1", "B-1", "B-2", "A-2", "B-3")
    mapping = EventSourceMapping(stream, Properties(batch_size=2, patterns=(pattern,)))
    mapping.run(handler)
    assert handler.batches == [["A-1", "A-2"]], "a batch is filled after the filter"
    assert Counter(mapping.fates.values()) == {Fate.DONE: 2, Fate.FILTERED: 3}
    assert mapping.next_due() is None


def test_filters_are_alternatives(stream: Stream) -> None:
    handler = Recorder()
    patterns = tuple(
        event_pattern.parse(f'{{"dynamodb": {{"Keys": {{"order_id": {{"S": ["{order_id}"]}}}}}}}}')
        for order_id in ("1", "3")
    )
    place(stream, "1", "2", "3")
    EventSourceMapping(stream, Properties(patterns=patterns)).run(handler)
    assert handler.batches == [["1", "3"]]


# ------------------------------------------------------------------------------------ failures without partial response


def test_an_error_fails_the_whole_batch_which_comes_again_before_anything_else(stream: Stream) -> None:
    handler = Recorder(raises_on("2"))
    mapping = EventSourceMapping(stream, Properties(batch_size=2, maximum_retry_attempts=2))
    place(stream, "1", "2", "3")
    mapping.run(handler)
    assert handler.batches == [["1", "2"]] * 3 + [["3"]]
    assert list(mapping.fates.values()) == [Fate.DISCARDED, Fate.DISCARDED, Fate.DONE]


def test_an_answer_that_is_no_json_is_an_error(stream: Stream) -> None:
    handler = Recorder(lambda _: {1, 2})
    place(stream, "1")
    mapping = EventSourceMapping(stream, Properties(maximum_retry_attempts=0))
    mapping.run(handler)
    assert mapping.fates.popitem()[1] is Fate.DISCARDED


def test_a_process_that_dies_is_an_error(stream: Stream) -> None:
    def die(event: dict[str, Any], context: Any) -> Any:
        raise ProcessDied("out of memory")

    place(stream, "1")
    mapping = EventSourceMapping(stream, Properties(maximum_retry_attempts=1))
    mapping.run(die)
    assert [attempt.result for attempt in mapping.trace] == ["died: out of memory"] * 2


def test_a_handler_that_overruns_its_timeout_fails_though_it_did_its_work(stream: Stream) -> None:
    remaining: list[int] = []

    def work(event: dict[str, Any], context: Any) -> Any:
        remaining.append(context.get_remaining_time_in_millis())
        stream.clock.advance(4.0 if len(remaining) == 1 else 1.0)

    place(stream, "1")
    mapping = EventSourceMapping(stream, Properties(timeout=3.0))
    mapping.run(work)
    assert [attempt.result for attempt in mapping.trace] == ["timed out", "succeeded"]
    assert remaining == [3_000, 3_000]


def test_without_report_batch_item_failures_the_answer_is_not_read(stream: Stream) -> None:
    handler = Recorder(fails_on("1"))
    place(stream, "1", "2")
    EventSourceMapping(stream, Properties()).run(handler)
    assert handler.batches == [["1", "2"]]


def test_retries_without_end_block_the_shard_until_the_record_expires(stream: Stream) -> None:
    handler = Recorder(raises_on("poison"))
    mapping = EventSourceMapping(stream, Properties(batch_size=1))
    began = stream.clock.now
    place(stream, "poison")
    stream.clock.advance(HOUR)
    place(stream, "healthy")
    mapping.run(handler)
    assert handler.batches[-1] == ["healthy"]
    assert set(map(tuple, handler.batches[:-1])) == {("poison",)}
    assert len(handler.batches) > 1_000
    assert began + DAY <= mapping.trace[-1].at < began + DAY + MINUTE


def test_one_shard_that_is_blocked_does_not_block_another(clock: Clock) -> None:
    stream = Stream(clock, shards=2)
    handler = Recorder(raises_on("poison"))
    [poison] = place(stream, "poison")
    elsewhere = next(
        seller_id
        for seller_id in numbered(1, 99)
        if place(stream, seller_id, seller_id=seller_id)[0].shard_id != poison.shard_id
    )
    EventSourceMapping(stream, Properties(batch_size=1)).run(handler, until=clock.now)
    assert handler.batches.count(["poison"]) == 1
    assert [elsewhere] in handler.batches


# ----------------------------------------------------------------------------------------------- partial batch response

PARTIAL = Properties(report_batch_item_failures=True, maximum_retry_attempts=3, has_failure_queue=True)


def test_the_lowest_number_returned_is_the_checkpoint_and_successes_behind_it_come_again(stream: Stream) -> None:
    answers = [fails_on("4", "2"), fails_on("4"), fails_on()]
    handler = Recorder(lambda event: answers[len(handler.batches) - 1](event))
    place(stream, *numbered(1, 5))
    EventSourceMapping(stream, PARTIAL).run(handler)
    assert handler.batches == [["1", "2", "3", "4", "5"], ["2", "3", "4", "5"], ["4", "5"]]


@pytest.mark.parametrize("response", [None, {}, {"batchItemFailures": None}, {"batchItemFailures": []}])
def test_an_empty_answer_is_success(response: Any) -> None:
    assert failed_from(response, ["1", "2", "3"]) is None


@pytest.mark.parametrize("key", ["batchItemFailure", "BatchItemFailures", "failures"])
def test_a_wrong_top_level_key_looks_like_success(key: str) -> None:
    assert failed_from({key: [{"itemIdentifier": "2"}]}, ["1", "2", "3"]) is None


@pytest.mark.parametrize(
    "entry",
    [
        {"itemIdentifier": ""},
        {"itemIdentifier": None},
        {"itemIdentifier": "99"},
        {"itemIdentifier": 2},
        {"ItemIdentifier": "2"},
        {"sequenceNumber": "2"},
        {},
        "2",
    ],
)
def test_an_entry_that_names_no_record_fails_the_whole_batch(entry: Any) -> None:
    assert failed_from({"batchItemFailures": [{"itemIdentifier": "3"}, entry]}, ["1", "2", "3"]) == 0


def test_the_order_of_the_entries_does_not_matter() -> None:
    numbers = ["99", "100", "101"]  # as text, "99" would be the highest
    assert failed_from({"batchItemFailures": [{"itemIdentifier": each} for each in ("101", "100")]}, numbers) == 1


@pytest.mark.parametrize("response", ["ok", [], 1, {"batchItemFailures": {"itemIdentifier": "1"}}])
def test_an_answer_that_the_documentation_is_silent_about_is_a_defect_of_the_handler(response: Any) -> None:
    with pytest.raises(ValueError, match="not documented"):
        failed_from(response, ["1"])


def test_the_retries_of_a_batch_are_counted_on_when_its_checkpoint_moves(stream: Stream) -> None:
    handler = Recorder(lambda event: fails_on(str(len(handler.batches) + 1))(event))
    place(stream, *numbered(1, 9))
    mapping = EventSourceMapping(stream, PARTIAL)
    mapping.run(handler)
    assert [batch[0] for batch in handler.batches] == ["1", "2", "3", "4"]
    assert Counter(mapping.fates.values()) == {Fate.DONE: 4, Fate.DISCARDED: 5}


# --------------------------------------------------------------------------------------------------------------- bisect


def test_bisecting_finds_the_poison_record_at_no_cost_of_retries(stream: Stream) -> None:
    handler = Recorder(raises_on("6"))
    properties = Properties(bisect_batch_on_function_error=True, maximum_retry_attempts=0, has_failure_queue=True)
    place(stream, *numbered(1, 8))
    mapping = EventSourceMapping(stream, properties)
    mapping.run(handler)
    assert handler.batches == [
        numbered(1, 8),
        numbered(1, 4),
        numbered(5, 8),
        ["5", "6"],
        ["5"],
        ["6"],
        ["7", "8"],
    ]
    [note] = mapping.failures.notes
    assert orders(mapping.fetch(note)) == ["6"]
    assert Counter(mapping.fates.values()) == {Fate.DONE: 7, Fate.DISCARDED: 1}


def test_halves_of_an_odd_batch_lose_nothing(stream: Stream) -> None:
    handler = Recorder(raises_on(*numbered(1, 7)))
    properties = Properties(bisect_batch_on_function_error=True, maximum_retry_attempts=0)
    place(stream, *numbered(1, 7))
    EventSourceMapping(stream, properties).run(handler)
    assert [batch for batch in handler.batches if len(batch) == 1] == [[number] for number in numbered(1, 7)]


def test_with_partial_responses_the_batch_is_bisected_at_the_number_returned(stream: Stream) -> None:
    handler = Recorder(fails_on("3"))
    properties = Properties(
        report_batch_item_failures=True,
        bisect_batch_on_function_error=True,
        maximum_retry_attempts=1,
        has_failure_queue=True,
    )
    place(stream, *numbered(1, 5))
    mapping = EventSourceMapping(stream, properties)
    mapping.run(handler)
    assert handler.batches == [numbered(1, 5), ["3", "4", "5"], ["3"], ["3"], ["4", "5"]]
    [note] = mapping.failures.notes
    assert note["requestContext"]["approximateInvokeCount"] == 4
    assert orders(mapping.fetch(note)) == ["3"]


# ----------------------------------------------------------------------------------------- giving up, the failure queue


def test_a_batch_that_is_given_up_leaves_a_note_and_the_shard_goes_on(stream: Stream) -> None:
    handler = Recorder(fails_on("2"))
    mapping = EventSourceMapping(stream, PARTIAL)
    began = stream.clock.now
    first, second, third = place(stream, "1", "2", "3")
    mapping.run(handler)
    stream.clock.advance(1.0)
    place(stream, "4")
    mapping.run(handler)
    assert handler.batches == [["1", "2", "3"], ["2", "3"], ["2", "3"], ["2", "3"], ["4"]]
    [note] = mapping.failures.notes
    assert note["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert note["requestContext"]["approximateInvokeCount"] == 4
    assert note["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
    assert note["DDBStreamBatchInfo"] == {
        "shardId": first.shard_id,
        "startSequenceNumber": second.sequence_number,
        "endSequenceNumber": third.sequence_number,
        "approximateArrivalOfFirstRecord": "2026-11-23T09:00:00Z",
        "approximateArrivalOfLastRecord": "2026-11-23T09:00:00Z",
        "batchSize": 2,
        "streamArn": stream.arn,
    }
    assert note["timestamp"] == "2026-11-23T09:00:07Z"
    assert mapping.trace[3].at == began + 7


def test_an_error_is_named_in_the_note(stream: Stream) -> None:
    place(stream, "1")
    mapping = EventSourceMapping(stream, Properties(maximum_retry_attempts=0, has_failure_queue=True))
    mapping.run(Recorder(raises_on("1")))
    [note] = mapping.failures.notes
    assert note["responseContext"]["functionError"] == "Unhandled"


def test_the_failure_queue_has_the_shapes_of_sqs(stream: Stream) -> None:
    place(stream, "1")
    mapping = EventSourceMapping(stream, Properties(maximum_retry_attempts=0, has_failure_queue=True))
    mapping.run(Recorder(raises_on("1")))
    [message] = mapping.failures.receive()
    assert message.keys() == {"MessageId", "ReceiptHandle", "Body"}
    [record] = mapping.failures.event()["Records"]
    assert record["eventSource"] == "aws:sqs"
    assert record["body"] == message["Body"]


def test_without_a_failure_queue_what_is_given_up_is_only_counted(stream: Stream) -> None:
    place(stream, "1")
    mapping = EventSourceMapping(stream, Properties(maximum_retry_attempts=0))
    mapping.run(Recorder(raises_on("1")))
    assert mapping.failures.notes == []
    assert list(mapping.fates.values()) == [Fate.DISCARDED]


def test_the_records_of_a_note_can_be_fetched_for_a_day(stream: Stream) -> None:
    place(stream, "1")
    mapping = EventSourceMapping(stream, Properties(maximum_retry_attempts=0, has_failure_queue=True))
    mapping.run(Recorder(raises_on("1")))
    [note] = mapping.failures.notes
    stream.clock.advance(DAY - 1)
    assert orders(mapping.fetch(note)) == ["1"]
    stream.clock.advance(1.0)
    with pytest.raises(TrimmedData):
        mapping.fetch(note)


def test_a_note_names_a_range_so_fetching_it_also_finds_what_the_filter_dropped(stream: Stream) -> None:
    pattern = event_pattern.parse('{"dynamodb": {"Keys": {"order_id": {"S": [{"anything-but": ["2"]}]}}}}')
    place(stream, "1", "2", "3")
    properties = Properties(patterns=(pattern,), maximum_retry_attempts=0, has_failure_queue=True)
    mapping = EventSourceMapping(stream, properties)
    mapping.run(Recorder(raises_on("1")))
    [note] = mapping.failures.notes
    assert note["DDBStreamBatchInfo"]["batchSize"] == 2
    assert orders(mapping.fetch(note)) == ["1", "2", "3"]


def test_records_over_the_maximum_age_are_given_up_and_younger_ones_go_on(stream: Stream) -> None:
    handler = Recorder(raises_on("old"))
    properties = Properties(maximum_record_age_in_seconds=60, has_failure_queue=True)
    mapping = EventSourceMapping(stream, properties)
    place(stream, "old")
    stream.clock.advance(30.0)
    place(stream, "young")
    mapping.run(handler)
    [note] = mapping.failures.notes
    assert note["requestContext"]["condition"] == "RecordAgeExceeded"
    assert orders(mapping.fetch(note)) == ["old"]
    assert handler.batches[-1] == ["young"]


# ------------------------------------------------------------------------------------------------- faults, redelivery


def test_a_throttled_invocation_costs_no_retry(stream: Stream) -> None:
    handler = Recorder()
    throttles = dict.fromkeys(range(1, 10), Fault.THROTTLE)
    mapping = EventSourceMapping(stream, Properties(maximum_retry_attempts=0), faults=Plan(throttles))
    place(stream, "1")
    mapping.run(handler)
    assert handler.batches == [["1"]]
    assert mapping.counts["throttled"] == 9


def test_throttling_lasts_until_the_record_is_too_old(stream: Stream) -> None:
    handler = Recorder()
    properties = Properties(maximum_record_age_in_seconds=120, maximum_retry_attempts=0, has_failure_queue=True)
    mapping = EventSourceMapping(stream, properties, faults=Chaos(0, throttle=1.0))
    place(stream, "1")
    mapping.run(handler)
    assert handler.batches == []
    [note] = mapping.failures.notes
    assert note["requestContext"]["condition"] == "RecordAgeExceeded"
    assert "responseContext" not in note


@pytest.mark.parametrize(("fault", "runs"), [(Fault.CRASH, 1), (Fault.LOST, 2)])
def test_a_crash_before_the_handler_and_an_answer_lost_behind_it(stream: Stream, fault: Fault, runs: int) -> None:
    handler = Recorder()
    mapping = EventSourceMapping(stream, Properties(), faults=Plan({1: fault}))
    place(stream, "1")
    mapping.run(handler)
    assert handler.batches == [["1"]] * runs
    assert mapping.counts["invocations"] == 2


def test_a_batch_that_succeeded_may_come_again_behind_later_ones(stream: Stream) -> None:
    handler = Recorder()
    mapping = EventSourceMapping(stream, Properties(batch_size=2), faults=Plan({1: Fault.REDELIVER}))
    place(stream, "1", "2", "3", "4")
    mapping.run(handler)
    assert handler.batches == [["1", "2"], ["3", "4"], ["1", "2"]]
    assert [attempt.is_redelivery for attempt in mapping.trace] == [False, False, True]


def test_a_redelivered_event_is_its_own_copy(stream: Stream) -> None:
    handler = Recorder(lambda event: event["Records"][0].pop("eventName") and None)
    mapping = EventSourceMapping(stream, faults=Plan({1: Fault.REDELIVER}))
    [record] = place(stream, "1")
    mapping.run(handler)
    assert [attempt.result for attempt in mapping.trace] == ["succeeded", "succeeded"]
    assert record.event["eventName"] == "INSERT"


def test_a_redelivery_that_fails_is_not_owed(stream: Stream) -> None:
    handler = Recorder(lambda _: 1 / 0 if len(handler.batches) > 1 else None)
    properties = Properties(maximum_retry_attempts=0, has_failure_queue=True)
    mapping = EventSourceMapping(stream, properties, faults=Plan({1: Fault.REDELIVER}))
    place(stream, "1")
    mapping.run(handler)
    assert len(handler.batches) == 2
    assert mapping.failures.notes == []
    assert list(mapping.fates.values()) == [Fate.DONE]


def test_retries_may_be_cut_anew(clock: Clock) -> None:
    cuts: set[tuple[str, ...]] = set()
    for seed in range(20):
        stream = Stream(clock, seed=seed)
        crash = dict.fromkeys(range(1, 4), Fault.CRASH)
        mapping = EventSourceMapping(stream, faults=Plan(crash, recut=1.0), seed=seed)
        handler = Recorder()
        place(stream, "1", "2", "3")
        mapping.step(handler)
        place(stream, "4")
        mapping.run(handler)
        assert sorted(order_id for batch in handler.batches for order_id in batch) == numbered(1, 4)
        cuts |= set(map(tuple, handler.batches))
    assert {("1",), ("1", "2"), ("1", "2", "3", "4")} <= cuts


# ------------------------------------------------------------------------------------------------------------- template


def template(**event: Any) -> dict[str, Any]:
    properties = {"Stream": {"GetAtt": "OrdersTable.StreamArn"}, "StartingPosition": "TRIM_HORIZON", **event}
    function = {"Timeout": 60, "Events": {"Changes": {"Type": "DynamoDB", "Properties": properties}}}
    return {
        "Globals": {"Function": {"Timeout": 15}},
        "Parameters": {"Window": {"Type": "Number", "Default": 300}},
        "Resources": {"SummaryFunction": {"Properties": function}},
    }


def test_properties_come_from_the_template() -> None:
    properties = Properties.from_template(
        "SummaryFunction",
        template(
            BatchSize=50,
            MaximumBatchingWindowInSeconds={"Ref": "Window"},
            FilterCriteria={"Filters": [{"Pattern": '{"dynamodb": {"NewImage": {"status": {"S": ["cancelled"]}}}}'}]},
            FunctionResponseTypes=["ReportBatchItemFailures"],
            BisectBatchOnFunctionError=True,
            MaximumRetryAttempts=5,
            MaximumRecordAgeInSeconds=3600,
            DestinationConfig={"OnFailure": {"Type": "SQS", "Destination": {"GetAtt": "Queue.Arn"}}},
        ),
    )
    assert properties == Properties(
        batch_size=50,
        maximum_batching_window_in_seconds=300,
        patterns=({"dynamodb": {"NewImage": {"status": {"S": ["cancelled"]}}}},),
        report_batch_item_failures=True,
        bisect_batch_on_function_error=True,
        maximum_retry_attempts=5,
        maximum_record_age_in_seconds=3600,
        has_failure_queue=True,
        timeout=60,
    )


def test_what_the_template_leaves_out_has_awss_defaults() -> None:
    assert Properties.from_template("SummaryFunction", template()) == Properties(timeout=60)


@pytest.mark.parametrize("event", [{"TumblingWindowInSeconds": 60}, {"BatchSzie": 5}, {"StartingPosition": "LATEST"}])
def test_what_is_not_simulated_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not simulated"):
        Properties.from_template("SummaryFunction", template(**event))


# ----------------------------------------------------------------------------------------------------------- invariants

PROPERTIES = st.builds(
    Properties,
    batch_size=st.integers(1, 8),
    maximum_batching_window_in_seconds=st.sampled_from([0, 1, 60, 300]),
    report_batch_item_failures=st.booleans(),
    bisect_batch_on_function_error=st.booleans(),
    maximum_retry_attempts=st.sampled_from([-1, 0, 1, 3]),
    maximum_record_age_in_seconds=st.sampled_from([-1, 60, 600]),
    has_failure_queue=st.just(True),
)
RATES = st.sampled_from([0.0, 0.0, 0.1, 0.5])
CHAOS = st.builds(Chaos, st.integers(0, 2**32), throttle=RATES, crash=RATES, lost=RATES, redeliver=RATES, recut=RATES)
# A write: seconds since the last one, the seller, whether the filter selects it, whether the handler fails on it.
WRITES = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 0, 5, 200, 50_000]), st.integers(0, 4), st.booleans(), st.sampled_from([0, 0, 0, 1])
    ),
    max_size=25,
)


@settings(max_examples=300, deadline=None)
@given(
    properties=PROPERTIES,
    chaos=CHAOS,
    writes=WRITES,
    shards=st.integers(1, 3),
    outage=st.sampled_from([0, 0, 3_600, 90_000]),
    partial=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_every_record_is_delivered_or_expired_or_in_the_failure_queue(
    properties: Properties,
    chaos: Chaos,
    writes: list[tuple[int, int, bool, int]],
    shards: int,
    outage: int,
    partial: bool,
    seed: int,
) -> None:
    clock = Clock()
    stream = Stream(clock, shards=shards, seed=seed)
    pattern = event_pattern.parse('{"dynamodb": {"NewImage": {"wanted": {"BOOL": [true]}}}}')
    options = {name: getattr(properties, name) for name in properties.__dataclass_fields__}
    mapping = EventSourceMapping(
        stream, Properties(**(options | {"patterns": (pattern,)})), faults=chaos, seed=seed, seconds=0.5
    )
    mapping.outages.append((clock.now + 100, clock.now + 100 + outage))
    ages: list[float] = []
    first_seen: dict[str, list[int]] = {}
    succeeded: set[str] = set()

    def handler(event: dict[str, Any], context: Any) -> Any:
        records = [each["dynamodb"] for each in event["Records"]]
        assert 1 <= len(records) <= properties.batch_size
        assert all(each["NewImage"]["wanted"]["BOOL"] for each in records)
        ages.extend(clock.now - each["ApproximateCreationDateTime"] for each in records)
        for each in records:
            seen = first_seen.setdefault(each["Keys"]["seller_id"]["S"], [])
            if int(each["SequenceNumber"]) not in seen:
                seen.append(int(each["SequenceNumber"]))
        failed = [each["SequenceNumber"] for each in records if each["NewImage"]["poison"]["N"] == "1"]
        if failed and not (partial and properties.report_batch_item_failures):
            raise RuntimeError("poison")
        succeeded.update(each["SequenceNumber"] for each in records if each["SequenceNumber"] not in failed)
        return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}

    written: dict[int, tuple[bool, int]] = {}
    for number, (pause, seller, wanted, poison) in enumerate(writes):
        mapping.run(handler, until=clock.now + pause)
        image = {"seller_id": f"s{seller}", "order_id": str(number), "wanted": wanted, "poison": poison}
        record = stream.put(None, image)
        assert record
        written[record.number] = (wanted, poison)
    mapping.run(handler)

    assert mapping.next_due() is None
    assert mapping.unaccounted() == []
    assert mapping.fates.keys() == written.keys(), "once nothing is due, the mapping is done with every record"
    noted = {
        number
        for note in mapping.failures.notes
        for shard in stream.shards
        for number in (record.number for record in shard.records)
        if shard.shard_id == note["DDBStreamBatchInfo"]["shardId"]
        and int(note["DDBStreamBatchInfo"]["startSequenceNumber"])
        <= number
        <= int(note["DDBStreamBatchInfo"]["endSequenceNumber"])
    }
    for number, (wanted, poison) in written.items():
        fate = mapping.fates[number]
        assert (fate is Fate.FILTERED) <= (not wanted)
        assert (fate is Fate.DONE) <= (str(number) in succeeded and wanted and not poison)
        assert (fate is Fate.DISCARDED) <= (number in noted)
    limit = properties.maximum_record_age_in_seconds
    assert all(age < (DAY + 1 if limit == -1 else limit + 1 + 1) for age in ages), "nothing too old is delivered"
    assert all(seen == sorted(seen) for seen in first_seen.values()), "first deliveries keep the order"
