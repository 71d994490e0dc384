"""What the simulations play: the three functions that mail, loaded once, and what befalls them.

What can be wrong in the end, when nothing moves any more:

    lost          an auto-cancelled order is in no mail that SES accepted
    in two        an order is in two summaries
    doubled       SES accepted two mails of one summary: allowed only in the window that docs/summaries.md states
    left behind   an order is still due, or a summary still pending
"""

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from types import ModuleType
from typing import Any

import pytest

from order_cancellation.actions.cancel import cancel
from order_cancellation.domain import summaries
from order_cancellation.domain.cancellations import CancelCommand, Identity
from order_cancellation.domain.orders import Line, Placement
from order_cancellation.domain.reasons import AUTO_REASONS
from order_cancellation.domain.refusals import Unavailable
from order_cancellation.mail import ses
from order_cancellation.tables import orders as orders_table
from order_cancellation.tables.client import client
from order_cancellation.tables.orders import Orders
from order_cancellation.tables.outbox import Outbox
from tests.simulation.calls import CallFault
from tests.simulation.crash_plans import EVERY, Plan
from tests.simulation.event_source_mapping import EventSourceMapping
from tests.simulation.invocation_faults import Chaos
from tests.simulation.mapping_properties import Properties
from tests.simulation.world import Account, World
from tests.support import functions, rig, template
from tests.support.clock import HOUR, MINUTE
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


@contextmanager
def playing() -> Iterator[Product]:
    """The product, loaded for a simulation."""
    with rig.in_lambda(**ENVIRONMENT), pytest.MonkeyPatch.context() as patch:
        account = Account(patch, checks=False)
        summary, sweep, feedback = map(functions.load, ("cancellation_summary", "summary_sweep", "summary_feedback"))
        orders = Orders(client(), "OrdersTable")
        # one shard: a sweep is then two queries instead of sixteen, each of which gets every fault
        patch.setattr(sweep.sweep, "shards", ("shard-0",))
        patch.setattr(summaries, "shard_of", lambda _: "shard-0")
        patch.setattr(orders_table, "shard_of", lambda _: "shard-0")
        yield Product(account, summary, sweep, feedback, orders, summary.lambda_handler)


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
    world.ses.delivery = replace(world.ses.delivery, lost=0.02, repeated=0.02)
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
