"""A seller of the contract tests' own, so that nothing they do is seen by the tests that share the stack."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from local import seed
from local.client import Client, seller_tokens
from local.cloud import Cloud
from scripts import onboard
from tests.contract import document

SELLER = "contract"
MAILED = "contract-mailed"  # whose summaries are looked at: only what concerns them cancels its orders
PASSWORD = "Contract-local-only-1"

PlaceOne = Callable[..., str]


@dataclass(frozen=True)
class Callers:
    """The callers of the API: those of each kind of token, and people who may not do what they try."""

    seller: Client
    planner: Client
    center: Client
    another_seller: Client
    nobodys: Client  # signed in, but of no seller
    mailed: Client  # of the seller MAILED
    unregistered: Client  # of a seller that the network has not registered

    def of(self, operation: document.Operation) -> Client:
        """Who may call an operation."""
        if not operation.scopes:
            return self.seller
        return self.center if "fulfillment/events" in operation.scopes else self.planner


@pytest.fixture(scope="session")
def callers(cloud: Cloud, description: dict[str, Any], bluebird: Client, planner: Client, lax1: Client) -> Callers:
    cognito = cloud.client("cognito-idp")

    def person(name: str, seller_id: str) -> Client:
        email = f"{name}@contract.example"
        onboard.open_seller(cognito, description["user_pool_id"], seller_id, email, PASSWORD)
        tokens = seller_tokens(cognito, description["portal_client_id"], email, PASSWORD)
        return Client(description["api_url"], tokens["IdToken"], name)

    return Callers(
        seller=person("seller", SELLER),
        planner=planner,
        center=lax1,
        another_seller=bluebird,
        nobodys=person("nobodys", "-"),
        mailed=person("mailed", MAILED),
        unregistered=person("unregistered", "contract-unregistered"),
    )


@pytest.fixture(scope="session")
def place_one(planner: Client) -> PlaceOne:
    """Places an order of the contract tests' seller, with LAX1 and EWR2 unless it says otherwise."""

    placed: set[tuple[str, str]] = set()

    def place(order_id: str, seller_id: str = SELLER, **particulars: Any) -> str:
        if (seller_id, order_id) in placed:  # it may be cancelled by now, and then is not placed again
            return order_id
        placed.add((seller_id, order_id))
        body = seed.placement(1, ("LAX1", "EWR2"), ("SKU-1", "SKU-2")) | {"placed_at": "2026-11-23T09:00:00Z"}
        body |= particulars
        answer = planner.put(f"/sellers/{seller_id}/orders/{order_id}", body)
        assert answer.status in (200, 201), answer.raw
        return order_id

    return place


def as_nobody(client: Client) -> Client:
    """The same caller without a token."""
    return replace(client, token=None)
