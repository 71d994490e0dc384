"""What it takes to cancel an order: who asked for what, and the record that stays in the order."""

import hashlib
from typing import Literal, NamedTuple

# Who ended the order: its seller, or (auto) the network.
Kind = Literal["seller", "auto"]


class Actor(NamedTuple):
    """Who made a request: a ``person`` of the seller's by their token's ``sub``, or the ``network``'s client.

    ``name`` is the person's address. It is for people of the same seller alone.
    """

    kind: Literal["person", "client", "network"]
    id: str
    name: str | None = None


class Identity(NamedTuple):
    """What makes a request the same request when it comes again."""

    request_id: str
    idempotency_key: str | None = None
    actor: Actor | None = None


class CancelCommand(NamedTuple):
    """The wish to cancel one order, or the parts of it that ``fulfillment_centers`` names.

    A seller may add a ``note``; the network a ``detail`` and the ``skus``.
    """

    kind: Kind
    seller_id: str
    order_id: str
    reason: str
    note: str | None = None
    detail: str | None = None
    skus: tuple[str, ...] = ()
    fulfillment_centers: tuple[str, ...] = ()


class Cancellation(NamedTuple):
    """Who ended an order or parts of it, when and why.

    ``request_id`` is the API request that did it, and tells a replay apart. ``fulfillment_centers`` are the parts that
    were asked for; empty where it was the whole order.
    """

    cancellation_id: str
    kind: Kind
    reason: str
    cancelled_at: str
    request_id: str
    note: str | None = None
    detail: str | None = None
    skus: tuple[str, ...] = ()
    actor: Actor | None = None
    fulfillment_centers: tuple[str, ...] = ()

    @classmethod
    def of(cls, command: CancelCommand, identity: Identity, at: str) -> "Cancellation":
        """The cancellation that carries out this command."""
        return cls(
            cancellation_id=_cancellation_id(command, identity),
            kind=command.kind,
            reason=command.reason,
            cancelled_at=at,
            request_id=identity.request_id,
            note=command.note,
            detail=command.detail,
            skus=command.skus,
            actor=identity.actor,
            fulfillment_centers=command.fulfillment_centers,
        )

    def says_the_same_as(self, other: "Cancellation") -> bool:
        """Whether both were asked for in the same words; ids, times and who asked may differ."""
        return (self.reason, self.note, self.detail, self.skus) == (other.reason, other.note, other.detail, other.skus)


def _cancellation_id(command: CancelCommand, identity: Identity) -> str:
    """The same for every repetition of a request, different for all others; 32 hexadecimal digits.

    With the seller, the order and its parts in it, one key may serve a whole batch, and no caller can guess another's.
    """
    source = f"key:{identity.idempotency_key}" if identity.idempotency_key else f"request:{identity.request_id}"
    about = (command.kind, command.seller_id, command.order_id, *sorted(command.fulfillment_centers))
    return hashlib.sha256("\n".join((*about, source)).encode()).hexdigest()[:32]
