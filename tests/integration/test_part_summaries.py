"""Parts that the network cancels: each of these cancellations is told once, and the mail says what still comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support import rig
from tests.support.memory_tables import ORDERS, SUMMARIES, Tables
from tests.support.rig import Service
from tests.support.sdk import Wire
from tests.support.ses import SimulatedSes

if TYPE_CHECKING:
    from collections.abc import Callable

    Records = Callable[[], list[dict[str, Any]]]

LINES = [
    {"sku": "TENT", "quantity": 1, "fulfillment_center": "LAX1"},
    {"sku": "LAMP", "quantity": 2, "fulfillment_center": "EWR2"},
    {"sku": "ROPE", "quantity": 3, "fulfillment_center": "ONT8"},
]


@pytest.fixture
def records(aws: Tables) -> Records:
    """What the stream brings of all that was changed until now."""
    return lambda: rig.stream_records(aws)


@pytest.fixture
def split(service: Service) -> str:
    """An order of a registered seller, at three centers; LAX1 has packed."""
    service.register("acme", time_zone="UTC")
    service.place("A-1", "LAX1", "EWR2", "ONT8", lines=LINES)
    service.report("LAX1", "A-1", "picked_packed")
    return "A-1"


def run_out(service: Service, *centers: str, order_id: str = "A-1", reason: str = "stockout") -> None:
    entry: dict[str, Any] = {"seller_id": "acme", "order_id": order_id, "reason": reason}
    named = {"fulfillment_centers": list(centers)} if centers else {}
    (result,) = service.auto_cancel({**entry, **named}).body["results"]
    assert result["outcome"] == "cancelled", result


def told(tables: Tables) -> list[tuple[str, str]]:
    """(summary, cancellation) of all that the ledger lists."""
    order = tables.get(ORDERS, "acme", "A-1")
    assert order
    own = order.get("cancellation", {"M": {"cancellation_id": {"S": "none"}}})["M"]["cancellation_id"]["S"]
    found = []
    for item in tables.items(SUMMARIES):
        name = item["summary_id"]["S"]
        found += [(name, each["M"]["cancellation_id"]["S"]) for each in item.get("cancellations", {"L": []})["L"]]
        found += [(name, own) for _ in item.get("order_ids", {"L": []})["L"]]
    return sorted(found)


def all_cancellations(tables: Tables) -> list[str]:
    order = tables.get(ORDERS, "acme", "A-1")
    assert order
    own = [order["cancellation"]["M"]["cancellation_id"]["S"]] if "cancellation" in order else []
    return sorted([*order.get("part_cancellations", {"M": {}})["M"], *own])


def test_what_still_comes_is_told_first_then_what_does_not(
    service: Service, split: str, records: Records, ses: SimulatedSes
) -> None:
    run_out(service, "EWR2")
    assert service.deliver(records()) == []
    (mail,) = ses.accepted
    assert mail.subject == "1 order partly shipped: 1 out of stock"
    text = " ".join(mail.text.split())
    assert "Either ship what is missing yourself" in text
    assert "Still comes LAX1 has packed its part and ONT8 has not packed its part yet." in text
    assert "Cancelled EWR2: LAMP × 2. Out of stock" in text
    assert text.index("Still comes") < text.index("Cancelled EWR2")
    assert "cancel it in its marketplace now" not in text


def test_each_of_two_parts_and_the_rest_is_in_one_summary(
    service: Service, records: Records, ses: SimulatedSes, aws: Tables
) -> None:
    service.register("acme")
    service.place("A-1", "LAX1", "EWR2", "ONT8", lines=LINES)
    for centers in (("EWR2",), ("ONT8",), ()):
        run_out(service, *centers)
        assert service.deliver(records()) == []
        assert service.deliver(records()) == [], "the same records again"
    assert len(ses.accepted) == 3
    listed = told(aws)
    assert [name for _, name in sorted(listed, key=lambda each: each[1])] == all_cancellations(aws)
    assert len({summary for summary, _ in listed}) == 3
    assert "summary_due_at" not in (aws.get(ORDERS, "acme", "A-1") or {})
    page = service.send("list_summaries", {"token_use": "id", "custom:seller_id": "acme", "sub": "p", "email": "e"})
    assert [summary["orders"] for summary in page.body["summaries"]] == [["A-1"]] * 3


def test_parts_that_are_due_together_are_one_row(
    service: Service, split: str, records: Records, ses: SimulatedSes, aws: Tables
) -> None:
    run_out(service, "EWR2")
    run_out(service, "ONT8", reason="mislinked_sku")
    service.place("A-2", "LAX1")
    run_out(service, order_id="A-2")
    assert service.deliver(records()) == []
    (mail,) = ses.accepted
    assert mail.subject == "1 order cancelled, 1 partly shipped: 2 out of stock"
    assert "ONT8: ROPE × 3. Mis-linked SKU" in " ".join(mail.text.split())
    assert all_cancellations(aws) == sorted(name for _, name in told(aws) if name in all_cancellations(aws))


def test_a_rest_that_its_seller_cancelled_meanwhile_does_not_still_come(
    service: Service, records: Records, ses: SimulatedSes
) -> None:
    service.register("acme")
    service.place("A-1", "LAX1", "EWR2")
    run_out(service, "EWR2")
    due = records()
    service.cancel("A-1")
    service.deliver(due)
    (mail,) = ses.accepted
    assert "Still comes Nothing: the rest was cancelled on" in " ".join(mail.text.split())
    assert mail.subject.startswith("1 order cancelled")


def test_a_part_that_comes_due_while_another_is_claimed_is_told_by_the_sweep(
    service: Service, split: str, records: Records, ses: SimulatedSes, aws: Tables, wire: Wire
) -> None:
    run_out(service, "EWR2")
    wire.before("TransactWriteItems", lambda: run_out(service, "ONT8"))
    assert service.deliver(records()) == []
    assert ses.accepted == [], "more became due since it was read"
    order = aws.get(ORDERS, "acme", "A-1")
    assert order
    aws.put(ORDERS, {**order, "summary_due_at": {"S": "2026-01-01T00:00:00.000Z"}})
    service.sweep()
    assert sorted(name for _, name in told(aws)) == all_cancellations(aws)
    assert len(ses.accepted) == 1


def test_a_seller_who_wants_none_is_told_of_no_part_and_of_no_order(
    service: Service, split: str, records: Records, ses: SimulatedSes, aws: Tables
) -> None:
    service.register("acme", summaries="off")
    run_out(service, "EWR2")
    service.deliver(records())
    service.register("acme", summaries="each_batch")
    run_out(service, "ONT8")
    service.deliver(records())
    (mail,) = ses.accepted
    assert "Cancelled ONT8" in " ".join(mail.text.split())
    assert len(told(aws)) == 1
