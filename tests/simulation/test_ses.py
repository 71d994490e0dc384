"""SES in memory accepts, refuses and publishes as SES does."""

import math
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from tests.simulation.clients import Client
from tests.support.clock import Clock
from tests.support.ses import (
    BOUNCED,
    COMPLAINED,
    DELAYED,
    DELIVERED,
    REJECTED,
    RENDERING_FAILED,
    SENT,
    EventDelivery,
    SimulatedSes,
)


@pytest.fixture
def ses() -> SimulatedSes:
    return SimulatedSes(Clock())


@pytest.fixture
def client(ses: SimulatedSes) -> Any:
    return Client("sesv2", ses.execute)


def send(client: Any, **options: Any) -> str:
    request: dict[str, Any] = {
        "FromEmailAddress": "Summaries <summaries@network.test>",
        "Destination": {"ToAddresses": ["owner@acme.test"]},
        "Content": {
            "Simple": {
                "Subject": {"Data": "1 order cancelled"},
                "Body": {"Text": {"Data": "text"}, "Html": {"Data": "<p>html</p>"}},
            }
        },
        "ConfigurationSetName": "summaries",
        "EmailTags": [{"Name": "summary_id", "Value": "S-1"}],
        **options,
    }
    return str(client.send_email(**{name: value for name, value in request.items() if value is not None})["MessageId"])


def events(ses: SimulatedSes) -> list[dict[str, Any]]:
    found = []
    while (due := ses.next_due()) is not None:
        ses.clock.advance_to(due)
        found.append(ses.take())
    return found


def test_an_accepted_mail_can_be_read(ses: SimulatedSes, client: Any) -> None:
    message_id = send(client)
    [mail] = ses.accepted
    assert mail.message_id == message_id
    assert (mail.to, mail.subject, mail.text, mail.html) == (
        ("owner@acme.test",),
        "1 order cancelled",
        "text",
        "<p>html</p>",
    )
    assert mail.tags == {"summary_id": "S-1"}


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("TooManyRequestsException", 429),
        ("LimitExceededException", 400),
        ("SendingPausedException", 400),
        ("AccountSuspendedException", 400),
        ("MailFromDomainNotVerifiedException", 400),
        ("MessageRejected", 400),
        ("BadRequestException", 400),
        ("NotFoundException", 404),
    ],
)
def test_a_refusal_is_the_error_that_boto3_raises(ses: SimulatedSes, code: str, status: int) -> None:
    client = Client("sesv2", ses.execute)
    client.attempts = 1
    ses.refuse(code)
    with pytest.raises(getattr(client.exceptions, code)) as caught:
        send(client)
    assert isinstance(caught.value, ClientError)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert ses.accepted == []
    send(client)
    assert len(ses.accepted) == 1


def test_refusals_can_be_for_some_mails_and_without_end(ses: SimulatedSes, client: Any) -> None:
    ses.refuse("MessageRejected", math.inf, lambda request: "bad" in request["Destination"]["ToAddresses"][0])
    for _ in range(3):
        with pytest.raises(ClientError):
            send(client, Destination={"ToAddresses": ["bad@acme.test"]})
    send(client)
    ses.relent()
    send(client, Destination={"ToAddresses": ["bad@acme.test"]})
    assert len(ses.accepted) == 2


def test_a_throttled_mail_is_tried_again_by_the_sdk_unless_it_is_told_not_to(ses: SimulatedSes, client: Any) -> None:
    ses.refuse("TooManyRequestsException", times=2)
    send(client)
    assert ses.attempts == 3


@pytest.mark.parametrize("value", ["", "a b", "a.b", "a@b", "ä", "x" * 257])
def test_a_tag_with_other_characters_than_ses_allows_is_refused(client: Any, value: str) -> None:
    with pytest.raises(client.exceptions.BadRequestException):
        send(client, EmailTags=[{"Name": "seller_id", "Value": value}])


def test_too_many_recipients_and_none(client: Any) -> None:
    with pytest.raises(client.exceptions.MessageRejected):
        send(client, Destination={"ToAddresses": [f"{number}@acme.test" for number in range(51)]})
    with pytest.raises(client.exceptions.BadRequestException):
        send(client, Destination={})


def test_a_sender_may_have_to_be_verified(ses: SimulatedSes, client: Any) -> None:
    ses.verified = lambda sender: "other" in sender
    with pytest.raises(client.exceptions.MessageRejected):
        send(client)


def test_what_boto3_would_not_send_is_not_sent(client: Any) -> None:
    with pytest.raises(ParamValidationError):
        send(client, Subject="misplaced")
    with pytest.raises(NotImplementedError):
        client.send_bulk_email(DefaultContent={"Template": {}}, BulkEmailEntries=[])


def test_an_event_has_the_shape_that_eventbridge_delivers(ses: SimulatedSes, client: Any) -> None:
    message_id = send(client)
    sent, delivered = events(ses)
    assert sent["source"] == "aws.ses"
    assert sent["detail-type"] == "Email Sent"
    assert sent["time"].endswith("Z")
    detail = sent["detail"]
    assert (detail["eventType"], detail["send"]) == ("Send", {})
    assert detail["mail"]["messageId"] == message_id
    assert detail["mail"]["destination"] == ["owner@acme.test"]
    assert detail["mail"]["tags"]["summary_id"] == ["S-1"]
    assert detail["mail"]["tags"]["ses:configuration-set"] == ["summaries"]
    assert detail["mail"]["tags"]["ses:from-domain"] == ["network.test"]
    assert detail["mail"]["timestamp"] == "2026-11-23T09:00:00.000Z"
    assert delivered["detail"]["delivery"]["recipients"] == ["owner@acme.test"]
    assert sent["id"] != delivered["id"]


@pytest.mark.parametrize(
    ("detail_type", "event_type", "member", "content"),
    [
        (DELIVERED, "Delivery", "delivery", {"smtpResponse": "250 2.6.0 Message received"}),
        (BOUNCED, "Bounce", "bounce", {"bounceType": "Permanent", "bounceSubType": "General"}),
        (COMPLAINED, "Complaint", "complaint", {"complainedRecipients": [{"emailAddress": "owner@acme.test"}]}),
        (REJECTED, "Reject", "reject", {"reason": "Bad content"}),
        (RENDERING_FAILED, "Rendering Failure", "failure", {"templateName": "summary"}),
        (DELAYED, "DeliveryDelay", "deliveryDelay", {"delayType": "TransientCommunicationFailure"}),
    ],
)
def test_each_fate_has_its_event(
    ses: SimulatedSes, client: Any, detail_type: str, event_type: str, member: str, content: dict[str, Any]
) -> None:
    ses.fate = lambda _: (SENT, detail_type)
    send(client)
    _, event = events(ses)
    assert (event["detail-type"], event["detail"]["eventType"]) == (detail_type, event_type)
    assert content.items() <= event["detail"][member].items()


def test_without_a_configuration_set_there_are_no_events(ses: SimulatedSes, client: Any) -> None:
    send(client, ConfigurationSetName=None)
    assert ses.next_due() is None


def test_events_take_a_while_get_lost_and_come_twice(ses: SimulatedSes, client: Any) -> None:
    began = ses.clock.now
    ses.delivery = EventDelivery(delays=(60.0, 60.0), loses=lambda detail_type, _: detail_type == SENT)
    send(client)
    assert [event["detail-type"] for event in events(ses)] == [DELIVERED]
    assert ses.clock.now == began + 120
    ses.delivery = EventDelivery(lost=1.0)
    send(client)
    assert events(ses) == []
    ses.delivery = EventDelivery(repeated=1.0)
    send(client)
    ids = [event["id"] for event in events(ses)]
    assert len(ids) == 4
    assert len(set(ids)) == 2


def test_a_complaint_may_follow_days_later(ses: SimulatedSes, client: Any) -> None:
    send(client)
    events(ses)
    ses.clock.advance(3 * 86_400)
    ses.publish(COMPLAINED, ses.accepted[0])
    [complaint] = events(ses)
    assert complaint["detail"]["mail"]["timestamp"] == "2026-11-23T09:00:00.000Z"
    assert complaint["time"].startswith("2026-11-26")
