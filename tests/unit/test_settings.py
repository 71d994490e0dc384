"""A function's settings are read whole at import: one that is missing stops the start, not the first request."""

import pytest

from order_cancellation import settings


class Told:
    orders_table: str
    daily_summary_hour: int


@pytest.fixture(autouse=True)
def _told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_TABLE", "orders-1")
    monkeypatch.setenv("DAILY_SUMMARY_HOUR", "8")


def test_settings_are_what_the_template_gave() -> None:
    told = settings.read(Told)
    assert (told.orders_table, told.daily_summary_hour) == ("orders-1", 8)


@pytest.mark.parametrize("value", [None, ""])
def test_all_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    for name in ("ORDERS_TABLE", "DAILY_SUMMARY_HOUR"):
        monkeypatch.delenv(name)
        if value is not None:
            monkeypatch.setenv(name, value)
    with pytest.raises(RuntimeError, match="missing: ORDERS_TABLE, DAILY_SUMMARY_HOUR"):
        settings.read(Told)


@pytest.mark.parametrize("value", ["eight", "-1", "8.5"])
def test_what_is_no_number_where_one_is_wanted_is_as_good_as_missing(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("DAILY_SUMMARY_HOUR", value)
    with pytest.raises(RuntimeError, match="missing: DAILY_SUMMARY_HOUR"):
        settings.read(Told)
