"""The mail about auto-cancelled orders: what it says in both parts, and that nobody else's words change its shape."""

import functools
import itertools
import random
import re
import unicodedata
from collections.abc import Callable, Sequence
from copy import replace
from html.parser import HTMLParser
from typing import Any

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from order_cancellation.domain.orders import Line, Order
from order_cancellation.domain.reasons import AUTO_REASONS, CATALOGUE
from order_cancellation.domain.sellers import Contact
from order_cancellation.mail import compose as mail
from scripts.inline_mail import SOURCE, TEMPLATE, inlined
from tests.support import examples
from tests.support.cancelled_orders import ACME, auto_cancelled, longest, one_of_each

ORIGIN = "https://portal.test"


def compose(
    orders: Sequence[Order], contact: Contact = ACME, summary_id: str = "sum-7f3a9c", part: int = 1, parts: int = 1
) -> mail.Mail:
    return mail.compose(contact, summary_id, orders, ORIGIN, part, parts)


class Page(HTMLParser):
    """What a browser makes of the HTML part: its structure, its links, and the text that a person sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.structure: list[Any] = []
        self.links: list[str] = []
        self.text = ""
        self._unseen = 0
        self.feed(html)
        self.close()
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        self.links += [link for link in (values.pop("href", None),) if link]
        self.structure.append((tag, tuple(values.items())))
        self._unseen += tag in ("title", "style") or values.get("class") == "preheader"
        self.text += " " if tag not in ("bdi", "span", "a", "strong") else ""

    def handle_endtag(self, tag: str) -> None:
        self.structure.append(f"/{tag}")
        self._unseen -= self._unseen > 0 and tag in ("title", "style", "div")

    def handle_comment(self, data: str) -> None:
        self.structure.append(f"<!--{data}")

    def unknown_decl(self, data: str) -> None:
        self.structure.append(f"<![{data}")

    def handle_pi(self, data: str) -> None:
        self.structure.append(f"<?{data}")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.text += data


def text_of(part: str) -> str:
    """The text part without its line breaks."""
    return " ".join(part.split())


# ------------------------------------------------------------------------------------------------------- what it says


@pytest.mark.parametrize(
    ("reasons", "subject"),
    [
        (["stockout", "mislinked_sku", "stockout"], "3 orders cancelled: 2 out of stock, 1 mis-linked SKU"),
        (["mislinked_sku", "mislinked_sku", "stockout"], "3 orders cancelled: 2 mis-linked SKUs, 1 out of stock"),
        (["mislinked_sku"], "1 order cancelled: 1 mis-linked SKU"),
        (["mislinked_sku", "stockout"], "2 orders cancelled: 1 out of stock, 1 mis-linked SKU"),
        (["international_unfulfillable"], "1 order cancelled: 1 international"),
        (["customs_hold", "customs_hold"], "2 orders cancelled: 2 customs hold"),
        (["r1", "r2", "r3", "r4", "r5", "r5"], "6 orders cancelled: 2 r5, 1 r1, 1 r2, 2 for other reasons"),
        ([""], "1 order cancelled: 1 no reason given"),
    ],
)
def test_the_subject_counts_the_orders_and_the_reasons(reasons: list[str], subject: str) -> None:
    orders = [auto_cancelled(f"A-{number}", reason) for number, reason in enumerate(reasons)]
    assert compose(orders).subject == subject


def test_the_subject_and_the_body_say_which_part_of_the_summary_this_is() -> None:
    composed = compose([auto_cancelled()], part=2, parts=3)
    assert composed.subject == "1 order cancelled: 1 out of stock (part 2 of 3)"
    for part in (Page(composed.html).text, text_of(composed.text)):
        assert "This is part 2 of 3 of the summary." in part


@pytest.mark.parametrize(
    "orders",
    [
        one_of_each(),
        [auto_cancelled(reason="customs_hold")],
        [auto_cancelled(f"A-{number}", AUTO_REASONS[number % 3]) for number in range(mail.MAX_ORDERS)],
    ],
    ids=["a few", "an unknown reason", "a thousand"],
)
def test_both_parts_say_the_same(orders: list[Order]) -> None:
    composed = compose(orders, part=2, parts=3)
    page = Page(composed.html)
    assert set(re.findall(rf"{ORIGIN}\S*", composed.text)) == set(page.links)
    prose = " ".join(line for line in composed.text.splitlines()[1:] if ORIGIN not in line)
    assert words(prose) == words(page.text.replace("Open the portal", ""))


def words(text: str) -> set[str]:
    """The words and numbers of a text in lower case; a full stop ends none of them."""
    return {word.strip(".") for word in re.findall(r"[\w#.:+-]*\w[\w.]*", text.lower())}


def test_every_order_has_all_its_particulars_and_its_link() -> None:
    composed = compose(one_of_each())
    page, text = Page(composed.html), text_of(composed.text)
    for order in one_of_each():
        assert order.cancellation
        reason = CATALOGUE[order.cancellation.reason]
        skus = ", ".join(order.cancellation.skus)
        number = order.placement.marketplace_order_id
        why = (
            f"{reason.title}. Network's note: {order.cancellation.detail}"
            if order.cancellation.detail
            else reason.title
        )
        time = f"23 Nov 2026, 06:{order.cancellation.cancelled_at[14:16]} UTC-08:00"
        link = f"{ORIGIN}/#/orders/{order.order_id}"
        assert f"* {order.order_id} Order there {number} SKUs {skus} Reason {why} Cancelled {time} {link}" in text
        assert f"{order.order_id} Order there: {number} SKUs: {skus} Reason: {why} Cancelled: {time}" in page.text
        for part in (page.text, text):
            assert f"{reason.explanation} {reason.what_to_do}" in part
    by_marketplace = ("A-1042", "A-1061", "A-1066", "A-1057")
    assert page.links == [
        f"{ORIGIN}/#/to-do",
        *(f"{ORIGIN}/#/orders/{order_id}" for order_id in by_marketplace),
        f"{ORIGIN}/",
    ]


def test_the_orders_are_grouped_by_marketplace_the_one_with_the_most_first() -> None:
    orders = [*one_of_each(), auto_cancelled("A-1001", marketplace="walmart"), auto_cancelled("A-1000")]
    composed = compose([*orders, auto_cancelled("A-1002", marketplace="Shopify")])
    expected = [
        ("In Amazon (2 orders)", ["A-1000", "A-1042"]),
        ("In Shopify (2 orders)", ["A-1002", "A-1066"]),
        ("In Walmart (2 orders)", ["A-1001", "A-1057"]),
        ("In eBay (1 order)", ["A-1061"]),
    ]
    for part in (Page(composed.html).text, text_of(composed.text)):
        _, *found = re.split(r"(In \w+ \(\d orders?\))", part)
        ids = [list(dict.fromkeys(re.findall(r"A-10\d\d", rows))) for rows in found[1::2]]
        assert list(zip(found[::2], ids, strict=True)) == expected


def test_the_rarest_of_many_marketplaces_share_a_list_that_names_them() -> None:
    orders = [auto_cancelled(f"A-{number:02}", marketplace=f"bazaar {number:02}") for number in range(12)]
    composed = compose([*orders, auto_cancelled("A-99", marketplace="bazaar 11")])
    for part in (Page(composed.html).text, text_of(composed.text)):
        assert "In bazaar 11 (2 orders)" in part
        assert "In bazaar 05 (1 order)" in part
        assert "In other marketplaces (5 orders)" in part
        assert re.search("Order there:? 113-4007919-4007971 in bazaar 06", part)


@pytest.mark.parametrize("orders", [one_of_each(), one_of_each()[:1]], ids=["many", "one"])
def test_an_order_is_cancelled_there_or_shipped_after_all_and_never_both(orders: list[Order]) -> None:
    composed = compose(orders)
    for part in (Page(composed.html).text, text_of(composed.text)):
        now = part[part.lower().index("what to do now") : part.lower().index("your to-do list")]
        assert "Never do both." in now
        urgent = now.index("It will not be shipped in time: cancel it in its marketplace now")
        assert urgent < now.index(" or ") < now.index("It will be shipped after all: place it again here")
        assert "leave it open in its marketplace" in now
        assert "Cancel the order in its marketplace too" not in part


def test_it_says_first_what_to_do_then_which_orders_then_that_the_marketplace_was_not_told() -> None:
    composed = compose(one_of_each())
    for part in (Page(composed.html).text.lower(), text_of(composed.text).lower()):
        places = [
            part.index(said)
            for said in (
                "hello acme outdoor,",
                "what to do now",
                "cancel it in its marketplace now",
                "another fulfillment service ship it",
                "out of stock (2 orders)",
                "mis-linked sku (1 order)",
                "in amazon",
                "a-1042",
                "your marketplaces were not told",
                "nothing is synchronized",
                "summary id",
                "you get this mail because",
            )
        ]
        assert places == sorted(places)


def test_the_skus_of_the_cancellation_are_shown_or_else_those_of_the_order() -> None:
    assert "SKUs          TENT-2P-GRN\n" in compose([auto_cancelled()]).text
    assert "SKUs          TENT-2P-GRN, LAMP-HEAD-01\n" in compose([auto_cancelled(skus=())]).text
    twice = auto_cancelled(skus=(), lines=(Line("TENT", 1), Line("TENT", 5)))
    assert "SKUs          TENT\n" in compose([twice]).text


def test_long_lists_and_texts_are_shortened_visibly() -> None:
    composed = compose([auto_cancelled(skus=tuple(f"SKU-{n}" for n in range(100)), detail="word " * 100)])
    for part in (Page(composed.html).text, text_of(composed.text)):
        assert "SKU-0, SKU-1, SKU-2, SKU-3, SKU-4 and 95 more" in part
        assert re.search(r"(word ){20,31}word…", part)


@pytest.mark.parametrize(("skus", "more"), [(5, ""), (6, " and 1 more")])
def test_five_skus_are_named(skus: int, more: str) -> None:
    names = tuple(f"SKU-{number}" for number in range(skus))
    ended = examples.auto_cancellation(cancellation_id="e" * 32, skus=names, detail="")
    part = examples.split_order({"LAX1": {"picked_packed": examples.PACKED_AT}}, ("EWR2", ended), order_id="A-9")
    assert f"SKU-4{more}\n" in compose([auto_cancelled(skus=names)]).text
    assert f"EWR2: SKU-0, SKU-1, SKU-2, SKU-3, SKU-4{more}. Out of stock" in text_of(told(part).text)


@pytest.mark.parametrize(
    ("sku", "shown"),
    [
        ("ab " * 21 + "c", "ab " * 21 + "c"),
        ("ab " * 21 + "cd", ("ab " * 21).strip() + "…"),
        ("e\u0301\u0301\u0301", "e\u0301\u0301\u0301"),
        ("e\u0301\u0301\u0301\u0301\u0301", "e\u0301\u0301\u0301"),
        ("A \U0001f469\u200d\U0001f467", "A \U0001f469\u200d\U0001f467"),
        ("\U0001f469\u200d\u200d\U0001f467", "\U0001f469\u200d\U0001f467"),
    ],
    ids=["as long as its place", "longer", "marks", "a tower of marks", "a family", "joiners of nothing"],
)
def test_a_value_is_cut_where_its_place_ends(sku: str, shown: str) -> None:
    assert f"SKUs {shown} Reason" in text_of(compose([auto_cancelled(skus=(sku,))]).text)


def test_a_reason_that_the_catalogue_does_not_have_is_read_as_words() -> None:
    composed = compose([auto_cancelled(reason="customs_hold")])
    for part in (Page(composed.html).text, text_of(composed.text)):
        assert "Customs hold (1 order)" in part
        assert "ask the network" in part


def test_buyers_have_no_place_in_it() -> None:
    composed = compose([auto_cancelled(note="Jane Doe, 1 Main Street", destination_country="NO")])
    for part in (composed.subject, Page(composed.html).text, composed.text):
        assert "Jane" not in part
        assert "NO" not in re.findall(r"\b[A-Z]{2}\b", part)


@pytest.mark.parametrize(
    ("summaries", "often"),
    [("each_batch", "one for each batch of cancellations"), ("daily", "one a day"), ("hourly", "summaries.")],
)
def test_it_says_why_it_comes_and_how_often(summaries: str, often: str) -> None:
    composed = compose([auto_cancelled()], replace(ACME, summaries=summaries))
    for part in (Page(composed.html).text, text_of(composed.text)):
        assert often in part[part.index("You get this mail because") :]


def test_the_sequence_of_the_orders_makes_no_difference() -> None:
    orders = one_of_each()
    shuffled = random.Random(1).sample(orders, len(orders))  # noqa: S311 - a shuffle
    assert shuffled != orders
    assert compose(shuffled) == compose(orders)


def test_its_links_are_the_portals_that_it_is_given() -> None:
    composed = mail.compose(ACME, "sum-1", [auto_cancelled()], "https://shop.test")
    assert "https://shop.test/#/orders/A-1001" in Page(composed.html).links


# ---------------------------------------------------------------------------------------------------------- the time


@pytest.mark.parametrize(
    ("time_zone", "cancelled_at", "shown"),
    [
        ("America/Los_Angeles", "2026-03-08T09:59:59.999Z", "8 Mar 2026, 01:59 UTC-08:00"),
        ("America/Los_Angeles", "2026-03-08T10:00:00.000Z", "8 Mar 2026, 03:00 UTC-07:00"),
        ("America/Los_Angeles", "2026-11-01T08:30:00.000Z", "1 Nov 2026, 01:30 UTC-07:00"),
        ("America/Los_Angeles", "2026-11-01T09:30:00.000Z", "1 Nov 2026, 01:30 UTC-08:00"),
        ("Europe/Berlin", "2026-10-25T00:59:00.000Z", "25 Oct 2026, 02:59 UTC+02:00"),
        ("Europe/Berlin", "2026-10-25T01:00:00.000Z", "25 Oct 2026, 02:00 UTC+01:00"),
        ("Asia/Kolkata", "2026-12-31T19:00:00.000Z", "1 Jan 2027, 00:30 UTC+05:30"),
        ("UTC", "2026-11-23T14:02:11.123Z", "23 Nov 2026, 14:02 UTC+00:00"),
    ],
)
def test_times_are_the_sellers_own_on_both_sides_of_a_clock_change(
    time_zone: str, cancelled_at: str, shown: str
) -> None:
    contact = replace(ACME, time_zone=time_zone)
    composed = compose([auto_cancelled(cancelled_at=cancelled_at)], contact)
    for part in (Page(composed.html).text, text_of(composed.text)):
        assert f"Times are in the time zone {time_zone}." in part
        assert f"Cancelled {shown}" in part.replace("Cancelled: ", "Cancelled ")


@pytest.mark.parametrize(
    "time_zone", ["", ".", "Mars/Olympus", "America", "../../etc/passwd", "\0", "\ud800", "x" * 9999]
)
def test_a_time_zone_that_does_not_exist_is_utc(time_zone: str) -> None:
    composed = compose([auto_cancelled()], replace(ACME, time_zone=time_zone))
    assert "Times are in the time zone UTC." in composed.text
    assert "23 Nov 2026, 14:02 UTC+00:00" in composed.text


# ---------------------------------------------------------------------------------------------------------- the size


def test_a_few_hundred_orders_are_all_shown_in_full() -> None:
    orders = [auto_cancelled(f"A-{number}") for number in range(140)]
    composed = compose(orders)
    assert composed.html.count('scope="row"') == composed.text.count("Order there") == 140
    assert "more orders" not in composed.text.lower()


@pytest.mark.parametrize(
    ("character", "count"),
    [
        ("A", mail.MAX_ORDERS),
        ("\u202e", mail.MAX_ORDERS),
        *((character, 100) for character in ("&", '"', "🏕", "ä\u0301\u0301", "x ")),
    ],
)
def test_many_orders_with_the_longest_fields_fit_and_each_is_named(character: str, count: int) -> None:
    orders = longest(count, character)
    composed = compose(orders, replace(ACME, name=character * 10_000), summary_id=character * 10_000)
    page = Page(composed.html)
    for part in (composed.html, composed.text):
        assert len(part.encode()) <= mail.MAX_BYTES < 102_400
    for order in orders:
        assert order.order_id in page.text
        assert order.order_id in composed.text
    in_full = composed.text.count("Order there")
    assert 1 <= in_full == composed.html.count('scope="row"')
    assert f"{count - in_full} more orders" in page.text
    assert f"{count - in_full} MORE ORDERS" in composed.text


def test_as_many_orders_are_shown_in_full_as_fit() -> None:
    composed = compose([auto_cancelled(f"A-{number}") for number in range(mail.MAX_ORDERS)])
    row = len(composed.html) // composed.html.count("<tr>")
    assert mail.MAX_BYTES - 2 * row < len(composed.html.encode()) <= mail.MAX_BYTES


@pytest.mark.parametrize(
    "words",
    [lambda _: 1, lambda number: number % 30, lambda number: 30 * (number < 6), lambda number: 30 * (number % 9 == 8)],
    ids=["all alike", "of all lengths", "the first ones long", "a long one now and then"],
)
def test_not_one_row_more_would_fit_whatever_the_limit(
    words: Callable[[int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = [auto_cancelled(f"A-{number}", detail="words " * words(number)) for number in range(30)]
    view = mail._view(ACME, "sum-7f3a9c", orders, 1, 1, ORIGIN, (), {})
    sizes = [mail._size(mail._render(view.cut(rows))) for rows in range(len(orders))]
    for rows, limit in itertools.product(range(len(orders)), (0, 1)):
        monkeypatch.setattr(mail, "MAX_BYTES", sizes[rows] + limit)
        fitting = max(index for index, size in enumerate(sizes) if size <= mail.MAX_BYTES)
        assert compose(orders).html.count('scope="row"') == fitting


@pytest.mark.parametrize(
    ("words", "at_most"),
    [(lambda _: 1, 5), (lambda number: number % 30, 7), (lambda number: 30 if number < 20 else 1, 9)],
    ids=["all alike", "of all lengths", "the first ones long"],
)
def test_the_limit_is_found_in_few_renderings(
    words: Callable[[int], int], at_most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[mail.Mail] = []

    def render(view: Any, one: Callable[[Any], mail.Mail] = mail._render) -> mail.Mail:
        rendered.append(one(view))
        return rendered[-1]

    monkeypatch.setattr(mail, "_render", render)
    compose([auto_cancelled(f"A-{number:04}", detail="words " * words(number)) for number in range(mail.MAX_ORDERS)])
    assert 2 < len(rendered) <= at_most


def test_the_text_part_is_held_to_the_limit_too(monkeypatch: pytest.MonkeyPatch) -> None:
    verbose = "{% for place in mail.places %}{% for row in place.rows %}{{ 'x' * 1000 }}{% endfor %}{% endfor %}"
    monkeypatch.setattr(mail, "_TEXT", mail._environment.from_string(verbose))
    composed = compose([auto_cancelled(f"A-{number}") for number in range(150)])
    assert len(composed.text) == mail.MAX_BYTES


def test_the_orders_that_are_only_listed_are_grouped_by_their_marketplace() -> None:
    markets = ("Amazon", "Etsy", "Walmart")
    orders = [
        replace(order, placement=replace(order.placement, marketplace=markets[number % 3]))
        for number, order in enumerate(longest(mail.MAX_ORDERS))
    ]
    composed = compose(orders)
    _, _, listed = composed.text.partition("MORE ORDERS\n")
    groups = re.split(r"^In (.+) \(\d+\)$", listed, flags=re.MULTILINE)[1:]
    assert groups[::2] == list(markets)
    for number, ids in enumerate(groups[1::2]):
        found = set(re.findall(r"\d{4}A{60}", ids))
        assert found
        assert found <= {order.order_id for order in orders[number::3]}


def test_a_thousand_different_marketplaces_fit_too() -> None:
    orders = [
        auto_cancelled(f"A-{number}", marketplace=f"{number} " + "<&>" * 3000) for number in range(mail.MAX_ORDERS)
    ]
    composed = compose(orders)
    assert "In other marketplaces (993 orders)" in composed.text
    for part in (composed.html, composed.text):
        assert len(part.encode()) <= mail.MAX_BYTES
        assert all(order.order_id in part for order in orders)


def test_a_thousand_different_unknown_reasons_fit_too() -> None:
    orders = [auto_cancelled(f"A-{number}", f"{number}_" + "<&>" * 3000) for number in range(mail.MAX_ORDERS)]
    composed = compose(orders)
    assert len(composed.subject) < 250
    assert "Other reasons (993 orders)" in composed.text
    for part in (composed.html, composed.text):
        assert len(part.encode()) <= mail.MAX_BYTES
        assert all(order.order_id in part for order in orders)


@pytest.mark.parametrize("count", [0, mail.MAX_ORDERS + 1])
def test_no_orders_or_too_many_are_a_mistake_of_the_sender(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 1000 orders"):
        compose([auto_cancelled(f"A-{number}") for number in range(count)])


# ------------------------------------------------------------------------------------------- what others write into it

HOSTILE = [
    "<script>alert(1)</script>",
    "</bdi></td></tr></table><h1>Cancelled: nothing</h1>",
    "<img src=x onerror=alert(1)>",
    "\"><a href='https://evil.test'>here</a>",
    "' onmouseover='alert(1)",
    "<!-- --!> <![CDATA[ ]]> <?php ?> <!DOCTYPE x>",
    "&lt;script&gt; &#60;b&#62; &amp;",
    "x\r\nBcc: everyone@evil.test\r\n\r\nbody",
    "x\n\nYOUR MARKETPLACES WERE TOLD\n=================\n\nAll is well.",
    "x\u2028YOUR MARKETPLACES WERE TOLD\u2029\u0085\v\f\x1c\x1d\x1e\x1fAll is well.",
    "nul\0 bell\a escape\x1b[31m delete\x7f c1\x9b31m",
    "right\u202eot tfel\u202c \u2066isolate\u2069 \u2068 \u2067 \u202a \u202b \u202d \u200e\u200f\u061c",
    "{{7*7}} {{ self }} {% raw %} {% for x in y %} {# comment #} ${7*7} #{7*7}",
    "\ud800 lone \udfff surrogates",
    "0123456789" * 1000,
    "👩‍👩‍👧‍👦🏴󠁧󠁢󠁳󠁣󠁴󠁿1️⃣é",
    "Z" + "\u0335\u0336\u0300\u0489" * 2000 + "algo",
    "zero\u200bwidth\u2060\ufeff\u00ad\u200d\u200d\u200c\u180e",
    "שלום עולם مرحبا",
]
FIELDS = ("name", "order_id", "marketplace", "marketplace_order_id", "sku", "detail", "reason", "summary_id")


def with_field(field: str, value: str) -> mail.Mail:
    """Two orders' mail in which one field is this."""
    changes: dict[str, Any] = {"skus": (value, "TENT")} if field == "sku" else {field: value}
    contact = replace(ACME, name=value) if field == "name" else ACME
    summary_id = value if field == "summary_id" else "sum-1"
    order = auto_cancelled(**changes) if field not in ("name", "summary_id") else auto_cancelled()
    return compose([order, auto_cancelled("A-2", "mislinked_sku")], contact, summary_id)


@functools.cache
def harmless(field: str) -> tuple[list[Any], list[str]]:
    """The structure of the HTML part, and the outline of the text part, of a mail with nothing special in it."""
    composed = with_field(field, "harmless")
    return Page(composed.html).structure, outline(composed.text)


def assert_well_formed(composed: mail.Mail, expected: tuple[list[Any], list[str]]) -> None:
    """Nothing that others wrote has changed the mail's structure, or hides in it."""
    page = Page(composed.html)
    assert page.structure == expected[0]
    assert all(link.startswith(f"{ORIGIN}/") for link in page.links)
    assert outline(composed.text) == expected[1]
    assert composed.subject.splitlines() == [composed.subject]
    assert len(composed.subject) < 250
    for part in (composed.subject, composed.html, composed.text):
        assert invisible(part) == set()
        assert part.encode()


def outline(text: str) -> list[str]:
    """The lines that begin at the margin, which a reader takes for the mail's own. Line 1 repeats the subject."""
    lines = text.splitlines()[1:]
    ours = ("* ", "Hello", "In ", "Summary ID:")  # what follows these on a line may be others' words
    return [
        next((start for start in ours if line.startswith(start)), line)
        for line in lines
        if line and not line.startswith("  ")
    ]


def invisible(part: str) -> set[str]:
    """Characters that could hide, break a line, or turn the direction of writing."""
    return {
        character
        for character in part
        if character != "\n"
        and character not in "\u200c\u200d"
        and unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    }


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("field", FIELDS)
def test_no_value_changes_the_structure_of_the_mail(field: str, value: str) -> None:
    assert_well_formed(with_field(field, value), harmless(field))


@pytest.mark.parametrize("value", ["", " \t\u00a0\u3000 ", "\u202e\u200b\0"])
@pytest.mark.parametrize("field", [field for field in FIELDS if field != "detail"])
def test_a_value_without_anything_visible_leaves_its_place_empty(field: str, value: str) -> None:
    assert_well_formed(with_field(field, value), harmless(field))


def test_a_detail_without_anything_visible_is_no_detail() -> None:
    assert with_field("detail", " \u200b\0") == compose(
        [auto_cancelled(detail=None), auto_cancelled("A-2", "mislinked_sku")], summary_id="sum-1"
    )


@settings(deadline=None)  # how long it takes says nothing of the mail
@given(field=st.sampled_from(FIELDS), value=st.text(st.characters(exclude_categories=()), max_size=300))
def test_no_text_whatever_changes_the_structure_of_the_mail(field: str, value: str) -> None:
    assert_well_formed(with_field(field, f"x{value}"), harmless(field))


def test_values_are_shown_as_they_were_written() -> None:
    composed = with_field("name", "<b>Tom & Jerry's</b> {{7*7}}")
    assert "Hello <b>Tom & Jerry's</b> {{7*7}}," in Page(composed.html).text
    assert "Hello <b>Tom & Jerry's</b> {{7*7}},\n" in composed.text


def test_names_that_need_joiners_keep_them() -> None:
    for name in ("می\u200cخواهم", "👩\u200d👧", "José", "Åsa Öberg", "日本の店", "क्\u200dष"):
        assert f"Hello {name}," in with_field("name", name).text


def test_marks_do_not_pile_up_over_the_lines_above() -> None:
    shown = with_field("name", "Z" + "\u0335\u200d" * 2000 + "algo").text
    assert "\u0335\u0335\u0335\u0335" not in shown.replace("\u200d", "")
    assert re.search("Hello Z\u0335", shown)


def test_a_link_leads_to_the_order_whatever_its_id() -> None:
    assert f"{ORIGIN}/#/orders/A.1_b-2" in Page(with_field("order_id", "A.1_b-2").html).links
    assert f"{ORIGIN}/#/orders/..%2F%3Fx%3D1%23%22%3E" in Page(with_field("order_id", '../?x=1#">').html).links


def test_the_structure_check_would_catch_a_template_that_does_not_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    careless = mail._environment.overlay(autoescape=False)
    monkeypatch.setattr(mail, "_HTML", careless.get_template("summary.html"))
    for field in ("name", "marketplace", "marketplace_order_id", "sku", "detail", "reason", "summary_id"):
        with pytest.raises(AssertionError):
            assert_well_formed(with_field(field, "<script>alert(1)</script>"), harmless(field))


def test_a_template_that_shows_what_is_not_there_fails_instead_of_showing_nothing() -> None:
    for template in (mail._HTML, mail._TEXT):
        with pytest.raises(jinja2.UndefinedError):
            template.render()
    with pytest.raises(jinja2.UndefinedError):
        mail._environment.from_string("{{ mail.no_such_thing }}").render(mail=object())


# ------------------------------------------------------------------------------------------------------ the HTML part


def test_the_html_needs_nothing_from_the_network_and_runs_nothing() -> None:
    composed = compose(one_of_each())
    tags = {entry[0] for entry in Page(composed.html).structure if isinstance(entry, tuple)}
    assert tags.isdisjoint({"img", "script", "link", "iframe", "object", "form", "video", "svg", "base"})
    assert "url(" not in composed.html
    assert "@import" not in composed.html
    for link in Page(composed.html).links:
        assert link.startswith(f"{ORIGIN}/")


def test_the_html_is_accessible_by_its_structure() -> None:
    structure = [entry for entry in Page(compose(one_of_each()).html).structure if isinstance(entry, tuple)]
    attributes: dict[str, list[dict[str, str | None]]] = {}
    for tag, values in structure:
        attributes.setdefault(tag, []).append(dict(values))
    assert attributes["html"][0]["lang"] == "en"
    assert {"name": "color-scheme", "content": "light dark"} in attributes["meta"]
    assert [table["class"] for table in attributes["table"] if "role" not in table] == ["orders"] * 4
    assert {table["role"] for table in attributes["table"] if "role" in table} == {"presentation"}
    assert [heading["scope"] for heading in attributes["th"]] == ["row"] * 4
    assert [tag for tag, _ in structure if tag in ("h1", "h2", "h3", "h4")][:3] == ["h1", "h2", "h3"]


def test_the_template_is_what_its_source_makes() -> None:
    made = inlined(SOURCE.read_text())
    assert made == TEMPLATE.read_text(), "make mail writes it anew"


def test_a_style_sheet_that_changed_is_noticed() -> None:
    assert inlined(SOURCE.read_text().replace("color: #1d232b", "color: #000000")) != TEMPLATE.read_text()


def test_no_style_needs_a_sheet_but_those_for_small_and_dark_screens() -> None:
    html = compose(one_of_each()).html
    (sheet,) = re.findall(r"(?<!mso\]>)<style>(.*?)</style>", html, flags=re.DOTALL)
    assert re.sub(r"@media \([^)]*\) \{(\s*[^{}]+\{[^{}]*\})*\s*\}", "", sheet).strip() == ""
    assert re.findall(r"margin(?:-\w+)?: ?[^;\"]*-\d", html) == []


def test_outlook_draws_the_button_and_the_margins() -> None:
    """It knows the padding of a table's cells, and of nothing else."""
    structure = [entry for entry in Page(compose(one_of_each()).html).structure if isinstance(entry, tuple)]
    padded = [
        tag for tag, values in structure if re.search("padding:(?!0)", dict(values).get("style", "")) and tag != "body"
    ]
    assert set(padded) == {"td", "th", "a"}
    (cell,) = (dict(values)["style"] for _, values in structure if dict(values).get("class") == "press")
    assert "mso-padding-alt:11px 20px" in cell.replace(": ", ":")
    assert "background-color" in cell


# ------------------------------------------------------------------------------------------------------- split orders


def told(*orders: Order) -> mail.Mail:
    """The mail of all that the network cancelled of these orders."""
    ids = {
        order.order_id: [each.cancellation_id for each in order.cancellations() if each.kind == "auto"]
        for order in orders
    }
    return mail.compose(ACME, "sum-7f3a9c", orders, ORIGIN, told=ids)


def split(order_id: str = "A-9", **changes: Any) -> Order:
    """LAX1 has packed, EWR2 ran out, and ONT8's part was cancelled by the seller."""
    ran_out = examples.auto_cancellation(cancellation_id="e" * 32, skus=("LAMP",), detail="Till 4 December.")
    taken_back = examples.cancellation(cancellation_id="f" * 32)
    live = {"LAX1": {"picked_packed": examples.PACKED_AT}}
    return examples.split_order(live, ("EWR2", ran_out), ("ONT8", taken_back), order_id=order_id, **changes)


def test_a_split_order_is_told_first_with_what_still_comes() -> None:
    composed = told(auto_cancelled("A-1"), split())
    assert composed.subject == "1 order cancelled, 1 partly shipped: 2 out of stock"
    text, page = text_of(composed.text), Page(composed.html).text
    for said in (
        "Partly shipped (1 order)",
        "Do not cancel the order: the rest of it goes on.",
        "LAX1 has packed its part.",
        "EWR2: LAMP. Out of stock: Till 4 December, 23 Nov 2026",
        "ONT8: all that it was to ship. By its seller, 23 Nov 2026",
    ):
        assert said in text, said
        assert said in page, said
    assert text.index("has packed its part") < text.index("EWR2: LAMP") < text.index("A-1 Order there")


@pytest.mark.parametrize(("whole", "orders"), [(1, "order"), (2, "orders")])
def test_beside_split_orders_it_is_said_which_ones_were_cancelled_as_a_whole(whole: int, orders: str) -> None:
    text = text_of(told(*(auto_cancelled(f"A-{number}") for number in range(whole)), split()).text)
    assert (
        f"The fulfillment network cancelled {whole} {orders} and parts of 1 order that otherwise go on, because" in text
    )
    assert f"For the {orders} cancelled as a whole, choose one of the two" in text


def test_the_first_rows_stay_whatever_list_they_are_in_and_each_order_is_somewhere() -> None:
    whole = [auto_cancelled(f"A-{number}", marketplace=("amazon", "etsy")[number % 2]) for number in range(4)]
    ended = [split(f"E-{number}", status="cancelled", cancellation=examples.cancellation()) for number in range(2)]
    orders = [*whole, *(split(f"S-{number}") for number in range(2)), *ended]
    ids = {order.order_id: [each.cancellation_id for each in order.cancellations()] for order in orders}
    view = mail._view(ACME, "sum-7f3a9c", orders, 1, 1, ORIGIN, (), ids)

    def lists(view: Any) -> tuple[list[str], list[str]]:
        parts = (view.going_on, view.ended, *view.places)
        return [row.order_id for part in parts for row in part.rows], [
            each for part in parts for each in part.order_ids
        ]

    in_full, listed = lists(view)
    assert sorted(in_full) == sorted(ids)
    assert listed == []
    for rows in range(len(orders) + 1):
        shown, listed = lists(view.cut(rows))
        assert shown == in_full[:rows]
        assert sorted(listed) == sorted(in_full[rows:])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u0301" * 9, "\u0301" * mail._MAX_MARKS),
        ("e" + "\u0301" * 9 + "e" + "\u0301" * 9, ("e" + "\u0301" * mail._MAX_MARKS) * 2),
        ("\u200dTent", "Tent"),
        ("e\u200d", "e"),
        ("\u200d\u200d", ""),
    ],
)
def test_of_marks_and_joiners_a_text_has_what_a_word_may_have(text: str, shown: str) -> None:
    assert mail._visible(text) == shown


def test_one_that_is_left_out_of_the_table_is_one_order(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = [auto_cancelled(f"A-{number}") for number in range(3)]
    view = mail._view(ACME, "sum-7f3a9c", orders, 1, 1, ORIGIN, (), {})
    monkeypatch.setattr(mail, "MAX_BYTES", mail._size(mail._render(view.cut(2))))
    assert "1 MORE ORDER\n" in compose(orders).text


def test_where_nothing_was_cancelled_as_a_whole_nobody_is_told_to_cancel() -> None:
    composed = told(split())
    assert composed.subject == "1 order partly shipped: 1 out of stock"
    for each in (text_of(composed.text), Page(composed.html).text):
        assert "cancel it in its marketplace now" not in each
        assert "The cancelled order" not in each
        assert "The fulfillment network cancelled parts of 1 order that otherwise go on, because" in each


def test_split_orders_that_do_not_fit_are_listed_by_id() -> None:
    orders = [split(f"A-{number:04}") for number in range(1000)]
    composed = told(*orders)
    assert max(len(composed.html.encode()), len(composed.text.encode())) <= mail.MAX_BYTES
    for order in orders:
        assert order.order_id in composed.text
        assert order.order_id in composed.html


def test_what_cannot_be_told_of_is_known_before() -> None:
    assert mail.can_tell(split(), ["e" * 32])
    assert not mail.can_tell(split(), ["unknown"])
