"""The mail that tells a seller which orders the network cancelled, why, and what to do now.

orders ──▶ one view ──▶ templates/summary.html, which scripts/inline_mail.py makes of scripts/mail/summary.html
                    └─▶ templates/summary.txt, which says the same

It is a pure function: the same orders make the same mail, in whatever sequence they come, so a mail that is sent again
is the mail that was sent. Buyers have no place in it: a placement has no more of them than the marketplace's order id.

Importing this module compiles the templates, which takes longer than a cancel: only functions that mail import it.
"""

import re
import textwrap
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from pathlib import Path
from typing import ClassVar, Final
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from order_cancellation.domain import links, marketplaces, summaries, times
from order_cancellation.domain.cancellations import Cancellation
from order_cancellation.domain.orders import Order
from order_cancellation.domain.reasons import CATALOGUE, Reason
from order_cancellation.domain.sellers import Contact

MAX_ORDERS: Final = summaries.MAX_ORDERS
MAX_BYTES: Final = 100_000  # of either part: mail programs cut a message off at 102,400, and some relays add a line

_MAX_REASONS = 8  # with instructions of their own; the catalogue has fewer
_MAX_MARKETPLACES = 8  # with a list of their own
_MAX_REASONS_IN_SUBJECT = 4
_MAX_SKUS = 5
_MAX_ID = 64


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail without its addresses. ``html`` and ``text`` say the same; each is at most MAX_BYTES of UTF-8."""

    subject: str
    html: str
    text: str


def compose(
    contact: Contact,
    summary_id: str,
    orders: Sequence[Order],
    portal_origin: str,
    part: int = 1,
    parts: int = 1,
    others: Sequence[str] = (),
) -> Mail:
    """The mail about these auto-cancelled orders, 1 to MAX_ORDERS of one seller.

    ``part`` of ``parts``: where the orders of one summary fill several mails, counted from 1. ``others`` are the ids of
    orders that belong into it and cannot be read. Every order is in the mail: as many as fit are rows of its table, the
    others are listed by their ids. Raises ValueError for no orders, or for too many.
    """
    if not 1 <= len(orders) <= MAX_ORDERS:
        raise ValueError(f"A mail is about 1 to {MAX_ORDERS} orders, not {len(orders)}.")
    view = _view(contact, summary_id, orders, part, parts, portal_origin, others)
    mail = _render(view)
    if _fits(mail):
        return mail
    in_full = bisect_left(range(1, len(orders) + 1), True, key=lambda rows: not _fits(_render(view.cut(rows))))
    return _render(view.cut(in_full))


def can_tell(order: Order) -> bool:
    """Whether a mail can say of this order what it has to say; one that it cannot must not cost the others."""
    try:
        _row(order, UTC, "")
    except (AssertionError, AttributeError, LookupError, TypeError, ValueError):
        return False
    return True


# ------------------------------------------------------------------------------------------------------------ the view


@dataclass(frozen=True, slots=True)
class _Row:
    """One order, in words that are safe to show. ``skus`` are the first few, ``more_skus`` counts the others.

    ``marketplace`` is empty where the list is all of one.
    """

    order_id: str
    url: str
    marketplace_order_id: str
    marketplace: str
    skus: tuple[str, ...]
    more_skus: int
    reason: str
    detail: str
    cancelled_at: str

    @property
    def and_more(self) -> str:
        return f" and {self.more_skus} more" if self.more_skus else ""

    @property
    def in_marketplace(self) -> str:
        return f" in {self.marketplace}" if self.marketplace else ""

    @property
    def and_detail(self) -> str:
        return f". Network's note: {self.detail}" if self.detail else ""


@dataclass(frozen=True, slots=True)
class _Group:
    """How many orders have one reason."""

    reason: Reason
    count: int

    @property
    def orders(self) -> str:
        return _orders(self.count)


@dataclass(frozen=True, slots=True)
class _Place:
    """The orders of one marketplace, where the work is: ``rows`` are in full, ``order_ids`` are only listed."""

    marketplace: str
    count: int
    rows: tuple[_Row, ...]
    order_ids: tuple[str, ...] = ()

    @property
    def orders(self) -> str:
        return _orders(self.count)


@dataclass(frozen=True, slots=True)
class _View:
    """All that the templates may show."""

    seller: str
    summary_id: str
    summaries: str
    part: int
    parts: int
    count: int
    time_zone: str
    groups: tuple[_Group, ...]
    places: tuple[_Place, ...]
    portal_url: str
    to_do_url: str

    preheader: ClassVar = (  # follows the subject in lists
        "Your marketplaces were not told. Cancel each order there, or have it shipped after all; never both."
    )
    cancel_if: ClassVar = "It will not be shipped in time:"
    cancel_there: ClassVar = "cancel it in its marketplace now, and do not place it again here."
    ship_if: ClassVar = "It will be shipped after all:"
    ship: ClassVar = (
        "place it again here, or have another fulfillment service ship it; then leave it open in its marketplace."
    )
    listed_note: ClassVar = "This mail does not have their particulars. The portal does."
    reminder: ClassVar = (
        "Nothing is synchronized, in either direction. An order that is cancelled here stays open in its marketplace "
        "until you cancel it there; one that is cancelled there is not cancelled here."
    )
    portal_note: ClassVar = (
        "The portal shows every order with all its particulars; its to-do list has what is left for you to do."
    )

    @property
    def subject(self) -> str:
        part = f" (part {self.part} of {self.parts})" if self.parts > 1 else ""
        return f"{self.title}: {self.reasons}{part}"

    @property
    def title(self) -> str:
        return f"{_orders(self.count)} cancelled"

    @property
    def reasons(self) -> str:
        """e.g. ``2 out of stock, 1 mis-linked SKU``; the rarest are summed up where there are many."""
        many = len(self.groups) > _MAX_REASONS_IN_SUBJECT
        named = self.groups[: _MAX_REASONS_IN_SUBJECT - 1] if many else self.groups
        counted = [group.reason.counted(group.count) for group in named]
        if others := self.count - sum(group.count for group in named):
            counted.append(_OTHERS.counted(others))
        return ", ".join(counted)

    @property
    def introduction(self) -> str:
        if self.count == 1:
            return (
                "The fulfillment network cancelled this order because it cannot ship it. "
                "Its marketplace does not know: there it is still open, and its customer waits."
            )
        return (
            f"The fulfillment network cancelled these {self.count} orders because it cannot ship them. "
            "Their marketplaces do not know: there they are still open, and their customers wait."
        )

    @property
    def choose(self) -> str:
        which = "Choose" if self.count == 1 else "For each order, choose"
        return f"{which} one of the two before the marketplace's ship-by date. Never do both."

    @property
    def orders_title(self) -> str:
        return "The cancelled order" if self.count == 1 else "The cancelled orders, by marketplace"

    @property
    def part_note(self) -> str:
        if self.parts == 1:
            return ""
        return f"This is part {self.part} of {self.parts} of the summary. Each order is in one of them."

    @property
    def listed(self) -> int:
        """How many orders are not shown in full."""
        return sum(len(place.order_ids) for place in self.places)

    @property
    def listed_title(self) -> str:
        return f"{self.listed} more {'order' if self.listed == 1 else 'orders'}"

    @property
    def why(self) -> str:
        often = {"each_batch": ", one for each batch of cancellations", "daily": ", one a day"}.get(self.summaries, "")
        return (
            f"You get this mail because this address is registered for a seller's cancellation summaries{often}. "
            "To change that, ask your contact at the network."
        )

    def cut(self, rows: int) -> "_View":
        """The same with so many rows, the first ones; the other orders are listed by id."""
        places = []
        for place in self.places:
            kept, listed = place.rows[:rows], place.rows[rows:]
            order_ids = (*place.order_ids, *(row.order_id for row in listed))
            places.append(replace(place, rows=kept, order_ids=order_ids))
            rows = max(0, rows - len(place.rows))
        return replace(self, places=tuple(places))


_OTHERS = Reason(
    "",
    "auto",
    "Other reasons",
    "for other reasons",
    "The network gave several other reasons, which the orders below or the portal name.",
    "Read the reason of each order, and ask the network where it is not clear.",
)


_ELSEWHERE = "other marketplaces"


def _orders(count: int) -> str:
    return f"{count} {'order' if count == 1 else 'orders'}"


def _view(
    contact: Contact,
    summary_id: str,
    orders: Sequence[Order],
    part: int,
    parts: int,
    portal_origin: str,
    others: Sequence[str],
) -> _View:
    zone = contact.zone or UTC
    places = _places([_row(order, zone, portal_origin) for order in orders])
    if others:
        order_ids = tuple(_NOT_OF_AN_ID.sub("?", order_id[:_MAX_ID]) for order_id in others)
        places = (*places, _Place(_ELSEWHERE, len(others), (), order_ids))
    return _View(
        seller=_seller(contact),
        summary_id=_line(summary_id, 80),
        summaries=contact.summaries,
        part=part,
        parts=parts,
        count=len(orders) + len(others),
        time_zone=str(zone),
        groups=_groups(orders),
        places=places,
        portal_url=f"{portal_origin}/",
        to_do_url=f"{portal_origin}/#/to-do",
    )


def _groups(orders: Sequence[Order]) -> tuple[_Group, ...]:
    """The reasons, the most frequent first; the rarest are summed up where there are many."""
    reasons = _named_reasons(orders)
    counts = Counter(reasons.get(_cancellation(order).reason, _OTHERS) for order in orders)
    return tuple(_Group(reason, counts[reason]) for reason in (*reasons.values(), _OTHERS) if counts[reason])


def _places(rows: Sequence[_Row]) -> tuple[_Place, ...]:
    """The marketplaces, the one with the most orders first; those with the fewest share a list where there are many."""
    counts = Counter(row.marketplace for row in rows)
    ranked = sorted(counts, key=lambda name: (-counts[name], name.lower(), name))
    named = ranked if len(ranked) <= _MAX_MARKETPLACES else ranked[: _MAX_MARKETPLACES - 1]
    lists: dict[str, list[_Row]] = {name: [] for name in named}
    others: list[_Row] = []
    for row in sorted(rows, key=lambda row: row.order_id):
        if row.marketplace in lists:
            lists[row.marketplace].append(replace(row, marketplace=""))
        else:
            others.append(row)
    places = [_Place(name, len(found), tuple(found)) for name, found in lists.items()]
    return (*places, _Place(_ELSEWHERE, len(others), tuple(others))) if others else tuple(places)


def _named_reasons(orders: Sequence[Order]) -> Mapping[str, Reason]:
    """By code, the reasons that get instructions of their own, the most frequent first."""
    places = {code: place for place, code in enumerate(CATALOGUE)}
    counts = Counter(_cancellation(order).reason for order in orders)
    ranked = sorted(counts, key=lambda code: (-counts[code], places.get(code, len(places)), code))
    named = ranked if len(ranked) <= _MAX_REASONS else ranked[: _MAX_REASONS - 1]
    return {code: _reason(code) for code in named}


def _reason(code: str) -> Reason:
    """The catalogue's entry. A code that it does not have is read as words, which is what codes are made of."""
    words = _line(code.replace("_", " "), 40) or "no reason given"
    return CATALOGUE.get(code) or Reason(
        code=code,
        kind="auto",
        title=words[0].upper() + words[1:],
        short=words,
        explanation="There is no explanation of this reason here yet.",
        what_to_do="Read the particulars of the order, and ask the network whether it can be shipped.",
    )


def _row(order: Order, zone: tzinfo, portal_origin: str) -> _Row:
    cancellation = _cancellation(order)
    skus = tuple(dict.fromkeys(cancellation.skus or (line.sku for line in order.placement.lines)))
    moment = times.to_datetime(cancellation.cancelled_at).astimezone(zone)
    return _Row(
        order_id=_NOT_OF_AN_ID.sub("?", order.order_id[:_MAX_ID]),
        url=f"{portal_origin}/#/orders/{quote(order.order_id[:_MAX_ID], safe='', errors='replace')}",
        marketplace_order_id=_leading_nowhere(_line(order.placement.marketplace_order_id, 128), links.in_code),
        marketplace=_marketplace(order.placement.marketplace),
        skus=tuple(_leading_nowhere(_line(sku, 64), links.in_code) for sku in skus[:_MAX_SKUS]),
        more_skus=max(0, len(skus) - _MAX_SKUS),
        reason=_reason(cancellation.reason).title,
        detail=_leading_nowhere(_line(cancellation.detail or "", 160), links.in_text),
        cancelled_at=f"{moment:%-d %b %Y, %H:%M} UTC{moment:%:z}",
    )


def _cancellation(order: Order) -> Cancellation:
    assert order.cancellation, "only a cancelled order gets into a summary"
    return order.cancellation


# ------------------------------------------------------------------------------------------------- what others wrote

_LEFT_OUT = "(left out: see the portal)"


def _seller(contact: Contact) -> str:
    name = _line(contact.name, 80)
    return "" if links.in_text(name) else name


def _leading_nowhere(line: str, leads: Callable[[str], str | None]) -> str:
    """A line without what leads elsewhere; intake refuses it, but earlier versions stored it."""
    return _LEFT_OUT if leads(line) else line


def _marketplace(marketplace: str) -> str:
    name = _line(marketplaces.name(marketplace), 40)
    return (
        name if marketplace.lower().partition(".")[0] in marketplaces.NAMES else _leading_nowhere(name, links.in_code)
    )


_NOT_OF_AN_ID = re.compile(r"[^A-Za-z0-9._-]")
_JOINERS = "\u200c\u200d"  # invisible, but Persian is misspelt and an emoji family falls apart without them
_MAX_MARKS = 3  # on one letter: more than any orthography needs, too few to reach the next line


def _line(text: str, most: int) -> str:
    """What is visible of a text, on one line, of at most so many characters; what is cut off leaves an ellipsis.

    Controls, line breaks and the characters that change the direction of writing are gone, so that a value stays in
    its place, in the text part too, which has no markup to hold it there.
    """
    cut = text[: 4 * most]  # bounds the work; a text with more invisible than visible characters is no loss
    line = " ".join((cut if cut.isascii() and cut.isprintable() else _visible(cut)).split())
    if len(line) <= most and len(cut) == len(text):
        return line
    return line[: most - 1].rstrip(f" {_JOINERS}") + "…"


def _visible(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        if character.isspace():
            kept.append(" ")
        elif category in ("Mn", "Me"):
            marks += 1
            if marks <= _MAX_MARKS:
                kept.append(character)
        elif category not in ("Cc", "Cf", "Cs"):
            marks = 0
            kept.append(character)
        elif character in _JOINERS and kept and not kept[-1].isascii() and kept[-1] not in _JOINERS:
            kept.append(character)
    return "".join(kept)


# ---------------------------------------------------------------------------------------------------- the two parts

_COLUMNS = 76


def _hanging(text: str, indent: int) -> str:
    """A paragraph of at most _COLUMNS, all lines but the first indented: no line begins with what others wrote."""
    if len(text) <= _COLUMNS - indent:
        return text  # textwrap would find the same, slowly
    return f"\n{' ' * indent}".join(textwrap.wrap(text, _COLUMNS - indent, break_on_hyphens=False))


_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_environment.filters["hanging"] = _hanging
_HTML = _environment.get_template("summary.html")
_TEXT = _environment.get_template("summary.txt")


def _render(view: _View) -> Mail:
    return Mail(view.subject, _HTML.render(mail=view), _TEXT.render(mail=view))


def _fits(mail: Mail) -> bool:
    return max(len(mail.html.encode()), len(mail.text.encode())) <= MAX_BYTES
