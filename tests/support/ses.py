"""Amazon SES in memory: what it accepts, what it refuses, and the events that it publishes through EventBridge.

    ses = SimulatedSes(clock)
    ses.refuse("TooManyRequestsException", times=2)
    ses.fate = lambda mail: ("Email Sent", "Email Bounced")
    ...
    ses.accepted[0].subject

An event is published a while after its cause, perhaps never, perhaps twice, in any order: EventBridge's delivery of SES
events is best effort. Shapes: Amazon SES Developer Guide, "Examples of event data" and "SES events schema reference".
"""

import heapq
import itertools
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tests.support.clock import Clock, to_millisecond, to_second
from tests.support.service_errors import client_error

Event = dict[str, Any]

SENT = "Email Sent"
DELIVERED = "Email Delivered"
BOUNCED = "Email Bounced"
COMPLAINED = "Email Complaint Received"
REJECTED = "Email Rejected"
RENDERING_FAILED = "Email Rendering Failed"
DELAYED = "Email Delivery Delayed"

_ACCOUNT = "123456789012"
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
_MOST_RECIPIENTS = 50


@dataclass(frozen=True)
class Mail:
    """A mail that SES accepted. ``tags`` are those of the request."""

    message_id: str
    at: float
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str
    tags: Mapping[str, str]
    configuration_set: str | None
    request: Mapping[str, Any] = field(repr=False)

    @property
    def summary_id(self) -> str:
        return self.tags["summary_id"]


@dataclass
class Refusal:
    """So many of the mails that ``concerns`` are refused with this error."""

    code: str
    times: float
    concerns: Callable[[Mapping[str, Any]], bool]


@dataclass
class EventDelivery:
    """How events travel: between ``delays`` seconds, lost and repeated at these rates, but for what ``loses`` says."""

    delays: tuple[float, float] = (0.5, 5.0)
    lost: float = 0.0
    repeated: float = 0.0
    loses: Callable[[str, Mail], bool] = lambda detail_type, mail: False  # noqa: ARG005


class SimulatedSes:
    """One account's SES. ``fate`` says which events follow a mail, by their detail-type, in order."""

    def __init__(self, clock: Clock | None = None, *, seed: int = 0) -> None:
        self.clock = clock or Clock()
        self.accepted: list[Mail] = []
        self.attempts = 0
        self.delivery = EventDelivery()
        self.fate: Callable[[Mail], Sequence[str]] = lambda _: (SENT, DELIVERED)
        self.verified: Callable[[str], bool] = lambda _: True
        self._refusals: list[Refusal] = []
        self._random = random.Random(f"ses {seed}")
        self._order = itertools.count()
        self._events: list[tuple[float, int, Event]] = []

    def refuse(
        self, code: str, times: float = 1, concerns: Callable[[Mapping[str, Any]], bool] = lambda _: True
    ) -> None:
        """Refuse the next ``times`` mails (``math.inf``: all, until ``relent``) with an error of SES, by its code.

        TooManyRequestsException, LimitExceededException, SendingPausedException, AccountSuspendedException,
        MailFromDomainNotVerifiedException, MessageRejected, BadRequestException, NotFoundException.
        Answers that get lost are faults of the wire, not of SES.
        """
        self._refusals.append(Refusal(code, times, concerns))

    def relent(self) -> None:
        """Refuse nothing from now on."""
        self._refusals.clear()

    def clear(self) -> None:
        """Begin anew, without a mail."""
        self.accepted.clear()
        self._events.clear()

    def sent(self, summary_id: str) -> int:
        """How many mails there are of one summary."""
        return sum(mail.summary_id == summary_id for mail in self.accepted)

    def execute(self, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """One request, as a client sends it. Raises the ClientError that boto3 would raise."""
        if operation != "SendEmail":
            raise NotImplementedError(operation)
        self.attempts += 1
        for refusal in self._refusals:
            if refusal.times > 0 and refusal.concerns(params):
                refusal.times -= 1
                raise _error(refusal.code, f"refused as the test asked: {refusal.code}")
        mail = self._mail(params)
        self.accepted.append(mail)
        delay = 0.0
        for detail_type in self.fate(mail):
            delay += self._publish(detail_type, mail, delay)
        return {"MessageId": mail.message_id}

    def publish(self, detail_type: str, mail: Mail) -> None:
        """Let one more event follow a mail, e.g. a complaint, days later."""
        self._publish(detail_type, mail, 0.0)

    def next_due(self) -> float | None:
        """When the next event arrives on the bus."""
        return self._events[0][0] if self._events else None

    def take(self) -> Event:
        """The next event, once it is due."""
        due, _, event = heapq.heappop(self._events)
        assert due <= self.clock.now
        return event

    def _mail(self, params: Mapping[str, Any]) -> Mail:
        content = params["Content"]
        if "Simple" not in content:
            raise NotImplementedError("content other than Simple")
        recipients = [each for kind in params.get("Destination", {}).values() for each in kind]
        tags = {tag["Name"]: tag["Value"] for tag in params.get("EmailTags", ())}
        sender = params["FromEmailAddress"]
        body = content["Simple"]["Body"]
        _require(bool(recipients), "BadRequestException", "Missing required header 'To'.")
        _require(len(recipients) <= _MOST_RECIPIENTS, "MessageRejected", "Recipient count exceeds 50.")
        for text in (*tags, *tags.values()):
            _require(bool(_TAG.fullmatch(text)), "BadRequestException", f"Invalid tag: {text!r}")
        _require(self.verified(sender), "MessageRejected", f"Email address is not verified: {sender}")
        return Mail(
            message_id=f"0100{int(self.clock.now * 1000):012x}-{UUID(int=self._random.getrandbits(128))}-000000",
            at=self.clock.now,
            sender=sender,
            to=tuple(recipients),
            subject=content["Simple"]["Subject"]["Data"],
            text=body.get("Text", {}).get("Data", ""),
            html=body.get("Html", {}).get("Data", ""),
            tags=tags,
            configuration_set=params.get("ConfigurationSetName"),
            request=params,
        )

    def _publish(self, detail_type: str, mail: Mail, after: float) -> float:
        """Returns how long the event takes beyond ``after``."""
        delay = self._random.uniform(*self.delivery.delays)
        if mail.configuration_set is None:
            return delay  # only a configuration set has an event destination
        if self._random.random() < self.delivery.lost or self.delivery.loses(detail_type, mail):
            return delay
        happened = self.clock.now + after
        arrivals = [happened + delay]
        if self._random.random() < self.delivery.repeated:
            arrivals.append(arrivals[0] + self._random.uniform(*self.delivery.delays))
        event_id = str(UUID(int=self._random.getrandbits(128), version=4))
        event = self._event(detail_type, mail, happened, event_id)
        for arrival in arrivals:
            heapq.heappush(self._events, (arrival, next(self._order), event))
        return delay

    def _event(self, detail_type: str, mail: Mail, at: float, event_id: str) -> Event:
        event_type, member, content = _detail(detail_type, mail, to_millisecond(at))
        return {
            "version": "0",
            "id": event_id,
            "detail-type": detail_type,
            "source": "aws.ses",
            "account": _ACCOUNT,
            "time": to_second(at),
            "region": "us-east-1",
            "resources": [f"arn:aws:ses:us-east-1:{_ACCOUNT}:configuration-set/{mail.configuration_set}"],
            "detail": {"eventType": event_type, "mail": _mail_member(mail), member: content},
        }


def _detail(detail_type: str, mail: Mail, at: str) -> tuple[str, str, Event]:
    """An event's eventType, and the member of its detail that only this type has, with its content."""
    feedback = {"timestamp": at, "feedbackId": f"{mail.message_id[:16]}-feedback-000000"}
    if detail_type == SENT:
        return "Send", "send", {}
    if detail_type == DELIVERED:
        return (
            "Delivery",
            "delivery",
            {
                "timestamp": at,
                "processingTimeMillis": 1_893,
                "recipients": list(mail.to),
                "smtpResponse": "250 2.6.0 Message received",
                "reportingMTA": "mta.example.com",
            },
        )
    if detail_type == BOUNCED:
        bounced = [
            {
                "emailAddress": to,
                "action": "failed",
                "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            }
            for to in mail.to
        ]
        return (
            "Bounce",
            "bounce",
            {
                "bounceType": "Permanent",
                "bounceSubType": "General",
                "bouncedRecipients": bounced,
                "reportingMTA": "dsn; mta.example.com",
                **feedback,
            },
        )
    if detail_type == COMPLAINED:
        complained = [{"emailAddress": to} for to in mail.to]
        return (
            "Complaint",
            "complaint",
            {
                "complainedRecipients": complained,
                "complaintSubType": None,
                "complaintFeedbackType": "abuse",
                "arrivalDate": at,
                **feedback,
            },
        )
    if detail_type == REJECTED:
        return "Reject", "reject", {"reason": "Bad content"}
    if detail_type == RENDERING_FAILED:
        failure = "Attribute 'seller' is not present in the rendering data."
        return "Rendering Failure", "failure", {"errorMessage": failure, "templateName": "summary"}
    if detail_type == DELAYED:
        delayed = [{"emailAddress": to, "status": "4.4.1", "diagnosticCode": "smtp; 421 4.4.1"} for to in mail.to]
        return (
            "DeliveryDelay",
            "deliveryDelay",
            {"timestamp": at, "delayType": "TransientCommunicationFailure", "delayedRecipients": delayed},
        )
    raise ValueError(f"SES publishes no {detail_type!r}")


def _mail_member(mail: Mail) -> Event:
    headers = {"From": mail.sender, "To": ", ".join(mail.to), "Subject": mail.subject, "MIME-Version": "1.0"}
    own_tags = {
        "ses:configuration-set": mail.configuration_set,
        "ses:source-ip": "192.0.2.0",
        "ses:from-domain": mail.sender.rpartition("@")[2].rstrip(">"),
        "ses:caller-identity": "summary-role",
    }
    return {
        "timestamp": to_millisecond(mail.at),
        "source": mail.sender,
        "sourceArn": f"arn:aws:ses:us-east-1:{_ACCOUNT}:identity/{own_tags['ses:from-domain']}",
        "sendingAccountId": _ACCOUNT,
        "messageId": mail.message_id,
        "destination": list(mail.to),
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in headers.items()],
        "commonHeaders": {
            "from": [mail.sender],
            "to": list(mail.to),
            "messageId": mail.message_id,
            "subject": mail.subject,
        },
        "tags": {name: [value] for name, value in {**own_tags, **mail.tags}.items()},
    }


def _error(code: str, message: str) -> Exception:
    return client_error("sesv2", "SendEmail", code, message)


def _require(condition: bool, code: str, message: str) -> None:
    if not condition:
        raise _error(code, message)
