"""An event bus in memory: what PutEvents takes, and what it refuses, entry by entry."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from tests.support.service_errors import client_error

Entry = dict[str, Any]


class SimulatedBus:
    """``refuses`` says of an entry with which error; ``down``: no call gets an answer."""

    def __init__(self) -> None:
        self.taken: list[Entry] = []
        self.calls = 0
        self.down = False
        self.refuses: Callable[[Entry], str | None] = lambda _: None

    def put_events(self, Entries: Sequence[Entry]) -> dict[str, Any]:  # noqa: N803 - the SDK's name
        assert 1 <= len(Entries) <= 10
        self.calls += 1
        if self.down:
            raise client_error("events", "PutEvents", "InternalException", "none")
        results = [{"ErrorCode": code} if (code := self.refuses(each)) else {"EventId": "e"} for each in Entries]
        self.taken += [each for each, result in zip(Entries, results, strict=True) if "EventId" in result]
        return {"FailedEntryCount": sum("ErrorCode" in each for each in results), "Entries": results}

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """Each event's detail-type and detail, in the order in which they were put."""
        return [(each["DetailType"], json.loads(each["Detail"])) for each in self.taken]
