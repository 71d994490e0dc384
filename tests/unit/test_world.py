"""The orders that events/ speaks of are also among the local stack's seeds, so the events work there too."""

from collections import defaultdict
from typing import Any

import pytest

from local import seed
from local.client import Answer
from tests.support import world


class Recorder:
    """A caller of the API that takes down what the seeds place and report."""

    def __init__(self) -> None:
        self.centers: dict[tuple[str, str], tuple[str, ...]] = {}
        self.events: dict[tuple[str, str], list[str]] = defaultdict(list)

    def put(self, route: str, body: Any) -> Answer:
        parts = route.split("/")
        if "orders" not in parts:
            return Answer(200, {}, b"")
        self.centers[parts[2], parts[4]] = tuple(body["fulfillment_centers"])
        return Answer(201, {}, b"")

    def report(self, fc_id: str, seller_id: str, order_id: str, event: str, at: str) -> Answer:
        assert fc_id == self.centers[seller_id, order_id][0]
        assert at.endswith("Z")
        self.events[seller_id, order_id].append(event)
        return Answer(200, {}, b"")


def test_every_order_of_the_world_is_a_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()
    monkeypatch.setattr(seed, "network_client", lambda *_: recorder)
    monkeypatch.setattr(seed, "fulfillment_center_client", lambda *_: recorder)
    reached: list[str] = []
    seed.orders({"fulfillment_centers": [{"fc_id": "LAX1"}, {"fc_id": "EWR2"}]}, reached.append)
    assert reached[-1] == "orders of Bluebird Home: 40 of 40"
    for order, (centers, events) in world.ORDERS.items():
        assert recorder.centers[order] == centers
        assert tuple(recorder.events[order]) == events
