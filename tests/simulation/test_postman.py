"""The postman accepts, refuses and publishes as SES does."""

import math
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from tests.simulation.clients import Client
from tests.simulation.clock import Clock
from tests.simulation.postman import (
    BOUNCED,
    COMPLAINED,
    DELAYED,
    DELIVERED,
    REJECTED,
    RENDERING_FAILED,
    SENT,
    EventDelivery,
    Postman,
)


@pytest.fixture
def postman() -> Postman:
    return Postman(Clock())


@pytest.fixture
def ses(postman: Postman) -> Any:
    return Client("sesv2", postman.execute)


def send(ses: Any, **options: Any) -> str:
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
    return str(ses.send_email(**{name: value for name, value in request.items() if value is not None})["MessageId"])


def events(postman: Postman) -> list[dict[str, Any]]:
    found = []
    while (due := postman.next_due()) is not None:
        postman.clock.advance_to(due)
        found.append(postman.take())
    return found


def test_an_accepted_mail_can_be_read(postman: Postman, ses: Any) -> None:
    message_id = send(ses)
    [mail] = postman.accepted
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
def test_a_refusal_is_the_error_that_boto3_raises(postman: Postman, code: str, status: int) -> None:
    ses = Client("sesv2", postman.execute)
    ses.attempts = 1
    postman.refuse(code)
    with pytest.raises(getattr(ses.exceptions, code)) as caught:
        send(ses)
    assert isinstance(caught.value, ClientError)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert postman.accepted == []
    send(ses)
    assert len(postman.accepted) == 1


def test_refusals_can_be_for_some_mails_and_without_end(postman: Postman, ses: Any) -> None:
    postman.refuse("MessageRejected", math.inf, lambda request: "bad" in request["Destination"]["ToAddresses"][0])
    for _ in range(3):
        with pytest.raises(ClientError):
            send(ses, Destination={"ToAddresses": ["bad@acme.test"]})
    send(ses)
    postman.relent()
    send(ses, Destination={"ToAddresses": ["bad@acme.test"]})
    assert len(postman.accepted) == 2


def test_a_throttled_mail_is_tried_again_by_the_sdk_unless_it_is_told_not_to(postman: Postman, ses: Any) -> None:
    postman.refuse("TooManyRequestsException", times=2)
    send(ses)
    assert postman.attempts == 3


@pytest.mark.parametrize("value", ["", "a b", "a.b", "a@b", "ä", "x" * 257])
def test_a_tag_with_other_characters_than_ses_allows_is_refused(ses: Any, value: str) -> None:
    with pytest.raises(ses.exceptions.BadRequestException):
        send(ses, EmailTags=[{"Name": "seller_id", "Value": value}])


def test_too_many_recipients_and_none(ses: Any) -> None:
    with pytest.raises(ses.exceptions.MessageRejected):
        send(ses, Destination={"ToAddresses": [f"{number}@acme.test" for number in range(51)]})
    with pytest.raises(ses.exceptions.BadRequestException):
        send(ses, Destination={})


def test_a_sender_may_have_to_be_verified(postman: Postman, ses: Any) -> None:
    postman.verified = lambda sender: "other" in sender
    with pytest.raises(ses.exceptions.MessageRejected):
        send(ses)


def test_what_boto3_would_not_send_is_not_sent(ses: Any) -> None:
    with pytest.raises(ParamValidationError):
        send(ses, Subject="misplaced")
    with pytest.raises(NotImplementedError):
        ses.send_bulk_email(DefaultContent={"Template": {}}, BulkEmailEntries=[])


def test_an_event_has_the_shape_that_eventbridge_delivers(postman: Postman, ses: Any) -> None:
    message_id = send(ses)
    sent, delivered = events(postman)
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
    postman: Postman, ses: Any, detail_type: str, event_type: str, member: str, content: dict[str, Any]
) -> None:
    postman.fate = lambda _: (SENT, detail_type)
    send(ses)
    _, event = events(postman)
    assert (event["detail-type"], event["detail"]["eventType"]) == (detail_type, event_type)
    assert content.items() <= event["detail"][member].items()


def test_without_a_configuration_set_there_are_no_events(postman: Postman, ses: Any) -> None:
    send(ses, ConfigurationSetName=None)
    assert postman.next_due() is None


def test_events_take_a_while_get_lost_and_come_twice(postman: Postman, ses: Any) -> None:
    began = postman.clock.now
    postman.delivery = EventDelivery(delays=(60.0, 60.0), loses=lambda detail_type, _: detail_type == SENT)
    send(ses)
    assert [event["detail-type"] for event in events(postman)] == [DELIVERED]
    assert postman.clock.now == began + 120
    postman.delivery = EventDelivery(lost=1.0)
    send(ses)
    assert events(postman) == []
    postman.delivery = EventDelivery(repeated=1.0)
    send(ses)
    ids = [event["id"] for event in events(postman)]
    assert len(ids) == 4
    assert len(set(ids)) == 2


def test_a_complaint_may_follow_days_later(postman: Postman, ses: Any) -> None:
    send(ses)
    events(postman)
    postman.clock.advance(3 * 86_400)
    postman.publish(COMPLAINED, postman.accepted[0])
    [complaint] = events(postman)
    assert complaint["detail"]["mail"]["timestamp"] == "2026-11-23T09:00:00.000Z"
    assert complaint["time"].startswith("2026-11-26")
