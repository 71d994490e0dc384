"""The way from the code under test to AWS: every call is numbered here, and here it goes wrong.

Only calls made inside a process count. What a scenario does on its own behalf, outside one, is safe and not numbered.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.simulation.processes import Process, ProcessDied
from tests.support.clock import Clock
from tests.support.service_errors import client_error

Execute = Callable[[str, Mapping[str, Any]], dict[str, Any]]

_THROTTLED = {"sesv2": "TooManyRequestsException"}


class CallFault(StrEnum):
    """What can go wrong with one call. Each attempt of the SDK is a call."""

    DIE_BEFORE = "died before"
    DIE_AFTER = "died after"
    LOSE_ANSWER = "executed, answer lost"
    LOSE_REQUEST = "never arrived, timed out"
    THROTTLE = "throttled"
    STALL = "stood still before"


@dataclass(frozen=True)
class Call:
    """A call as it was made; ``fault`` is what went wrong with it."""

    number: int
    at: float
    process: str
    service: str
    operation: str
    fault: CallFault | None

    def __str__(self) -> str:
        return (
            f"{self.number:4} {self.at:.3f} {self.process}: {self.service} {self.operation} {self.fault or ''}".rstrip()
        )


class Calls:
    """``faults`` are by call number, from 1. ``meanwhile`` lets the rest of the world go on for so many seconds.

    A call takes ``latency`` seconds, a process that stands still ``stall``.
    """

    def __init__(
        self,
        clock: Clock,
        faults: Mapping[int, CallFault],
        meanwhile: Callable[[float], None],
        *,
        latency: float = 0.01,
        stall: float = 10.0,
    ) -> None:
        self.made: list[Call] = []
        self.processes: list[Process] = []
        self._clock = clock
        self._faults = faults
        self._meanwhile = meanwhile
        self._latency = latency
        self._stall = stall

    def send(
        self, service: str, operation: str, params: Mapping[str, Any], execute: Execute, timeout: float
    ) -> dict[str, Any]:
        """Make one call. Raises what boto3 would raise, or ProcessDied."""
        if not self.processes:
            return execute(operation, params)
        process = self.processes[-1]
        fault = self._faults.get(len(self.made) + 1)
        self.made.append(Call(len(self.made) + 1, self._clock.now, process.name, service, operation, fault))
        if fault is CallFault.STALL:
            self._meanwhile(self._stall)
        self._clock.advance(self._latency)
        self._require_alive(process)
        if fault is CallFault.DIE_BEFORE:
            raise ProcessDied(fault)
        if fault is CallFault.THROTTLE:
            raise client_error(service, operation, _THROTTLED.get(service, "ThrottlingException"), "Rate exceeded")
        answer: dict[str, Any] | ClientError | None = None
        if fault is not CallFault.LOSE_REQUEST:
            try:
                answer = execute(operation, params)
            except ClientError as error:
                answer = error
        if fault is CallFault.DIE_AFTER:
            raise ProcessDied(fault)
        if fault in (CallFault.LOSE_ANSWER, CallFault.LOSE_REQUEST):
            self._clock.advance(timeout)
            self._require_alive(process)
            raise ReadTimeoutError(endpoint_url=f"https://{service}.us-east-1.amazonaws.com/")
        if isinstance(answer, ClientError):
            raise answer
        assert answer is not None
        return answer

    def _require_alive(self, process: Process) -> None:
        if self._clock.now > process.deadline:
            raise ProcessDied("timed out")
