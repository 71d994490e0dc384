"""Faults on every DynamoDB and SES request: no wrong answer, no lost order, no mail twice without need.

In an episode, sellers, the planner and fulfillment centers ask about six orders of one seller, the stream is delivered,
the sweep runs, SES reports, time passes; and many an HTTP try fails in one of the ways of ``sdk.Fault``. A failed
stream batch comes again from its lowest failed record, a failed event comes again whole. Then all is well again, time
passes, and the books are checked:

    every order       its history is linearizable, answers that were lost included; nobody was told 500
    auto-cancelled    in exactly one summary, and that summary was mailed with exactly the orders it lists
    others            in no summary and in no mail
    a second mail     only after an answer of SES's or of DynamoDB's was lost, not before the lease was over, and not
                      once SES's event had been recorded
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any
from unittest.mock import patch

from botocore.config import Config

from order_cancellation.domain import summaries, times
from order_cancellation.mail import ses
from order_cancellation.tables.outbox import Outbox
from tests.proofs.callers import ask
from tests.proofs.histories import own_cancel_forgotten, told
from tests.proofs.linearizability import UNKNOWN, Operation, linearizable
from tests.proofs.order_model import STEPS, AutoCancel, Cancel, Request, View, new_order
from tests.proofs.order_model import Report as FcReport
from tests.proofs.scoreboard import Progress, Report, Say, Twin, timed
from tests.support import memory_tables, rig, sdk
from tests.support.clock import MINUTE, Clock
from tests.support.memory_tables import Tables
from tests.support.rig import CENTERS, SELLER, Service
from tests.support.sdk import CARRIED_OUT, Call, Fault, Hook, no_hook
from tests.support.ses import SimulatedSes

LINE = "faults on every call"
ORDERS = tuple(f"F-{number}" for number in range(1, 7))
ACTIONS = 45
MAX_REQUESTS_PER_ORDER = 9
# How often a try fails. A query that fails ends the whole sweep, and the mails are few.
RATES = {"Query": 0.15, "SendEmail": 0.5}
USUAL_RATE = 0.35
TWIN_EPISODES = 20


def check(faults: int, seed: int, say: Say) -> Report:
    report = Report(LINE, "handlers in process", seed, unit="faults")
    progress = Progress(LINE, say)
    with timed(report), rig.in_lambda():
        random = Random(seed)
        fired: Counter[str] = Counter()
        calls: Counter[str] = Counter()
        mails = again = episodes = 0
        stage = Stage()
        while fired.total() < faults:
            episode_seed = random.getrandbits(48)
            episode = Episode(episode_seed, stage)
            episode.run()
            report.broke += [f"REPLAY={episode_seed}: {broken}" for broken in episode.broke]
            fired += episode.fired
            calls += episode.broken_calls
            mails += len(episode.ses.accepted)
            again += episode.sent_again
            episodes += 1
            progress(min(fired.total(), faults), faults, "faults")
        report.tried = fired.total()
        report.facts = {
            "episodes": episodes,
            "by kind": dict(sorted(fired.items())),
            "by request": dict(sorted(calls.items())),
            "mails": mails,
            "mails sent again after an answer was lost": again,
        }
        report.twins = [
            _twin("a retry that does not know its own cancel", own_cancel_forgotten, seed),
            _twin("an SES client that retries by itself", ses_retries, seed),
            _twin("a claim without its condition", claim_without_condition, seed),
        ]
    return report


def again(episode_seed: int) -> list[str]:
    """What broke in the one episode with this seed."""
    with rig.in_lambda():
        episode = Episode(episode_seed, Stage())
        episode.run()
    return episode.broke


class Stage:
    """The tables and SES that the handlers play on, one episode after the other."""

    def __init__(self) -> None:
        self.memory = Tables()
        self.ses = SimulatedSes()
        self.hook: Hook = no_hook
        self._dynamodb = sdk.dynamodb(self.memory, lambda call: self.hook(call))
        self._mail = sdk.ses(self.ses, lambda call: self.hook(call))

    def clear(self, hook: Hook) -> Service:
        """Begin anew, with functions that remember nothing: an episode is the same whatever was played before it."""
        self.memory.clear()
        self.ses.clear()
        self.hook = hook
        service = Service(self.memory, dynamodb=self._dynamodb, mail=self._mail)
        service.sweep_only(SELLER)
        return service


class Episode:
    """One small world, its faults, and what is wrong with it in the end."""

    def __init__(self, seed: int, stage: Stage) -> None:
        self.broke: list[str] = []
        self.fired: Counter[str] = Counter()
        self.broken_calls: Counter[str] = Counter()
        self.sent_again = 0
        self.ses = stage.ses
        self._random = Random(seed)
        self._memory = stage.memory
        self._clock = Clock(tick=0.001)
        self._service = stage.clear(self._hook)
        self._stormy = True
        self._histories: dict[str, list[Operation]] = {order_id: [] for order_id in ORDERS}
        self._requests = 0
        self._position = 0  # in the stream
        self._events: list[str] = []  # SES's Send events that have not arrived: the summaries they are about
        self._recorded: set[str] = set()  # summaries whose Send event was recorded
        self._sent: dict[str, tuple[str, int]] = {}  # summary: when it was mailed, how many faults had fired before
        self._known: set[str] = set()  # summaries whose sending is in their table: nothing was lost on the way
        self._lost_writes = 0

    def run(self) -> None:
        rig.furnish(self._memory, *ORDERS)
        with self._clock.ruling():
            actions = (*[self._request] * 4, self._deliver, self._sweep, self._feed_back)
            for _ in range(ACTIONS):
                self._random.choice(actions)()
                if self._random.random() < 0.3:
                    self._clock.advance(self._random.choice((1, 6, 11, 25)) * MINUTE)
            self._stormy = False
            for _ in range(4):
                self._deliver()
                self._feed_back()
                self._clock.advance(12 * 60 * MINUTE)
                self._sweep()
            self._check_orders()
            self._check_mail()

    # ------------------------------------------------------------------------------------------------- what happens

    def _hook(self, call: Call) -> Fault | None:
        rate = RATES.get(call.operation, USUAL_RATE) if self._stormy else 0.0
        fault = self._random.choice(list(Fault)) if self._random.random() < rate else None
        before = self.fired.total()
        if fault is not None:
            self.fired[fault] += 1
            self.broken_calls[f"{call.service} {call.operation}"] += 1
            self._lost_writes += fault in CARRIED_OUT
        if call.service == "sesv2" and (fault is None or fault in CARRIED_OUT):
            tags = {tag["Name"]: tag["Value"] for tag in call.request["EmailTags"]}
            self._watch_mail(tags["summary_id"], before)
        return fault

    def _watch_mail(self, summary_id: str, faults_before: int) -> None:
        now = times.now()
        if summary_id in self._sent:
            self.sent_again += 1
            before, _ = self._sent[summary_id]
            if summary_id in self._known:
                self.broke.append(f"{summary_id} was mailed twice, though no answer had been lost")
            if times.to_datetime(now) - times.to_datetime(before) < summaries.LEASE:
                self.broke.append(f"{summary_id} was mailed twice within the lease")
            if summary_id in self._recorded:
                self.broke.append(f"{summary_id} was mailed after SES's event was recorded")
        self._sent[summary_id] = (now, faults_before)
        self._events.append(summary_id)

    def _note_known(self) -> None:
        """A handler has ended: what it mailed, if nothing has failed since, is recorded."""
        fired = self.fired.total()
        self._known |= {summary_id for summary_id, (_, before) in self._sent.items() if before == fired}

    def _request(self) -> None:
        order_id = self._random.choice(ORDERS)
        history = self._histories[order_id]
        if len(history) >= MAX_REQUESTS_PER_ORDER:
            return
        self._requests += 1
        request = self._some_request(order_id)
        self._lost_writes = 0
        start = float(self._requests)
        answer = ask(self._service, request)
        if self._lost_writes and answer != UNKNOWN:
            history.append(Operation.lost(request, start))
        if answer == UNKNOWN:
            history.append(Operation.lost(request, start))
        else:
            history.append(Operation(request, answer, start, start + 0.5))

    def _some_request(self, order_id: str) -> Request:
        request = f"request-{self._requests}"
        kind, parts = self._random.random(), self._random.choice(((), (), CENTERS[:1], CENTERS[1:]))
        if kind < 0.15:
            return Cancel(order_id, request, "by key", "key-1", parts)
        if kind < 0.25:
            return Cancel(order_id, request, f"note {self._requests}", None, parts)
        if kind < 0.65:
            return AutoCancel(order_id, request, f"detail {self._requests}", parts)
        if kind < 0.9:
            step = self._random.choices(STEPS[1:], weights=(4, 3, 1, 1, 1))[0]
            return FcReport(order_id, self._random.choice(CENTERS), step, f"2026-11-23T08:{self._requests:02}:00Z")
        return View(order_id)

    def _deliver(self) -> None:
        changes = self._memory.changes[self._position :]
        records = rig.stream_records(self._memory, self._position)
        failed = self._service.deliver(records) if records else []
        self._note_known()
        self._position = min((int(number) - 1 for number in failed), default=self._position + len(changes))

    def _sweep(self) -> None:
        try:
            self._service.sweep()
        except Exception:
            if not self._stormy:
                raise
        self._note_known()

    def _feed_back(self) -> None:
        self._random.shuffle(self._events)
        for _ in range(len(self._events) if not self._stormy else min(1, len(self._events))):
            summary_id = self._events.pop()
            if self._stormy and self._random.random() < 0.2:
                continue  # an event that never arrives
            try:
                self._service.feed_back("Send", summary_id)
            except Exception:
                if not self._stormy:
                    raise
                self._events.append(summary_id)
            else:
                self._recorded.add(summary_id)

    # ------------------------------------------------------------------------------------------------ what must be so

    def _check_orders(self) -> None:
        for order_id, history in self._histories.items():
            look = View(order_id)
            answer = ask(self._service, look)
            whole = [*history, Operation(look, answer, self._requests + 1, self._requests + 1)]
            if not linearizable(whole, new_order(CENTERS)):
                self.broke.append(f"{order_id}: {told(whole)}")

    def _check_mail(self) -> None:
        listed = Counter(rig.told(self._memory))
        for item in self._memory.items(memory_tables.SUMMARIES):
            summary_id, orders = item["summary_id"]["S"], rig.orders_of(item)
            if item["status"]["S"] != "sent" or not self.ses.sent(summary_id):
                self.broke.append(f"{summary_id} is {item['status']['S']}, in {self.ses.sent(summary_id)} mails")
            for mail in self.ses.accepted:
                if mail.summary_id == summary_id and _orders_in(mail) != orders:
                    self.broke.append(f"{summary_id} lists {orders}, its mail tells of {_orders_in(mail)}")
        for order_id in ORDERS:
            order = self._memory.get(memory_tables.ORDERS, SELLER, order_id)
            assert order is not None
            for name, kind in rig.cancellations(order).items():
                if listed[order_id, name] != (kind == "auto"):
                    self.broke.append(f"{name} of {order_id}, by {kind}, is in {listed[order_id, name]} summaries")
            if "summary_due_at" in order:
                self.broke.append(f"{order_id} is still due")


def _orders_in(mail: Any) -> set[str]:
    return set(re.findall(r"\bF-\d\b", mail.text))


def _twin(bug: str, planted: Callable[[], Any], seed: int) -> Twin:
    random = Random(seed)
    with planted():
        stage = Stage()
        for number in range(1, TWIN_EPISODES + 1):
            episode = Episode(random.getrandbits(48), stage)
            episode.run()
            if episode.broke:
                return Twin(bug, True, f"in episode {number}: {episode.broke[0][:120]}")
    return Twin(bug, False, f"none of {TWIN_EPISODES} episodes broke")


@contextmanager
def ses_retries() -> Iterator[None]:
    """The planted bug: the SES client has the SDK's usual retries."""
    with patch.object(ses, "CLIENT_CONFIG", Config(retries={"total_max_attempts": 3, "mode": "standard"})):
        yield


@contextmanager
def claim_without_condition() -> Iterator[None]:
    """The planted bug: a claim takes the order whoever has it."""
    taking = Outbox._taking

    def careless(self: Outbox, draft: Any, order_id: str) -> Any:
        action = taking(self, draft, order_id)
        del action["Update"]["ConditionExpression"]
        action["Update"]["ExpressionAttributeValues"].pop(":seen_parts", None)
        return action

    with patch.object(Outbox, "_taking", careless):
        yield
