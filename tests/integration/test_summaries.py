"""Auto-cancelled orders reach their seller: the three mail functions on tables in memory."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError, ReadTimeoutError

from order_cancellation.domain import summaries, times
from order_cancellation.mail import rounds
from order_cancellation.mail.deliver import Deliveries
from tests.support import rig
from tests.support.clock import Stopwatch
from tests.support.functions import Context, seller_claims
from tests.support.memory_tables import Tables
from tests.support.rig import Service


@dataclass
class Post:
    """Stands where the SES client stands: takes every mail, or fails as it is told to."""

    taken: list[dict[str, Any]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def send_email(self, **mail: Any) -> dict[str, str]:
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append(mail)
        return {"MessageId": f"m-{len(self.taken)}"}

    @property
    def addresses(self) -> list[str]:
        return [mail["Destination"]["ToAddresses"][0] for mail in self.taken]


@dataclass
class World:
    """The functions, and what is around them."""

    service: Service
    post: Post
    tables: Tables
    position: int = 0

    def register(self, seller_id: str, preference: str = "each_batch", zone: str = "UTC", email: str = "") -> None:
        contact = {"name": seller_id.title(), "email": email or f"ops@{seller_id}.example", "time_zone": zone}
        assert self.service.register(seller_id, **contact, summaries=preference).status == 200

    def place(self, seller_id: str, order_id: str) -> None:
        assert self.service.place(order_id, "LAX1", seller_id=seller_id).status == 201

    def auto_cancel(self, *orders: tuple[str, str], reason: str = "stockout") -> None:
        entries = [{"seller_id": seller_id, "order_id": order_id, "reason": reason} for seller_id, order_id in orders]
        for seller_id, order_id in orders:
            self.place(seller_id, order_id)
        assert self.service.auto_cancel(*entries).body["outcome"] == "success"

    def records(self) -> list[dict[str, Any]]:
        """The auto-cancellations in the stream since the last call: what the mapping's filter lets through."""
        new, self.position = rig.stream_records(self.tables, self.position), len(self.tables.changes)
        return new

    def deliver(self, records: Sequence[Mapping[str, Any]]) -> Sequence[str]:
        """Run the stream function; returns the sequence numbers that it gave back."""
        return self.service.deliver(records)

    def run_sweep(self) -> None:
        self.service.sweep()

    def ses_event(self, kind: str, summary_id: str, mailing: int = 1, **detail: Any) -> None:
        tags = {"summary_id": [summary_id], "ses:configuration-set": ["summaries"]}
        mail = {"messageId": "m-1", "tags": tags | ({"mailing": [str(mailing)]} if mailing > 1 else {})}
        self.service.function("summary_feedback").lambda_handler(
            {"source": "aws.ses", "detail": {"eventType": kind, "mail": mail, **detail}}, Context()
        )

    def ledger(self) -> list[dict[str, Any]]:
        return _scan(os.environ["SUMMARIES_TABLE"])

    def due(self) -> list[str]:
        return sorted(
            str(order["order_id"]) for order in _scan(os.environ["ORDERS_TABLE"]) if "summary_due_at" in order
        )


def _scan(table: str) -> list[dict[str, Any]]:
    items = boto3.client("dynamodb").scan(TableName=table)["Items"]
    deserialize = TypeDeserializer().deserialize
    return [{name: deserialize(value) for name, value in item.items()} for item in items]


@dataclass
class Clock:
    moment: str = "2026-11-23T10:00:00.000Z"

    def now(self) -> str:
        return self.moment


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(times, "now", clock.now)
    return clock


@pytest.fixture
def world(aws: Tables, service: Service, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(service, Post(), aws)
    monkeypatch.setattr(rounds, "SIDE_BY_SIDE", 1)  # moto's tables are for one thread
    monkeypatch.setattr("order_cancellation.mail.ses.time", Stopwatch())
    for name in ("cancellation_summary", "summary_sweep"):
        monkeypatch.setattr(service.function(name).deliveries._ses, "_ses", world.post)
    world.register("acme")
    world.register("bluebird")
    return world


def error(code: str, message: str = "") -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(response, "SendEmail")


BATCH = (("acme", "A-1"), ("acme", "A-2"), ("acme", "A-3"), ("bluebird", "B-1"), ("bluebird", "B-2"))


def test_one_mail_to_each_seller_of_a_batch(world: World) -> None:
    world.auto_cancel(*BATCH)
    assert world.deliver(world.records()) == []
    assert sorted(world.post.addresses) == ["ops@acme.example", "ops@bluebird.example"]
    listed = {entry["seller_id"]: sorted(entry["order_ids"]) for entry in world.ledger()}
    assert listed == {"acme": ["A-1", "A-2", "A-3"], "bluebird": ["B-1", "B-2"]}
    assert {entry["status"] for entry in world.ledger()} == {"sent"}
    assert world.due() == []
    assert all("lease_until" not in entry for entry in world.ledger())


def test_the_same_records_again_mail_nothing(world: World) -> None:
    world.auto_cancel(*BATCH)
    records = world.records()
    world.deliver(records)
    world.deliver(records)
    world.deliver(records[2:])
    assert len(world.post.taken) == 2


def test_a_record_in_a_new_batch_is_told_without_those_that_were_told(world: World) -> None:
    world.auto_cancel(("acme", "A-1"), ("acme", "A-2"))
    records = world.records()
    world.deliver(records[:1])
    world.deliver(records)
    assert [entry["order_ids"] for entry in sorted(world.ledger(), key=lambda entry: entry["order_ids"])] == [
        ["A-1"],
        ["A-2"],
    ]


def test_a_sellers_own_cancel_is_not_due(world: World) -> None:
    world.place("acme", "A-1")
    assert world.service.cancel("A-1").status == 200
    assert world.records() == []
    assert world.due() == []


def test_a_replayed_auto_cancellation_is_not_due_again(world: World) -> None:
    world.place("acme", "A-1")
    entry = {"seller_id": "acme", "order_id": "A-1", "reason": "stockout"}
    world.service.auto_cancel(entry, key="k")
    world.deliver(world.records())
    again = world.service.auto_cancel(entry, headers={"idempotency-key": "k"})
    assert again.headers["idempotent-replayed"] == "true"
    assert world.due() == []


def test_an_unreadable_record_fails_alone(world: World) -> None:
    world.auto_cancel(*BATCH)
    records = world.records()
    whose = records[1]["dynamodb"]["Keys"]["order_id"]["S"]
    poison = {**records[1], "dynamodb": {**records[1]["dynamodb"], "NewImage": {"order_id": {"S": whose}}}}
    failed = world.deliver([records[0], poison, *records[2:]])
    assert failed == [records[1]["dynamodb"]["SequenceNumber"]]
    assert sorted(world.post.addresses) == ["ops@acme.example", "ops@bluebird.example"]
    assert world.due() == [whose]


def test_what_the_stream_lost_the_sweep_finds(world: World, clock: Clock) -> None:
    world.auto_cancel(*BATCH)
    world.records()  # lost
    world.run_sweep()
    assert world.post.taken == []  # the stream may still bring them
    clock.moment = "2026-11-23T10:10:01.000Z"
    world.run_sweep()
    assert sorted(world.post.addresses) == ["ops@acme.example", "ops@bluebird.example"]
    assert world.due() == []


def test_an_answer_that_did_not_come_is_settled_by_the_send_event(world: World, clock: Clock) -> None:
    world.auto_cancel(("acme", "A-1"))
    world.post.failures = [ReadTimeoutError(endpoint_url="ses")]
    world.deliver(world.records())
    (entry,) = world.ledger()
    assert entry["status"] == "pending"
    world.ses_event("Send", entry["summary_id"])
    clock.moment = "2026-11-23T12:00:00.000Z"
    world.run_sweep()
    assert world.post.taken == []
    assert world.ledger()[0]["status"] == "sent"


def test_without_an_event_the_same_set_is_sent_again_after_the_lease(world: World, clock: Clock) -> None:
    world.auto_cancel(("acme", "A-1"), ("acme", "A-2"))
    world.post.failures = [ReadTimeoutError(endpoint_url="ses")]
    world.deliver(world.records())
    clock.moment = "2026-11-23T10:04:59.000Z"
    world.run_sweep()
    assert world.post.taken == []
    clock.moment = "2026-11-23T10:05:01.000Z"
    world.auto_cancel(("acme", "A-3"))
    world.run_sweep()
    world.run_sweep()
    (mail,) = world.post.taken
    assert "A-1" in mail["Content"]["Simple"]["Body"]["Text"]["Data"]
    assert "A-3" not in mail["Content"]["Simple"]["Body"]["Text"]["Data"]
    (entry,) = (entry for entry in world.ledger() if entry["attempts"] == 2)
    assert (sorted(entry["order_ids"]), entry["status"]) == (["A-1", "A-2"], "sent")


@pytest.mark.parametrize("failure", [error("TooManyRequestsException"), error("ThrottlingException")])
def test_a_throttled_mail_goes_after_a_pause(world: World, failure: Exception) -> None:
    world.auto_cancel(("acme", "A-1"))
    world.post.failures = [failure]
    world.deliver(world.records())
    assert world.post.addresses == ["ops@acme.example"]


@pytest.mark.parametrize(
    "failure",
    [
        error("SendingPausedException"),
        error("MessageRejected", "Email address is not verified."),
        error("LimitExceededException"),
    ],
)
def test_when_ses_takes_nothing_the_rest_waits_and_an_alarm_is_raised(
    world: World, clock: Clock, failure: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    world.auto_cancel(*BATCH)
    world.post.failures = [failure]
    assert world.deliver(world.records()) == []
    assert world.post.taken == []
    assert '"SendingStopped":[1.0]' in capsys.readouterr().out  # the metric that SendingStoppedAlarm watches
    clock.moment = "2026-11-23T10:11:00.000Z"
    world.run_sweep()
    assert sorted(world.post.addresses) == ["ops@acme.example", "ops@bluebird.example"]


def test_a_mail_that_ses_never_will_take_is_parked_and_the_others_go(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.auto_cancel(*BATCH)
    world.post.failures = [error("BadRequestException")]
    world.deliver(world.records())
    assert len(world.post.taken) == 1
    assert sorted(entry["status"] for entry in world.ledger()) == ["parked", "sent"]
    assert '"SummariesParked":[1.0]' in capsys.readouterr().out


def test_a_defect_in_one_sellers_mail_keeps_nobody_elses_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.auto_cancel(*BATCH)
    compose = Deliveries._deliver

    def fail_for_acme(self: Any, seller: Any, *rest: Any) -> None:
        if seller.seller_id == "acme":
            raise ZeroDivisionError
        compose(self, seller, *rest)

    monkeypatch.setattr(Deliveries, "_deliver", fail_for_acme)
    assert len(world.deliver(world.records())) == 3
    assert world.post.addresses == ["ops@bluebird.example"]


def test_sellers_for_whom_no_time_is_left_are_given_back(world: World) -> None:
    world.auto_cancel(*BATCH)
    records = world.records()
    result = world.service.function("cancellation_summary").lambda_handler(
        {"Records": records}, Context(remaining_ms=10_000)
    )
    assert len(result["batchItemFailures"]) == len(BATCH)
    assert world.post.taken == []
    assert world.deliver(records) == []
    assert sorted(world.post.addresses) == ["ops@acme.example", "ops@bluebird.example"]


def test_delivery_bounce_and_complaint(world: World) -> None:
    world.auto_cancel(("acme", "A-1"), ("bluebird", "B-1"))
    world.deliver(world.records())
    ids = {entry["seller_id"]: entry["summary_id"] for entry in world.ledger()}
    world.ses_event("Delivery", ids["acme"])
    world.ses_event("Send", ids["acme"])  # late: it does not take the summary back
    recipient = [{"emailAddress": "ops@bluebird.example"}]
    world.ses_event("Bounce", ids["bluebird"], bounce={"bounceType": "Permanent", "bouncedRecipients": recipient})
    assert {entry["seller_id"]: entry["status"] for entry in world.ledger()} == {
        "acme": "delivered",
        "bluebird": "bounced",
    }
    problem = {seller["seller_id"]: seller.get("mail_problem") for seller in _scan(os.environ["SELLERS_TABLE"])}
    assert problem["acme"] is None
    assert (problem["bluebird"] or {})["kind"] == "bounce"
    world.ses_event(
        "Complaint", ids["acme"], complaint={"complainedRecipients": [{"emailAddress": "ops@acme.example"}]}
    )
    marked = {seller["seller_id"]: seller["mail_problem"]["kind"] for seller in _scan(os.environ["SELLERS_TABLE"])}
    assert marked == {"acme": "complaint", "bluebird": "bounce"}


def mailed(world: World, email: str = "") -> str:
    """The id of a summary that was mailed to acme."""
    if email:
        world.register("acme", email=email)
    world.auto_cancel(("acme", "A-1"))
    world.deliver(world.records())
    (entry,) = world.ledger()
    assert entry["status"] == "sent"
    return str(entry["summary_id"])


def status(world: World) -> str:
    (entry,) = world.ledger()
    return str(entry["status"])


def problem_of(seller_id: str) -> str | None:
    (seller,) = (seller for seller in _scan(os.environ["SELLERS_TABLE"]) if seller["seller_id"] == seller_id)
    return seller["mail_problem"]["kind"] if "mail_problem" in seller else None


def bounce(kind: str, subtype: str = "General", *addresses: str) -> dict[str, Any]:
    recipients = [{"emailAddress": address} for address in addresses]
    return {"bounceType": kind, "bounceSubType": subtype, "bouncedRecipients": recipients}


@pytest.mark.parametrize("registered", ["ops@acme.example", "Ops@Acme.example", "o.ps+x@xn--e1afmkfd.xn--p1ai"])
@pytest.mark.parametrize(
    "named",
    [
        [],
        ["OPS@ACME.EXAMPLE"],
        ["<ops@acme.example>"],
        ["Acme <ops@acme.example>"],
        ["forwarded@elsewhere.example"],
        ["one@elsewhere.example", "two@elsewhere.example"],
    ],
)
@pytest.mark.parametrize("kind", ["bounce", "complaint"])
def test_who_did_not_get_a_summary_is_known_by_the_summary(
    world: World, kind: str, named: list[str], registered: str
) -> None:
    summary_id = mailed(world, registered)
    recipients = [{"emailAddress": address} for address in named]
    if kind == "bounce":
        world.ses_event("Bounce", summary_id, bounce={"bounceType": "Permanent", "bouncedRecipients": recipients})
    else:
        world.ses_event("Complaint", summary_id, complaint={"complainedRecipients": recipients})
    assert problem_of("acme") == kind
    assert problem_of("bluebird") is None


def test_the_same_address_in_other_letters_is_the_same_address(world: World) -> None:
    summary_id = mailed(world)
    world.register("acme", email="Ops@ACME.example")
    world.ses_event("Bounce", summary_id, bounce=bounce("Permanent"))
    assert problem_of("acme") == "bounce"
    world.auto_cancel(("acme", "A-2"))
    world.deliver(world.records())
    assert len(world.post.taken) == 1


def test_a_bounce_from_an_address_that_was_replaced_marks_nobody(world: World) -> None:
    summary_id = mailed(world)
    world.register("acme", email="new@acme.example")
    world.ses_event("Bounce", summary_id, bounce=bounce("Permanent", "General", "new@acme.example"))
    assert problem_of("acme") is None


def test_the_address_is_the_one_that_the_summary_went_to_last(world: World, clock: Clock) -> None:
    """The first attempt got no answer; before the second the seller has moved."""
    world.auto_cancel(("acme", "A-1"))
    world.post.failures = [ReadTimeoutError(endpoint_url="ses")]
    world.deliver(world.records())
    (entry,) = world.ledger()
    world.register("acme", email="new@acme.example")
    clock.moment = "2026-11-23T10:05:01.000Z"
    world.run_sweep()
    assert world.post.addresses == ["new@acme.example"]
    world.ses_event("Bounce", entry["summary_id"], bounce=bounce("Permanent"))  # of the first attempt
    assert (status(world), problem_of("acme")) == ("sent", None)
    world.ses_event("Bounce", entry["summary_id"], 2, bounce=bounce("Permanent"))
    assert (status(world), problem_of("acme")) == ("bounced", "bounce")


def test_a_summary_that_bounced_for_good_raises_an_alarm_once(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    summary_id = mailed(world)
    for _ in range(3):
        world.ses_event("Bounce", summary_id, bounce=bounce("Permanent"))
    assert capsys.readouterr().out.count('"SummariesParked":[1.0]') == 1


def test_a_complaint_of_the_suppression_list_was_never_sent(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    summary_id = mailed(world)
    suppressed = {"complaintSubType": "OnAccountSuppressionList", "complainedRecipients": []}
    world.ses_event("Complaint", summary_id, complaint=suppressed)
    world.ses_event("Send", summary_id)
    (entry,) = world.ledger()
    assert entry["status"] == "parked"
    assert "OnAccountSuppressionList" in entry["parked_because"]
    assert problem_of("acme") == "complaint"
    assert '"SummariesParked":[1.0]' in capsys.readouterr().out


@pytest.mark.parametrize("subtype", [None, "abuse", "NotSpam"])
def test_a_complaint_of_a_reader_was_delivered(world: World, subtype: str | None) -> None:
    summary_id = mailed(world)
    world.ses_event("Complaint", summary_id, complaint={"complaintSubType": subtype, "complainedRecipients": []})
    assert (status(world), problem_of("acme")) == ("delivered", "complaint")


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("Reject", {"reject": {"reason": "Bad content"}}),
        ("Rendering Failure", {"failure": {"templateName": "summary"}}),
    ],
)
def test_what_ses_does_not_send_waits_for_a_person(world: World, kind: str, why: dict[str, Any]) -> None:
    summary_id = mailed(world)
    world.ses_event(kind, summary_id, **why)
    assert (status(world), problem_of("acme")) == ("parked", None)
    (entry,) = world.ledger()
    assert entry["waits_for"] == "operator"


SOFT = [
    ("Transient", "General"),  # a reply that its reader is out of the office, too
    ("Transient", "MailboxFull"),
    ("Transient", "ContentRejected"),
    ("Transient", "MessageTooLarge"),
    ("Undetermined", "Undetermined"),
]


@pytest.mark.parametrize(("kind", "subtype"), SOFT)
def test_what_was_delivered_stays_so_when_something_comes_back(world: World, kind: str, subtype: str) -> None:
    summary_id = mailed(world)
    world.ses_event("Delivery", summary_id)
    world.ses_event("Bounce", summary_id, bounce=bounce(kind, subtype))
    assert (status(world), problem_of("acme")) == ("delivered", None)


@pytest.mark.parametrize(("kind", "subtype"), [SOFT[0], SOFT[1], SOFT[4]])
def test_a_delivery_replaces_what_came_back_for_now(world: World, clock: Clock, kind: str, subtype: str) -> None:
    summary_id = mailed(world)
    world.ses_event("Bounce", summary_id, bounce=bounce(kind, subtype))
    world.ses_event("Send", summary_id)
    assert status(world) == "bounced"
    world.ses_event("Delivery", summary_id)
    assert status(world) == "delivered"
    clock.moment = "2026-11-24T10:00:00.000Z"
    world.run_sweep()
    assert len(world.post.taken) == 1


def test_a_delivery_does_not_replace_a_bounce_for_good(world: World) -> None:
    summary_id = mailed(world)
    world.ses_event("Bounce", summary_id, bounce=bounce("Permanent"))
    world.ses_event("Delivery", summary_id)
    world.ses_event("Bounce", summary_id, bounce=bounce("Transient", "MailboxFull"))
    assert status(world) == "bounced"


@pytest.mark.parametrize(("kind", "subtype"), [SOFT[0], SOFT[1], SOFT[4]])
def test_what_comes_back_for_now_is_tried_again_after_a_lease(
    world: World, clock: Clock, kind: str, subtype: str
) -> None:
    summary_id = mailed(world)
    world.ses_event("Bounce", summary_id, bounce=bounce(kind, subtype))
    clock.moment = "2026-11-23T10:09:59.000Z"
    world.run_sweep()
    assert len(world.post.taken) == 1
    clock.moment = "2026-11-23T10:10:00.000Z"
    world.run_sweep()
    world.run_sweep()
    assert len(world.post.taken) == 2
    world.ses_event("Bounce", summary_id, bounce=bounce(kind, subtype))  # the first one once more
    assert status(world) == "sent"
    world.ses_event("Delivery", summary_id, 2)
    assert status(world) == "delivered"
    assert problem_of("acme") is None


def test_a_mailbox_that_stays_full_ends_with_a_person(
    world: World, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    summary_id = mailed(world)
    for day in range(30):
        mailing = len(world.post.taken)
        world.ses_event("Bounce", summary_id, mailing, bounce=bounce("Transient", "MailboxFull"))
        clock.moment = f"2026-12-{day + 1:02}T10:00:00.000Z"
        world.run_sweep()
    (entry,) = world.ledger()
    assert (entry["status"], entry["parked_because"]) == ("parked", "Transient: MailboxFull, 8 times")
    assert len(world.post.taken) == summaries.MAX_MAILINGS
    assert capsys.readouterr().out.count('"SummariesParked":[1.0]') == 1
    assert "lease_until" not in entry


@pytest.mark.parametrize("subtype", ["MessageTooLarge", "ContentRejected", "AttachmentRejected"])
def test_a_mail_that_this_mailbox_will_never_take_is_parked_at_once(world: World, clock: Clock, subtype: str) -> None:
    summary_id = mailed(world)
    world.ses_event("Bounce", summary_id, bounce=bounce("Transient", subtype))
    assert status(world) == "parked"
    clock.moment = "2026-11-24T10:00:00.000Z"
    world.run_sweep()
    assert len(world.post.taken) == 1


def test_nothing_is_sent_to_an_address_that_bounced_until_it_changes(world: World) -> None:
    world.auto_cancel(("acme", "A-1"))
    world.deliver(world.records())
    recipient = [{"emailAddress": "ops@acme.example"}]
    summary_id = world.ledger()[0]["summary_id"]
    world.ses_event("Bounce", summary_id, bounce={"bounceType": "Permanent", "bouncedRecipients": recipient})
    world.auto_cancel(("acme", "A-2"))
    world.deliver(world.records())
    assert len(world.post.taken) == 1
    world.register("acme", email="new@acme.example")
    world.auto_cancel(("acme", "A-3"))
    world.deliver(world.records())
    assert world.post.addresses == ["ops@acme.example", "new@acme.example"]


def test_an_event_about_a_summary_that_nobody_knows_comes_again(world: World) -> None:
    with pytest.raises(Exception, match="S-unknown"):
        world.ses_event("Send", "S-unknown")


def test_daily_sellers_get_one_mail_at_their_own_hour(world: World, clock: Clock) -> None:
    world.register("acme", "daily", "America/Los_Angeles")
    world.auto_cancel(("acme", "A-1"))
    world.deliver(world.records())
    clock.moment = "2026-11-23T12:00:00.000Z"
    world.auto_cancel(("acme", "A-2"))
    world.records()  # this one the stream lost
    clock.moment = "2026-11-23T12:10:01.000Z"
    world.run_sweep()
    clock.moment = "2026-11-23T15:59:59.000Z"
    world.run_sweep()
    assert world.post.taken == []
    clock.moment = "2026-11-23T16:00:01.000Z"
    world.run_sweep()
    assert [sorted(entry["order_ids"]) for entry in world.ledger()] == [["A-1", "A-2"]]
    assert len(world.post.taken) == 1


def test_who_wants_no_summaries_gets_none_and_the_orders_are_settled(world: World, clock: Clock) -> None:
    world.register("acme", "off")
    world.auto_cancel(("acme", "A-1"), ("acme", "A-2"))
    records = world.records()
    world.deliver(records[:1])
    clock.moment = "2026-11-23T10:30:00.000Z"
    world.run_sweep()
    world.deliver(records)
    assert world.post.taken == []
    assert world.ledger() == []
    assert world.due() == []


def test_orders_of_an_unregistered_seller_wait_for_its_address(world: World, clock: Clock) -> None:
    world.auto_cancel(("newcomer", "N-1"))
    world.deliver(world.records())
    assert world.due() == ["N-1"]
    world.register("newcomer")
    clock.moment = "2026-11-23T11:00:01.000Z"
    world.run_sweep()
    assert world.post.addresses == ["ops@newcomer.example"]


def test_orders_that_take_several_transactions_to_claim_are_one_mail(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("order_cancellation.tables.outbox._CLAIMS_PER_TRANSACTION", 3)
    orders = [("acme", f"A-{number}") for number in range(8)]
    world.auto_cancel(*orders)
    world.deliver(world.records())
    (entry,) = world.ledger()
    assert sorted(entry["order_ids"]) == sorted(order_id for _, order_id in orders)
    assert len(world.post.taken) == 1


def test_more_orders_than_a_summary_holds_make_numbered_ones(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summaries, "MAX_ORDERS", 2)
    world.auto_cancel(*[("acme", f"A-{number}") for number in range(5)])
    world.deliver(world.records())
    assert sorted((entry["part"], entry["parts"], len(entry["order_ids"])) for entry in world.ledger()) == [
        (1, 3, 2),
        (2, 3, 2),
        (3, 3, 1),
    ]


def test_a_late_writer_cannot_add_to_a_summary_whose_lease_was_taken(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function that was frozen between two claims wakes up after the sweep has sent what was sealed."""
    monkeypatch.setattr("order_cancellation.tables.outbox._CLAIMS_PER_TRANSACTION", 3)
    world.auto_cancel(*[("acme", f"A-{number}") for number in range(5)])
    outbox = world.service.function("cancellation_summary").deliveries.outbox
    claim, calls = outbox._claim, []

    def sleep_before_the_second(draft: Any, order_ids: list[str]) -> None:
        calls.append(order_ids)
        if len(calls) == 2:
            clock.moment = "2026-11-23T10:05:01.000Z"
            world.run_sweep()
        claim(draft, order_ids)

    outbox._claim = sleep_before_the_second
    failed = world.deliver(world.records())
    assert len(failed) == 5  # given back, and harmless
    assert len(world.post.taken) == 1
    assert [len(entry["order_ids"]) for entry in world.ledger()] == [3]
    assert len(world.due()) == 2


def test_the_seller_reads_the_mail_itself_in_the_portal(world: World) -> None:
    """Made by the same code from the same orders: no word differs from what was sent."""
    world.register("acme", zone="America/Los_Angeles")
    world.auto_cancel(("acme", "A-1"), ("acme", "A-2"))
    assert world.deliver(world.records()) == []
    (sent,) = world.post.taken
    (kept,) = world.ledger()

    def mail(seller_id: str, summary_id: str) -> Any:
        query = {"limit": ["1"], "mail_of": [summary_id]}
        answer = world.service.send("list_summaries", seller_claims(seller_id), query=query)
        assert answer.status == 200, answer.text
        return answer.body["mail"]

    content = sent["Content"]["Simple"]
    assert mail("acme", kept["summary_id"]) == {
        "summary_id": kept["summary_id"],
        "subject": content["Subject"]["Data"],
        "html": content["Body"]["Html"]["Data"],
        "text": content["Body"]["Text"]["Data"],
    }
    assert mail("acme", "S-of-nothing") is None
    world.register("bluebird")
    assert mail("bluebird", kept["summary_id"]) is None, "another seller's"
    world.tables.remove("SellersTable", "acme")
    assert mail("acme", kept["summary_id"]) is None, "of a seller whose registration is gone"
    refused = world.service.send("list_summaries", seller_claims("acme"), query={"mail_of": ["../x"]})
    assert (refused.status, refused.body["field"]) == (400, "mail_of")
