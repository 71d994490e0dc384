"""The mail that tells a seller which orders the network cancelled, why, and what to do now.

orders ──▶ one view ──▶ templates/summary.html, which scripts/inline_mail.py makes of scripts/mail/summary.html
                    └─▶ templates/summary.txt, which says the same

It is a pure function: the same orders make the same mail, in whatever sequence they come, so a mail that is sent again
is the mail that was sent. Buyers have no place in it: a placement has no more of them than the marketplace's order id.

Importing this module compiles the templates, which takes longer than a cancel: only functions that mail import it.
"""

import itertools
import re
import textwrap
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Final
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from order_cancellation.domain import links, marketplaces, summaries, times
from order_cancellation.domain.cancellations import Cancellation
from order_cancellation.domain.orders import Order, PartCancellation
from order_cancellation.domain.parts import in_sequence, listed, what_goes_on
from order_cancellation.domain.reasons import CATALOGUE, Reason
from order_cancellation.domain.sellers import Contact
from order_cancellation.domain.summaries import Summary

# The ids of cancellations; None: an order's own.
Ids = Collection[str] | None
_EACH_ORDERS_OWN: Final[Mapping[str, Ids]] = MappingProxyType({})

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
    told: Mapping[str, Ids] = _EACH_ORDERS_OWN,
) -> Mail:
    """The mail about these auto-cancelled orders, 1 to MAX_ORDERS of one seller.

    ``told`` has the ids of the cancellations that this mail tells of, by order; without them it is the order's own.
    Where that is of parts, the mail says how the rest of the order goes on.

    ``part`` of ``parts``: where the orders of one summary fill several mails, counted from 1. ``others`` are the ids of
    orders that belong into it and cannot be read. Every order is in the mail: as many as fit are rows of its table, the
    others are listed by their ids. Raises ValueError for no orders, or for too many.
    """
    if not 1 <= len(orders) <= MAX_ORDERS:
        raise ValueError(f"A mail is about 1 to {MAX_ORDERS} orders, not {len(orders)}.")
    view = _view(contact, summary_id, orders, part, parts, portal_origin, others, told)
    mail = _render(view)
    size = _size(mail)
    return mail if size <= MAX_BYTES else _as_much_as_fits(view, len(orders), size)


def _as_much_as_fits(view: "_View", too_many: int, too_large: int) -> Mail:
    """The view with as many rows as fit; with ``too_many`` it is ``too_large``.

    Rows are much alike, so two sizes tell about where the limit is, and four renderings find it. Where rows differ,
    every fourth guess is the middle of what is left.
    """
    rows, mail = 0, _render(view.cut(0))
    size = _size(mail)
    for guess in itertools.count(1):
        left, room = too_many - rows, MAX_BYTES - size
        if left <= 1 or room < 0:
            break
        share = room / (too_large - size) if guess % 4 else 0.5
        tried = rows + min(max(int(share * left), 1), left - 1)
        larger = _render(view.cut(tried))
        if (larger_size := _size(larger)) <= MAX_BYTES:
            rows, mail, size = tried, larger, larger_size
        else:
            too_many, too_large = tried, larger_size
    return mail


def compose_summary(contact: Contact, summary: Summary, orders: Sequence[Order], portal_origin: str) -> Mail:
    """The mail of a sealed summary: about these of its orders in full, and the others by their ids."""
    others = sorted(set(summary.order_ids) - {order.order_id for order in orders})
    told = {order.order_id: summary.told_of(order.order_id) for order in orders}
    return compose(contact, summary.summary_id, orders, portal_origin, summary.part, summary.parts, others, told)


def can_tell(order: Order, told: Ids = None) -> bool:
    """Whether a mail can say of this order what it has to say; one that it cannot must not cost the others."""
    try:
        if _is_whole(order, told):
            _row(order, UTC, "")
        else:
            _split_row(order, told or (), UTC, "")
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
class _SplitRow:
    """One order of which the network cancelled parts: how the rest goes on, and what was cancelled, each with why."""

    order_id: str
    url: str
    marketplace_order_id: str
    marketplace: str
    goes_on: str
    cancelled: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Section:
    """Orders of which parts were cancelled, and what to do: ``rows`` are in full, ``order_ids`` are only listed."""

    title: str
    what_to_do: str
    count: int
    rows: tuple[_SplitRow, ...]
    order_ids: tuple[str, ...] = ()

    @property
    def orders(self) -> str:
        return _orders(self.count)


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
    counts: tuple[_Group, ...]
    groups: tuple[_Group, ...]
    going_on: _Section
    ended: _Section
    places: tuple[_Place, ...]
    portal_url: str
    to_do_url: str

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
    def sections(self) -> tuple[_Section, ...]:
        """Those that there are, the one with the orders that go on first."""
        return tuple(section for section in (self.going_on, self.ended) if section.count)

    @property
    def whole(self) -> int:
        """How many orders the network cancelled as a whole, or the last part of."""
        return self.count - self.going_on.count - self.ended.count

    @property
    def title(self) -> str:
        partly, cancelled = self.going_on.count, self.count - self.going_on.count
        if not partly:
            return f"{_orders(cancelled)} cancelled"
        return (
            f"{_orders(cancelled)} cancelled, {partly} partly shipped"
            if cancelled
            else f"{_orders(partly)} partly shipped"
        )

    @property
    def preheader(self) -> str:
        """Follows the subject in lists."""
        if self.sections:
            return "Your marketplaces were not told. What to do there is not the same for each order."
        return "Your marketplaces were not told. Cancel each order there, or have it shipped after all; never both."

    @property
    def reasons(self) -> str:
        """e.g. ``2 out of stock, 1 mis-linked SKU``; the rarest are summed up where there are many."""
        many = len(self.counts) > _MAX_REASONS_IN_SUBJECT
        named = self.counts[: _MAX_REASONS_IN_SUBJECT - 1] if many else self.counts
        counted = [group.reason.counted(group.count) for group in named]
        if others := self.count - sum(group.count for group in named):
            counted.append(_OTHERS.counted(others))
        return ", ".join(counted)

    @property
    def introduction(self) -> str:
        if self.sections:
            parts_of = [
                f"parts of {section.orders} {how}"
                for section, how in ((self.going_on, "that otherwise go on"), (self.ended, "of which nothing is left"))
                if section.count
            ]
            what = listed([*([_orders(self.whole)] if self.whole else []), *parts_of])
            return (
                f"The fulfillment network cancelled {what}, because it cannot ship them. Marketplaces were not told: "
                "there, nothing has changed, and the customers wait for everything."
            )
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
        if self.sections:
            which = f"For the {'order' if self.whole == 1 else 'orders'} cancelled as a whole, choose"
        return f"{which} one of the two before the marketplace's ship-by date. Never do both."

    @property
    def orders_title(self) -> str:
        return "The cancelled order" if self.whole == 1 else "The cancelled orders, by marketplace"

    @property
    def part_note(self) -> str:
        if self.parts == 1:
            return ""
        return f"This is part {self.part} of {self.parts} of the summary. Each order is in one of them."

    @property
    def listed(self) -> int:
        """How many orders are not shown in full."""
        lists = (*(section.order_ids for section in self.sections), *(place.order_ids for place in self.places))
        return sum(map(len, lists))

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
        sections = []
        for section in (self.going_on, self.ended):
            beyond = tuple(row.order_id for row in section.rows[rows:])
            sections.append(replace(section, rows=section.rows[:rows], order_ids=(*section.order_ids, *beyond)))
            rows = max(0, rows - len(section.rows))
        places = []
        for place in self.places:
            kept, listed = place.rows[:rows], place.rows[rows:]
            order_ids = (*place.order_ids, *(row.order_id for row in listed))
            places.append(replace(place, rows=kept, order_ids=order_ids))
            rows = max(0, rows - len(place.rows))
        going_on, ended = sections
        return replace(self, going_on=going_on, ended=ended, places=tuple(places))


_OTHERS = Reason(
    "",
    "auto",
    "Other reasons",
    "for other reasons",
    "The network gave several other reasons, which the orders below or the portal name.",
    "Read the reason of each order, and ask the network where it is not clear.",
)


_ELSEWHERE = "other marketplaces"
_IF_IT_GOES_ON = (
    "Either ship what is missing yourself, or have another fulfillment service ship it, and leave the order as it is "
    "in its marketplace; or correct the quantity there. Do not cancel the order: the rest of it goes on."
)
_IF_IT_ENDED = (
    "Nothing of these orders is shipped: what the network did not cancel was cancelled as well. Cancel them in their "
    "marketplace, or have another fulfillment service ship them and leave them open there."
)


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
    told: Mapping[str, Ids],
) -> _View:
    zone = contact.zone or UTC
    whole = [order for order in orders if _is_whole(order, told.get(order.order_id))]
    split = [order for order in orders if not _is_whole(order, told.get(order.order_id))]
    rows = {order.order_id: _split_row(order, told[order.order_id] or (), zone, portal_origin) for order in split}
    going_on, ended = ([order for order in split if bool(order.live) is live] for live in (True, False))
    places = _places([_row(order, zone, portal_origin) for order in whole])
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
        counts=_groups([_reason_told(order, told.get(order.order_id)) for order in orders]),
        groups=_groups([_cancellation(order).reason for order in whole]),
        going_on=_section("Partly shipped", _IF_IT_GOES_ON, going_on, rows),
        ended=_section("Cancelled part by part", _IF_IT_ENDED, ended, rows),
        places=places,
        portal_url=f"{portal_origin}/",
        to_do_url=f"{portal_origin}/#/to-do",
    )


def _section(title: str, what_to_do: str, orders: Sequence[Order], rows: Mapping[str, _SplitRow]) -> _Section:
    return _Section(title, what_to_do, len(orders), tuple(rows[name] for name in sorted(o.order_id for o in orders)))


def _groups(codes: Sequence[str]) -> tuple[_Group, ...]:
    """The reasons, the most frequent first; the rarest are summed up where there are many."""
    reasons = _named_reasons(codes)
    counts = Counter(reasons.get(code, _OTHERS) for code in codes)
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


def _named_reasons(codes: Sequence[str]) -> Mapping[str, Reason]:
    """By code, the reasons that get instructions of their own, the most frequent first."""
    places = {code: place for place, code in enumerate(CATALOGUE)}
    counts = Counter(codes)
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
    return _Row(
        order_id=_NOT_OF_AN_ID.sub("?", order.order_id[:_MAX_ID]),
        url=f"{portal_origin}/#/orders/{quote(order.order_id[:_MAX_ID], safe='', errors='replace')}",
        marketplace_order_id=_leading_nowhere(_line(order.placement.marketplace_order_id, 128), links.in_code),
        marketplace=_marketplace(order.placement.marketplace),
        skus=tuple(_leading_nowhere(_line(sku, 64), links.in_code) for sku in skus[:_MAX_SKUS]),
        more_skus=max(0, len(skus) - _MAX_SKUS),
        reason=_reason(cancellation.reason).title,
        detail=_leading_nowhere(_line(cancellation.detail or "", 160), links.in_text),
        cancelled_at=_moment(cancellation, zone),
    )


def _is_whole(order: Order, told: Ids) -> bool:
    """Whether it is told of the order as a whole: by its own cancellation, with whatever was cancelled before."""
    return (
        told is None
        or not order.part_cancellations
        or (order.cancellation is not None and order.cancellation.cancellation_id in told)
    )


def _reason_told(order: Order, told: Ids) -> str:
    """The reason that an order counts for."""
    if _is_whole(order, told):
        return _cancellation(order).reason
    return _told_of_parts(order, told or ())[0].cancellation.reason


def _told_of_parts(order: Order, told: Collection[str]) -> list[PartCancellation]:
    found = [each for each in in_sequence(order) if each.cancellation.cancellation_id in told]
    assert found, "something of a split order in a summary was cancelled by the network"
    return found


def _split_row(order: Order, told: Collection[str], zone: tzinfo, portal_origin: str) -> _SplitRow:
    of_this_mail = _told_of_parts(order, told)
    others = [each for each in in_sequence(order) if each not in of_this_mail]
    rest = f"Nothing: the rest was cancelled on {_moment(order.cancellation, zone)}." if order.cancellation else ""
    return _SplitRow(
        order_id=_NOT_OF_AN_ID.sub("?", order.order_id[:_MAX_ID]),
        url=f"{portal_origin}/#/orders/{quote(order.order_id[:_MAX_ID], safe='', errors='replace')}",
        marketplace_order_id=_line(order.placement.marketplace_order_id, 128),
        marketplace=_line(marketplaces.name(order.placement.marketplace), 40),
        goes_on=_line(rest or what_goes_on(order), 2000),
        cancelled=tuple(_part(order, each, zone) for each in (*of_this_mail, *others)),
    )


def _part(order: Order, each: PartCancellation, zone: tzinfo) -> str:
    """What was cancelled, why and when, e.g. ``EWR2: LAMP × 2. Out of stock, 23 Nov 2026, 14:02 UTC-08:00``."""
    cancellation, centers = each.cancellation, tuple(sorted(each.milestones))
    lines = [line for line in order.placement.lines if line.fulfillment_center in centers]
    skus = [f"{line.sku} × {line.quantity}" for line in lines] or list(dict.fromkeys(cancellation.skus))
    more = f" and {len(skus) - _MAX_SKUS} more" if len(skus) > _MAX_SKUS else ""
    what = f"{', '.join(_line(sku, 80) for sku in skus[:_MAX_SKUS])}{more}" if skus else "all that it was to ship"
    why = (
        f"{_reason(cancellation.reason).title}{_detail(cancellation)}"
        if cancellation.kind == "auto"
        else "By its seller"
    )
    return f"{_line(listed(centers), 200)}: {what}. {why}, {_moment(cancellation, zone)}"


def _detail(cancellation: Cancellation) -> str:
    return f": {_line(cancellation.detail, 160).rstrip('.')}" if cancellation.detail else ""


def _moment(cancellation: Cancellation, zone: tzinfo) -> str:
    moment = times.to_datetime(cancellation.cancelled_at).astimezone(zone)
    return f"{moment:%-d %b %Y, %H:%M} UTC{moment:%:z}"


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
    return name if marketplaces.is_known(marketplace) else _leading_nowhere(name, links.in_code)


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


def _size(mail: Mail) -> int:
    return max(len(mail.html.encode()), len(mail.text.encode()))
