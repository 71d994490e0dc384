"""Every event in events/ does what its name promises."""

import pytest

from tests import functions
from tests.events import DIRECTORY, PROMISES, Promise, difference, function_of, read


@pytest.mark.parametrize(("name", "promise"), PROMISES.items(), ids=PROMISES)
def test_an_event_does_what_its_name_promises(name: str, promise: Promise, wire: None, furnished: None) -> None:
    modules = {function: functions.load(function) for function in {*map(function_of, (*promise.after, name))}}
    for earlier in promise.after:
        assert functions.call(modules[function_of(earlier)], read(earlier)).status == PROMISES[earlier].status

    answer = functions.call(modules[function_of(name)], read(name))

    assert answer.status == promise.status, answer.text
    assert difference(promise.body, answer.body) is None
    for header, value in promise.headers.items():
        assert answer.headers.get(header) == value
    if promise.status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.body["status"] == promise.status


def test_every_event_is_covered() -> None:
    of_these_functions = {function_of(name) for name in PROMISES}
    files = {path.stem for path in DIRECTORY.glob("*.json") if function_of(path.stem) in of_these_functions}
    assert files == set(PROMISES)


def test_every_event_is_named_after_a_function() -> None:
    folders = {path.parent.name for path in DIRECTORY.parent.glob("functions/*/app.py")}
    assert {function_of(path.stem) for path in DIRECTORY.glob("*.json")} <= folders


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
