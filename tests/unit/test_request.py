"""A request of API Gateway, read: the JSON body, the headers, the query. Whatever comes in, a value or a refusal."""

import base64
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from order_cancellation.domain.refusals import InvalidRequest, PayloadTooLarge, Refusal
from order_cancellation.http.problems import Problems
from order_cancellation.http.request import Request
from order_cancellation.tables.client import MAX_CALL_SECONDS
from tests.support.functions import Context

_CALL_MS = MAX_CALL_SECONDS * 1000
IN_TIME = [(_CALL_MS, 1, True), (_CALL_MS - 1, 1, False), (2 * _CALL_MS, 2, True), (2 * _CALL_MS - 1, 2, False)]


def http(body: str | bytes | None = None, headers: dict[str, str | list[str]] | None = None) -> dict[str, Any]:
    """As much of a proxy event as these functions read; bytes come in base64, as API Gateway sends what is binary."""
    multiple = {name: [value] if isinstance(value, str) else value for name, value in (headers or {}).items()}
    text = base64.b64encode(body).decode() if isinstance(body, bytes) else body
    return {"body": text, "isBase64Encoded": isinstance(body, bytes), "multiValueHeaders": multiple}


def request(event: dict[str, Any]) -> Request:
    return Request(
        {"requestContext": {"requestId": "request-1"}, **event}, None, Problems("https://portal.test/problems")
    )


def body_of(event: dict[str, Any]) -> Any:
    return request(event).body()


def key_of(event: dict[str, Any]) -> str | None:
    return request(event).identity().idempotency_key


def refusal(check: Callable[[], object]) -> tuple[str, str]:
    """The field that a check refuses, and why."""
    with pytest.raises(InvalidRequest) as caught:
        check()
    return caught.value.field, caught.value.why


class TestBody:
    @pytest.mark.parametrize("body", [None, "", b""])
    def test_no_body_is_none(self, body: str | bytes | None) -> None:
        assert body_of(http(body)) is None

    def test_it_has_at_most_64_kib(self) -> None:
        assert body_of(http(f'"{"a" * 65_534}"')) == "a" * 65_534
        with pytest.raises(PayloadTooLarge):
            body_of(http(f'"{"a" * 65_535}"'))

    def test_what_is_said_to_be_base64_is_nothing_else(self) -> None:
        event = {**http(b"{}"), "body": "e30*="}
        assert refusal(lambda: body_of(event)) == ("body", "is not base64")

    @pytest.mark.parametrize(
        ("body", "value"),
        [
            ('{"note": "späte Änderung 📦"}', {"note": "späte Änderung 📦"}),
            ('{"note": "späte Änderung 📦"}'.encode(), {"note": "späte Änderung 📦"}),
            (' \t\r\n{"quantity": 1e2}\n', {"quantity": 100.0}),
            ("[1, true, null]", [1, True, None]),
        ],
    )
    def test_json_is_read(self, body: str | bytes, value: object) -> None:
        assert body_of(http(body)) == value

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            ("{", r"is not JSON \(line 1, column 2: "),
            ("{'note': 1}", "is not JSON"),
            ('{"note": 1,}', "is not JSON"),
            ('{"note": 1} {}', "is not JSON"),
            ('{"note": "a\nb"}', "is not JSON"),
            ('{"quantity": 01}', "is not JSON"),
            ("NaN", "NaN is not a JSON number"),
            ('{"quantity": -Infinity}', "-Infinity is not a JSON number"),
            ("\ufeff{}", "is not JSON"),
            (b"\xef\xbb\xbf{}", "is not JSON"),
            (b'{"note": "\xff"}', r"is not UTF-8 \(byte 10\)"),
            (b'{"note": "\xed\xa0\x80"}', "is not UTF-8"),
            ("[" * 60_000, "is nested too deeply"),
            ('{"a":' * 10_000, "is nested too deeply"),
            ("9" * 5_000, "has a number that is too long"),
            (" null ", "must be an object, not null"),
        ],
    )
    def test_what_is_not_json_is_refused(self, body: str | bytes, why: str) -> None:
        field, said = refusal(lambda: body_of(http(body)))
        assert field == "body"
        assert re.match(f"{why}|is not JSON: {why}", said)

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ('{"note": 1, "note": 1}', "note"),
            ('{"orders": [{"order_id": "A", "order_id": "B"}]}', "order_id"),
            ('{"n\\u006fte": 1, "note": 2}', "note"),
            ('{"a\\u0000": 1, "a\\u0000": 2}', "(unprintable)"),
            ('{"": 1, "": 2}', "(unprintable)"),
        ],
    )
    def test_a_key_given_twice_is_refused(self, body: str, field: str) -> None:
        assert refusal(lambda: body_of(http(body))) == (field, "is given more than once")

    def test_base64_that_is_none_is_refused(self) -> None:
        event = http(b"{}") | {"body": "not base64!"}
        assert refusal(lambda: body_of(event)) == ("body", "is not base64")

    def test_64_kib_are_read_and_a_byte_more_is_not(self) -> None:
        assert len(body_of(http(f'"{"a" * (64 * 1024 - 2)}"'))) == 64 * 1024 - 2
        with pytest.raises(PayloadTooLarge) as caught:
            body_of(http(f'"{"a" * (64 * 1024 - 1)}"'))
        assert (caught.value.size, caught.value.most) == (65_537, 65_536)

    def test_the_size_is_counted_in_bytes(self) -> None:
        with pytest.raises(PayloadTooLarge):
            body_of(http(f'"{"ä" * 33_000}"'))


class TestContentType:
    @pytest.mark.parametrize(
        "value",
        [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            'application/json;charset="UTF-8"',
            "application/json; charset=utf8",
        ],
    )
    def test_json_in_utf_8(self, value: str) -> None:
        assert body_of(http("{}", {"content-TYPE": value})) == {}

    @pytest.mark.parametrize(
        ("value", "why"),
        [
            ("text/plain", "must be application/json"),
            ("", "must be application/json"),
            ("application/json-patch+json", "must be application/json"),
            ("application/x-www-form-urlencoded", "must be application/json"),
            ("application/json; charset=latin-1", "must be UTF-8"),
            ('application/json; charset="utf-16"', "must be UTF-8"),
        ],
    )
    def test_anything_else_is_refused(self, value: str, why: str) -> None:
        assert refusal(lambda: body_of(http("{}", {"Content-Type": value}))) == ("Content-Type", why)

    def test_it_may_be_missing_and_says_nothing_where_there_is_no_body(self) -> None:
        assert body_of(http("{}")) == {}
        assert body_of(http(None, {"Content-Type": "text/plain"})) is None


@pytest.mark.parametrize(("remaining_ms", "calls", "in_time"), IN_TIME)
def test_no_call_is_begun_that_could_not_end(remaining_ms: int, calls: int, in_time: bool) -> None:
    asked = Request(http(), Context(remaining_ms), Problems("https://portal.test/problems"))
    assert asked.in_time(calls) is in_time
    assert asked.in_time() is (remaining_ms >= IN_TIME[0][0])


class TestIdempotencyKey:
    @pytest.mark.parametrize("key", ['"abc', 'abc"', '"'])
    def test_half_a_quoted_string_is_a_bare_one(self, key: str) -> None:
        assert key_of(http(headers={"Idempotency-Key": key})) == key

    @pytest.mark.parametrize("name", ["Idempotency-Key", "idempotency-key", "IDEMPOTENCY-KEY", "iDeMpOtEnCy-kEy"])
    @pytest.mark.parametrize(
        ("value", "key"),
        [
            ("k-1", "k-1"),
            ('"k-1"', "k-1"),
            (" \tk-1 ", "k-1"),
            ('"a \\"b\\" \\\\c"', 'a "b" \\c'),
            ('"', '"'),
            ("~" * 128, "~" * 128),
            (f'"{"~" * 128}"', "~" * 128),
        ],
    )
    def test_bare_or_quoted_in_a_header_of_any_case(self, name: str, value: str, key: str) -> None:
        assert key_of(http(headers={name: value})) == key

    def test_there_may_be_none(self) -> None:
        assert key_of(http()) is None
        assert key_of({}) is None

    def test_it_is_found_where_only_single_headers_are_given(self) -> None:
        assert key_of({"headers": {"idempotency-Key": "k-1"}}) == "k-1"

    @pytest.mark.parametrize(
        "value", ["", "   ", '""', "k" * 129, f'"{"k" * 129}"', "a\x07b", "a\x7f", "schlüssel", "a\nb"]
    )
    def test_what_is_no_key_is_refused(self, value: str) -> None:
        field, why = refusal(lambda: key_of(http(headers={"Idempotency-Key": value})))
        assert (field, why) == ("Idempotency-Key", "must be 1 to 128 printable ASCII characters")

    def test_two_different_ones_are_refused(self) -> None:
        event = http(headers={"Idempotency-Key": ["a", "b"]})
        assert refusal(lambda: key_of(event)) == ("Idempotency-Key", "is given more than once")
        assert key_of(http(headers={"Idempotency-Key": ["a", "a"]})) == "a"


class TestQuery:
    ALLOWED = ("status", "limit", "cursor")

    def test_parameters(self) -> None:
        event = {"multiValueQueryStringParameters": {"limit": ["2"], "cursor": ["QS0x"]}}
        assert request(event).query(*self.ALLOWED) == {"limit": "2", "cursor": "QS0x"}
        assert request({"multiValueQueryStringParameters": None}).query(*self.ALLOWED) == {}

    @pytest.mark.parametrize(
        ("parameters", "field", "why"),
        [
            ({"sort": ["1"]}, "sort", "is not a parameter here; there are status, limit, cursor"),
            ({"Status": ["received"]}, "Status", "is not a parameter here; there are status, limit, cursor"),
            ({"seller_id": ["bluebird"]}, "seller_id", "is not a parameter here; there are status, limit, cursor"),
            ({"limit": ["2", "3"]}, "limit", "is given more than once"),
        ],
    )
    def test_what_is_not_one_is_refused(self, parameters: dict[str, list[str]], field: str, why: str) -> None:
        event = {"multiValueQueryStringParameters": parameters}
        assert refusal(lambda: request(event).query(*self.ALLOWED)) == (field, why)


def outcome(check: Callable[[], object]) -> object:
    """What a check returns, or the problem that it raises. Any other exception fails the test."""
    try:
        return check()
    except Refusal as problem:
        return problem


@given(body=st.text(st.characters(exclude_categories=())) | st.binary())
@example(body="[" * 60_000)
@example(body='{"a":"\\ud800"}')
@example(body="-" + "1" * 60_000)
def test_any_bytes_are_json_or_a_problem(body: str | bytes) -> None:
    result = outcome(lambda: body_of(http(body)))
    if isinstance(result, Refusal):
        assert result.code in ("invalid_request", "payload_too_large")
        assert str(result).encode()


@given(value=st.text(max_size=140) | st.from_regex(r'"?[ -~]{0,130}"?', fullmatch=True))
def test_any_header_is_a_key_or_an_invalid_request(value: str) -> None:
    result = outcome(lambda: key_of(http(headers={"Idempotency-Key": value})))
    if not isinstance(result, InvalidRequest):
        assert isinstance(result, str)
        assert re.fullmatch(r"[ -~]{1,128}", result)
