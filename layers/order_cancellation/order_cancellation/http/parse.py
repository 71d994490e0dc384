"""Bodies and query parameters to the domain's values, route by route. What is wrong raises InvalidRequest."""

from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any, Final

from order_cancellation.actions.reconcile import Reconciliation
from order_cancellation.domain import times
from order_cancellation.domain.cancellations import CancelCommand
from order_cancellation.domain.marketplaces import CANCELLATION_STATES, is_known
from order_cancellation.domain.orders import EVENTS, MAX_CLOCK_DIFFERENCE, STATUSES, Event, Line, Placement
from order_cancellation.domain.reasons import AUTO_REASONS, SELLER_REASONS, UNSTATED
from order_cancellation.domain.refusals import InvalidRequest
from order_cancellation.domain.sellers import SUMMARY_PREFERENCES, Contact
from order_cancellation.http import checks, cursors
from order_cancellation.tables.order_lists import Wanted

# Unicode's white space, and three characters that take no room.
_BLANKS: Final = (
    " \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u200b\u2060\ufeff"
)

MAX_BATCH: Final = 100
_OF_A_CANCEL: Final = ("reason", "note", "fulfillment_centers")
_OF_AN_AUTO_CANCEL: Final = ("skus", "detail", "fulfillment_centers")
MAX_RECONCILIATION: Final = 1000
MAX_RECONCILIATION_BYTES: Final = 256 * 1024  # a thousand rows of long ids do not fit into the limit of the others


def cancel(seller_id: str, order_id: str, body: Any) -> CancelCommand:
    """``POST /orders/{order_id}/cancel``; the body may be missing."""
    sent = {} if body is None else checks.fields(body, "body", optional=_OF_A_CANCEL)
    return _cancel(seller_id, order_id, sent, "")


def cancel_batch(seller_id: str, body: Any) -> tuple[CancelCommand, ...]:
    """``POST /orders/cancel``: 1–100 orders; of several entries for one order, or the same parts, the first counts."""
    entries = checks.entries(checks.fields(body, "body", required=("orders",))["orders"], "orders", MAX_BATCH)
    commands: dict[tuple[str, ...], CancelCommand] = {}
    for index, entry in enumerate(entries):
        path = f"orders[{index}]"
        sent = checks.fields(entry, path, required=("order_id",), optional=_OF_A_CANCEL)
        order_id = checks.identifier(sent["order_id"], f"{path}.order_id")
        command = _cancel(seller_id, order_id, sent, f"{path}.")
        commands.setdefault(_about(command), command)
    return tuple(commands.values())


def auto_cancel_batch(body: Any) -> tuple[CancelCommand, ...]:
    """``POST /auto-cancellations``: 1–100 entries; of several for one order, or the same parts, the first counts."""
    sent = checks.fields(body, "body", required=("cancellations",))
    commands: dict[tuple[str, ...], CancelCommand] = {}
    for index, entry in enumerate(checks.entries(sent["cancellations"], "cancellations", MAX_BATCH)):
        command = _auto_cancel(entry, f"cancellations[{index}]")
        commands.setdefault(_about(command), command)
    return tuple(commands.values())


def contact(body: Any) -> Contact:
    """``PUT /sellers/{seller_id}``."""
    sent = checks.fields(body, "body", required=("name", "email", "time_zone"), optional=("summaries",))
    return Contact(
        name=checks.mailed_name(sent["name"], "name"),
        email=checks.email(sent["email"], "email"),
        time_zone=checks.time_zone(sent["time_zone"], "time_zone"),
        summaries=checks.choice(sent.get("summaries", "each_batch"), "summaries", SUMMARY_PREFERENCES),
    )


def new_order_id(order_id: str) -> str:
    """The id, in the path, of an order to be placed."""
    if order_id == "cancel":
        raise InvalidRequest("order_id", "cannot be 'cancel', for POST /orders/cancel cancels a batch")
    return order_id


def placement(body: Any) -> Placement:
    """``PUT /sellers/{seller_id}/orders/{order_id}``."""
    names = ("marketplace", "marketplace_order_id", "destination_country", "placed_at", "lines", "fulfillment_centers")
    sent = checks.fields(body, "body", required=names)
    centers = _mailed_centers(sent["fulfillment_centers"])
    lines = tuple(_line(line, f"lines[{i}]") for i, line in enumerate(checks.entries(sent["lines"], "lines", 500)))
    for index, line in enumerate(lines):
        if line.fulfillment_center not in (None, *centers):
            raise InvalidRequest(f"lines[{index}].fulfillment_center", "is none of the order's fulfillment_centers")
    return Placement(
        marketplace=_marketplace(sent["marketplace"], "marketplace"),
        marketplace_order_id=checks.mailed_code(_without_blanks(sent["marketplace_order_id"]), "marketplace_order_id"),
        destination_country=checks.country(sent["destination_country"], "destination_country"),
        placed_at=checks.time(sent["placed_at"], "placed_at"),
        lines=lines,
        fulfillment_centers=centers,
    )


def centers(body: Any) -> tuple[str, ...]:
    """``PUT /sellers/{seller_id}/orders/{order_id}/fulfillment-centers``."""
    return _mailed_centers(checks.fields(body, "body", required=("fulfillment_centers",))["fulfillment_centers"])


def event(body: Any, received_at: str) -> Event:
    """``POST /fulfillment-centers/{fc_id}/events``; ``received_at`` is the moment by our clock."""
    sent = checks.fields(body, "body", required=("seller_id", "order_id", "event", "occurred_at"))
    occurred_at = checks.time(sent["occurred_at"], "occurred_at")
    if times.to_datetime(occurred_at) - times.to_datetime(received_at) > MAX_CLOCK_DIFFERENCE:
        raise InvalidRequest(
            "occurred_at", f"is more than a day ahead of this service's clock, which says {received_at}"
        )
    return Event(
        seller_id=checks.identifier(sent["seller_id"], "seller_id"),
        order_id=checks.identifier(sent["order_id"], "order_id"),
        event=checks.choice(sent["event"], "event", EVENTS),
        occurred_at=occurred_at,
        received_at=received_at,
    )


def marketplace_cancellation(body: Any) -> str:
    """``PUT /orders/{order_id}/marketplace-cancellation``: the state."""
    return checks.choice(checks.fields(body, "body", required=("state",))["state"], "state", CANCELLATION_STATES)


def marketplace_cancellation_batch(body: Any) -> Mapping[str, str]:
    """``POST /marketplace-cancellations``: the state by order id; of several entries for one order the first counts."""
    entries = checks.entries(checks.fields(body, "body", required=("orders",))["orders"], "orders", MAX_BATCH)
    states: dict[str, str] = {}
    for index, entry in enumerate(entries):
        path = f"orders[{index}]"
        sent = checks.fields(entry, path, required=("order_id", "state"))
        order_id = checks.identifier(sent["order_id"], f"{path}.order_id")
        states.setdefault(order_id, checks.choice(sent["state"], f"{path}.state", CANCELLATION_STATES))
    return states


def reconciliation(body: Any) -> Reconciliation:
    """``POST /reconciliations``: 1–1000 orders of one marketplace; one may be there twice, but not in two states."""
    sent = checks.fields(body, "body", required=("marketplace", "orders"))
    states: dict[str, str] = {}
    for index, entry in enumerate(checks.entries(sent["orders"], "orders", MAX_RECONCILIATION)):
        path = f"orders[{index}]"
        row = checks.fields(entry, path, required=("marketplace_order_id", "state"))
        marketplace_order_id = _marketplace_order(row["marketplace_order_id"], f"{path}.marketplace_order_id")
        state = checks.choice(row["state"], f"{path}.state", ("cancelled", "open"))
        if states.setdefault(marketplace_order_id, state) != state:
            raise InvalidRequest(f"{path}.state", "is not the state that the same order has further up")
    return Reconciliation(
        marketplace=checks.identifier(sent["marketplace"], "marketplace"),
        cancelled=frozenset(name for name, state in states.items() if state == "cancelled"),
        open=frozenset(name for name, state in states.items() if state == "open"),
    )


OF_A_LIST: Final = (
    "status",
    "cancellable",
    "placed_from",
    "placed_to",
    "marketplace_cancellation",
    "marketplace_order_id",
    "limit",
    "cursor",
)


def wanted_orders(query: Mapping[str, str]) -> Wanted:
    """``GET /orders``: its query parameters, which are named above."""
    named = "marketplace_order_id"
    wanted = Wanted(
        limit=page_size(query),
        statuses=_several(query, "status", STATUSES),
        cancellable={"true": True, "false": False, None: None}[_chosen(query, "cancellable", ("true", "false"))],
        marketplace_cancellation=_chosen(query, "marketplace_cancellation", CANCELLATION_STATES),
        marketplace_order_id=_marketplace_order(query[named], named) if named in query else None,
        placed_from=_moment(query, "placed_from"),
        placed_to=_moment(query, "placed_to"),
    )
    if (
        wanted.placed_from
        and wanted.placed_to
        and times.to_datetime(wanted.placed_from) > times.to_datetime(wanted.placed_to)
    ):
        raise InvalidRequest("placed_to", "is before placed_from")
    return wanted._replace(after=cursors.place(query["cursor"], wanted)) if "cursor" in query else wanted


def zone(query: Mapping[str, str]) -> tzinfo:
    """The query parameter ``time_zone``: an IANA name, UTC where it is not given."""
    if "time_zone" not in query:
        return UTC
    import zoneinfo  # as in domain/sellers.py: not at every start

    return zoneinfo.ZoneInfo(checks.time_zone(query["time_zone"], "time_zone"))


def page_size(query: Mapping[str, str]) -> int:
    """The query parameter ``limit``: 1 to 100, 25 where it is not given."""
    text = query.get("limit", "25")
    if not (text.isascii() and text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= 100):
        raise InvalidRequest("limit", "must be a whole number from 1 to 100")
    return int(text)


def _cancel(seller_id: str, order_id: str, sent: Mapping[str, Any], prefix: str) -> CancelCommand:
    return CancelCommand(
        kind="seller",
        seller_id=seller_id,
        order_id=order_id,
        reason=checks.choice(sent.get("reason", UNSTATED), f"{prefix}reason", SELLER_REASONS),
        note=checks.optional_text(sent.get("note"), f"{prefix}note"),
        fulfillment_centers=_parts(sent, f"{prefix}fulfillment_centers"),
    )


def _auto_cancel(entry: Any, path: str) -> CancelCommand:
    sent = checks.fields(entry, path, required=("seller_id", "order_id", "reason"), optional=_OF_AN_AUTO_CANCEL)
    return CancelCommand(
        kind="auto",
        seller_id=checks.identifier(sent["seller_id"], f"{path}.seller_id"),
        order_id=checks.identifier(sent["order_id"], f"{path}.order_id"),
        reason=checks.choice(sent["reason"], f"{path}.reason", AUTO_REASONS),
        skus=checks.each(sent["skus"], f"{path}.skus", checks.mailed_code, 100) if "skus" in sent else (),
        detail=checks.mailed_text(sent.get("detail"), f"{path}.detail"),
        fulfillment_centers=_parts(sent, f"{path}.fulfillment_centers"),
    )


def _about(command: CancelCommand) -> tuple[str, ...]:
    """What a command is about, whatever it says of it."""
    return command.seller_id, command.order_id, *sorted(command.fulfillment_centers)


def _parts(sent: Mapping[str, Any], path: str) -> tuple[str, ...]:
    """The fulfillment centers whose parts are meant; none where it is the whole order."""
    return _centers(sent["fulfillment_centers"], path) if "fulfillment_centers" in sent else ()


def _mailed_centers(value: Any) -> tuple[str, ...]:
    """Those of an order: its seller may read of them in a mail."""
    path = "fulfillment_centers"
    return tuple(checks.mailed_code(fc_id, f"{path}[{n}]") for n, fc_id in enumerate(_centers(value, path)))


def _centers(value: Any, path: str) -> tuple[str, ...]:
    centers = checks.each(value, path, checks.identifier, 20)
    if not centers:
        raise InvalidRequest(path, "must name at least one fulfillment center")
    if len(set(centers)) < len(centers):
        raise InvalidRequest(path, "names a fulfillment center twice")
    return centers


def _marketplace(value: Any, path: str) -> str:
    """A new order's; one that is known may have an address for a name, such as amazon.de."""
    name = checks.identifier(value, path)
    return name if is_known(name) else checks.mailed_code(name, path)


def _marketplace_order(value: Any, path: str) -> str:
    """A marketplace's own order id, as somebody looks for it."""
    return checks.line(_without_blanks(value), path, 128)


def _without_blanks(value: Any) -> Any:
    """Without those, seen and unseen, that exports and copies leave at an id's ends."""
    return value.strip(_BLANKS) if isinstance(value, str) else value


def _chosen(query: Mapping[str, str], name: str, allowed: Sequence[str]) -> str | None:
    return checks.choice(query[name], name, allowed) if name in query else None


def _several(query: Mapping[str, str], name: str, allowed: Sequence[str]) -> tuple[str, ...]:
    """One value, or several with commas between them."""
    return tuple(checks.choice(value, name, allowed) for value in query[name].split(",")) if name in query else ()


def _moment(query: Mapping[str, str], name: str) -> str | None:
    return checks.time(query[name], name) if name in query else None


def _line(value: Any, path: str) -> Line:
    sent = checks.fields(value, path, required=("sku", "quantity"), optional=("fulfillment_center",))
    quantity = sent["quantity"]
    # To JSON Schema 2.0 is whole, and many a client writes it so. A boolean is a number to Python, but to nobody else.
    if isinstance(quantity, bool) or not isinstance(quantity, int | float) or not 1 <= quantity <= 1_000_000:
        raise InvalidRequest(f"{path}.quantity", "must be a whole number from 1 to 1000000")
    if quantity != int(quantity):
        raise InvalidRequest(f"{path}.quantity", "must be a whole number from 1 to 1000000")
    named = "fulfillment_center"
    center = checks.identifier(sent[named], f"{path}.{named}") if named in sent else None
    return Line(checks.mailed_code(sent["sku"], f"{path}.sku"), int(quantity), center)
