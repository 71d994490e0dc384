"""Every event in events/ does what its name promises."""

import functools
import json
from typing import Any

import pytest

from local import event_pattern
from local.bridges import template
from tests.support import functions
from tests.support.events import ALL, DIRECTORY, EFFECTS, PROMISES, VIEW, Effect, difference, function_of, read
from tests.support.template import rule


@pytest.mark.parametrize("name", ALL)
def test_an_event_does_what_its_name_promises(name: str, furnished: None) -> None:
    loaded = functools.cache(functions.load)

    def run(event: str) -> Any:
        return loaded(function_of(event)).lambda_handler(read(event), functions.Context())

    promise = ALL[name]
    for earlier in promise.after:
        assert ALL[earlier].broken_by(run(earlier)) is None

    assert promise.broken_by(run(name)) is None

    if isinstance(promise, Effect):
        assert difference(promise.view, functions.response(run(VIEW)).body) is None


def test_every_event_is_covered() -> None:
    assert {path.stem for path in DIRECTORY.glob("*.json")} == set(ALL)


def test_every_function_has_events() -> None:
    folders = {path.parent.name for path in DIRECTORY.parent.glob("functions/*/app.py")}
    assert {function_of(name) for name in ALL} == folders


@pytest.mark.parametrize("name", [name for name in EFFECTS if name.startswith("cancellation_summary")])
def test_the_stream_would_bring_these_records(name: str) -> None:
    trigger = template()["Resources"]["CancellationSummaryFunction"]["Properties"]["Events"]["AutoCancelled"]
    patterns = [event_pattern.parse(each["Pattern"]) for each in trigger["Properties"]["FilterCriteria"]["Filters"]]
    for record in read(name)["Records"]:
        assert any(event_pattern.matches(pattern, record) for pattern in patterns)


@pytest.mark.parametrize("name", [name for name in EFFECTS if name.startswith("summary_feedback")])
def test_the_rule_would_bring_this_event_of_ses(name: str) -> None:
    (record,) = read(name)["Records"]
    event = json.loads(record["body"])
    assert event_pattern.matches(rule("SummaryFeedbackFunction"), event)
    # what Amazon calls "Email Bounced" has the eventType "Bounce" and its facts under "bounce"
    assert event["detail"]["eventType"].lower() in event["detail"]


@pytest.mark.parametrize("name", PROMISES)
def test_an_event_is_one_that_api_gateway_would_send(name: str) -> None:
    event = read(name)
    context = event["requestContext"]
    assert (event["httpMethod"], event["resource"]) in functions.ROUTES.values()
    assert event["path"] == event["resource"].format(**event["pathParameters"] or {})
    assert (context["resourcePath"], context["httpMethod"]) == (event["resource"], event["httpMethod"])
    assert context["path"] == f"/v1{event['path']}"
    assert event["multiValueHeaders"] == {header: [value] for header, value in event["headers"].items()}
    assert ("Content-Type" in event["headers"]) == (event["body"] is not None)
    assert context["authorizer"]["claims"]["token_use"] in ("id", "access")


def test_no_two_events_have_the_same_request_id() -> None:
    ids = [read(name)["requestContext"]["requestId"] for name in PROMISES]
    assert len(set(ids)) == len(ids)
