"""What callers read: orders and outcomes as JSON-ready documents, and the sentences in them.

Every success and every refusal says what the seller must still do in the marketplace: nothing is synchronized.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from order_cancellation.actions.cancel import Cancelled
from order_cancellation.actions.reconcile import Differences, Reconciliation
from order_cancellation.domain import marketplaces, orders, parts, times
from order_cancellation.domain.cancellations import Actor, Cancellation
from order_cancellation.domain.orders import Line, Order
from order_cancellation.domain.reasons import CATALOGUE
from order_cancellation.domain.refusals import why_code
from order_cancellation.domain.sellers import Contact, Seller
from order_cancellation.tables.summaries import orders_of

Document = dict[str, Any]


def order_document(order: Order, reader: Actor) -> Document:
    """An order as it was placed, where it is, and whether it can be cancelled, in words for its reader."""
    placement = order.placement
    document: Document = {
        "order_id": order.order_id,
        "status": order.status,
        "cancellable": order.cancellable,
        "partially_cancelled": order.partially_cancelled,
        "marketplace": placement.marketplace,
        "marketplace_order_id": placement.marketplace_order_id,
        "destination_country": placement.destination_country,
        "placed_at": placement.placed_at,
        "lines": [_line_document(line) for line in placement.lines],
        "fulfillment_centers": [_center_document(order, fc_id, reader) for fc_id in order.fulfillment_centers],
    }
    if order.moved:
        moved = sorted(order.moved.items(), key=lambda each: str(each[1].get("at")))
        document["moved_fulfillment_centers"] = [{"fc_id": fc_id, "at": each.get("at")} for fc_id, each in moved]
    if order.cancellation:
        document["cancellation"] = cancellation_document(order.cancellation, reader)
    if order.marketplace_cancellation:
        document["marketplace_cancellation"] = order.marketplace_cancellation
    if order.partially_cancelled:
        document["next_steps"] = _steps_after_parts(order)
    if not order.cancellable:
        why = why_not_cancellable(order, reader)
        document["not_cancellable_because"] = in_short(order, why)
        document["next_steps"] = why["next_steps"]
    return document


def network_document(order: Order, reader: Actor) -> Document:
    """The same for the network, which knows the orders of every seller."""
    return {"seller_id": order.seller_id, **order_document(order, reader)}


def cancel_document(cancelled: Cancelled, reader: Actor) -> Document:
    """A cancel that left the order, or the parts that were named, cancelled; in words for whoever asked."""
    order, cancellation, named = cancelled.order, cancelled.cancellation, cancelled.fulfillment_centers
    document: Document = {
        "order_id": order.order_id,
        "outcome": cancelled.outcome,
        "message": _how_it_went(cancelled, reader),
        "cancellation": cancellation_document(cancellation, reader),
    }
    if not named:
        return document | {"status": order.status, "next_steps": _steps_after_cancel(order)}
    steps = _steps_after_parts(order) if order.partially_cancelled else _steps_after_cancel(order)
    return document | {
        "order_status": order.status,
        "cancelled_fulfillment_centers": [fc_id for fc_id in order.fulfillment_centers if fc_id in named],
        "still_shipping": still_shipping(order),
        "next_steps": steps,
    }


def still_shipping(order: Order) -> list[Document]:
    """The parts that are not cancelled, and how far each has come."""
    return [{"fc_id": fc_id, "status": order.fulfillment_center_status(fc_id)} for fc_id in order.live]


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
    if cancellation.fulfillment_centers:
        document["fulfillment_centers"] = list(cancellation.fulfillment_centers)
    if cancellation.kind == "auto":
        document |= {"detail": cancellation.detail, "skus": list(cancellation.skus)}
    return document


def why_not_cancellable(order: Order, reader: Actor | None = None) -> Document:
    """What a cancel of this order is told: ``detail``, ``order_status``, ``next_steps``.

    Where a center has packed, ``packed`` and ``still_cancellable`` too.
    """
    if order.cancellation:
        return {
            "detail": _how_it_was_cancelled(order, order.cancellation, reader),
            "order_status": order.status,
            "next_steps": _steps_after_cancel(order),
        }
    packed = order.packed()
    told: Document = {"detail": _too_late(order, packed, reader), "order_status": order.status}
    if packed:
        told |= _packed_document(order, packed)
    return told | {"next_steps": [*_steps_of_the_rest(order), _settle_step(order)]}


def parts_packed(order: Order, fc_ids: Sequence[str]) -> Document:
    """What a cancel of parts is told that comes too late for these of them."""
    packed = [(fc_id, at) for fc_id, at in order.packed() if fc_id in fc_ids]
    return {
        "detail": f"{parts.what_goes_on(order)} {parts.too_late(order, [fc_id for fc_id, _ in packed])}",
        "order_status": order.status,
        **_packed_document(order, packed),
        "next_steps": [*_steps_of_the_rest(order), _settle_step(order)],
    }


def parts_moved(order: Order, fc_ids: Sequence[str]) -> Document:
    """What a cancel of parts is told that names fulfillment centers whose part is another's by now."""
    have = "has" if len(fc_ids) == 1 else "have"
    detail = (
        f"{parts.what_goes_on(order)} {parts.listed(fc_ids)} {have} no part of order {order.order_id} any more: the "
        "network gave it to another fulfillment center. Of what was asked, nothing was cancelled."
    )
    return {
        "detail": detail.lstrip(),
        "order_status": order.status,
        "still_cancellable": list(order.still_cancellable),
        **({"next_steps": steps} if (steps := _steps_of_the_rest(order)) else {}),
    }


def in_short(order: Order, why: Document) -> Document:
    """Of ``why_not_cancellable``, what stands beside an order that cannot be cancelled."""
    told = ("detail", "packed", "still_cancellable")
    return {"code": why_code(order)} | {name: why[name] for name in told if name in why}


def summary_document(summary: Mapping[str, Any]) -> Document:
    """One entry of ``GET /summaries``, from an item of the Summaries table."""
    return {
        "summary_id": summary["summary_id"],
        "status": summary["status"],
        "email": summary.get("email"),
        "created_at": summary.get("created_at"),
        "sent_at": summary.get("sent_at"),
        "orders": list(orders_of(summary)),
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
        "time_zone": seller.contact.time_zone,
        "summaries": seller.contact.summaries,
        "mail_problem": {"kind": problem.kind, "at": problem.at} if problem else None,
    }


def mark_document(order: Order) -> Document:
    """An order of which something is cancelled, and what is to be done about that in its marketplace."""
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


def put_back_part(order: Order, fc_id: str) -> Document:
    """The same about one center's part, where the order goes on without it."""
    cancellation = order.cancellation_of(fc_id)
    at = cancellation.cancelled_at if cancellation else str(order.moved[fc_id]["at"])
    what = "was cancelled" if cancellation else "was given to another fulfillment center"
    return {
        "detail": f"Your part of order {order.order_id} {what} on {times.to_minute(at)}. Stop, and put the goods back.",
        "order_id": order.order_id,
        "order_status": order.status,
        "instruction": "put_back",
        "withdrawn_at": at,
    }


def placed_and_cancelled(order: Order) -> Document:
    """What the planner is told who places an order again, or moves one, that is cancelled."""
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


def not_movable(order: Order, fc_ids: Sequence[str], code: str) -> Document:
    """What the planner is told who takes parts from these centers, or gives them parts, where that cannot be done."""
    centers = parts.listed(fc_ids)
    why = {
        "part_withdrawn": f"{parts.the_parts(fc_ids, order)} {'is' if len(fc_ids) == 1 else 'are'} cancelled, and "
        f"{'stays' if len(fc_ids) == 1 else 'stay'} so: leave {centers} out.",
        "order_picked_packed": f"Nothing can be taken from {centers} any more.",
    }.get(code, "All that is not cancelled of it has left: place what is still to be shipped as a new order.")
    when = dict(order.packed())
    packed = [{"fc_id": fc_id, "at": when[fc_id]} for fc_id in fc_ids if fc_id in when]
    document = {
        "detail": f"{parts.what_goes_on(order)} {why} Nothing was changed.",
        "order_id": order.order_id,
        "order_status": order.status,
    }
    return document | ({"packed": packed} if packed else {})


def _difference(order: Order) -> Document:
    row: Document = {
        "order_id": order.order_id,
        "marketplace_order_id": order.placement.marketplace_order_id,
        "status": order.status,
        "cancellable": order.cancellable,
    }
    if order.partially_cancelled:
        row["partially_cancelled"] = True
    if order.marketplace_cancellation:
        row["marketplace_cancellation"] = order.marketplace_cancellation
    if not order.cancellation and not order.cancellable:
        row["not_cancellable_because"] = in_short(order, why_not_cancellable(order))
    return row


def _line_document(line: Line) -> Document:
    document: Document = {"sku": line.sku, "quantity": line.quantity}
    return document | ({"fulfillment_center": line.fulfillment_center} if line.fulfillment_center else {})


def _center_document(order: Order, fc_id: str, reader: Actor) -> Document:
    reported, ended = order.reported(fc_id), order.cancellation_of(fc_id)
    status = order.fulfillment_center_status(fc_id)
    document: Document = {
        "fc_id": fc_id,
        "status": status,
        "at": ended.cancelled_at if ended else reported.get(status),
        "cancellable": fc_id in order.still_cancellable,
        "events": [{"event": event, "at": at} for event, at in reported.items()],
    }
    return document | ({"cancellation": cancellation_document(ended, reader)} if ended else {})


def _packed_document(order: Order, packed: Sequence[tuple[str, str]]) -> Document:
    return {
        "packed": [{"fc_id": fc_id, "at": at} for fc_id, at in packed],
        "still_cancellable": list(order.still_cancellable),
    }


def _how_it_went(cancelled: Cancelled, reader: Actor) -> str:
    """The sentence of a cancel that left things cancelled."""
    order, cancellation = cancelled.order, cancelled.cancellation
    if order.cancellation:
        if cancelled.outcome == "cancelled" and cancellation == order.cancellation:
            return "Your order has been successfully cancelled."
        return _how_it_was_cancelled(order, order.cancellation, reader)
    goes_on = parts.what_goes_on(order)
    if cancelled.outcome == "cancelled":
        ended = tuple(sorted(order.part_cancellations[cancellation.cancellation_id].milestones))
        have = "has" if len(ended) == 1 else "have"
        return f"{goes_on} {parts.the_parts(ended, order)} {have} been successfully cancelled."
    return f"{goes_on} {_how_parts_were_cancelled(order, reader)}"


def _how_it_was_cancelled(order: Order, cancellation: Cancellation, reader: Actor | None) -> str:
    if not order.part_cancellations:
        return _how(f"order {order.order_id}", cancellation, reader)
    last = parts.the_parts(tuple(fc_id for fc_id in order.fulfillment_centers if fc_id in order.milestones), order)
    return f"{_how_parts_were_cancelled(order, reader)} {_how(last, cancellation, reader)}"


def _how_parts_were_cancelled(order: Order, reader: Actor | None) -> str:
    return parts.what_was_cancelled(order, lambda what, cancellation: _how(what, cancellation, reader))


def _how(what: str, cancellation: Cancellation, reader: Actor | None) -> str:
    """A sentence about how ``what`` was cancelled, such as ``order A-1001`` or ``EWR2's part of order A-1001``."""
    when = times.to_minute(cancellation.cancelled_at)
    was = "were" if "'s parts of " in what else "was"
    if cancellation.kind == "seller":
        return f"{_by_whom(what, was, cancellation.actor, reader)} already, on {when}."
    reason = CATALOGUE.get(cancellation.reason)
    why = f": {reason.title[0].lower()}{reason.title[1:]}" if reason else ""
    return f"{_capital(what)} {was} cancelled automatically on {when}{why}."


def _by_whom(what: str, was: str, actor: Actor | None, reader: Actor | None) -> str:
    if reader and reader.kind != "person":
        return f"{_capital(what)} {was} cancelled by its seller"
    if actor and reader and actor.id == reader.id:
        return f"You cancelled {what}"
    by = f" by {actor.name}" if actor and actor.name and reader else ""
    return f"{_capital(what)} {was} cancelled{by}"


def _capital(words: str) -> str:
    return f"O{words[1:]}" if words.startswith("order ") else words


def _too_late(order: Order, packed: tuple[tuple[str, str], ...], reader: Actor | None) -> str:
    cannot = f"Order {order.order_id} can no longer be cancelled"
    if order.status not in orders.PROGRESS or not packed:
        return f"{cannot}: its status is {order.status}."
    if parts.is_split(order):
        cancelled = _how_parts_were_cancelled(order, reader)
        return f"{parts.what_goes_on(order)} {parts.why_not_whole(order, packed)} {cancelled}".rstrip()
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


def _steps_after_parts(order: Order) -> list[Document]:
    """What is left to do in the marketplace about an order of which parts were cancelled, and others were not."""
    placement = order.placement
    marketplace = marketplaces.name(placement.marketplace)
    ended = [fc_id for fc_id in order.fulfillment_centers if fc_id not in order.live]
    return [
        {
            "action": "correct_in_marketplace",
            "marketplace": placement.marketplace,
            "marketplace_order_id": placement.marketplace_order_id,
            "text": f"{parts.what_goes_on(order)} Do not cancel order {placement.marketplace_order_id} in "
            f"{marketplace}: correct the quantity there, by what {parts.listed(ended)} will not ship. Nothing is "
            f"synchronized: {marketplace} does not know of it.",
        },
        {
            "action": "reroute",
            "text": "If the customer still wants these goods, ship them yourself or through another fulfillment "
            f"service instead of correcting the order in {marketplace}.",
        },
    ]


def _steps_of_the_rest(order: Order) -> list[Document]:
    """Of an order that cannot be cancelled as a whole: what of it can be, and what is to be done about what was."""
    done = _steps_after_parts(order) if order.partially_cancelled else []
    return [_cancel_rest(order, order.still_cancellable), *done] if order.still_cancellable else done


def _cancel_rest(order: Order, left: Sequence[str]) -> Document:
    have, part = ("has", "that part") if len(left) == 1 else ("have", "those parts")
    return {
        "action": "cancel_rest",
        "fulfillment_centers": list(left),
        "text": f"{parts.listed(left)} {have} not packed yet. If the customer can do without, cancel {part} alone; "
        f"then correct the quantity in {marketplaces.name(order.placement.marketplace)}.",
    }


def _settle_step(order: Order) -> Document:
    placement = order.placement
    marketplace = marketplaces.name(placement.marketplace)
    arrives = {
        orders.PICKED_PACKED: "The parcel will be shipped. ",
        orders.SHIPPED: "The parcel is on its way. ",
        orders.DELIVERED: "The parcel has arrived. ",
    }.get(order.status, "")  # of a later version's status nothing is said
    if arrives and parts.is_split(order):
        arrives = f"{parts.what_goes_on(order)} "
    return {
        "action": "contact_marketplace_or_customer",
        "marketplace": placement.marketplace,
        "marketplace_order_id": placement.marketplace_order_id,
        "text": f"{arrives}Do not cancel order {placement.marketplace_order_id} in {marketplace}; if it is cancelled "
        f"there already, settle it with {marketplace} or the customer, for example as a return. Nothing is "
        f"synchronized: {marketplace} was not told of anything.",
    }
