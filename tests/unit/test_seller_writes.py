"""What each write about a seller does to the item, and what is read back: the rest of it stays."""

from typing import Any

import pytest

from order_cancellation.domain.sellers import Contact, MailProblem, Seller
from order_cancellation.tables.sellers import REMEMBERED_SECONDS, FulfillmentCenters, Sellers
from tests.support.memory_tables import FULFILLMENT_CENTERS, SELLERS, Tables
from tests.support.rig import know_centers
from tests.support.sdk import Hook, Wire

CONTACT = Contact("Acme", "ops@acme.example", "Europe/Berlin", "daily")
BOUNCE = MailProblem("bounce", "ops@acme.example", "2026-11-23T14:00:00.000Z")
COMPLAINT = MailProblem("complaint", "ops@acme.example", "2026-11-23T14:00:00.000Z")


@pytest.fixture
def sellers(dynamodb: Any) -> Sellers:
    return Sellers(dynamodb, SELLERS)


def test_a_seller_is_registered(sellers: Sellers) -> None:
    sellers.register("acme", CONTACT)
    assert sellers.find("acme") == Seller("acme", CONTACT)
    assert sellers.find("bluebird") is None


@pytest.mark.parametrize("problem", [BOUNCE, COMPLAINT])
def test_a_new_contact_leaves_what_is_known_of_the_mail_but_a_complaint(sellers: Sellers, problem: MailProblem) -> None:
    sellers.register("acme", CONTACT)
    assert sellers.mark_unreachable("acme", problem)
    assert sellers.find("acme") == Seller("acme", CONTACT, problem)
    new = Contact("Acme Outdoor", "new@acme.example", "UTC", "off")
    sellers.register("acme", new)
    assert sellers.find("acme") == Seller("acme", new, BOUNCE if problem is BOUNCE else None)


def test_mail_to_a_former_address_says_nothing_of_the_new_one(sellers: Sellers, tables: Tables) -> None:
    sellers.register("acme", CONTACT)
    assert not sellers.mark_unreachable("acme", MailProblem("complaint", "old@acme.example", "2026"))
    assert not sellers.mark_unreachable("bluebird", BOUNCE)
    assert "mail_problem" not in tables.items(SELLERS)[0]
    assert len(tables.items(SELLERS)) == 1


def test_a_contact_that_changes_while_its_mail_comes_back_is_not_marked(
    sellers: Sellers, dynamodb: Any, hooks: list[Any]
) -> None:
    sellers.register("acme", CONTACT)

    def changes_meanwhile(call: Any) -> None:
        if call.operation == "UpdateItem":
            hooks[0] = lambda _: None
            Sellers(dynamodb, SELLERS).register("acme", Contact("Acme", "new@acme.example", "UTC", "off"))

    hooks[0] = changes_meanwhile
    assert not sellers.mark_unreachable("acme", BOUNCE)


def test_a_client_is_its_center(tables: Tables, dynamodb: Any) -> None:
    know_centers(tables)
    centers = FulfillmentCenters(dynamodb, FULFILLMENT_CENTERS)
    assert centers.known_by("client-LAX1") == "LAX1"
    assert centers.known_by("client-of-nobody") is None


def test_who_a_client_is_is_remembered_for_a_while_and_who_is_nobody_is_not(
    tables: Tables, dynamodb: Any, hooks: list[Hook], monkeypatch: pytest.MonkeyPatch
) -> None:
    wire, now = Wire(), [1000.0]
    hooks[0] = wire
    monkeypatch.setattr("order_cancellation.tables.sellers.time.time", lambda: now[0])
    centers = FulfillmentCenters(dynamodb, FULFILLMENT_CENTERS)

    def reads(client_id: str) -> int:
        wire.requests.clear()
        centers.known_by(client_id)
        return len(wire.requests)

    assert [reads("client-LAX1") for _ in range(2)] == [1, 1]
    know_centers(tables)
    assert [reads("client-LAX1") for _ in range(3)] == [1, 0, 0]
    now[0] += REMEMBERED_SECONDS - 1
    assert reads("client-LAX1") == 0
    now[0] += 1
    assert [reads("client-LAX1") for _ in range(2)] == [1, 0]


def test_only_so_many_clients_are_remembered(tables: Tables, dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("order_cancellation.tables.sellers.MAX_REMEMBERED", 1)
    know_centers(tables)
    centers = FulfillmentCenters(dynamodb, FULFILLMENT_CENTERS)
    assert [centers.known_by(client_id) for client_id in ("client-LAX1", "client-EWR2")] == ["LAX1", "EWR2"]
    assert set(centers._remembered) == {"client-EWR2"}
