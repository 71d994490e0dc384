"""What an operation asks of DynamoDB, as docs/performance.md has it: calls, read units, write units."""

import pytest

from local.cloud import ROOT
from tests.benchmarks import operations, scale


@pytest.fixture(scope="module")
def costs() -> dict[str, tuple[int, float, int]]:
    rows = operations.measure(lambda _: None)
    return {row["name"]: (row["calls"], row["read_units"], row["write_units"]) for row in rows}


def test_a_cancel_is_one_call_whatever_comes_of_it(costs: dict[str, tuple[int, float, int]]) -> None:
    one_order = [name for name in costs if name.startswith("cancel: ") and "hundred" not in name]
    assert len(one_order) == 5
    assert {costs[name][:2] for name in one_order} == {(1, 0)}


def test_a_cancel_writes_the_order_and_its_entry_among_the_to_dos_alone(
    costs: dict[str, tuple[int, float, int]],
) -> None:
    assert costs["cancel: done"] == (1, 0, 2)
    assert costs["cancel: a hundred"] == (100, 0, 200)
    assert {costs[name][2] for name in costs if "refused" in name or "already" in name or "again" in name} == {1}


def test_an_event_is_a_read_and_a_write_once_its_client_is_known(costs: dict[str, tuple[int, float, int]]) -> None:
    assert costs["fulfillment center's event"] == (2, 1, 1)


@pytest.mark.parametrize("about", ["the load", "a table", "a seller", "half of it", "money"])
def test_the_page_about_scale_rests_on_what_is_measured(about: str) -> None:
    assert scale.figures()[about] in (ROOT / "docs/scale.md").read_text()
