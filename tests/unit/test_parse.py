"""Bodies, checked field by field. Whatever comes in, out comes a value of the domain or a refusal."""

import json
import re
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from order_cancellation.domain.cancellations import CancelCommand
from order_cancellation.domain.orders import EVENTS, Event
from order_cancellation.domain.places import countries
from order_cancellation.domain.reasons import AUTO_REASONS, SELLER_REASONS
from order_cancellation.domain.refusals import InvalidRequest, Refusal
from order_cancellation.domain.sellers import Contact
from order_cancellation.http import checks, parse
from tests.support import examples
from tests.support.examples import RECEIVED_AT


def refusal(check: Callable[[], object]) -> tuple[str, str]:
    """The field that a check refuses, and why."""
    with pytest.raises(InvalidRequest) as caught:
        check()
    return caught.value.field, caught.value.why


class TestIds:
    @pytest.mark.parametrize("value", ["A", "0", "a.b_c-D", "A-1001", "x" * 64, "113-1..2", "Z---"])
    def test_an_id(self, value: str) -> None:
        assert checks.identifier(value, "order_id") == value
        assert checks.is_id(value)

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "x" * 65,
            ".a",
            "-a",
            "_a",
            "a b",
            "a/b",
            "a%2Fb",
            "a\n",
            "é",
            "١",
            "a\x00",
            "A#1",
            "<b>",
            None,
            7,
            True,
            ["a"],
        ],
    )
    def test_no_id(self, value: Any) -> None:
        assert not checks.is_id(value)
        field, why = refusal(lambda: checks.identifier(value, "order_id"))
        assert (field, why) == ("order_id", "must be 1 to 64 of A-Z a-z 0-9 . _ -, starting with a letter or digit")

    def test_no_new_order_can_be_called_cancel_for_the_batch_has_that_path(self) -> None:
        assert parse.new_order_id("cancel-1") == "cancel-1"
        assert refusal(lambda: parse.new_order_id("cancel"))[0] == "order_id"


def test_a_country_is_two_letters_and_of_the_list() -> None:
    assert {"US", "DE", "JP"} <= countries()
    assert [code for code in countries() if not re.fullmatch("[A-Z]{2}", code)] == []


class TestPageSize:
    @pytest.mark.parametrize(("value", "size"), [("1", 1), ("25", 25), ("100", 100), ("007", 7)])
    def test_a_page_size(self, value: str, size: int) -> None:
        assert parse.page_size({"limit": value}) == size

    @pytest.mark.parametrize(
        "value", ["", "0", "000", "101", "1000", "0100", "-1", "+1", "1.0", "1e1", " 1", "1\n", "٣", "ten"]
    )
    def test_no_page_size(self, value: str) -> None:
        assert refusal(lambda: parse.page_size({"limit": value})) == (
            "limit",
            "must be a whole number from 1 to 100",
        )


class TestCancel:
    def test_the_body_and_each_field_of_it_may_be_missing(self) -> None:
        assert (
            parse.cancel("acme", "A-1", None)
            == parse.cancel("acme", "A-1", {})
            == CancelCommand("seller", "acme", "A-1", "other")
        )

    @pytest.mark.parametrize("reason", SELLER_REASONS)
    def test_every_seller_reason(self, reason: str) -> None:
        assert parse.cancel("acme", "A-1", {"reason": reason}).reason == reason

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ("Moved house.", "Moved house."),
            ("two\nlines\tand a tab", "two\nlines\tand a tab"),
            ("x" * 500, "x" * 500),
            ("📦" * 500, "📦" * 500),
            ("", None),
            (None, None),
        ],
    )
    def test_a_note(self, sent: str | None, kept: str | None) -> None:
        assert parse.cancel("acme", "A-1", {"note": sent}).note == kept

    @pytest.mark.parametrize(
        ("body", "field", "why"),
        [
            ([], "body", "must be an object, not a list"),
            ("note", "body", "must be an object, not a string"),
            (0, "body", "must be an object, not a number"),
            (False, "body", "must be an object, not a boolean"),
            ({"refund": True}, "refund", "is not a field here; there are reason, note, fulfillment_centers"),
            ({"Reason": "other"}, "Reason", "is not a field here; there are reason, note, fulfillment_centers"),
            (
                {"seller_id": "bluebird"},
                "seller_id",
                "is not a field here; there are reason, note, fulfillment_centers",
            ),
            ({"\x1b[2J": 1}, "(unprintable)", "is not a field here; there are reason, note, fulfillment_centers"),
            ({"\ud800": 1}, "(unprintable)", "is not a field here; there are reason, note, fulfillment_centers"),
            ({"ä" * 99: 1}, ("\\xe4" * 16), "is not a field here; there are reason, note, fulfillment_centers"),
            ({"reason": None}, "reason", f"must be one of {', '.join(SELLER_REASONS)}"),
            ({"reason": "stockout"}, "reason", f"must be one of {', '.join(SELLER_REASONS)}"),
            ({"reason": ["other"]}, "reason", f"must be one of {', '.join(SELLER_REASONS)}"),
            ({"reason": "OTHER"}, "reason", f"must be one of {', '.join(SELLER_REASONS)}"),
            ({"note": 1}, "note", "must be a string, not a number"),
            ({"note": True}, "note", "must be a string, not a boolean"),
            ({"note": {}}, "note", "must be a string, not an object"),
            ({"note": "x" * 501}, "note", "must have at most 500 characters, not 501"),
            ({"note": "a\x00"}, "note", "must not contain the character U+0000"),
            ({"note": "a\x1b[2J"}, "note", "must not contain the character U+001B"),
            ({"note": "a\x85"}, "note", "must not contain the character U+0085"),
            ({"note": "\ud83d"}, "note", "must not contain the character U+D83D"),
            ({"note": "caf\ufffd"}, "note", "must not contain the character U+FFFD"),
            ({"note": "\uffff"}, "note", "must not contain the character U+FFFF"),
        ],
    )
    def test_anything_else_is_refused_by_name(self, body: Any, field: str, why: str) -> None:
        assert refusal(lambda: parse.cancel("acme", "A-1", body)) == (field, why)


class TestBatches:
    def test_a_batch_of_cancels_in_their_order(self) -> None:
        body = {"orders": [{"order_id": "B"}, {"order_id": "A", "reason": "wrong_address", "note": "Moved."}]}
        assert parse.cancel_batch("acme", body) == (
            CancelCommand("seller", "acme", "B", "other"),
            CancelCommand("seller", "acme", "A", "wrong_address", "Moved."),
        )

    def test_of_several_entries_for_one_order_the_first_counts(self) -> None:
        body = {"orders": [{"order_id": "A", "note": "1"}, {"order_id": "B"}, {"order_id": "A", "note": "2"}]}
        assert [(ask.order_id, ask.note) for ask in parse.cancel_batch("acme", body)] == [("A", "1"), ("B", None)]

    def test_the_same_order_id_of_two_sellers_is_two_orders(self) -> None:
        entries = [{"seller_id": seller, "order_id": "A", "reason": "stockout"} for seller in ("s", "t", "s")]
        asks = parse.auto_cancel_batch({"cancellations": entries})
        assert [ask.seller_id for ask in asks] == ["s", "t"]

    def test_a_hundred_orders_and_not_one_more(self) -> None:
        entries = [{"order_id": f"A-{number}"} for number in range(101)]
        assert len(parse.cancel_batch("acme", {"orders": entries[:100]})) == 100
        assert refusal(lambda: parse.cancel_batch("acme", {"orders": entries})) == (
            "orders",
            "must have 1 to 100 entries, not 101",
        )

    @pytest.mark.parametrize("reason", AUTO_REASONS)
    def test_an_auto_cancellation(self, reason: str) -> None:
        entry = {"seller_id": "acme", "order_id": "A", "reason": reason, "skus": ["TENT"], "detail": "Till 4 December."}
        assert parse.auto_cancel_batch({"cancellations": [entry]}) == (
            CancelCommand("auto", "acme", "A", reason, None, "Till 4 December.", ("TENT",)),
        )
        del entry["skus"], entry["detail"]
        assert parse.auto_cancel_batch({"cancellations": [entry]}) == (CancelCommand("auto", "acme", "A", reason),)

    @pytest.mark.parametrize(
        ("body", "field", "why"),
        [
            (None, "body", "is missing; it must be a JSON object with orders"),
            ({}, "orders", "is missing"),
            ({"orders": None}, "orders", "must be a list, not null"),
            ({"orders": {"0": {}}}, "orders", "must be a list, not an object"),
            ({"orders": []}, "orders", "must have 1 to 100 entries, not 0"),
            ({"orders": ["A"]}, "orders[0]", "must be an object, not a string"),
            ({"orders": [None]}, "orders[0]", "must be an object, not null"),
            ({"orders": [{}]}, "orders[0].order_id", "is missing"),
            ({"orders": [{"order_id": "A"}, {"order_id": 1}]}, "orders[1].order_id", "must be 1 to 64 of "),
            ({"orders": [{"order_id": "A", "seller_id": "b"}]}, "orders[0].seller_id", "is not a field here; "),
            ({"orders": [{"order_id": "A", "note": 1}]}, "orders[0].note", "must be a string, not a number"),
            ({"orders": [{"order_id": "A", "reason": "x"}]}, "orders[0].reason", "must be one of "),
            ({"orders": [{"order_id": "A"}], "x": 1}, "x", "is not a field here; there are orders"),
        ],
    )
    def test_a_bad_batch_of_cancels(self, body: Any, field: str, why: str) -> None:
        named, said = refusal(lambda: parse.cancel_batch("acme", body))
        assert named == field
        assert said.startswith(why)

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"seller_id": ""}, "seller_id"),
            ({"order_id": "a b"}, "order_id"),
            ({"reason": "customer_request"}, "reason"),
            ({"reason": 1}, "reason"),
            ({"skus": None}, "skus"),
            ({"skus": "TENT"}, "skus"),
            ({"skus": ["TENT"] * 101}, "skus"),
            ({"skus": ["TENT", ""]}, "skus[1]"),
            ({"skus": ["TENT", 1]}, "skus[1]"),
            ({"skus": ["a\nb"]}, "skus[0]"),
            ({"skus": ["x" * 129]}, "skus[0]"),
            ({"detail": 1}, "detail"),
            ({"detail": "x" * 501}, "detail"),
            ({"note": "a seller's field"}, "note"),
        ],
    )
    def test_a_bad_auto_cancellation(self, change: dict[str, Any], field: str) -> None:
        entry = {"seller_id": "acme", "order_id": "A", "reason": "stockout"} | change
        assert refusal(lambda: parse.auto_cancel_batch({"cancellations": [entry]}))[0] == f"cancellations[0].{field}"


class TestContact:
    def test_a_contact(self) -> None:
        assert parse.contact(examples.contact_document(summaries="daily")) == Contact(
            "Acme Outdoor", "ops@acme.example", "America/Los_Angeles", "daily"
        )

    def test_a_summary_for_each_batch_unless_told(self) -> None:
        body = examples.contact_document()
        del body["summaries"]
        assert parse.contact(body).summaries == "each_batch"

    @pytest.mark.parametrize(
        "email", ["a@b.co", "first.last+tag@sub.domain.example", "o'hara@x-y.example", f"{'a' * 64}@{'b' * 63}.example"]
    )
    def test_an_email(self, email: str) -> None:
        assert parse.contact(examples.contact_document(email=email)).email == email

    @pytest.mark.parametrize(
        "email",
        [
            "",
            "acme",
            "@acme.example",
            "ops@",
            "ops@acme",
            "ops@acme.example.",
            "ops@.example",
            "ops@-acme.example",
            "ops@acme-.example",
            "ops@@acme.example",
            "ops@acme.example,b@acme.example",
            "Acme <ops@acme.example>",
            "ops @acme.example",
            ".ops@acme.example",
            "ops.@acme.example",
            "o..ps@acme.example",
            "ops@acme..example",
            "ops@acme.example\n",
            "ops@acme.example\r\nBcc: x@y.example",
            "öps@acme.example",
            "ops@äcme.example",
            "ops@[192.0.2.1]",
            f"{'a' * 65}@acme.example",
            f"ops@{'b' * 64}.example",
            f"ops@{'b.' * 100}example",
            None,
            1,
            ["ops@acme.example"],
        ],
    )
    def test_no_email(self, email: Any) -> None:
        assert refusal(lambda: parse.contact(examples.contact_document(email=email)))[0] == "email"

    @pytest.mark.parametrize(
        "domain", ["xn--e1afmkfd.xn--p1ai", "a.XN--P1AI", "a.xn--vermgensberatung-pwb", "a.xn--90a3ac"]
    )
    def test_an_email_in_a_domain_of_another_script(self, domain: str) -> None:
        assert parse.contact(examples.contact_document(email=f"a@{domain}")).email == f"a@{domain}"

    @pytest.mark.parametrize(
        "domain", ["a.xn--", "a.xn--p1ai-", "a.x1", "a.12", "a.x-y", "xn--p1ai", f"a.xn--{'p' * 60}"]
    )
    def test_no_email_in_a_domain_that_cannot_be(self, domain: str) -> None:
        assert refusal(lambda: parse.contact(examples.contact_document(email=f"a@{domain}")))[0] == "email"

    @pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kathmandu", "GB"])
    def test_a_time_zone(self, zone: str) -> None:
        assert parse.contact(examples.contact_document(time_zone=zone)).time_zone == zone

    @pytest.mark.parametrize(
        "zone",
        [
            "",
            "Mars/Olympus",
            "localtime",
            "posix/Europe/Berlin",
            "right/UTC",
            "posixrules",
            "europe/berlin",
            "zone.tab",
            "+01:00",
            "..",
            "../etc/passwd",
            "/etc/passwd",
            "a\x00b",
            "\ud800",
            "x" * 9999,
            None,
            1,
            [],
        ],
    )
    def test_no_time_zone(self, zone: Any) -> None:
        assert refusal(lambda: parse.contact(examples.contact_document(time_zone=zone)))[0] == "time_zone"

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": "   "}, "name"),
            ({"name": "a\nb"}, "name"),
            ({"name": "a\u2028b"}, "name"),
            ({"name": "x" * 201}, "name"),
            ({"name": None}, "name"),
            ({"summaries": "weekly"}, "summaries"),
            ({"summaries": None}, "summaries"),
            ({"phone": "1"}, "phone"),
        ],
    )
    def test_a_bad_contact(self, change: dict[str, Any], field: str) -> None:
        assert refusal(lambda: parse.contact(examples.contact_document(**change)))[0] == field

    @pytest.mark.parametrize("field", ["name", "email", "time_zone"])
    def test_a_missing_field(self, field: str) -> None:
        body = examples.contact_document()
        del body[field]
        assert refusal(lambda: parse.contact(body)) == (field, "is missing")


class TestPlacement:
    def test_an_order(self) -> None:
        assert parse.placement(examples.placement_document("LAX1", "EWR2")) == examples.placement("LAX1", "EWR2")

    @pytest.mark.parametrize("blank", [" ", "\u00a0", "\u200b", "\ufeff", "\u2060", "\u3000", "\t", " \u200b \ufeff"])
    def test_a_marketplaces_order_id_is_kept_and_found_without_blanks_at_its_ends(self, blank: str) -> None:
        for sent in (f"113-1{blank}", f"{blank}113-1", f"{blank}113-1{blank}"):
            assert (
                parse.placement(examples.placement_document(marketplace_order_id=sent)).marketplace_order_id == "113-1"
            )
            assert parse.wanted_orders({"marketplace_order_id": sent}).marketplace_order_id == "113-1"
            rows = [{"marketplace_order_id": sent, "state": "open"}]
            assert parse.reconciliation({"marketplace": "amazon", "orders": rows}).open == {"113-1"}
        inside = parse.placement(examples.placement_document(marketplace_order_id=f"113{blank}1".replace("\t", " ")))
        assert inside.marketplace_order_id == f"113{blank}1".replace("\t", " ")
        assert refusal(lambda: parse.placement(examples.placement_document(marketplace_order_id=blank)))[0] == (
            "marketplace_order_id"
        )

    def test_all_white_space_is_blank(self) -> None:
        assert not {character for character in map(chr, range(0x110000)) if character.isspace()} - set(parse._BLANKS)

    @pytest.mark.parametrize("country", ["US", "GB", "DE", "AX", "TW", "ZW"])
    def test_a_country(self, country: str) -> None:
        assert parse.placement(examples.placement_document(destination_country=country)).destination_country == country

    def test_its_time_is_kept_in_utc(self) -> None:
        body = examples.placement_document(placed_at="2026-11-23T09:15:00+01:00")
        assert parse.placement(body).placed_at == "2026-11-23T08:15:00Z"

    @pytest.mark.parametrize("quantity", [1, 1_000_000, 1.0, 2.0, 1e6])
    def test_a_quantity_is_whole_however_it_is_written(self, quantity: float) -> None:
        body = examples.placement_document(lines=[{"sku": "TENT", "quantity": quantity}])
        kept = parse.placement(body).lines[0].quantity
        assert (kept, type(kept)) == (quantity, int)

    @pytest.mark.parametrize(
        "quantity",
        [0, -1, 1_000_001, 10**400, 1.5, 0.5, 1e999, float("nan"), True, False, "2", None, [], {"$numberInt": "2"}],
    )
    def test_no_quantity(self, quantity: Any) -> None:
        body = examples.placement_document(lines=[{"sku": "TENT", "quantity": quantity}])
        assert refusal(lambda: parse.placement(body)) == (
            "lines[0].quantity",
            "must be a whole number from 1 to 1000000",
        )

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"marketplace": ""}, "marketplace"),
            ({"marketplace": "eBay Motors"}, "marketplace"),
            ({"marketplace": None}, "marketplace"),
            ({"marketplace_order_id": ""}, "marketplace_order_id"),
            ({"marketplace_order_id": "x" * 129}, "marketplace_order_id"),
            ({"marketplace_order_id": "1\n2"}, "marketplace_order_id"),
            ({"marketplace_order_id": 113}, "marketplace_order_id"),
            ({"destination_country": "us"}, "destination_country"),
            ({"destination_country": "USA"}, "destination_country"),
            ({"destination_country": "U1"}, "destination_country"),
            ({"destination_country": "ZZ"}, "destination_country"),
            ({"destination_country": "UK"}, "destination_country"),
            ({"destination_country": "EU"}, "destination_country"),
            ({"destination_country": ["US"]}, "destination_country"),
            ({"destination_country": None}, "destination_country"),
            ({"placed_at": "2026-11-23"}, "placed_at"),
            ({"placed_at": "2026-11-23T08:15:00"}, "placed_at"),
            ({"placed_at": 1795442531}, "placed_at"),
            ({"placed_at": None}, "placed_at"),
            ({"lines": []}, "lines"),
            ({"lines": {}}, "lines"),
            ({"lines": [{"sku": "T", "quantity": 1}] * 501}, "lines"),
            ({"lines": ["TENT"]}, "lines[0]"),
            ({"lines": [{"sku": "TENT"}]}, "lines[0].quantity"),
            ({"lines": [{"quantity": 1}]}, "lines[0].sku"),
            ({"lines": [{"sku": "TENT", "quantity": 1, "price": 9}]}, "lines[0].price"),
            ({"lines": [{"sku": "TENT", "quantity": 1}, {"sku": " ", "quantity": 1}]}, "lines[1].sku"),
            ({"fulfillment_centers": []}, "fulfillment_centers"),
            ({"fulfillment_centers": "LAX1"}, "fulfillment_centers"),
            ({"fulfillment_centers": ["LAX1", "LAX1"]}, "fulfillment_centers"),
            ({"fulfillment_centers": [f"FC{number}" for number in range(21)]}, "fulfillment_centers"),
            ({"fulfillment_centers": ["LAX1", "L/X"]}, "fulfillment_centers[1]"),
            ({"fulfillment_centers": [None]}, "fulfillment_centers[0]"),
            ({"status": "shipped"}, "status"),
        ],
    )
    def test_a_bad_order(self, change: dict[str, Any], field: str) -> None:
        assert refusal(lambda: parse.placement(examples.placement_document(**change)))[0] == field

    @pytest.mark.parametrize("field", examples.placement_document())
    def test_a_missing_field(self, field: str) -> None:
        body = examples.placement_document()
        del body[field]
        assert refusal(lambda: parse.placement(body)) == (field, "is missing")


class TestFulfillmentEvent:
    BODY: ClassVar = {
        "seller_id": "acme",
        "order_id": "A-1",
        "event": "picking",
        "occurred_at": "2026-11-23T14:01:58Z",
    }

    @pytest.mark.parametrize("event", EVENTS)
    def test_every_event(self, event: str) -> None:
        assert parse.event(self.BODY | {"event": event}, RECEIVED_AT) == Event(
            "acme", "A-1", event, "2026-11-23T14:01:58Z", RECEIVED_AT
        )

    @pytest.mark.parametrize(
        ("occurred_at", "good"),
        [
            ("2026-11-24T14:02:00Z", True),  # a day ahead, to the second
            ("2026-11-24T14:02:00.001Z", False),
            ("2026-11-24T15:02:00+01:00", True),
            ("2027-11-23T14:02:00Z", False),
            ("2020-01-01T00:00:00Z", True),  # late, whoever may explain it
        ],
    )
    def test_what_is_more_than_a_day_ahead_of_our_clock_is_refused(self, occurred_at: str, good: bool) -> None:
        body = self.BODY | {"occurred_at": occurred_at}
        if good:
            assert parse.event(body, RECEIVED_AT)
        else:
            assert refusal(lambda: parse.event(body, RECEIVED_AT)) == (
                "occurred_at",
                f"is more than a day ahead of this service's clock, which says {RECEIVED_AT}",
            )

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"seller_id": "a/b"}, "seller_id"),
            ({"order_id": None}, "order_id"),
            ({"event": "received"}, "event"),
            ({"event": "cancelled"}, "event"),
            ({"event": "PICKING"}, "event"),
            ({"event": 3}, "event"),
            ({"occurred_at": "yesterday"}, "occurred_at"),
            ({"occurred_at": {}}, "occurred_at"),
            ({"fc_id": "EWR2"}, "fc_id"),
        ],
    )
    def test_a_bad_event(self, change: dict[str, Any], field: str) -> None:
        assert refusal(lambda: parse.event(self.BODY | change, RECEIVED_AT))[0] == field

    @pytest.mark.parametrize("field", BODY)
    def test_a_missing_field(self, field: str) -> None:
        body = {name: value for name, value in self.BODY.items() if name != field}
        assert refusal(lambda: parse.event(body, RECEIVED_AT)) == (field, "is missing")


# ------------------------------------------------------------------------------------------------ whatever comes along

CHECKS: dict[str, tuple[Callable[[Any], object], Any]] = {
    "cancel": (lambda body: parse.cancel("acme", "A-1", body), {"reason": "other", "note": "Moved."}),
    "cancel_batch": (
        lambda body: parse.cancel_batch("acme", body),
        {"orders": [{"order_id": "A-1"}, {"order_id": "A-2", "reason": "other", "note": "Moved."}]},
    ),
    "auto_cancel_batch": (
        parse.auto_cancel_batch,
        {
            "cancellations": [
                {"seller_id": "acme", "order_id": "A-1", "reason": "stockout", "skus": ["T"], "detail": "d"}
            ]
        },
    ),
    "contact": (parse.contact, examples.contact_document()),
    "placement": (parse.placement, examples.placement_document("LAX1", "EWR2")),
    "event": (lambda body: parse.event(body, RECEIVED_AT), TestFulfillmentEvent.BODY),
}
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=()))
_JSON = st.recursive(_LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner), max_leaves=9)


@st.composite
def nearly(draw: st.DrawFn, document: Any) -> Any:
    """A good document with something else in one place, somewhere in it."""
    if isinstance(document, dict) and draw(st.integers(0, 9)):
        name = draw(st.sampled_from(list(document)))
        return document | {name: draw(nearly(document[name]))}
    if isinstance(document, list) and draw(st.integers(0, 9)):
        index = draw(st.integers(0, len(document) - 1))
        return [*document[:index], draw(nearly(document[index])), *document[index + 1 :]]
    return draw(_JSON)


def outcome(check: Callable[[], object]) -> object:
    """What a check returns, or the problem that it raises. Any other exception fails the test."""
    try:
        return check()
    except Refusal as problem:
        return problem


@pytest.mark.parametrize("name", CHECKS)
@given(data=st.data())
def test_any_json_is_a_value_or_an_invalid_request(name: str, data: st.DataObject) -> None:
    check, good = CHECKS[name]
    result = outcome(lambda: check(data.draw(nearly(good))))
    if isinstance(result, Refusal):
        assert isinstance(result, InvalidRequest)
        assert f"{result.field}: {result.why}".encode(), "it can be sent: no halves of pairs are repeated"
    else:
        assert json.dumps(result, default=str, ensure_ascii=False).encode()


@pytest.mark.parametrize("name", CHECKS)
def test_those_good_documents_are_good(name: str) -> None:
    check, good = CHECKS[name]
    assert check(good)


@given(value=st.text(max_size=70) | st.from_regex(r"[A-Za-z0-9._-]{0,70}", fullmatch=True))
def test_an_id_is_what_the_contract_says(value: str) -> None:
    assert checks.is_id(value) == bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", value))
