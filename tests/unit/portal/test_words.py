"""The portal has the service's words, and says what is a code's own name where there is no other."""

from copy import replace
from typing import Any

import pytest

from order_cancellation.domain import marketplaces, orders, reasons
from scripts.catalog import ROOT
from scripts.publish_portal import configuration
from tests.unit.portal.conftest import Run

OUTPUTS = {"ApiUrl": "https://api.test", "PortalClientId": "client"}


def words(run: Run, expression: str, argument: Any = None) -> Any:
    """What words.js says with the configuration that is published now."""
    given = [configuration(OUTPUTS, "us-east-1"), argument]
    config = (ROOT / "portal" / "config.js").as_uri()
    load = f"import('{config}').then(({{config}}) => {{ Object.assign(config, argument[0]); argument = argument[1];"
    return run("words.js", f"{load} return {expression}; }})", given)


def test_statuses_reasons_and_marketplaces_are_the_services(run: Run) -> None:
    assert words(run, "module.statuses()") == list(orders.STATUSES)
    assert words(run, "module.steps()") == list(orders.EVENTS)
    assert words(run, "module.sellerReasons()") == list(reasons.SELLER_REASONS)
    titles = words(run, "argument.map(module.reasonName)", list(reasons.CATALOGUE))
    assert titles == [reason.title for reason in reasons.CATALOGUE.values()]
    codes = words(run, "module.marketplaces()")
    assert codes == list(marketplaces.NAMES)
    assert words(run, "argument.map(module.marketplaceName)", codes) == list(marketplaces.NAMES.values())


def test_every_status_has_a_name(run: Run) -> None:
    names = words(run, "argument.map(module.statusName)", list(orders.STATUSES))
    assert not set(names) & set(orders.STATUSES)


def test_a_new_reason_is_one_entry(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = replace(reasons.CATALOGUE["other"], code="fraud", title="Looks like fraud")
    monkeypatch.setitem(reasons.CATALOGUE, "fraud", entry)
    assert words(run, "module.sellerReasons()")[-1] == "fraud"
    assert words(run, "module.reasonName('fraud')") == "Looks like fraud"


@pytest.mark.parametrize("code", ["constructor", "TikTok-Shop", "__proto__"])
def test_an_unknown_code_is_shown_as_it_is(code: str, run: Run) -> None:
    for name in ("statusName", "reasonName", "marketplaceName"):
        assert words(run, f"module.{name}(argument)", code) == code
