"""How late the oldest due order of a shard is: of those that can be told at all."""

from collections import Counter
from typing import Any

import pytest

from order_cancellation.domain import summaries
from order_cancellation.tables.sellers import Sellers
from order_cancellation.tables.watch import Watch
from tests.support import memory_tables, rig, sdk
from tests.support.memory_tables import ORDERS, SELLERS, SUMMARIES, Tables

NOW = "2026-11-23T14:00:00.000Z"
EARLIER, LATER = "2026-11-23T13:00:00.000Z", "2026-11-23T14:00:00.001Z"
SHARD = "shard-0"


@pytest.fixture
def watch(dynamodb: Any) -> Watch:
    return Watch(dynamodb, ORDERS, SUMMARIES, Sellers(dynamodb, SELLERS))


def due(tables: Tables, order_id: str, moment: str, seller_id: str = "acme") -> None:
    marks = {"summary_due_at": {"S": moment}, "summary_shard": {"S": SHARD}}
    tables.put(ORDERS, {**rig.order_item(order_id), "seller_id": {"S": seller_id}, **marks})


@pytest.mark.parametrize(("moment", "found"), [(EARLIER, EARLIER), (NOW, NOW), (LATER, None)])
def test_an_order_is_late_from_its_moment_on(tables: Tables, watch: Watch, moment: str, found: str | None) -> None:
    rig.furnish(tables)
    due(tables, "A-1", moment)
    assert watch.oldest_due(SHARD, NOW) == found
    assert watch.oldest_due(summaries.SHARDS[1], NOW) is None


def test_who_is_not_registered_is_passed_over_on_every_page_and_asked_for_once(
    tables: Tables, watch: Watch, hooks: list[sdk.Hook], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_tables, "_PAGE_BYTES", 1_000)
    rig.furnish(tables)
    for number in range(20):
        due(tables, f"N-{number}", f"2026-11-23T12:00:{number:02}.000Z", "newcomer")
    due(tables, "A-1", EARLIER)
    asked = Counter[str]()
    hooks[0] = lambda call: asked.update([call.operation])
    assert watch.oldest_due(SHARD, NOW) == EARLIER
    assert asked["Query"] > 1
    assert asked["GetItem"] == 2  # of each seller
