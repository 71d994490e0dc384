"""Whatever is sent, each handler answers it as the contract says: never a 5xx, nothing half-written, nothing told.

Good requests of every route, spoilt in one to four places by chance: other types, sizes and characters, members gone,
doubled or renamed, headers and ids and queries alike. And every hostile word is refused, or left out of the mail.
"""

import json
import string
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any
from unittest.mock import patch

from order_cancellation.domain import links
from order_cancellation.domain.refusals import InvalidRequest
from order_cancellation.http import checks, parse
from order_cancellation.http.problems import PROBLEMS
from order_cancellation.mail import compose as mail
from tests.proofs.scoreboard import Progress, Report, Say, Twin, timed
from tests.support import examples, hostile_words, malformed_requests, rig
from tests.support.functions import ROUTES, Response, seller_claims
from tests.support.memory_tables import ORDERS, SELLERS, Tables
from tests.support.rig import Service

LINE = "hostile inputs"
TWINS = 600  # inputs, each of them
CLAIMS = {
    route: rig.PLANNER
    if route in ("register_seller", "place_order", "auto_cancel")
    else {"token_use": "access", "client_id": "client-LAX1", "scope": "fulfillment/events"}
    if route == "report"
    else seller_claims("acme")
    for route in ROUTES
}
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**53, 10**30, 1e308, -0.0, 1.5, "", " ", "a", "x" * 501, "\x00", "\ud800", "\ufffd",
    "\u202e", "\n", "é", "١", "../..", "{{7*7}}", "${jndi:x}", "%s%n", "<script>", "' OR 1=1 --", "__proto__", [], {},
    [[]], [None], {"S": "x"}, {"$ne": 1}, ["a"] * 101, {"a": {}},
    "9" * 400, "NaN", "1e999", "2026-13-40T25:61:61Z",
    "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00",
)  # fmt: skip
RAW: tuple[str, ...] = (
    "NaN", "Infinity", "1e999", "-", "[" * 3000, '{"a":' * 3000, "9" * 5000, '"\\ud800"', '{"a":1,"a":2}', "\x00",
    "'a'", "//", "\ufeff",
)  # fmt: skip


def check(inputs: int, seed: int, say: Say) -> Report:
    """``inputs`` hostile requests, and the hostile words: a share of them where the inputs are few."""
    report = Report(LINE, "handlers in process", seed, unit="inputs")
    with timed(report):
        told: Counter[str] = Counter()
        progress = Progress(LINE, say)
        with rig.in_lambda():
            for number, broken in enumerate(tried(inputs, seed, told), start=1):
                report.broke += broken
                progress(number, inputs, "inputs")
            words = _words(1 if inputs >= 10_000 else 40)
            report.broke += [fault for field, text in words for fault in misled(field, text)]
            report.twins = [
                _twin("a character that a check forgets", _forgetful_text, seed),
                _twin("a refusal that has written something", _half_written, seed),
                _twin_of_words(words),
            ]
        report.tried = inputs + len(words)
        report.facts = {"answers": dict(sorted(told.items())), "hostile words": len(words)}
    return report


def tried(inputs: int, seed: int, told: Counter[str]) -> Iterator[list[str]]:
    """What is wrong with the answer to each input."""
    random = Random(seed)
    tables = Tables()
    rig.furnish(tables, malformed_requests.ORDER)
    service = Service(tables)
    routes = sorted(ROUTES)
    for number in range(inputs):
        route = routes[number % len(routes)]
        event = _event(route, random)
        before = _all_of(tables)
        answer = service.send(route, dict(CLAIMS[route]), **event)
        told[str(answer.status)] += 1
        yield [f"{route} {json.dumps(event)[:400]}: {fault}" for fault in _faults(answer)]
        if answer.status >= 400 and _all_of(tables) != before:
            yield [f"{route} {json.dumps(event)[:400]}: {answer.status}, yet something was written"]
        if answer.status < 300 and number % 50 == 0:
            tables.clear()
            rig.furnish(tables, malformed_requests.ORDER)


def _all_of(tables: Tables) -> str:
    return json.dumps([tables.items(ORDERS), tables.items(SELLERS)], default=str, sort_keys=True)


def _faults(answer: Response) -> Iterator[str]:
    if not (answer.status < 300 or answer.status in (400, 403, 404, 409, 413, 422)):
        yield f"answered {answer.status}: {answer.text:.200}"
        return
    document = answer.body
    if answer.status >= 400:
        if PROBLEMS.get(document["code"], (0, ""))[0] != answer.status:
            yield f"{answer.status} is not {document['code']}'s"
        if not answer.headers["content-type"].startswith("application/problem+json"):
            yield "a problem of another type"
    if "internal_error" in answer.text or "Traceback" in answer.text:
        yield f"a defect of ours: {answer.text:.200}"
    try:
        answer.text.encode()
    except UnicodeEncodeError as error:
        yield f"not UTF-8: {error}"


def _event(route: str, random: Random) -> dict[str, Any]:
    """A good request of a route, spoilt."""
    body: Any = json.loads(json.dumps(malformed_requests.GOOD.get(route)))
    path = dict(malformed_requests.PATHS[route])
    headers: dict[str, str] = {}
    query: dict[str, list[str]] = {}
    text: str | None = None
    for _ in range(random.randint(1, 4)):
        match random.randrange(8):
            case 0 if path:
                path[random.choice(sorted(path))] = _word(random)
            case 1:
                name = random.choice(("Idempotency-Key", "Content-Type", "content-type", "X-Seller-Id", "Accept"))
                headers[name] = _word(random)
            case 2:
                name = random.choice(("limit", "cursor", "status", "marketplace_cancellation", _word(random)))
                query[name] = [_word(random) for _ in range(random.choice((1, 1, 2)))]
            case 3 if body is not None:
                text = _torn(json.dumps(body), random)
            case _:
                body = _spoilt(body, random)
    sent = text if text is not None else body if body is None else json.dumps(body)
    return {"body": sent, "headers": headers, "query": query, **path}


def _word(random: Random) -> str:
    value = random.choice(VALUES)
    if isinstance(value, str) and random.random() < 0.7:
        return value
    letters = string.printable + "\x00\x1b\u00e9\u0661\u200b\u202e\U0001f4e6"
    return "".join(random.choice(letters) for _ in range(random.choice((0, 1, 5, 64, 65, 129, 600))))


def _torn(text: str, random: Random) -> str:
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(RAW) + text[at + random.choice((0, 0, 1, 5)) :]


def _spoilt(value: Any, random: Random) -> Any:
    """The same with one thing in it another."""
    if isinstance(value, dict) and value and random.random() < 0.85:
        name = random.choice(sorted(value))
        match random.randrange(6):
            case 0:
                return {key: part for key, part in value.items() if key != name}
            case 1:
                return {**value, _word(random): random.choice(VALUES)}
            case _:
                return {**value, name: _spoilt(value[name], random)}
    if isinstance(value, list) and value and random.random() < 0.85:
        at = random.randrange(len(value))
        if random.random() < 0.2:
            return value * random.choice((0, 2, 101, 501))
        return [*value[:at], _spoilt(value[at], random), *value[at + 1 :]]
    return random.choice((*VALUES, _word(random)))


# ------------------------------------------------------------------------------------------------------- hostile words


def _words(each: int) -> list[tuple[str, str]]:
    """Field and words: every one of them, or one of so many."""
    text = [("detail", words) for words in hostile_words.in_text()] + [
        ("name", words) for words in hostile_words.in_text()
    ]
    codes = [(field, words) for field in ("sku", "marketplace_order_id") for words in hostile_words.in_code()]
    both = [(field, written) for field, words in text + codes for written in (words, hostile_words.hidden(words))]
    return both[::each]


def misled(field: str, words: str) -> Iterator[str]:
    """How somebody could be led elsewhere by these words in a mail."""
    intake: Callable[[], object] = {
        "detail": lambda: parse.auto_cancel_batch({"cancellations": [malformed_requests.AUTO | {"detail": words}]}),
        "name": lambda: parse.contact(examples.contact_document(name=words)),
        "sku": lambda: parse.auto_cancel_batch({"cancellations": [malformed_requests.AUTO | {"skus": [words]}]}),
        "marketplace_order_id": lambda: parse.placement(examples.placement_document(marketplace_order_id=words)),
    }[field]
    try:
        intake()
        yield f"{field} {words!r} is taken"
    except InvalidRequest as refused:
        if field not in refused.field:
            yield f"{field} {words!r} is refused as {refused.field}"
    written = _mail(field, words)
    shown = f"{written.subject} {written.html} {written.text}".lower()
    if hostile_words.HOST in shown or hostile_words.NUMBER in shown:
        yield f"{field} {words!r} is in the mail"


def _mail(field: str, words: str) -> mail.Mail:
    contact = parse.contact(examples.contact_document())
    changes: dict[str, dict[str, Any]] = {"detail": {"detail": words}, "sku": {"skus": (words,)}}
    by = examples.auto_cancellation(**changes.get(field, {}))
    order = examples.cancelled_order(by)
    if field == "marketplace_order_id":
        order = order._replace(placement=order.placement._replace(marketplace_order_id=words))
    return mail.compose(
        contact._replace(name=words) if field == "name" else contact, "sum-1", [order], "https://p.test"
    )


# ----------------------------------------------------------------------------------------------------------- the twins


def _twin(bug: str, planted: Callable[[], Any], seed: int) -> Twin:
    with planted():
        found = sum(bool(broken) for broken in tried(TWINS, seed, Counter()))
    return Twin(bug, found > 0, f"{found} answers of {TWINS} inputs tell of it")


@contextmanager
def _forgetful_text() -> Iterator[None]:
    """A text of another type is taken for one: what comes of it is a defect further on."""
    with patch.object(checks, "text", lambda value, _path, most: value[:most]):
        yield


@contextmanager
def _half_written() -> Iterator[None]:
    """A bad placement is refused when the order is there already."""
    original = rig.Service.send

    def send(self: Service, route: str, claims: dict[str, str], body: Any = None, *rest: Any, **event: Any) -> Response:
        answer = original(self, route, claims, body, *rest, **event)
        if route == "place_order" and answer.status == 400:
            good = examples.placement_document()
            original(self, route, rig.PLANNER, good, seller_id="acme", order_id=malformed_requests.NEW_ORDER)
        return answer

    with patch.object(rig.Service, "send", send):
        yield


def _twin_of_words(words: list[tuple[str, str]]) -> Twin:
    nothing: Callable[[str], None] = lambda _: None  # noqa: E731 - in the place of both checks
    sample = words[:: max(1, len(words) // 100)]
    with patch.object(links, "in_text", nothing), patch.object(links, "in_code", nothing):
        found = sum(bool(list(misled(field, text))) for field, text in sample)
    return Twin("an intake that takes links", found == len(sample), f"{found} of {len(sample)} words mislead")
