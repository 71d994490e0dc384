"""What each kind of answer from SES means for a summary."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.stub import ANY, Stubber

from order_cancellation.mail import ses as product
from order_cancellation.mail.compose import Mail
from order_cancellation.mail.ses import SendResult, Ses
from tests.support.clock import Stopwatch

THROTTLED: Any = {
    "Error": {"Code": "TooManyRequestsException", "Message": "Maximum sending rate exceeded."},
    "ResponseMetadata": {"HTTPStatusCode": 429},
}
MAIL = Mail("1 order cancelled", "<p>one</p>", "one")


@pytest.fixture
def ses() -> Iterator[tuple[Any, Stubber]]:
    client = boto3.client("sesv2")
    with Stubber(client) as stubber:
        yield client, stubber


@pytest.mark.parametrize(
    ("code", "message", "status", "verdict"),
    [
        ("TooManyRequestsException", "Maximum sending rate exceeded.", 429, "throttled"),
        ("Throttling", "Rate exceeded", 400, "throttled"),
        ("TooManyRequestsException", "Daily message quota exceeded.", 429, "stop"),
        ("LimitExceededException", "", 400, "stop"),
        ("SendingPausedException", "", 400, "stop"),
        ("AccountSuspendedException", "", 400, "stop"),
        ("MailFromDomainNotVerifiedException", "", 400, "stop"),
        ("MessageRejected", "Email address is not verified. The following identities failed: a@b.c", 400, "stop"),
        ("AccessDeniedException", "not authorized to perform ses:SendEmail", 403, "stop"),
        ("NotFoundException", "Configuration set <x> does not exist.", 404, "stop"),
        ("MessageRejected", "Address blacklisted.", 400, "park"),
        ("BadRequestException", "Illegal address", 400, "park"),
        ("InternalFailure", "", 500, "unknown"),
        ("ServiceUnavailable", "", 503, "unknown"),
        ("SomethingNew", "", 400, "unknown"),
    ],
)
def test_an_error_of_ses(ses: tuple[Any, Stubber], code: str, message: str, status: int, verdict: str) -> None:
    client, stubber = ses
    stubber.add_client_error("send_email", code, message, status)
    sender = Ses(client, "orders@network.example", "summaries")
    receipt = sender.send("ops@acme.example", MAIL, "S-1", in_time=lambda: False)
    assert receipt == SendResult(verdict, why=code)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (ConnectTimeoutError(endpoint_url="x"), "later"),
        (EndpointConnectionError(endpoint_url="x"), "later"),
        (ReadTimeoutError(endpoint_url="x"), "unknown"),
        (ConnectionClosedError(endpoint_url="x"), "unknown"),
    ],
)
def test_no_answer(monkeypatch: pytest.MonkeyPatch, error: Exception, verdict: str) -> None:
    client = boto3.client("sesv2")

    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(client, "_make_api_call", fail)
    assert Ses(client, "orders@network.example", "summaries").send("a@b.example", MAIL, "S-1").verdict == verdict


EXPECTED = ("FromEmailAddress", "ReplyToAddresses", "Destination", "Content", "ConfigurationSetName")


def test_answers_go_where_the_template_says(ses: tuple[Any, Stubber]) -> None:
    client, stubber = ses
    expected = {**dict.fromkeys((*EXPECTED, "EmailTags"), ANY), "ReplyToAddresses": ["help@network.example"]}
    stubber.add_response("send_email", {"MessageId": "m-1"}, expected)
    sender = '"Network" <orders@network.example>'
    assert Ses(client, sender, "summaries", "help@network.example").send("c@d.example", MAIL, "S-1").verdict == "sent"


def test_what_is_handed_to_ses(ses: tuple[Any, Stubber]) -> None:
    client, stubber = ses
    expected = {
        "FromEmailAddress": "orders@network.example",
        "ReplyToAddresses": [],
        "Destination": {"ToAddresses": ["ops@acme.example"]},
        "Content": {
            "Simple": {
                "Subject": {"Data": MAIL.subject, "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": MAIL.text, "Charset": "UTF-8"},
                    "Html": {"Data": MAIL.html, "Charset": "UTF-8"},
                },
            }
        },
        "EmailTags": [{"Name": "summary_id", "Value": "S-1"}],
        "ConfigurationSetName": "summaries",
    }
    stubber.add_response("send_email", {"MessageId": "m-1"}, expected)
    receipt = Ses(client, "orders@network.example", "summaries").send("ops@acme.example", MAIL, "S-1")
    assert receipt == SendResult("sent", message_id="m-1")


@pytest.mark.parametrize("mailing", [2, 3])
def test_a_mail_that_is_sent_anew_says_which_mailing_it_is(ses: tuple[Any, Stubber], mailing: int) -> None:
    client, stubber = ses
    wanted = [{"Name": "summary_id", "Value": "S-1"}, {"Name": "mailing", "Value": str(mailing)}]
    others = dict.fromkeys(EXPECTED, ANY)
    stubber.add_response("send_email", {"MessageId": "m-1"}, {**others, "EmailTags": wanted})
    assert Ses(client, "a@b.example", "summaries").send("c@d.example", MAIL, "S-1", mailing).verdict == "sent"


def test_the_sdk_makes_one_attempt() -> None:
    """A second one after a lost answer would be a second mail."""
    attempts = []
    client = product.client()
    client.meta.events.register("before-send.sesv2", lambda **_: attempts.append(1) or _server_error())  # type: ignore[func-returns-value]
    receipt = Ses(client, "orders@network.example", "summaries").send("ops@acme.example", MAIL, "S-1")
    assert receipt.verdict == "unknown"
    assert len(attempts) == 1


def _server_error() -> Any:
    class Raw:
        def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
            yield b"{}"

    headers = HTTPHeaders.from_dict({"x-amzn-errortype": "InternalFailure"})
    return AWSResponse("https://email.us-east-1.amazonaws.com", 500, headers, Raw())


def test_what_is_refused_for_its_haste_goes_after_a_pause(
    ses: tuple[Any, Stubber], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, stubber = ses
    watch = Stopwatch()
    monkeypatch.setattr("order_cancellation.mail.ses.time", watch)
    stubber.add_client_error("send_email", "TooManyRequestsException", "Maximum sending rate exceeded.", 429)
    stubber.add_response("send_email", {"MessageId": "m"})
    assert Ses(client, "orders@network.example", "summaries").send("a@b.example", MAIL, "S-1").verdict == "sent"
    assert watch.slept > 0


@pytest.mark.parametrize("rate", [1, 14])
def test_the_pace_is_about_what_ses_takes(monkeypatch: pytest.MonkeyPatch, rate: int) -> None:
    """An account that takes so many mails a second: most are taken at the first try, at most of that rate."""
    watch = Stopwatch()
    monkeypatch.setattr("order_cancellation.mail.ses.time", watch)
    client = boto3.client("sesv2")
    tokens, filled_at, refused = float(rate), 0.0, 0

    def send(*_: Any) -> Any:
        nonlocal tokens, filled_at, refused
        tokens = min(rate, tokens + (watch.now - filled_at) * rate)
        filled_at = watch.now
        watch.sleep(0.01)  # what a call takes
        if tokens < 1:
            refused += 1
            raise ClientError(THROTTLED, "SendEmail")
        tokens -= 1
        return {"MessageId": "m"}

    monkeypatch.setattr(client, "_make_api_call", send)
    sender = Ses(client, "orders@network.example", "summaries")
    assert {sender.send("a@b.example", MAIL, f"S-{number}").verdict for number in range(200 * rate)} == {"sent"}
    assert refused < 0.1 * 200 * rate
    assert watch.now < 1.5 * 200
