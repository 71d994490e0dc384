"""What goes wrong with invocations: by a plan, or by chance from a seed."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Fault(StrEnum):
    """What can go wrong with one invocation."""

    THROTTLE = "throttled before the handler"
    CRASH = "died before the handler ran"
    LOST = "handler ran, its answer was lost"
    REDELIVER = "succeeds, and comes again later"


class Faults(Protocol):
    """What goes wrong with each attempt at an invocation, by its number from 1; ``recut``: how often retries are."""

    recut: float

    def __call__(self, number: int) -> Fault | None: ...


@dataclass
class Plan:
    """These faults and no others."""

    faults: Mapping[int, Fault] = field(default_factory=dict)
    recut: float = 0.0

    def __call__(self, number: int) -> Fault | None:
        return self.faults.get(number)


class Chaos:
    """Faults at random from a seed, each at its own rate per attempt."""

    def __init__(
        self,
        seed: int,
        *,
        throttle: float = 0.0,
        crash: float = 0.0,
        lost: float = 0.0,
        redeliver: float = 0.0,
        recut: float = 0.0,
    ) -> None:
        self._seed = seed
        self._rates = {Fault.THROTTLE: throttle, Fault.CRASH: crash, Fault.LOST: lost, Fault.REDELIVER: redeliver}
        self.recut = recut

    def __call__(self, number: int) -> Fault | None:
        draw = random.Random(f"{self._seed} {number}").random()
        for fault, rate in self._rates.items():
            draw -= rate
            if draw < 0:
                return fault
        return None
