"""A request as API Gateway hands it over: who asks, and what they send, checked as far as no route is concerned."""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from order_cancellation.domain.cancellations import Actor, Identity
from order_cancellation.domain.refusals import Forbidden, InvalidRequest, PayloadTooLarge
from order_cancellation.http import checks
from order_cancellation.http.problems import Problems
from order_cancellation.tables.client import MAX_CALL_SECONDS

MAX_BODY_BYTES: Final = 64 * 1024

_PRINTABLE_ASCII = re.compile(r"[\x20-\x7e]{1,128}")
_ESCAPED = re.compile(r'\\(["\\])')


class Request:
    """One proxy event of API Gateway. ``problems`` words what is refused about it."""

    def __init__(self, event: Mapping[str, Any], context: Any, problems: Problems) -> None:
        self._event = event
        self._context = context
        self.problems = problems

    def seller(self) -> str:
        """The seller that an ID token speaks for. Raises Forbidden for any other token."""
        claims = self._claims()
        seller_id = claims.get("custom:seller_id")
        if claims.get("token_use") != "id" or not checks.is_id(seller_id):
            raise Forbidden("This needs the ID token of a person who belongs to a seller.")
        return str(seller_id)

    def machine(self, scope: str) -> str:
        """The client id of an access token with this scope. Raises Forbidden for any other token."""
        claims = self._claims()
        client_id = claims.get("client_id")
        if claims.get("token_use") != "access" or scope not in str(claims.get("scope", "")).split(" "):
            raise Forbidden(f"This needs an access token with the scope {scope}.")
        if not isinstance(client_id, str) or not _PRINTABLE_ASCII.fullmatch(client_id):
            raise Forbidden("This needs the access token of a client.")
        return client_id

    def identity(self) -> Identity:
        """What makes this request the same request when it comes again. Raises InvalidRequest for a bad key."""
        return Identity(str(self._event["requestContext"]["requestId"]), self._idempotency_key(), self.actor())

    def actor(self) -> Actor:
        """Who asks, by their token: a person of a seller's, or the network's client."""
        claims = self._claims()
        if claims.get("token_use") == "id":
            return Actor("person", str(claims.get("sub", "")), claims.get("email"))
        return Actor("network", str(claims.get("client_id", "")))

    def path_id(self, name: str) -> str:
        """An id in the path, as API Gateway has matched and decoded it. Raises InvalidRequest."""
        return checks.identifier(self._event["pathParameters"][name], name)

    def path_ids(self) -> Mapping[str, str]:
        """The ids in the path that are ids, for the log."""
        named: Mapping[str, str] = self._event.get("pathParameters") or {}
        return {name: value for name, value in named.items() if checks.is_id(value)}

    def query(self, *allowed: str) -> Mapping[str, str]:
        """The query string's parameters. Raises InvalidRequest for one that is unknown, or given twice."""
        multiple: Mapping[str, Sequence[str]] = self._event.get("multiValueQueryStringParameters") or {}
        for name, values in multiple.items():
            if name not in allowed:
                raise InvalidRequest(checks.printable(name), f"is not a parameter here; there are {', '.join(allowed)}")
            if len(values) > 1:
                raise InvalidRequest(name, "is given more than once")
        return {name: values[0] for name, values in multiple.items()}

    def body(self, most: int = MAX_BODY_BYTES) -> Any:
        """The JSON value that was sent; None where there is no body: ``null`` is refused.

        Raises PayloadTooLarge over ``most`` bytes, InvalidRequest for anything but UTF-8 JSON without duplicate keys.
        """
        raw = self._body_bytes()
        if not raw:
            return None
        if len(raw) > most:
            raise PayloadTooLarge(len(raw), most)
        self._require_json_content_type()
        try:
            value = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique_keys, parse_constant=_no_constant)
        except UnicodeDecodeError as error:
            raise InvalidRequest("body", f"is not UTF-8 (byte {error.start})") from error
        except json.JSONDecodeError as error:
            why = f"is not JSON (line {error.lineno}, column {error.colno}: {error.msg})"
            raise InvalidRequest("body", why) from error
        except RecursionError as error:
            raise InvalidRequest("body", "is nested too deeply") from error
        except ValueError as error:  # an integer of more digits than Python converts
            raise InvalidRequest("body", "has a number that is too long") from error
        if value is None:
            raise InvalidRequest("body", "must be an object, not null")
        return value

    def in_time(self, calls: int = 1) -> bool:
        """Whether so many more calls of a table, with all their tries, end before this function's own timeout."""
        left: int = self._context.get_remaining_time_in_millis()
        return left >= calls * MAX_CALL_SECONDS * 1000

    def _claims(self) -> Mapping[str, Any]:
        authorizer = self._event["requestContext"].get("authorizer") or {}
        claims: Mapping[str, Any] = authorizer.get("claims") or {}
        return claims

    def _idempotency_key(self) -> str | None:
        """The ``Idempotency-Key`` header: 1–128 printable ASCII characters, bare or a quoted string of RFC 9651."""
        values = self._header_values("idempotency-key")
        if not values:
            return None
        if len(set(values)) > 1:
            raise InvalidRequest("Idempotency-Key", "is given more than once")
        key = values[0].strip(" \t")
        if len(key) >= 2 and key[0] == key[-1] == '"':
            key = _ESCAPED.sub(r"\1", key[1:-1])
        if not _PRINTABLE_ASCII.fullmatch(key):
            raise InvalidRequest("Idempotency-Key", "must be 1 to 128 printable ASCII characters")
        return key

    def _header_values(self, name: str) -> Sequence[str]:
        """All values of a header, whatever the case of its name."""
        multiple: Mapping[str, Sequence[str]] = self._event.get("multiValueHeaders") or {}
        found = [value for key, values in multiple.items() if key.lower() == name for value in values]
        if found:
            return found
        single: Mapping[str, str] = self._event.get("headers") or {}
        return [value for key, value in single.items() if key.lower() == name]

    def _body_bytes(self) -> bytes:
        body = self._event.get("body") or ""
        if not self._event.get("isBase64Encoded"):
            return str(body).encode("utf-8", errors="surrogatepass")
        try:
            return base64.b64decode(body, validate=True)
        except binascii.Error as error:
            raise InvalidRequest("body", "is not base64") from error

    def _require_json_content_type(self) -> None:
        for value in self._header_values("content-type"):
            media_type, _, parameters = value.partition(";")
            charset = re.search(r"charset=\"?([^\";\s]+)", parameters, re.IGNORECASE)
            if media_type.strip().lower() != "application/json":
                raise InvalidRequest("Content-Type", "must be application/json")
            if charset and charset[1].lower() not in ("utf-8", "utf8"):
                raise InvalidRequest("Content-Type", "must be UTF-8")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in pairs:
        if name in result:
            raise InvalidRequest(checks.printable(name), "is given more than once")
        result[name] = value
    return result


def _no_constant(name: str) -> Any:
    raise InvalidRequest("body", f"is not JSON: {name} is not a JSON number")
