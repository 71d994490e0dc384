"""The catalogue of reasons is data: complete, of one voice, and fit for where it is read."""

import pytest

from order_cancellation.domain.reasons import AUTO_REASONS, CATALOGUE, SELLER_REASONS, UNSTATED, Reason


def test_the_reasons_that_callers_rely_on_stay() -> None:
    """Callers and stored orders name them; more may be added."""
    assert {"customer_request", "wrong_address", "duplicate_order", "pricing_error", "other"} <= set(SELLER_REASONS)
    assert {"stockout", "international_unfulfillable", "mislinked_sku"} <= set(AUTO_REASONS)


def test_a_code_is_in_the_catalogue_once() -> None:
    assert sorted(CATALOGUE) == sorted(SELLER_REASONS + AUTO_REASONS)
    assert all(code == entry.code for code, entry in CATALOGUE.items())


def test_a_cancel_without_a_reason_gets_one_that_a_seller_may_give() -> None:
    assert UNSTATED in SELLER_REASONS


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=CATALOGUE)
def test_an_entry_reads_well_where_it_is_used(entry: Reason) -> None:
    assert entry.title[0].isupper()
    assert not entry.title.endswith(".")
    assert len(entry.short) <= 30, "it stands in a subject line"
    for sentence in (entry.explanation, entry.what_to_do):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
