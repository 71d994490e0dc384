"""Nothing that others write leads out of a mail that sellers trust: refused by name, and left out if it was stored."""

from collections.abc import Callable
from typing import Any

import pytest

from order_cancellation.domain import links
from order_cancellation.domain.refusals import InvalidRequest
from order_cancellation.http import parse
from tests.support import examples, hostile_words
from tests.unit.test_compose import with_field

AUTO = {"seller_id": "acme", "order_id": "A-1", "reason": "stockout"}
Intake = Callable[[str], object]
OF_TEXT: dict[str, tuple[str, Intake]] = {
    "detail": (
        "cancellations[0].detail",
        lambda words: parse.auto_cancel_batch({"cancellations": [AUTO | {"detail": words}]}),
    ),
    "name": ("name", lambda words: parse.contact(examples.contact_document(name=words))),
}
OF_CODES: dict[str, tuple[str, Intake]] = {
    "skus": (
        "cancellations[0].skus[0]",
        lambda words: parse.auto_cancel_batch({"cancellations": [AUTO | {"skus": [words]}]}),
    ),
    "sku": ("lines[0].sku", lambda words: parse.placement(placed(lines=[{"sku": words, "quantity": 1}]))),
    "marketplace_order_id": ("marketplace_order_id", lambda words: parse.placement(placed(marketplace_order_id=words))),
}
CASES = [(*of, words) for of in OF_TEXT.values() for words in hostile_words.in_text()] + [
    (*of, words) for of in OF_CODES.values() for words in hostile_words.in_code()
]


def placed(**changes: Any) -> dict[str, Any]:
    return examples.placement_document(**changes)


def test_hostile_words_are_refused_with_the_fields_name() -> None:
    assert len(CASES) >= 500
    for field, take, words in CASES:
        for written in (words, hostile_words.hidden(words)):
            with pytest.raises(InvalidRequest) as caught:
                take(written)
            assert (caught.value.field, "must not contain a" in caught.value.why) == (field, True), written


@pytest.mark.parametrize(
    ("words", "in_text", "in_code"),
    [
        ("https://evil.example", "a link", "a link"),
        ("192.0.2.1/evil", "a link", "a link"),
        ("192.0.2.1", "a link", None),
        ("ops@evil.example", "an address", "an address"),
        ("ops@evil", "an address", None),
        ("+1 800 555 0199", "a telephone number", "a telephone number"),
        ("03 555 0199", "a telephone number", None),
        ("01 555 019", None, None),
        ("12 of 345", None, None),
    ],
)
def test_what_it_is_is_said(words: str, in_text: str | None, in_code: str | None) -> None:
    assert (links.in_text(words), links.in_code(words)) == (in_text, in_code)


@pytest.mark.parametrize("marketplace", ["evil.com", "evil.example", "WWW.EVIL", "amazon-evil.com", "pay.amazon.com"])
def test_a_marketplace_with_an_address_for_a_name_is_one_that_is_known(marketplace: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse.placement(placed(marketplace=marketplace))
    assert caught.value.field == "marketplace"
    for name in ("amazon.de", "bol.com", "TikTok.shop"):
        assert parse.placement(placed(marketplace=name)).marketplace == name


@pytest.mark.parametrize(
    "words",
    [
        "Till spring.",
        "LAX1 and EWR2 have none left; the next delivery is due on 30 November.",
        "Back on 2026-12-04, 10:30-11:45; or on 02.01.2026 10:00, or 01/2026.",
        "Order 113-4000553-2711418 has 2 of 5, SKU 00012345678905 none.",
        "e.g. 3.5 kg, approx. 12.5 in, v1.2.3, 1.200,50 EUR, 20 % off, 5 x 100 mm",
        "Smith & Sons (3PL), Inc.",
        "Müller GmbH & Co. KG",
        "St. Louis; 4 Dec. at the earliest",
        "100-200-300 units, item #12345",
        "Listing points to a discontinued SKU.",
        "日本の店。在庫なし",
    ],
)
def test_words_that_lead_nowhere_are_taken(words: str) -> None:
    assert links.in_text(words) is None
    assert words in with_field("detail", words).text.replace("\n" + " " * 16, " ")


@pytest.mark.parametrize(
    "code",
    [
        "TENT-2P-GRN",
        "TENT.GRN",
        "SHIRT.XL.RED",
        "SHOE.US",
        "113-4000553-2711418",
        "2000123456789",
        "#1001",
        "12-34567-89012",
        "800-555-0199",
        "10.20.30.40",
        "X@2",
        "ABC/DEF:1",
        "(12)34",
        "1.5L",
        "a.b.1",
        "größe-42",
    ],
)
def test_a_code_may_have_points_and_many_digits(code: str) -> None:
    assert links.in_code(code) is None


def test_what_was_stored_before_is_left_out_of_the_mail() -> None:
    for field, all_words in (
        ("detail", hostile_words.in_text()),
        ("name", hostile_words.in_text()),
        ("sku", hostile_words.in_code()),
        ("marketplace_order_id", hostile_words.in_code()),
        ("marketplace", hostile_words.LINKS),
    ):
        for number, words in enumerate(all_words):
            if number % 9:
                continue  # all of them in make verify
            for written in (words, hostile_words.hidden(words)):
                mail = with_field(field, written)
                for part in (mail.html.lower(), mail.text.lower(), mail.subject.lower()):
                    assert hostile_words.HOST not in part, (field, written)
                    assert hostile_words.NUMBER not in part, (field, written)
