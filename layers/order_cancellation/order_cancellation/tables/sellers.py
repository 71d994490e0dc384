"""Who is who: the sellers, their contacts and whether mail reaches them; and which clients are fulfillment centers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from order_cancellation.domain.sellers import Contact, MailProblem, Seller, same_address
from order_cancellation.tables.client import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# A center whose client is taken away may be believed for that long; its tokens are good for an hour anyway.
REMEMBERED_SECONDS: Final = 300
MAX_REMEMBERED: Final = 1000


class Sellers:
    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._table = Table(dynamodb, table)

    def register(self, seller_id: str, contact: Contact) -> None:
        """Create the seller or replace its contact; what is known of its mail delivery stays. Raises Unavailable.

        But for a complaint: that is lifted by it.
        """
        update = "SET #name = :name, email = :email, time_zone = :time_zone, summaries = :summaries"
        no_complaint = "attribute_not_exists(mail_problem) OR mail_problem.#kind <> :complaint"
        if not self._register(seller_id, contact, update, no_complaint, complaint="complaint"):
            self._register(
                seller_id, contact, f"{update} REMOVE mail_problem", None
            )  # no condition: the last word counts

    def _register(self, seller_id: str, contact: Contact, update: str, condition: str | None, **values: str) -> bool:
        registered, _ = self._table.update(
            {"seller_id": seller_id},
            update,
            condition=condition,
            returning=False,
            name=contact.name,
            email=contact.email,
            time_zone=contact.time_zone,
            summaries=contact.summaries,
            **values,
        )
        return registered

    def find(self, seller_id: str) -> Seller | None:
        """Read a seller, strongly consistent; None where nobody has registered it. Raises Unavailable."""
        item = self._table.get({"seller_id": seller_id})
        if item is None:
            return None
        problem = item.get("mail_problem")
        return Seller(
            seller_id,
            Contact(item["name"], item["email"], item["time_zone"], item["summaries"]),
            MailProblem(problem["kind"], problem["email"], problem["at"]) if problem else None,
        )

    def mark_unreachable(self, seller_id: str, problem: MailProblem) -> bool:
        """Note that mail to this address does not arrive; False where the contact is another by now.

        Raises Unavailable.
        """
        seller = self.find(seller_id)
        if seller is None or not same_address(seller.contact.email, problem.email):
            return False
        marked, _ = self._table.update(
            {"seller_id": seller_id},
            "SET mail_problem = :problem",
            condition="email = :email",
            problem={"kind": problem.kind, "email": problem.email, "at": problem.at},
            email=seller.contact.email,
        )
        return marked


class FulfillmentCenters:
    """The FulfillmentCenters table: which client credentials are which fulfillment center.

    Who a client is is remembered for REMEMBERED_SECONDS; that it is nobody is not, so a new one may speak at once.
    """

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._table = Table(dynamodb, table)
        self._remembered: dict[str, tuple[str, float]] = {}

    def known_by(self, client_id: str) -> str | None:
        """The ``fc_id`` that this client speaks for, or None. Raises Unavailable."""
        fc_id, until = self._remembered.get(client_id, ("", 0.0))
        if time.time() < until:
            return fc_id
        item = self._table.get({"client_id": client_id})
        if item is None:
            return None
        if len(self._remembered) >= MAX_REMEMBERED:
            self._remembered.clear()
        self._remembered[client_id] = item["fc_id"], time.time() + REMEMBERED_SECONDS
        return str(item["fc_id"])
