"""SES: one attempt per call, and what each kind of answer means for the summary.

SES takes no idempotency token, so the SDK must not retry on its own: a lost answer would be a second mail.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
)

from order_cancellation import aws
from order_cancellation.mail.compose import Mail

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

# sent: SES has it. throttled: too many at once. later: SES took nothing, ask again soon. stop: nor will it take any
# other. park: it never will take this one. unknown: no answer; it may have taken it.
Verdict = Literal["sent", "throttled", "later", "stop", "park", "unknown"]

CLIENT_CONFIG: Final = Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1, "mode": "standard"})

_STOP = frozenset(
    {
        "AccessDeniedException",
        "AccountSuspendedException",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "LimitExceededException",
        "MailFromDomainNotVerifiedException",
        "NotFoundException",  # the configuration set or the identity is gone
        "SendingPausedException",
        "UnrecognizedClientException",
    }
)
_THROTTLED = frozenset({"Throttling", "ThrottlingException", "TooManyRequestsException"})
_PARK = frozenset({"BadRequestException", "InvalidParameterValue", "MessageRejected", "ValidationException"})


@dataclass(frozen=True, slots=True)
class SendResult:
    """What came of one attempt. ``message_id`` is SES's where it was sent; ``why`` is the error's code otherwise.

    ``said`` is what SES said to it, for the log: without the names before an @.
    """

    verdict: Verdict
    message_id: str = ""
    why: str = ""
    said: str = field(default="", compare=False)


def client() -> SESV2Client:
    """The SES client; make it once per process."""
    made: SESV2Client = aws.client("sesv2", CLIENT_CONFIG)
    return made


class Ses:
    """Sends as ``sender``, through a configuration set that tells us what became of each mail.

    ``reply_to`` is where answers go if not to the sender.
    """

    def __init__(self, ses: SESV2Client, sender: str, configuration_set: str, reply_to: str = "") -> None:
        self._ses = ses
        self._pace = _Pace()
        self._sender = sender
        self._configuration_set = configuration_set
        self._reply_to = [reply_to] if reply_to else []

    def send(
        self, to: str, mail: Mail, summary_id: str, mailing: int = 1, in_time: Callable[[], bool] = lambda: True
    ) -> SendResult:
        """Hand one mail to SES, once. Its events name the summary, and which mailing of it this is beyond the first.

        What SES refuses because there are too many at once it has not taken: it is handed over again after a pause,
        as long as there is time for that; if there is none left, the verdict is ``throttled``.
        """
        result = SendResult("throttled", why="no time was left to wait for a turn")
        while (turn := self._pace.turn(in_time)) is not None:
            result = self._send(to, mail, summary_id, mailing)
            if result.verdict != "throttled":
                break
            self._pace.refused(turn)
        if result.verdict == "sent":
            self._pace.taken()
        return result

    def _send(self, to: str, mail: Mail, summary_id: str, mailing: int) -> SendResult:
        tags = {"summary_id": summary_id} | ({"mailing": str(mailing)} if mailing > 1 else {})
        try:
            response = self._ses.send_email(
                FromEmailAddress=self._sender,
                ReplyToAddresses=self._reply_to,
                Destination={"ToAddresses": [to]},
                Content={
                    "Simple": {
                        "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                        "Body": {
                            "Text": {"Data": mail.text, "Charset": "UTF-8"},
                            "Html": {"Data": mail.html, "Charset": "UTF-8"},
                        },
                    }
                },
                EmailTags=[{"Name": name, "Value": value} for name, value in tags.items()],
                ConfigurationSetName=self._configuration_set,
            )
        except ClientError as error:
            return _result(error)
        except (ConnectTimeoutError, EndpointConnectionError) as error:  # it never reached SES
            return SendResult("later", why=type(error).__name__)
        except BotoCoreError as error:
            return SendResult("unknown", why=type(error).__name__)
        return SendResult("sent", message_id=response["MessageId"])


class _Pace:
    """How fast SES is handed mails: as fast as they come until it refuses one, and from then on about as it takes them.

    Each refusal makes the interval between two mails longer, each mail that is taken a little shorter. All who send in
    this process share it.
    """

    _FIRST = 1 / 64  # the interval after the first refusal, in seconds; below half of it there is none
    _LONGEST = 5.0

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._interval = 0.0
        self._free_at = 0.0
        self._slowed_at = 0.0

    def turn(self, in_time: Callable[[], bool]) -> float | None:
        """Wait until the next mail may go; returns when that was, or None when the time is over before."""
        while True:
            with self._lock:
                now = time.monotonic()
                if now >= self._free_at:
                    self._free_at = now + self._interval
                    return now
                pause = self._free_at - now
            if not in_time():
                return None
            time.sleep(min(pause, 1.0))

    def refused(self, turn: float) -> None:
        """Too many at once, says SES of the mail whose turn that was: slow down, once for all that went meanwhile."""
        with self._lock:
            if turn >= self._slowed_at:
                self._interval = min(max(1.5 * self._interval, self._FIRST), self._LONGEST)
                self._slowed_at = time.monotonic()
                self._free_at = self._slowed_at + 4 * self._interval

    def taken(self) -> None:
        with self._lock:
            self._interval *= 0.99 if self._interval > self._FIRST / 2 else 0


def masked(words: str) -> str:
    """Somebody's words as the log may have them: whose address it is cannot be read, at which provider can."""
    return re.sub(r"[^\s<>()\"',;:@]{1,64}@", "***@", words)[:500]


def _result(error: ClientError) -> SendResult:
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return SendResult(_verdict(code, message, status), why=code, said=masked(message))


def _verdict(code: str, message: str, status: int) -> Verdict:
    # The sandbox and an unverified sender reject every mail alike; so does a spent daily quota.
    if code in _STOP or "not verified" in message or "Daily message quota" in message:
        return "stop"
    if code in _THROTTLED or status == 429:
        return "throttled"
    return "park" if code in _PARK else "unknown"  # a 5xx: SES may have taken it all the same
