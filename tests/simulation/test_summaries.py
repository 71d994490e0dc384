"""No auto-cancellation goes unreported: the real handlers, under AWS's delivery rules, with faults at every call.

Every fault, every pair of them, and ten thousand orders under fire are a proof of its own: tests/proofs/mails.py.
"""

import dataclasses
import hashlib
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import replace
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from order_cancellation.domain import summaries
from order_cancellation.mail import compose, deliver
from order_cancellation.mail.deliver import Deliveries
from order_cancellation.tables import outbox
from order_cancellation.tables.outbox import Outbox
from tests.simulation.calls import CallFault
from tests.simulation.crash_plans import EVERY, Plan, explore
from tests.simulation.invocation_faults import Chaos
from tests.simulation.product import (
    STILL,
    SWEEP_EVERY,
    Product,
    address,
    no_claim,
    playing,
    scenario,
    sdk_retries,
    under_fire,
    verdicts,
)
from tests.simulation.world import World
from tests.support import memory_tables
from tests.support.clock import DAY, HOUR, MINUTE
from tests.support.service_errors import client_error


@pytest.fixture(scope="module")
def loaded() -> Iterator[Product]:
    with playing() as product:
        yield product


@pytest.fixture
def product(loaded: Product) -> Product:
    return dataclasses.replace(loaded)


# ---------------------------------------------------------------------------------------------------------- crash plans


def test_without_faults_there_is_one_mail(product: Product) -> None:
    world = scenario(product)({})
    assert verdicts(world) == []
    assert [mail.to for mail in world.ses.accepted] == [(address("acme"),)]


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
