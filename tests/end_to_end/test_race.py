"""G1: of a cancel and a pick-pack that race, exactly one wins, and nobody is told the opposite of what happened."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from local.client import Answer, Client
from order_cancellation.domain import times
from tests.support.local_stack import Items, Place

RACES = 120
SIDE_BY_SIDE = 8


@dataclass(frozen=True)
class Race:
    """One order that a seller cancelled while LAX1 packed it, and what both were told."""

    order_id: str
    packed_at: str
    cancel: Answer
    packing: Answer


class HeadStart:
    """Lets the one who lost start earlier the next time, so that both get to win on a machine of any speed."""

    def __init__(self) -> None:
        self.of_the_packing = 0.0  # seconds; the packing reads twice before it writes, so it needs one
        self._lock = threading.Lock()

    def learn(self, *, cancelled: bool) -> None:
        with self._lock:
            self.of_the_packing = max(0.0, self.of_the_packing + (0.001 if cancelled else -0.001))


def run(acme: Client, lax1: Client, order_id: str, head_start: HeadStart) -> Race:
    at, start = times.now(), threading.Barrier(2)

    def pack() -> Answer:
        start.wait()
        return lax1.report("LAX1", "acme", order_id, "picked_packed", at)

    def cancel() -> Answer:
        start.wait()
        time.sleep(head_start.of_the_packing)
        return acme.cancel(order_id, {"reason": "customer_request"}, key=f"race-{order_id}")

    with ThreadPoolExecutor(2) as pool:
        packing, cancelling = pool.submit(pack), pool.submit(cancel)
        race = Race(order_id, at, cancelling.result(), packing.result())
    head_start.learn(cancelled=race.cancel.status == 200)
    return race


def winner(race: Race, item: Items) -> str:
    """Who won by what the table says. Asserts that both were told just that."""
    stored = item(race.order_id)
    assert stored
    if stored["status"] == "cancelled":
        assert (race.cancel.status, race.cancel.body["outcome"]) == (200, "cancelled")
        assert stored["cancellation"]["cancellation_id"] == race.cancel.body["cancellation"]["cancellation_id"]
        assert stored["milestones"] == {"LAX1": {}}
        assert (race.packing.status, race.packing.body["code"]) == (409, "order_cancelled")
        assert race.packing.body["instruction"] == "put_back"
        return "seller"
    assert stored["status"] == "picked_packed"
    assert "cancellation" not in stored
    assert stored["milestones"] == {"LAX1": {"picked_packed": race.packed_at}}
    assert (race.packing.status, race.packing.body["outcome"]) == (200, "recorded")
    assert (race.cancel.status, race.cancel.body["code"]) == (409, "order_picked_packed")
    assert race.cancel.body["packed"] == [{"fc_id": "LAX1", "at": race.packed_at}]
    return "fulfillment center"


def test_exactly_one_wins_and_both_are_told_so(acme: Client, lax1: Client, place: Place, item: Items) -> None:
    head_start = HeadStart()
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        order_ids = list(pool.map(lambda _: place("LAX1"), range(RACES)))
        races = list(pool.map(lambda order_id: run(acme, lax1, order_id, head_start), order_ids))
        winners = Counter(pool.map(lambda race: winner(race, item), races))
    print(f"{RACES} races: {dict(winners)}")
    assert winners.total() == RACES
    assert winners["seller"] > 0
    assert winners["fulfillment center"] > 0


def test_of_two_cancels_one_is_the_first(acme: Client, place: Place, item: Items) -> None:
    def both(order_id: str) -> list[Answer]:
        start = threading.Barrier(2)

        def cancel(key: str) -> Answer:
            start.wait()
            return acme.cancel(order_id, {"reason": "other"}, key=key)

        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(cancel, ("one", "two")))

    for order_id in [place() for _ in range(20)]:
        answers = both(order_id)
        assert sorted(answer.body["outcome"] for answer in answers) == ["already_cancelled", "cancelled"]
        stored = item(order_id)
        assert stored
        told = {answer.body["cancellation"]["cancellation_id"] for answer in answers}
        assert told == {stored["cancellation"]["cancellation_id"]}
