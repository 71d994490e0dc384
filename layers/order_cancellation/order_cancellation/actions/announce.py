"""Put what other systems are told on the bus of the stack, at least once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from order_cancellation import aws
from order_cancellation.domain.announcements import Announcement
from order_cancellation.observability import count, logger

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

SOURCE: Final = "order-cancellation"
_MOST = 10  # entries that PutEvents takes


def client() -> EventBridgeClient:
    """The EventBridge client; make it once per process."""
    made: EventBridgeClient = aws.client(
        "events", Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard"})
    )
    return made


class Bus:
    def __init__(self, events: EventBridgeClient, name: str) -> None:
        self._events = events
        self._name = name

    def put(self, told: Sequence[tuple[str, Announcement]]) -> set[str]:
        """Announcements, each with the number of its stream record; returns the numbers of those that were not taken.

        What follows a call that got no answer is not tried: it comes again in any case.
        """
        failed: set[str] = set()
        for entries in batched(told, _MOST, strict=False):
            failed |= {number for number, _ in entries} if failed else self._put(entries)
        return failed

    def _put(self, told: Sequence[tuple[str, Announcement]]) -> set[str]:
        entries: Any = [
            {
                "EventBusName": self._name,
                "Source": SOURCE,
                "DetailType": announcement.kind,
                "Detail": json.dumps(announcement.detail, separators=(",", ":")),
            }
            for _, announcement in told
        ]
        try:
            results: Sequence[Any] = self._events.put_events(Entries=entries)["Entries"]
        except (BotoCoreError, ClientError):
            logger.exception("not announced")
            return {number for number, _ in told}
        failed = set()
        for (number, announcement), result in zip(told, results, strict=True):
            if code := result.get("ErrorCode"):
                logger.error("not announced", extra={"sequence_number": number, "why": code})
                failed.add(number)
            else:
                count(f"Announced.{announcement.kind}")
        return failed
