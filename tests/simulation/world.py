"""A world to run the code under test in: tables, streams, SES, schedules and functions, on one virtual clock.

    world = World(faults={7: CallFault.DIE_AFTER})
    world.create_table(**definition)
    mapping = world.mapping(world.stream("Orders"), properties, handler)
    world.on_queued_mail_event(feedback, (90, 400), pattern=rule)
    world.every(5 * MINUTE, "sweep", sweep)
    world.run_until_quiet(still_for=HOUR)

Everything happens in turn, in the order of the clock, and the same each time. One process can overtake another only
where a fault makes the one stand still (``CallFault.STALL``).
"""

import contextlib
import heapq
import itertools
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Protocol

import pytest
from botocore.config import Config

from local import event_pattern
from order_cancellation import aws
from order_cancellation.domain import times
from tests.simulation.calls import Call, CallFault, Calls
from tests.simulation.clients import Client
from tests.simulation.event_source_mapping import EventSourceMapping, Handler, VirtualContext
from tests.simulation.mapping_properties import Properties
from tests.simulation.processes import Process, ProcessDied
from tests.simulation.stream import Stream
from tests.support.clock import DAY, Clock
from tests.support.memory_tables import Tables
from tests.support.ses import SimulatedSes
from tests.support.template import TABLES

Event = dict[str, Any]

_clients = itertools.count()
_READ_TIMEOUT = 60.0  # botocore's default
_ASYNC_RETRIES = (60.0, 120.0)  # Lambda repeats an asynchronous invocation that failed twice, after these seconds


class NotQuiet(AssertionError):
    """The world did not come to rest."""


class Actor(Protocol):
    """Whoever has something to do at a moment to come."""

    def next_due(self) -> float | None: ...

    def step(self) -> None: ...


@dataclass(frozen=True)
class Failure:
    """An invocation that died or raised, for the report."""

    at: float
    process: str
    reason: str


class World:
    """``faults`` are by the number of the AWS call that they befall; ``lag`` and ``stall`` are in seconds."""

    def __init__(
        self,
        faults: Mapping[int, CallFault] | None = None,
        *,
        seed: int = 0,
        lag: float = 0.0,
        stall: float = 10.0,
    ) -> None:
        self.clock = Clock()
        self.tables = Tables(self.clock, lag=lag)
        for table in TABLES.values():
            self.tables.listen(table, self._note_change)
        self.ses = SimulatedSes(self.clock, seed=seed)
        self.calls = Calls(self.clock, faults or {}, self._let_pass, stall=stall)
        self.failures: list[Failure] = []
        self.queued = 0  # mail events that are brought again until they are recorded
        self.given_up = 0
        self._changed_at = self.clock.now
        self._agenda = _Agenda(self.clock)
        self._actors: list[Actor] = [self._agenda]
        self._accepted = 0

    # ------------------------------------------------------------------------------------------------------ inhabitants

    def create_table(self, **definition: Any) -> None:
        """A table beside the template's, as CreateTable takes it."""
        self.tables.create_table(**definition)
        self.tables.listen(definition["TableName"], self._note_change)

    def stream(self, table: str, **options: Any) -> Stream:
        """The stream of a table, from now on; ``options`` as for Stream."""
        stream = Stream(self.clock, table=table, **options)
        self.tables.listen(table, stream.append)
        return stream

    def mapping(
        self, stream: Stream, properties: Properties, handler: Handler, name: str = "stream", **options: Any
    ) -> EventSourceMapping:
        """Deliver a stream to a handler; ``options`` as for EventSourceMapping."""
        mapping = EventSourceMapping(stream, properties, **options)

        def process(event: Event, context: VirtualContext) -> Any:
            with self.process(name, context.deadline - self.clock.now):
                return handler(event, context)

        self._actors.append(_Delivery(mapping, process))
        return mapping

    def on_mail_event(
        self,
        handler: Handler,
        name: str = "mail event",
        *,
        pattern: event_pattern.Pattern | None = None,
        timeout: float = 15.0,
    ) -> None:
        """Give the handler the events of SES that an EventBridge rule with this pattern selects."""

        def arrive(event: Event) -> None:
            if pattern is None or event_pattern.matches(pattern, event):
                self.invoke_async(name, handler, event, timeout=timeout)

        self._actors.append(_Post(self.ses, arrive))

    def on_queued_mail_event(
        self, handler: Handler, redelivery: tuple[float, int], *, pattern: event_pattern.Pattern, timeout: float = 15.0
    ) -> None:
        """The same through a queue: what failed is brought again after so many seconds, so many times in all."""
        seconds, most = redelivery

        def bring(message: Event, times: int) -> None:
            try:
                failed = self.invoke("mail event", handler, {"Records": [message]}, timeout=timeout)[
                    "batchItemFailures"
                ]
            except (ProcessDied, Exception) as failure:
                self.failures.append(Failure(self.clock.now, "mail event", repr(failure)))
                failed = [message]
            if failed and times < most:
                self._agenda.add(self.clock.now + seconds, lambda: bring(message, times + 1))
                return
            self.queued -= 1
            self.given_up += bool(failed)

        def arrive(event: Event) -> None:
            if event_pattern.matches(pattern, event):
                self.queued += 1
                bring({"messageId": event["id"], "eventSource": "aws:sqs", "body": json.dumps(event)}, 1)

        self._actors.append(_Post(self.ses, arrive))

    def execute_sqs(self, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The queue of mail events, as GetQueueAttributes shows it."""
        if operation != "GetQueueAttributes":
            raise NotImplementedError(operation)
        counts = {"ApproximateNumberOfMessages": 0, "ApproximateNumberOfMessagesNotVisible": self.queued}
        return {"Attributes": {name: str(counts[name]) for name in params["AttributeNames"]}}

    def every(
        self,
        seconds: float,
        name: str,
        handler: Handler,
        event: Event | None = None,
        *,
        timeout: float = 60.0,
        retries: tuple[float, ...] = _ASYNC_RETRIES,
        idle: float | None = None,
    ) -> None:
        """Invoke a function on a schedule, as EventBridge Scheduler does.

        While nothing changes in the world, a run finds what the last one found, but for what only waits for its time.
        With ``idle`` the pauses then grow, each to twice the last, up to so many seconds; the next change ends that.
        """

        def tick() -> None:
            self.invoke_async(name, handler, event or {}, timeout=timeout, retries=retries)

        self._actors.append(_Schedule(self.clock, tick, lambda: self._changed_at, seconds, idle or seconds))

    def at(self, moment: float, action: Callable[[], object]) -> None:
        """Do something of the scenario's own at a moment."""
        self._agenda.add(moment, action)

    # ------------------------------------------------------------------------------------------------------ invocations

    @contextlib.contextmanager
    def process(self, name: str, timeout: float) -> Iterator[Process]:
        """Calls made in here are those of a process, which is killed after ``timeout`` seconds."""
        process = Process(name, self.clock.now + timeout)
        self.calls.processes.append(process)
        try:
            yield process
        finally:
            self.calls.processes.pop()

    def invoke(self, name: str, handler: Handler, event: Event, *, timeout: float = 28.0) -> Any:
        """Call a function and wait. Returns its response; raises ProcessDied, or what it raises."""
        with self.process(name, timeout) as process:
            response = handler(event, VirtualContext(self.clock, process.deadline))
        if self.clock.now > process.deadline:
            raise ProcessDied("timed out")
        return response

    def invoke_async(
        self,
        name: str,
        handler: Handler,
        event: Event,
        *,
        timeout: float = 60.0,
        retries: tuple[float, ...] = _ASYNC_RETRIES,
    ) -> None:
        """Call a function without waiting for its answer: one that fails is called again, twice, as Lambda does."""
        try:
            self.invoke(name, handler, event, timeout=timeout)
        except (ProcessDied, Exception) as failure:
            self.failures.append(Failure(self.clock.now, name, repr(failure)))
            if retries:
                self._agenda.add(
                    self.clock.now + retries[0],
                    lambda: self.invoke_async(name, handler, event, timeout=timeout, retries=retries[1:]),
                )

    # ------------------------------------------------------------------------------------------------------------- time

    def run(self, until: float) -> None:
        """Let everything happen that is due up to a moment."""
        while (due := self._next(self._actors)) is not None and due[0] <= until:
            self.clock.advance_to(due[0])
            due[1].step()
            if len(self.ses.accepted) != self._accepted:
                self._accepted = len(self.ses.accepted)
                self._note_change()
        self.clock.advance_to(until)

    def run_until_quiet(self, still_for: float, limit: float = 3 * DAY) -> None:
        """Run until nothing has changed for so long, and nothing is due but schedules. Raises NotQuiet at the limit.

        A change is a changed item or an accepted mail. ``still_for`` is longer than any lease and schedule.
        """
        end = self.clock.now + limit
        while True:
            due = self._next([actor for actor in self._actors if not isinstance(actor, _Schedule)])
            quiet_at = max(self._changed_at + still_for, due[0] if due else 0.0)
            if quiet_at <= self.clock.now and not due:
                return
            if quiet_at > end:
                raise NotQuiet(f"still busy after {limit:.0f} s")
            self.run(max(quiet_at, self.clock.now))

    def calls_while_busy(self) -> list[Call]:
        """The calls up to the last change: what came behind it found nothing to do."""
        return [call for call in self.calls.made if call.at <= self._changed_at]

    def report(self) -> str:
        """What was called and what failed, to print."""
        failures = [f"     {each.at:.3f} {each.process}: {each.reason}" for each in self.failures]
        lines = []
        for _, alike in itertools.groupby(self.calls.made, lambda call: (call.process, call.operation, call.fault)):
            first, *more = alike
            lines.append(f"{first}{f' and {len(more)} more' if more else ''}")
        return "\n".join([*lines, *failures])

    def _let_pass(self, seconds: float) -> None:
        processes, self.calls.processes = self.calls.processes, []
        try:
            self.run(self.clock.now + seconds)
        finally:
            self.calls.processes = processes

    def _note_change(self, *_: object) -> None:
        self._changed_at = self.clock.now

    @staticmethod
    def _next(actors: list[Actor]) -> tuple[float, Actor] | None:
        first: tuple[float, Actor] | None = None
        for actor in actors:
            due = actor.next_due()
            if due is not None and (first is None or due < first[0]):
                first = due, actor
        return first


class Account:
    """Clients of the world that is there at the moment, so that functions are loaded once for thousands of worlds.

    account = Account(monkeypatch)      # from now on aws.client() and times.now() are the account's
    function = functions.load("cancellation_summary")
    account.world = World(...)
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, checks: bool = True) -> None:
        self.world = World()
        self._checks = checks
        monkeypatch.setattr(aws, "client", self.client)
        monkeypatch.setattr(times, "now", lambda: self.world.clock.timestamp())
        waiting = SimpleNamespace(monotonic=lambda: self.world.clock.now, sleep=lambda s: self.world.clock.advance(s))
        monkeypatch.setattr("order_cancellation.mail.ses.time", waiting)

    def client(self, service: str, config: Config | None = None, **_: Any) -> Any:
        """As ``aws.client``."""
        return client(service, lambda: self.world, config, checks=self._checks)


def client(service: str, world: Callable[[], World], config: Config | None = None, *, checks: bool = True) -> Any:
    """A boto3 client whose calls are made in the world that ``world`` names at that time.

    ``checks``: whether parameters are compared with botocore's model, which costs more than the simulated call.
    """
    timeout = getattr(config, "read_timeout", None) or _READ_TIMEOUT

    def send(operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        there = world()
        execute = {
            "dynamodb": there.tables.execute,
            "sesv2": there.ses.execute,
            "sqs": there.execute_sqs,
        }[service]
        return there.calls.send(service, operation, params, execute, timeout)

    return Client(
        service,
        send,
        config=config,
        pause=lambda seconds: world().clock.advance(seconds),
        checks=checks,
        seed=next(_clients),
    )


class _Agenda:
    """Things to do at moments."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._actions: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()

    def add(self, moment: float, action: Callable[[], object]) -> None:
        heapq.heappush(self._actions, (moment, next(self._order), action))

    def next_due(self) -> float | None:
        return self._actions[0][0] if self._actions else None

    def step(self) -> None:
        _, _, action = heapq.heappop(self._actions)
        action()


@dataclass
class _Schedule:
    """Ticks every ``seconds``; while nothing changes ever more rarely, at most every ``idle`` seconds."""

    clock: Clock
    tick: Callable[[], None]
    changed_at: Callable[[], float]
    seconds: float
    idle: float

    def __post_init__(self) -> None:
        self._last = self.clock.now
        self._pause = self.seconds

    def next_due(self) -> float:
        since = self.changed_at() - self._last
        if since >= 0:
            return self._last + self.seconds * max(1, math.ceil(since / self.seconds))
        return self._last + self._pause

    def step(self) -> None:
        changed = self.changed_at() >= self._last
        self._pause = self.seconds if changed else min(2 * self._pause, self.idle)
        self._last = self.clock.now
        self.tick()


@dataclass(frozen=True)
class _Delivery:
    mapping: EventSourceMapping
    handler: Handler

    def next_due(self) -> float | None:
        return self.mapping.next_due()

    def step(self) -> None:
        self.mapping.step(self.handler)


@dataclass(frozen=True)
class _Post:
    ses: SimulatedSes
    arrive: Callable[[Event], None]

    def next_due(self) -> float | None:
        return self.ses.next_due()

    def step(self) -> None:
        self.arrive(self.ses.take())
