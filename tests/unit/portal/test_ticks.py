"""Tick boxes: one, a range with Shift, and all."""

from typing import Any

import pytest

from tests.unit.portal.conftest import Run


@pytest.mark.parametrize(
    ("clicks", "ticked"),
    [
        ([[1], [3]], "13"),
        ([[1], [4, "shift"]], "1234"),
        ([[4], [1, "shift"]], "1234"),
        ([["all"], [4], [2, "shift"]], "015"),
        ([[2, "shift"]], "2"),
        ([["all"], ["all"]], ""),
    ],
)
def test_what_is_ticked_in_the_end(run: Run, clicks: list[list[Any]], ticked: str) -> None:
    told = run("../tests/unit/portal/ticking.mjs", "module.ticking(argument)", {"count": 6, "clicks": clicks})
    assert told["chosen"] == told["shown"] == [f"A-{number}" for number in ticked]
