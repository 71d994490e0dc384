"""No auto-cancellation goes unreported: the real handlers, under AWS's delivery rules, with faults at every call.

What can be wrong in the end, when nothing moves any more:

    lost          an auto-cancelled order is in no mail that SES accepted
    in two        an order is in two summaries
    doubled       SES accepted two mails of one summary: allowed only in the window that docs/summaries.md states
    left behind   an order is still due, or a summary still pending
"""

import dataclasses
import hashlib
import itertools
import logging
import random
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import replace
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from order_cancellation.actions.cancel import cancel
from order_cancellation.domain import summaries
from order_cancellation.domain.cancellations import CancelCommand, Identity
from order_cancellation.domain.orders import Line, Placement
from order_cancellation.domain.reasons import AUTO_REASONS
from order_cancellation.domain.refusals import Unavailable
from order_cancellation.mail import compose, deliver, rounds, ses
from order_cancellation.mail.deliver import Deliveries
from order_cancellation.tables import orders as orders_table
from order_cancellation.tables import outbox
from order_cancellation.tables.client import client
from order_cancellation.tables.orders import Orders
from order_cancellation.tables.outbox import Outbox
from tests.simulation.calls import CallFault
from tests.simulation.crash_plans import EVERY, Plan, explore
from tests.simulation.event_source_mapping import EventSourceMapping
from tests.simulation.invocation_faults import Chaos
from tests.simulation.mapping_properties import Properties
from tests.simulation.world import Account, World
from tests.support import functions, memory_tables, rig, template
from tests.support.clock import DAY, HOUR, MINUTE
from tests.support.service_errors import client_error
from tests.support.template import CONFIGURATION_SET, redelivery, rule

Handler = Callable[[dict[str, Any], Any], Any]

SWEEP_EVERY = 15 * MINUTE  # in the crash plans each call of a sweep gets every fault: few will do
STILL = HOUR  # longer than the leases that a few lost answers lead to, and than the sweep takes to come
ENVIRONMENT = template.TABLES | {
    "SENDER_ADDRESS": "orders@network.example",
    "CONFIGURATION_SET": CONFIGURATION_SET,
    "DAILY_SUMMARY_HOUR": "8",
    "MAIL_EVENTS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/MailEvents",
    "ORDERS_KEPT_DAYS": "90",
    "SUMMARIES_KEPT_DAYS": "90",
    "POWERTOOLS_METRICS_DISABLED": "true",
}


SPLIT = ("EWR2", "ONT8")  # the centers whose part may be cancelled by itself


@dataclass
class Product:
    """The three functions that mail, loaded once, in whatever world the account has at the moment."""

    account: Account
    summary: ModuleType
    sweep: ModuleType
    feedback: ModuleType
    orders: Orders
    deliver: Handler  # the stream function; a planted bug may wrap it

    def world(self, faults: Any = None, sweep_every: float = MINUTE, **options: Any) -> World:
        """A world with the template's tables and rule, and the sweep; the stream is connected by ``connect``."""
        for module in (self.summary, self.sweep):
            module.deliveries._ses._pace = ses._Pace()  # it knows nothing of the last world
        world = self.account.world = World(faults, **options)
        world.every(sweep_every, "sweep", self.sweep.lambda_handler, timeout=120, retries=(), idle=HOUR)
        function = "SummaryFeedbackFunction"
        world.on_queued_mail_event(self.feedback.lambda_handler, redelivery(function), pattern=rule(function))
        return world

    def connect(self, world: World, **options: Any) -> EventSourceMapping:
        """The Orders stream and its mapping, as the template has it."""
        stream = world.stream("OrdersTable", shards=4, seed=options.get("seed", 0))
        properties = Properties.from_template("CancellationSummaryFunction")
        return world.mapping(stream, properties, lambda *call: self.deliver(*call), **options)

    def register(self, world: World, seller_id: str, summaries: str = "each_batch") -> None:
        contact = {"name": seller_id, "email": address(seller_id), "time_zone": "UTC", "summaries": summaries}
        item = {name: {"S": value} for name, value in {"seller_id": seller_id, **contact}.items()}
        world.tables.execute("PutItem", {"TableName": "SellersTable", "Item": item})

    def auto_cancel(self, seller_id: str, order_id: str, reason: str = "stockout", *parts: str) -> None:
        """Place an order and auto-cancel it, or parts of it, as order_intake does."""
        lines, centers = (Line("TENT", 1),), ("LAX1", *SPLIT)
        placement = Placement("amazon", f"113-{order_id}", "US", "2026-11-23T08:00:00Z", lines, centers)
        self.orders.place(seller_id, order_id, placement)
        command = CancelCommand("auto", seller_id, order_id, reason, fulfillment_centers=parts)
        cancel(self.orders, Identity(request_id=order_id), command)


@pytest.fixture(scope="module")
def loaded() -> Iterator[Product]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        logging.disable(logging.CRITICAL)  # thousands of failures need no log
        account = Account(patch, checks=False)
        summary, sweep, feedback = map(functions.load, ("cancellation_summary", "summary_sweep", "summary_feedback"))
        orders = Orders(client(), "OrdersTable")
        patch.setattr(rounds, "SIDE_BY_SIDE", 1)  # the same calls in the same order each time
        # one shard: a sweep is then two queries instead of sixteen, each of which gets every fault
        patch.setattr(sweep.sweep, "shards", ("shard-0",))
        patch.setattr(summaries, "shard_of", lambda _: "shard-0")
        patch.setattr(orders_table, "shard_of", lambda _: "shard-0")
        yield Product(account, summary, sweep, feedback, orders, summary.lambda_handler)
        logging.disable(logging.NOTSET)


@pytest.fixture
def product(loaded: Product) -> Product:
    return dataclasses.replace(loaded)


def address(seller_id: str) -> str:
    return f"{seller_id}@sellers.example"


def verdicts(world: World) -> list[str]:
    """What is wrong with a world that has come to rest."""
    ledger = world.tables.items("SummariesTable")
    listed = {each["summary_id"]["S"]: rig.listed(world.tables, each) for each in ledger}
    places = Counter(itertools.chain.from_iterable(listed.values()))
    told = set()
    for mail in world.ses.accepted:
        for order_id, cancellation_id in listed[mail.tags["summary_id"]]:
            assert order_id in mail.text
            told.add((mail.to[0], order_id, cancellation_id))
    wrong = []
    for order in world.tables.items("OrdersTable"):
        seller_id, order_id = order["seller_id"]["S"], order["order_id"]["S"]
        for name in rig.cancellations(order):
            wrong += ["lost"] * ((address(seller_id), order_id, name) not in told)
            wrong += ["in two"] * (places[order_id, name] > 1)
        wrong += ["left behind"] * ("summary_due_at" in order)
    wrong += ["left behind" for each in ledger if "lease_until" in each]
    sent = Counter(mail.tags["summary_id"] for mail in world.ses.accepted)
    return wrong + ["doubled" for count in sent.values() if count > 1]


# ---------------------------------------------------------------------------------------------------------- crash plans


def scenario(
    product: Product, *, orders: Sequence[str] = ("A-1", "A-2"), events_lost: bool = False
) -> Callable[[Plan], World]:
    """Orders of one seller, two for one mail: what every fault is tried on."""

    def run(plan: Plan) -> World:
        world = product.world(plan, SWEEP_EVERY)
        if events_lost:
            world.ses.delivery.loses = lambda *_: True
        product.connect(world)
        product.register(world, "acme")
        for order_id in orders:
            product.auto_cancel("acme", order_id)
        world.run_until_quiet(still_for=STILL)
        return world

    return run


def test_without_faults_there_is_one_mail(product: Product) -> None:
    world = scenario(product)({})
    assert verdicts(world) == []
    assert [mail.to for mail in world.ses.accepted] == [(address("acme"),)]


def test_single_and_double_faults(product: Product) -> None:
    """With SES's events arriving, nothing is lost and nothing is doubled, whatever dies or gets lost where."""
    report = explore(scenario(product), verdicts, kinds=EVERY, random_plans=50, seed=1)
    print(report)
    assert not report.verdicts, report


def test_faults_where_the_orders_take_several_transactions_and_summaries(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summaries, "MAX_ORDERS", 2)
    monkeypatch.setattr(outbox, "_CLAIMS_PER_TRANSACTION", 1)
    run = scenario(product, orders=("A-1", "A-2", "A-3"))
    assert len(run({}).ses.accepted) == 2
    report = explore(run, verdicts, most_pairs=100, random_plans=15, seed=3)
    assert not report.verdicts, report


def test_the_stated_window(product: Product) -> None:
    """Without SES's events a lost answer is a second mail after the lease: doubled, and still nothing is lost."""
    report = explore(scenario(product, events_lost=True), verdicts, kinds=EVERY, most_pairs=300, seed=2)
    print(report)
    assert set(report.verdicts) == {"doubled"}, report


# -------------------------------------------------------------------------------------------------- outages of DynamoDB


WRITES = ("UpdateItem", "TransactWriteItems")


def outage(world: World, minutes: float, refused: Sequence[str], mails: int = 1) -> None:
    """DynamoDB refuses these from the moment on that SES has accepted so many mails, for so many minutes."""
    execute = world.tables.execute
    begun: list[float] = []

    def refuse(operation: str, params: Any) -> Any:
        if len(world.ses.accepted) >= mails and not begun:
            begun.append(world.clock.now)
        if begun and world.clock.now < begun[0] + minutes * MINUTE and operation in refused:
            raise client_error("dynamodb", operation, "InternalServerError", "not now")
        return execute(operation, params)

    world.tables.execute = refuse  # type: ignore[method-assign,assignment]


@pytest.mark.parametrize("refused", [WRITES, (*WRITES, "GetItem", "BatchGetItem", "Query")], ids=["writes", "all"])
@pytest.mark.parametrize("minutes", [1, 3, 3.5, 4, 4.5, 4.9, 5, 5.1, 5.5, 6, 7, 8, 10, 15, 29, 30, 45, 64])
def test_an_outage_of_dynamodb_doubles_no_mail(product: Product, minutes: float, refused: Sequence[str]) -> None:
    """SES has answered, and has said so once more; nobody could write that down for up to an hour after the lease."""
    world = product.world()
    outage(world, minutes, refused)
    product.connect(world)
    product.register(world, "acme")
    product.auto_cancel("acme", "A-1")
    world.run_until_quiet(still_for=3 * HOUR)
    assert len(world.ses.accepted) == 1
    (entry,) = world.tables.items("SummariesTable")
    assert entry["status"] == {"S": "delivered"}
    assert (world.queued, world.given_up) == (0, 0)


def test_the_stated_window_of_an_outage(product: Product) -> None:
    """Longer than an hour after the lease: to tell twice is better than to wait for an event that may be stuck."""
    world = product.world()
    outage(world, 90, WRITES)
    product.connect(world)
    product.register(world, "acme")
    product.auto_cancel("acme", "A-1")
    world.run_until_quiet(still_for=3 * HOUR)
    assert len(world.ses.accepted) in (1, 2)
    assert not {"lost", "in two", "left behind"} & set(verdicts(world))


def test_an_event_that_is_stuck_holds_nothing_back_for_long(product: Product) -> None:
    world = product.world()
    world.ses.fate = lambda _: ()
    world.queued = 1
    product.connect(world)
    product.register(world, "acme")
    plan = scenario_of_a_lost_answer(world)
    product.auto_cancel("acme", "A-1")
    world.run_until_quiet(still_for=3 * HOUR)
    first, second = world.ses.accepted
    assert plan == ["lost"]
    assert HOUR < second.at - first.at < 3 * HOUR  # where nothing happens, sweeps are rare here


def scenario_of_a_lost_answer(world: World) -> list[str]:
    """SES takes the first mail, and its answer gets lost."""
    execute, lost = world.ses.execute, list[str]()

    def lose(operation: str, params: Any) -> Any:
        answer = execute(operation, params)
        if not lost:
            lost.append("lost")
            raise ReadTimeoutError(endpoint_url="https://email.us-east-1.amazonaws.com/")
        return answer

    world.ses.execute = lose  # type: ignore[method-assign]
    return lost


# --------------------------------------------------------------------------------------------------------- planted bugs


def no_claim(product: Product, patch: pytest.MonkeyPatch) -> None:
    taking = Outbox._taking

    def unconditional(self: Outbox, draft: Any, order_id: str) -> Any:
        action: Any = taking(self, draft, order_id)
        del action["Update"]["ConditionExpression"]
        return action

    patch.setattr(Outbox, "_taking", unconditional)


def sdk_retries(product: Product, patch: pytest.MonkeyPatch) -> None:
    for module in (product.summary, product.sweep):
        patch.setattr(module.deliveries._ses._ses, "attempts", 3)


def send_before_claim(product: Product, patch: pytest.MonkeyPatch) -> None:
    tell = Deliveries.tell

    def send_first(self: Deliveries, seller_id: str, orders: Sequence[Any]) -> None:
        seller = self._sellers.find(seller_id)
        due = [order for order in orders if order.summary_due_at]
        if seller and due:
            draft = summaries.Summary(seller_id, "S-early", "pending", (), seller.contact.email, "", "")
            self._deliver(seller, replace(draft, summary_id=f"S-{due[0].order_id}"), due)
        tell(self, seller_id, orders)

    patch.setattr(Deliveries, "tell", send_first)


def dedupe_on_batch_content(product: Product, patch: pytest.MonkeyPatch) -> None:
    no_claim(product, patch)
    seen: set[str] = set()
    deliver = product.deliver

    def once(event: dict[str, Any], context: Any) -> Any:
        numbers = [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]
        content = hashlib.sha256(" ".join(numbers).encode()).hexdigest()
        if content in seen:
            return {"batchItemFailures": []}
        answer = deliver(event, context)
        seen.add(content)
        return answer

    product.deliver = once


@pytest.mark.parametrize("plant", [no_claim, sdk_retries, dedupe_on_batch_content], ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_caught(
    product: Product, plant: Callable[[Product, pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(product, monkeypatch)

    def run(plan: Plan) -> World:
        world = product.world(plan, SWEEP_EVERY)
        chaos = Chaos(3, crash=0.2, lost=0.3, redeliver=0.3, recut=0.9)
        product.connect(world, faults=chaos)
        product.register(world, "acme")
        for number in range(6):
            world.at(world.clock.now + number * 7, partial(product.auto_cancel, "acme", f"A-{number}"))
        world.run_until_quiet(still_for=STILL)
        return world

    report = explore(run, verdicts, kinds=(CallFault.LOSE_ANSWER,), pairs=False)
    assert {"in two", "doubled", "lost"} & set(report.verdicts), report


def test_sending_before_the_claim_is_caught(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    send_before_claim(product, monkeypatch)
    world = product.world(None, SWEEP_EVERY)
    product.connect(world)
    product.register(world, "acme")
    product.auto_cancel("acme", "A-1")
    world.run_until_quiet(still_for=STILL)
    assert len(world.ses.accepted) == 2  # the same order twice, even without a fault


# ----------------------------------------------------------------------------------------------------------- by chance


class Misfortune(dict[int, CallFault]):
    """A fault of some kind at every call with a probability, from a seed."""

    def __init__(self, seed: int, rate: float) -> None:
        super().__init__()
        self._seed = seed
        self._rate = rate

    def get(self, number: int, default: Any = None) -> Any:
        chance = random.Random(f"{self._seed} {number}")
        kinds = [kind for kind in EVERY if kind is not CallFault.STALL]
        return chance.choice(kinds) if chance.random() < self._rate else default


def under_fire(
    product: Product,
    seed: int,
    sellers: int,
    orders: int,
    poison: int = 0,
    besides: Callable[[World], object] = lambda _: None,
    split: int = 0,
) -> tuple[World, EventSourceMapping]:
    """Auto-cancellations over five hours; a fifth of all invocations and a twentieth of all calls go wrong.

    Of ``split`` of the orders, parts are cancelled before.
    """
    world = product.world(Misfortune(seed, 0.05), seed=seed)
    besides(world)
    chaos = Chaos(seed, throttle=0.05, crash=0.05, lost=0.05, redeliver=0.05, recut=0.5)
    mapping = product.connect(world, faults=chaos, seed=seed)
    world.ses.delivery = dataclasses.replace(world.ses.delivery, lost=0.02, repeated=0.02)
    for number in range(sellers):
        product.register(world, f"seller-{number}")
    chance = random.Random(seed)
    for number in range(orders):
        order = (f"seller-{chance.randrange(sellers)}", f"A-{number}")
        last = chance.random()
        for part in SPLIT if number < split else ():  # they go before the rest of their order does
            when = world.clock.now + chance.random() * last * 5 * HOUR
            world.at(when, partial(insist, world, product.auto_cancel, *order, chance.choice(AUTO_REASONS), part))
        cancel_all = partial(insist, world, product.auto_cancel, *order, chance.choice(AUTO_REASONS))
        world.at(world.clock.now + last * 5 * HOUR, cancel_all)
    for number in range(poison):
        world.at(world.clock.now + chance.random() * 5 * HOUR, partial(spoil, mapping, number))
    world.run_until_quiet(still_for=12 * HOUR)
    return world, mapping


def insist(world: World, auto_cancel: Callable[..., None], *order: str) -> None:
    """The planner asks again where there is no answer."""
    try:
        auto_cancel(*order)
    except Unavailable:
        world.at(world.clock.now + MINUTE, partial(insist, world, auto_cancel, *order))


def spoil(mapping: EventSourceMapping, number: int) -> None:
    """A record that the filter lets through and that nobody can read: an order without its particulars."""
    keys = {"seller_id": {"S": f"seller-{number}"}, "order_id": {"S": f"poison-{number}"}}
    kind = {"cancellation": {"M": {"kind": {"S": "auto"}}}}
    mapping.stream.append({**keys, "status": {"S": "allocated"}}, {**keys, **kind, "status": {"S": "cancelled"}})


def test_ten_thousand_auto_cancellations_under_fire(product: Product) -> None:
    orders, split, poison = 6_000, 2_000, 20
    world, mapping = under_fire(product, 7, 200, orders, poison, split=split)
    found = Counter(verdicts(world))
    every = (rig.cancellations(item).values() for item in world.tables.items("OrdersTable"))
    cancellations = Counter(itertools.chain.from_iterable(every))
    assert cancellations == {"auto": orders + split * len(SPLIT)}
    given_up = {
        record["dynamodb"]["Keys"]["order_id"]["S"] for note in mapping.failures.notes for record in mapping.fetch(note)
    }
    mails = len(world.ses.accepted)
    print(f"{cancellations.total()} cancellations, {mails} mails, {dict(found)}, given up: {sorted(given_up)}")
    assert set(found) <= {"doubled"}, found
    assert given_up == {f"poison-{number}" for number in range(poison)}


def bad_day(product: Product, patch: pytest.MonkeyPatch) -> Counter[str]:
    """Under fire: an outage of DynamoDB, an older version for hours, orders too large for their claims."""
    patch.setattr(summaries, "MAX_ORDERS", 20)
    patch.setattr(outbox, "_CLAIMS_PER_TRANSACTION", 7)
    patch.setattr(outbox, "_pause", lambda _: None)
    patch.setattr(memory_tables, "_TRANSACTION_BYTES", 3_000)
    readable = compose.can_tell

    def besides(world: World) -> None:
        outage(world, 25, WRITES, mails=10)
        old = (world.clock.now + 2 * HOUR, world.clock.now + 5 * HOUR)

        def can_tell(order: Any, *told: Any) -> bool:
            return readable(order, *told) and not (
                old[0] < world.clock.now < old[1] and zlib.crc32(order.order_id.encode()) % 3
            )

        patch.setattr(deliver, "can_tell", can_tell)

    world, _ = under_fire(product, 11, 5, 300, besides=besides)
    return Counter(verdicts(world))


def test_a_bad_day(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(bad_day(product, monkeypatch)) <= {"doubled"}


def drops_what_it_cannot_read(patch: pytest.MonkeyPatch) -> None:
    plan = Deliveries._plan

    def careless(self: Deliveries, order: Any, *told: Any) -> Any:
        return plan(self, order, *told) or "skip"

    patch.setattr(Deliveries, "_plan", careless)


def takes_a_refusal_for_told(patch: pytest.MonkeyPatch) -> None:
    transact = Outbox._transact

    def careless(self: Outbox, draft: Any, order_ids: Sequence[str]) -> list[str]:
        _, *takings = transact(self, draft, order_ids)
        return ["None", *("ConditionalCheckFailed" if code == "Refused" else code for code in takings)]

    patch.setattr(Outbox, "_transact", careless)


def lists_what_it_claimed_last(patch: pytest.MonkeyPatch) -> None:
    listing = Outbox._listing

    def careless(self: Outbox, draft: Any, order_ids: Sequence[str]) -> Any:
        action = listing(self, draft, order_ids)
        update = action["Update"]["UpdateExpression"].replace(
            "list_append(if_not_exists(order_ids, :none), :more)", ":more"
        )
        del action["Update"]["ExpressionAttributeValues"][":none"]
        return {"Update": action["Update"] | {"UpdateExpression": update}}

    patch.setattr(Outbox, "_listing", careless)


@pytest.mark.parametrize(
    ("plant", "seen"),
    [
        (drops_what_it_cannot_read, "lost"),
        (takes_a_refusal_for_told, "left behind"),
        (lists_what_it_claimed_last, "lost"),
    ],
)
def test_a_bad_day_shows_a_planted_bug(
    product: Product, plant: Callable[[pytest.MonkeyPatch], None], seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    assert seen in bad_day(product, monkeypatch)


def test_a_day_without_the_stream_function(product: Product) -> None:
    """A thousand cancellations outlive the stream's retention; the sweep tells all of them."""
    world = product.world()
    mapping = product.connect(world)
    mapping.outages.append((world.clock.now, world.clock.now + 3 * DAY))
    for number in range(50):
        product.register(world, f"seller-{number}")
    for number in range(1000):
        product.auto_cancel(f"seller-{number % 50}", f"A-{number}")
    world.run(world.clock.now + 2 * HOUR)
    assert verdicts(world) == []
    assert len(world.ses.accepted) == 50
    world.run(world.clock.now + 2 * DAY)
    assert len(world.ses.accepted) == 50
