import pytest

from order_cancellation import settings


def test_a_setting_is_what_the_template_gave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_TABLE", "orders-1")
    assert settings.required("ORDERS_TABLE") == "orders-1"


@pytest.mark.parametrize("value", [None, ""])
def test_one_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("ORDERS_TABLE", raising=False)
    if value is not None:
        monkeypatch.setenv("ORDERS_TABLE", value)
    with pytest.raises(RuntimeError, match="ORDERS_TABLE is not set"):
        settings.required("ORDERS_TABLE")
