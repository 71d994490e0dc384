"""The harness finds what crashes do: a toy protocol that sends one mail loses it, or doubles it, or does neither.

    protocol                                   lost   doubled
    claim, then send                            yes    no
    claim with a lease, then send               no     yes
    the same, and SES's Send event settles it   no     no      (doubled again if the event is lost as well)

The SDK's own retry is off for SES; with it on, a lost answer doubles the mail whatever the protocol.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

from local import event_pattern
from order_cancellation.domain import times
from order_cancellation.domain.sellers import Contact
from order_cancellation.tables.client import client as dynamodb_client
from order_cancellation.tables.sellers import Sellers
from tests.simulation.calls import CallFault
from tests.simulation.crash_plans import BASIC, EVERY, Plan, Report, Run, explore
from tests.simulation.mapping_properties import Properties
from tests.simulation.processes import ProcessDied
from tests.simulation.world import Account, NotQuiet, World, client
from tests.support.clock import HOUR, MINUTE, to_millisecond
from tests.support.ses import SENT, EventDelivery

TABLE: dict[str, Any] = {
    "TableName": "Mails",
    "KeySchema": [{"AttributeName": "seller_id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "seller_id", "AttributeType": "S"}],
}
ACME = {"seller_id": {"S": "acme"}}
INSERTS = event_pattern.parse('{"eventName": ["INSERT"]}')


@dataclass(frozen=True)
class Protocol:
    """How the toy sends its one mail. ``lease`` in seconds; None: a claim is for ever."""

    lease: float | None
    settled_by_event: bool = False
    ses_attempts: int = 1
    function_timeout: float = 60.0


CLAIM = Protocol(lease=None)
LEASE = Protocol(lease=5 * MINUTE)
LEASE_AND_EVENT = Protocol(lease=5 * MINUTE, settled_by_event=True)


class Sender:
    """The toy: claims the mail, sends it, notes that it is sent."""

    def __init__(self, world: World, protocol: Protocol) -> None:
        self._world = world
        self._lease = protocol.lease
        self._dynamodb = client("dynamodb", lambda: world, Config(retries={"total_max_attempts": 3}, read_timeout=2))
        once = Config(retries={"total_max_attempts": protocol.ses_attempts}, read_timeout=2)
        self._ses = client("sesv2", lambda: world, once)

    def send(self, *_: Any) -> None:
        if not self._claims():
            return
        try:
            self._ses.send_email(
                FromEmailAddress="summaries@network.test",
                Destination={"ToAddresses": ["owner@acme.test"]},
                Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}},
                ConfigurationSetName="summaries",
                EmailTags=[{"Name": "seller_id", "Value": "acme"}],
            )
        except ClientError:
            self._update("REMOVE claimed_until")  # SES said no: nothing was sent
            raise
        except ReadTimeoutError:
            return  # nobody knows whether it was sent: leave it to the lease, or to SES's event
        self.settle()

    def settle(self, *_: Any) -> None:
        self._update("SET done = :yes", {":yes": {"BOOL": True}})

    def _claims(self) -> bool:
        now = self._world.clock.now
        condition = "attribute_not_exists(done) AND attribute_not_exists(claimed_until)"
        values = {":until": {"S": to_millisecond(now + (self._lease or 0))}}
        if self._lease:
            condition = "attribute_not_exists(done) AND (attribute_not_exists(claimed_until) OR claimed_until < :now)"
            values[":now"] = {"S": to_millisecond(now)}
        try:
            self._update("SET claimed_until = :until", values, condition)
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _update(self, expression: str, values: Any = None, condition: str | None = None) -> None:
        self._dynamodb.update_item(
            TableName="Mails",
            Key=ACME,
            UpdateExpression=expression,
            **({"ConditionExpression": condition} if condition else {}),
            **({"ExpressionAttributeValues": values} if values else {}),
        )


def run(protocol: Protocol, faults: Plan, *, event_lost: bool = False, stall: float = 10.0) -> World:
    world = World(faults, stall=stall)
    world.create_table(**TABLE)
    sender = Sender(world, protocol)
    properties = Properties(maximum_retry_attempts=5, timeout=protocol.function_timeout, patterns=(INSERTS,))
    world.mapping(world.stream("Mails", key=["seller_id"]), properties, sender.send)
    world.every(5 * MINUTE, "sweep", sender.send, timeout=protocol.function_timeout)
    if protocol.settled_by_event:
        world.on_mail_event(sender.settle)
    world.ses.delivery.loses = lambda detail_type, _: event_lost and detail_type == SENT
    world.ses.fate = lambda _: (SENT,)
    client("dynamodb", lambda: world).put_item(TableName="Mails", Item=ACME)
    world.run_until_quiet(still_for=15 * MINUTE)
    return world


def verdicts(world: World) -> Sequence[str]:
    return {0: ["lost"], 1: []}.get(len(world.ses.accepted), ["doubled"])


def explored(protocol: Protocol, **options: Any) -> Report:
    arguments = {name: options.pop(name) for name in ("event_lost", "stall") if name in options}
    return explore(lambda faults: run(protocol, faults, **arguments), verdicts, **options)


# ------------------------------------------------------------------------------------------------------------ the table


def test_a_claim_without_a_lease_loses_and_never_doubles() -> None:
    report = explored(CLAIM)
    assert report.verdicts["lost"] > 0
    assert report.verdicts.keys() == {"lost"}, report


def test_a_lease_doubles_and_never_loses() -> None:
    report = explored(LEASE)
    assert report.verdicts["doubled"] > 0
    assert report.verdicts.keys() == {"doubled"}, report


def test_a_lease_with_the_send_event_does_neither() -> None:
    report = explored(LEASE_AND_EVENT, random_plans=300)
    assert not report.verdicts, report
    assert report.runs[1] >= 12
    assert report.runs[2] > 200


def test_it_doubles_when_the_event_is_lost_as_well() -> None:
    report = explored(LEASE_AND_EVENT, event_lost=True)
    assert report.verdicts.keys() == {"doubled"}, report


def test_the_sdks_own_retry_doubles_whatever_the_protocol() -> None:
    report = explored(Protocol(lease=5 * MINUTE, settled_by_event=True, ses_attempts=3), pairs=False)
    assert report.verdicts["doubled"] > 0
    [(_, fault)] = report.examples["doubled"][0].items()
    assert fault is CallFault.LOSE_ANSWER


def test_a_lease_shorter_than_the_function_lives_doubles_when_it_stands_still() -> None:
    patient = Protocol(lease=20 * MINUTE, settled_by_event=True, function_timeout=15 * MINUTE)
    hasty = Protocol(lease=2 * MINUTE, settled_by_event=True, function_timeout=15 * MINUTE)
    assert not explored(patient, kinds=[CallFault.STALL], pairs=False, stall=14 * MINUTE).verdicts
    assert explored(hasty, kinds=[CallFault.STALL], pairs=False, stall=14 * MINUTE).verdicts["doubled"] > 0


def test_every_kind_of_fault_in_pairs() -> None:
    report = explored(LEASE_AND_EVENT, kinds=EVERY)
    assert not report.verdicts, report


# ---------------------------------------------------------------------------------------------------------- the harness


def test_a_run_without_faults_numbers_every_call() -> None:
    world = run(LEASE_AND_EVENT, {})
    assert [(call.process, call.operation) for call in world.calls.made[:4]] == [
        ("stream", "UpdateItem"),
        ("stream", "SendEmail"),
        ("stream", "UpdateItem"),
        ("mail event", "UpdateItem"),
    ]
    assert {call.process for call in world.calls.made[4:]} == {"sweep"}
    assert [call.number for call in world.calls.made] == list(range(1, len(world.calls.made) + 1))


@pytest.mark.parametrize(
    ("fault", "accepted"),
    [
        (CallFault.DIE_BEFORE, 0),
        (CallFault.DIE_AFTER, 1),
        (CallFault.LOSE_ANSWER, 1),
        (CallFault.LOSE_REQUEST, 0),
        (CallFault.THROTTLE, 0),
        (CallFault.STALL, 1),
    ],
)
def test_a_fault_befalls_the_call_that_is_named(fault: CallFault, accepted: int) -> None:
    world = World({2: fault})
    world.create_table(**TABLE)
    sender = Sender(world, LEASE)
    caught: list[str] = []
    try:
        world.invoke("sender", sender.send, {})
    except (ProcessDied, ClientError) as error:
        caught.append(type(error).__name__)
    assert len(world.ses.accepted) == accepted
    assert caught == {
        CallFault.DIE_BEFORE: ["ProcessDied"],
        CallFault.DIE_AFTER: ["ProcessDied"],
        CallFault.THROTTLE: ["TooManyRequestsException"],
    }.get(fault, [])
    assert world.calls.made[1].fault is fault


def test_each_attempt_of_the_sdk_is_a_call() -> None:
    world = World({1: CallFault.THROTTLE, 2: CallFault.LOSE_ANSWER})
    world.create_table(**TABLE)
    dynamodb = client("dynamodb", lambda: world, Config(retries={"total_max_attempts": 3}, read_timeout=2))
    began = world.clock.now
    with world.process("test", timeout=60):
        response = dynamodb.put_item(TableName="Mails", Item=ACME)
    assert response["ResponseMetadata"]["RetryAttempts"] == 2
    assert len(world.calls.made) == 3
    assert world.clock.now > began + 2, "waiting for the lost answer took its time"


def test_an_answer_that_is_an_error_gets_lost_too() -> None:
    world = World({1: CallFault.LOSE_ANSWER})
    world.create_table(**TABLE)
    dynamodb = client("dynamodb", lambda: world, Config(retries={"total_max_attempts": 1}))
    with world.process("test", timeout=900), pytest.raises(ReadTimeoutError):
        dynamodb.put_item(TableName="Mails", Item=ACME, ConditionExpression="attribute_exists(seller_id)")


def test_a_transaction_whose_answer_was_lost_is_not_executed_twice_by_the_sdk() -> None:
    world = World({1: CallFault.LOSE_ANSWER})
    world.create_table(**TABLE)
    dynamodb = client("dynamodb", lambda: world)
    claim = {
        "Update": {
            "TableName": "Mails",
            "Key": ACME,
            "UpdateExpression": "SET claimed = :yes",
            "ConditionExpression": "attribute_not_exists(claimed)",
            "ExpressionAttributeValues": {":yes": {"BOOL": True}},
        }
    }
    with world.process("test", timeout=900):
        dynamodb.transact_write_items(TransactItems=[claim])
    assert len(world.calls.made) == 2


def test_a_process_is_killed_at_its_deadline() -> None:
    world = World({1: CallFault.STALL}, stall=10.0)
    world.create_table(**TABLE)
    with pytest.raises(ProcessDied, match="timed out"):
        world.invoke("sender", Sender(world, LEASE).send, {}, timeout=9.0)
    assert world.tables.items("Mails") == []


def test_while_a_process_stands_still_others_go_on() -> None:
    world = World({1: CallFault.STALL}, stall=10.0)
    world.create_table(**TABLE)
    dynamodb = client("dynamodb", lambda: world)
    world.at(world.clock.now + 5, lambda: dynamodb.put_item(TableName="Mails", Item={**ACME, "by": {"S": "other"}}))
    with world.process("test", timeout=60):
        old = dynamodb.put_item(TableName="Mails", Item=ACME, ReturnValues="ALL_OLD")
    assert old["Attributes"]["by"] == {"S": "other"}
    assert len(world.calls.made) == 1, "what is not in a process is not numbered"


def test_an_asynchronous_invocation_that_fails_is_repeated_twice() -> None:
    world = World()
    moments: list[float] = []

    def fail(event: dict[str, Any], context: Any) -> None:
        moments.append(world.clock.now)
        raise RuntimeError("always")

    began = world.clock.now
    world.invoke_async("function", fail, {})
    world.run(began + HOUR)
    assert moments == [began, began + 60, began + 180]
    assert [failure.reason for failure in world.failures] == ["RuntimeError('always')"] * 3


def test_quiet_waits_for_an_event_that_is_on_its_way() -> None:
    world = World()
    world.create_table(**TABLE)
    client("dynamodb", lambda: world).put_item(TableName="Mails", Item=ACME)
    arrived: list[float] = []
    world.on_mail_event(lambda *_: arrived.append(world.clock.now))
    world.ses.delivery = EventDelivery(delays=(2 * HOUR, 2 * HOUR))
    world.ses.fate = lambda _: (SENT,)
    Sender(world, LEASE).send()
    began = world.clock.now
    world.run_until_quiet(still_for=MINUTE)
    assert arrived == [began + 2 * HOUR]


def test_an_accepted_mail_is_a_change() -> None:
    world = World()
    world.create_table(**TABLE)
    began = world.clock.now
    world.at(began + 50, lambda: _send_only(world))
    world.run_until_quiet(still_for=MINUTE)
    assert world.clock.now == began + 110


def _send_only(world: World) -> None:
    client("sesv2", lambda: world).send_email(
        FromEmailAddress="summaries@network.test",
        Destination={"ToAddresses": ["owner@acme.test"]},
        Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}},
    )


def test_a_schedule_thins_out_while_nothing_changes() -> None:
    world = World()
    world.create_table(**TABLE)
    began = world.clock.now
    dynamodb = client("dynamodb", lambda: world)
    moments: list[float] = []
    world.every(MINUTE, "sweep", lambda *_: moments.append((world.clock.now - began) / MINUTE), idle=8 * MINUTE)
    world.at(began + 35.5 * MINUTE, lambda: dynamodb.put_item(TableName="Mails", Item=ACME))
    world.run(began + 50 * MINUTE)
    assert moments == [1, 2, 4, 8, 16, 24, 32, 36, 37, 39, 43]


def test_a_world_that_never_rests_is_told_apart() -> None:
    world = World()
    world.create_table(**TABLE)
    dynamodb = client("dynamodb", lambda: world)

    def tick(*_: Any) -> None:
        dynamodb.update_item(
            TableName="Mails",
            Key=ACME,
            UpdateExpression="ADD ticks :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    world.every(MINUTE, "restless", tick)
    with pytest.raises(NotQuiet):
        world.run_until_quiet(still_for=5 * MINUTE, limit=HOUR)


def test_restlessness_is_a_verdict() -> None:
    def restless(_: Plan) -> World:
        raise NotQuiet("still busy after 3600 s")

    assert explore(restless, verdicts).verdicts == {"not quiet: still busy after 3600 s": 1}


def test_what_a_scenario_raises_says_under_which_plan() -> None:
    def broken(faults: Plan) -> World:
        if faults:
            raise KeyError("defect of the test")
        return run(LEASE, faults)

    with pytest.raises(KeyError) as caught:
        explore(broken, verdicts)
    assert caught.value.__notes__ == ["under the plan: call 1 died before"]


def test_the_same_seed_explores_the_same_plans() -> None:
    def plans(seed: int) -> list[Plan]:
        seen: list[Plan] = []

        def noted(faults: Plan) -> World:
            seen.append(faults)
            return run(LEASE, faults)

        explore(noted, verdicts, kinds=BASIC[:2], most_pairs=5, random_plans=5, seed=seed)
        return seen

    assert plans(1) == plans(1)
    assert plans(1) != plans(2)
    assert [len(plan) for plan in plans(1)[-10:-5]] == [2] * 5


def reading_and_writing(seen: list[Plan]) -> Run:
    """One process that gets an item and puts one, each in one attempt; and notes its plans."""

    def run(faults: Plan) -> World:
        seen.append(faults)
        world = World(faults)
        world.create_table(**TABLE)
        dynamodb = client("dynamodb", lambda: world, Config(retries={"total_max_attempts": 1}))
        with contextlib.suppress(ProcessDied, ClientError, ReadTimeoutError), world.process("toy", timeout=60):
            dynamodb.get_item(TableName="Mails", Key=ACME)
            dynamodb.put_item(TableName="Mails", Item=ACME)
        return world

    return run


def test_every_plan_is_run_once_and_reading_has_fewer() -> None:
    seen: list[Plan] = []
    explore(reading_and_writing(seen), lambda _: [], kinds=EVERY)
    assert [plan for plan in seen if not plan] == [{}]
    singles = [next(iter(plan.items())) for plan in seen if len(plan) == 1]
    reads = {kind for number, kind in singles if number == 1}
    assert set(EVERY) - reads == {CallFault.DIE_AFTER, CallFault.LOSE_REQUEST}
    assert {kind for number, kind in singles if number == 2} == set(EVERY)
    # only a process that stood still before its first call comes to a second one
    pairs = [plan for plan in seen if len(plan) == 2]
    assert pairs == [{1: CallFault.STALL, 2: kind} for kind in EVERY]


def test_faults_can_be_kept_to_some_calls() -> None:
    seen: list[Plan] = []
    explore(reading_and_writing(seen), lambda _: [], calls=lambda call: call.operation == "PutItem")
    assert {number for plan in seen for number in plan} == {2}


def test_the_report_shows_the_first_plan_and_its_calls() -> None:
    report = str(explored(CLAIM, pairs=False))
    assert "lost, first with call 1 died after:" in report
    assert "stream: dynamodb UpdateItem died after" in report


def test_functions_loaded_once_meet_the_world_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(monkeypatch)
    dynamodb = dynamodb_client()
    sellers = Sellers(dynamodb, "SellersTable")
    for seller_id in ("acme", "bluebird"):
        account.world = World()
        sellers.register(seller_id, Contact("Name", "owner@acme.test", "America/New_York", "each_batch"))
        [item] = account.world.tables.items("SellersTable")
        assert item["seller_id"] == {"S": seller_id}
    account.world.clock.advance(MINUTE)
    assert times.now() == "2026-11-23T09:01:00.000Z"
