"""What callers read: orders and outcomes as JSON-ready documents, and the sentences in them.

Every success and every refusal says what the seller must still do in the marketplace: nothing is synchronized.
"""

from collections.abc import Mapping
from typing import Any

from order_cancellation.actions.cancel import Cancelled
from order_cancellation.actions.reconcile import Differences, Reconciliation
from order_cancellation.domain import marketplaces, orders, times
from order_cancellation.domain.cancellations import Actor, Cancellation
from order_cancellation.domain.orders import Order
from order_cancellation.domain.reasons import CATALOGUE
from order_cancellation.domain.refusals import why_code
from order_cancellation.domain.sellers import Contact, Seller

Document = dict[str, Any]


def order_document(order: Order, reader: Actor) -> Document:
    """An order as it was placed, where it is, and whether it can be cancelled, in words for its reader."""
    placement = order.placement
    document: Document = {
        "order_id": order.order_id,
        "status": order.status,
        "cancellable": order.cancellable,
        "marketplace": placement.marketplace,
        "marketplace_order_id": placement.marketplace_order_id,
        "destination_country": placement.destination_country,
        "placed_at": placement.placed_at,
        "lines": [{"sku": line.sku, "quantity": line.quantity} for line in placement.lines],
        "fulfillment_centers": [_center_document(order, fc_id) for fc_id in placement.fulfillment_centers],
    }
    if order.cancellation:
        document["cancellation"] = cancellation_document(order.cancellation, reader)
        document["marketplace_cancellation"] = order.marketplace_cancellation
    if not order.cancellable:
        why = why_not_cancellable(order, reader)
        document["not_cancellable_because"] = in_short(order, why)
        document["next_steps"] = why["next_steps"]
    return document


def cancel_document(cancelled: Cancelled, reader: Actor) -> Document:
    """A cancel that left the order cancelled, in words for whoever asked."""
    order, cancellation = cancelled.order, cancelled.order.cancellation
    assert cancellation
    return {
        "order_id": order.order_id,
        "status": order.status,
        "outcome": cancelled.outcome,
        "message": "Your order has been successfully cancelled."
        if cancelled.outcome == "cancelled"
        else _how_it_was_cancelled(order, cancellation, reader),
        "cancellation": cancellation_document(cancellation, reader),
        "next_steps": _steps_after_cancel(order),
    }


def cancellation_document(cancellation: Cancellation, reader: Actor) -> Document:
    """Who ended an order, when and why. The seller's note, and the person, are for the seller's people alone."""
    own = reader.kind == "person"
    actor = cancellation.actor
    document: Document = {
        "cancellation_id": cancellation.cancellation_id,
        "kind": cancellation.kind,
        "reason": cancellation.reason,
        "note": cancellation.note if own else None,
        "cancelled_at": cancellation.cancelled_at,
        "actor": {"kind": actor.kind, "id": actor.id, "name": actor.name} if actor and own else None,
    }
    if cancellation.kind == "auto":
        document |= {"detail": cancellation.detail, "skus": list(cancellation.skus)}
    return document


def why_not_cancellable(order: Order, reader: Actor | None = None) -> Document:
    """What a cancel of this order is told: ``detail``, ``order_status``, ``next_steps``, and ``packed`` if one has."""
    if order.cancellation:
        return {
            "detail": _how_it_was_cancelled(order, order.cancellation, reader),
            "order_status": order.status,
            "next_steps": _steps_after_cancel(order),
        }
    packed = order.packed()
    told: Document = {
        "detail": _too_late(order, packed),
        "order_status": order.status,
        "next_steps": [_settle_step(order)],
    }
    if packed:
        told["packed"] = [{"fc_id": fc_id, "at": at} for fc_id, at in packed]
    return told


def in_short(order: Order, why: Document) -> Document:
    """Of ``why_not_cancellable``, what stands beside an order that cannot be cancelled."""
    return {"code": why_code(order)} | {name: why[name] for name in ("detail", "packed") if name in why}


def summary_document(summary: Mapping[str, Any]) -> Document:
    """One entry of ``GET /summaries``, from an item of the Summaries table."""
    return {
        "summary_id": summary["summary_id"],
        "status": summary["status"],
        "email": summary.get("email"),
        "created_at": summary.get("created_at"),
        "sent_at": summary.get("sent_at"),
        "orders": list(summary.get("order_ids", ())),
    }


def seller_document(seller_id: str, contact: Contact) -> Document:
    """A seller as the network registered them."""
    return {
        "seller_id": seller_id,
        "name": contact.name,
        "email": contact.email,
        "time_zone": contact.time_zone,
        "summaries": contact.summaries,
    }


def contact_document(seller: Seller | None) -> Document | None:
    """Where summaries go, and what is wrong with that."""
    if seller is None:
        return None
    problem = seller.unreachable
    return {
        "email": seller.contact.email,
        "summaries": seller.contact.summaries,
        "mail_problem": {"kind": problem.kind, "at": problem.at} if problem else None,
    }


def mark_document(order: Order) -> Document:
    """A cancelled order, and what is to be done about it in its marketplace."""
    return {
        "order_id": order.order_id,
        "status": order.status,
        "marketplace": order.placement.marketplace,
        "marketplace_order_id": order.placement.marketplace_order_id,
        "marketplace_cancellation": order.marketplace_cancellation,
    }


def differences_document(said: Reconciliation, found: Differences) -> Document:
    """Where a marketplace and we differ."""
    lists: dict[str, list[Document]] = {
        "cancelled_there_live_here": [_difference(order) for order in found.cancelled_there_live_here],
        "cancelled_here_live_there": [_difference(order) for order in found.cancelled_here_live_there],
        "agreed": [_difference(order) for order in found.agreed],
        "unknown": [{"marketplace_order_id": marketplace_order_id} for marketplace_order_id in found.unknown],
    }
    counts = {"orders": len(said.cancelled | said.open)} | {name: len(rows) for name, rows in lists.items()}
    unreadable = {"unreadable": list(found.unreadable)} if found.unreadable else {}
    return {"marketplace": said.marketplace, "counts": counts, **lists, **unreadable}


def put_back(order: Order) -> Document:
    """What a fulfillment center is told about a cancelled order. Why it was cancelled is the seller's own business."""
    assert order.cancellation
    return {
        "detail": f"Order {order.order_id} was cancelled on {times.to_minute(order.cancellation.cancelled_at)}. "
        "Stop, and put the goods back.",
        "order_id": order.order_id,
        "order_status": order.status,
        "instruction": "put_back",
        "cancelled_at": order.cancellation.cancelled_at,
    }


def placed_and_cancelled(order: Order) -> Document:
    """What the planner is told who places an order again that is cancelled."""
    assert order.cancellation
    return {
        "detail": f"Order {order.order_id} of seller {order.seller_id} was cancelled on "
        f"{times.to_minute(order.cancellation.cancelled_at)}. It stays cancelled, and nothing will be shipped.",
        "order_id": order.order_id,
        "order_status": order.status,
        "cancelled_at": order.cancellation.cancelled_at,
        "next_steps": [
            {
                "action": "place_as_new_order",
                "text": "If it is to be shipped after all, place it under an order id that was not used before.",
            }
        ],
    }


def _difference(order: Order) -> Document:
    row: Document = {
        "order_id": order.order_id,
        "marketplace_order_id": order.placement.marketplace_order_id,
        "status": order.status,
        "cancellable": order.cancellable,
    }
    if order.cancellation:
        row["marketplace_cancellation"] = order.marketplace_cancellation
    elif not order.cancellable:
        row["not_cancellable_because"] = in_short(order, why_not_cancellable(order))
    return row


def _center_document(order: Order, fc_id: str) -> Document:
    status = order.fulfillment_center_status(fc_id)
    reported = order.milestones.get(fc_id, {})
    events = [{"event": event, "at": reported[event]} for event in orders.EVENTS if event in reported]
    return {"fc_id": fc_id, "status": status, "at": reported.get(status), "events": events}


def _how_it_was_cancelled(order: Order, cancellation: Cancellation, reader: Actor | None) -> str:
    when = times.to_minute(cancellation.cancelled_at)
    if cancellation.kind == "seller":
        return f"{_by_whom(order, cancellation.actor, reader)} already, on {when}."
    reason = CATALOGUE.get(cancellation.reason)
    why = f": {reason.title[0].lower()}{reason.title[1:]}" if reason else ""
    return f"Order {order.order_id} was cancelled automatically on {when}{why}."


def _by_whom(order: Order, actor: Actor | None, reader: Actor | None) -> str:
    if reader and reader.kind != "person":
        return f"Order {order.order_id} was cancelled by its seller"
    if actor and reader and actor.id == reader.id:
        return f"You cancelled order {order.order_id}"
    by = f" by {actor.name}" if actor and actor.name and reader else ""
    return f"Order {order.order_id} was cancelled{by}"


def _too_late(order: Order, packed: tuple[tuple[str, str], ...]) -> str:
    cannot = f"Order {order.order_id} can no longer be cancelled"
    if order.status not in orders.PROGRESS or not packed:
        return f"{cannot}: its status is {order.status}."
    fc_id, at = packed[0]
    done = f"fulfillment center {fc_id} picked and packed it on {times.to_minute(at)}"
    if order.status == orders.SHIPPED:
        return f"{cannot}: {done}, and it has been shipped."
    if order.status == orders.DELIVERED:
        return f"{cannot}: {done}, and it has been delivered."
    return f"{cannot}: {done}."


def _steps_after_cancel(order: Order) -> list[Document]:
    placement = order.placement
    marketplace = marketplaces.name(placement.marketplace)
    return [
        {
            "action": "cancel_in_marketplace",
            "marketplace": placement.marketplace,
            "marketplace_order_id": placement.marketplace_order_id,
            "text": f"Cancel order {placement.marketplace_order_id} in {marketplace} too. Nothing is synchronized: "
            f"{marketplace} does not know that it was cancelled here.",
        },
        {
            "action": "reroute",
            "text": "If the customer still wants the goods, re-route the order to another fulfillment service "
            f"instead of cancelling it in {marketplace}.",
        },
    ]


def _settle_step(order: Order) -> Document:
    placement = order.placement
    marketplace = marketplaces.name(placement.marketplace)
    arrives = {
        orders.SHIPPED: "The parcel is on its way",
        orders.DELIVERED: "The parcel has arrived",
    }.get(order.status, "The parcel will be shipped")
    return {
        "action": "contact_marketplace_or_customer",
        "marketplace": placement.marketplace,
        "marketplace_order_id": placement.marketplace_order_id,
        "text": f"{arrives}. Do not cancel order {placement.marketplace_order_id} in {marketplace}; if it is cancelled "
        f"there already, settle it with {marketplace} or the customer, for example as a return. Nothing is "
        f"synchronized: {marketplace} was not told of anything.",
    }
