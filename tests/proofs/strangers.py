"""Who does not belong gets nowhere: every route × role × place where another's id fits, and every token that is forged.

Over HTTP, with real tokens. Nothing of the owner's may change or be told; an answer about another's order is, byte for
byte, that about one that is nowhere; a forged token is stopped by the gateway, or by the code where that lets it in.
"""

import base64
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from random import Random
from typing import Any
from unittest.mock import patch
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from local import seed as seeds
from local import stack
from local.client import Answer, Client, seller_tokens
from local.cloud import Cloud
from order_cancellation.http.request import Request
from tests.proofs.scoreboard import Progress, Report, Say, Twin, timed
from tests.support import examples, intruders, rig
from tests.support.functions import ROUTES, seller_claims
from tests.support.intruders import NOBODYS, OF_SELLERS, ORDER, OWNER, STRANGER, THERE, Try
from tests.support.memory_tables import ORDERS, Tables
from tests.support.rig import Service

LINE = "strangers and forgeries"
MAY_ASK = {"planner": {"register_seller", "place_order", "move_order", "auto_cancel"}, "LAX1": {"report"}}
OURS = ("content-", "cache-control", "strict-", "access-control-", "retry-after", "idempotent-", "x-content-")

Ask = Callable[[Try], tuple[int, str, Mapping[str, str]]]


def check(share: float, seed: int, say: Say, cloud: Cloud) -> Report:
    """Needs the deployed stack of ``cloud``. ``share``: of all tries and forgeries, 1.0 for each of them."""
    report = Report(LINE, "local cloud (whole stack)", seed, unit="tries and forgeries")
    description = stack.read_description(cloud.directory)
    random, facts = Random(seed), Counter[str]()
    with timed(report):
        owners = _owners(cloud, description)
        before = owners()
        progress = Progress(LINE, say)
        for name, client in _roles(cloud, description).items():
            tries = [pair for pair in _pairs() if pair[0].route not in MAY_ASK.get(name, ())]
            for number, (try_, nobodys) in enumerate(random.sample(tries, max(1, int(len(tries) * share)))):
                report.broke += [
                    f"{name}, {fault}" for fault in judged(_over_http(client), try_, nobodys, name == STRANGER)
                ]
                facts[name] += 1
                progress(number, len(tries), f"tries of {name}")
            if (after := owners()) != before:
                report.broke.append(f"{name} changed what is {OWNER}'s: {before} is {after}")
                before = after
        all_forgeries = list(forgeries(cloud, description))
        chosen = random.sample(all_forgeries, max(1, int(len(all_forgeries) * share)))
        stopped = Counter[str]()
        for what, token in chosen:
            report.broke += [f"forged: {what}: {fault}" for fault in _let_in(description, token, stopped)]
        if owners() != before:
            report.broke.append(f"a forged token changed what is {OWNER}'s")
        report.tried = facts.total() + len(chosen)
        report.facts = {"tries": dict(facts), "forgeries": len(chosen), "stopped by": dict(sorted(stopped.items()))}
        report.twins = [_twin_of_tries(random), _twin_of_forgeries(all_forgeries)]
    return report


def judged(ask: Ask, try_: Try, nobodys: Try, person: bool) -> Iterator[str]:
    """What is wrong with the answer to a try."""
    status, text, headers = ask(try_)
    if try_.route not in OF_SELLERS or not person:
        if status not in (400, 401, 403, 404) or (status in (400, 404) and not try_.place.startswith("path")):
            yield f"{try_.name}: {status} {text:.200}"
        return
    if status not in (200, 400, 404):
        yield f"{try_.name}: {status} {text:.200}"
    if f'"{OWNER}"' in text or (THERE in text and THERE not in str(try_)):
        yield f"{try_.name}: tells of {OWNER}'s: {text:.200}"
    missing = ask(nobodys)
    if (missing[0], missing[1].replace(NOBODYS, ORDER), missing[2]) != (status, text, headers):
        differ = dict(headers.items() ^ missing[2].items())
        yield f"{try_.name}: not as for one that is nowhere: {text:.200} / {missing[1]:.200} {differ}"


def _pairs() -> Iterator[tuple[Try, Try]]:
    """Each try about the owner's order, and the same about one that nobody has."""
    yield from zip(intruders.tries(), intruders.tries(NOBODYS), strict=True)


def _over_http(client: Client) -> Ask:
    def ask(try_: Try) -> tuple[int, str, Mapping[str, str]]:
        method, route = ROUTES[try_.route]
        path = route.format(**{name: quote(value, safe="") for name, value in try_.path.items()})
        url = f"{path}?{urlencode(try_.query)}" if try_.query else path
        answer = client.call(method, url, try_.body, dict(try_.headers))
        headers = {name.lower(): value for name, value in answer.headers.items()}
        kept = {name: value for name, value in headers.items() if name.startswith(OURS)}
        return answer.status, answer.raw.decode(), kept

    return ask


def _roles(cloud: Cloud, description: dict[str, Any]) -> dict[str, Client]:
    tokens = _tokens(cloud, description, STRANGER)
    url = description["api_url"]
    return {
        STRANGER: Client(url, tokens["IdToken"]),
        "a person's access token": Client(url, tokens["AccessToken"]),
        "a refresh token": Client(url, tokens["RefreshToken"]),
        "planner": seeds.network_client(description),
        "LAX1": seeds.fulfillment_center_client(description, "LAX1"),
        "EWR2": seeds.fulfillment_center_client(description, "EWR2"),
        "nobody": Client(url, None),
    }


def _tokens(cloud: Cloud, description: dict[str, Any], seller_id: str) -> dict[str, str]:
    seller = next(each for each in description["sellers"] if each["seller_id"] == seller_id)
    client_id = description["portal_client_id"]
    return seller_tokens(cloud.client("cognito-idp"), client_id, seller["username"], seller["password"])


def _owners(cloud: Cloud, description: dict[str, Any]) -> Callable[[], Any]:
    """Places the owner's order, and returns what reads all that is theirs."""
    body = examples.placement_document(marketplace_order_id=THERE)
    placed = seeds.network_client(description).put(f"/sellers/{OWNER}/orders/{ORDER}", body)
    assert placed.status in (200, 201), placed.raw
    dynamodb, tables = cloud.client("dynamodb"), description["tables"]
    keys = {
        tables["orders"]: {"Keys": [{"seller_id": {"S": OWNER}, "order_id": {"S": ORDER}}]},
        tables["sellers"]: {"Keys": [{"seller_id": {"S": OWNER}}]},
    }
    return lambda: dynamodb.batch_get_item(RequestItems=keys)["Responses"]


# ------------------------------------------------------------------------------------------------------------ forgeries


def forgeries(cloud: Cloud, description: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What was done, and the token: of a stranger's genuine one, to be the owner or a machine."""
    genuine = _tokens(cloud, description, STRANGER)["IdToken"]
    head, claims, signature = genuine.split(".")
    header, said = _read(head), _read(claims)
    jwks = f"{description['endpoint_url']}/{description['user_pool_id']}/.well-known/jwks.json"
    keys = Client("", None).send("GET", jwks).raw
    wanted: dict[str, dict[str, Any]] = {
        "the owner's seller": {"custom:seller_id": OWNER},
        "the owner's seller and sub": {"custom:seller_id": OWNER, "sub": "person-1", "cognito:username": OWNER},
        "an access token": {"token_use": "access", "client_id": "x", "scope": "network/orders network/sellers"},
        "a center": {"token_use": "access", "client_id": "x", "scope": "fulfillment/events"},
        "every seller": {"custom:seller_id": "*"},
        "for ever": {"custom:seller_id": OWNER, "exp": 4_000_000_000},
        "from another pool": {"custom:seller_id": OWNER, "iss": f"{said['iss']}x"},
        "for another client": {"custom:seller_id": OWNER, "aud": "another"},
    }
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    own = _jwk(key)
    for what, changes in wanted.items():
        changed = _write(said | changes)
        for how, forged in (
            ("its old signature", f"{head}.{changed}.{signature}"),
            ("no signature", f"{head}.{changed}."),
            ("a signature of zeros", f"{head}.{changed}.{_text(bytes(256))}"),
            ("a signature by another key", _signed(header, changed, key)),
            ("the public key as a secret", _keyed(header | {"alg": "HS256"}, changed, keys)),
            ("an empty secret", _keyed(header | {"alg": "HS256"}, changed, b"")),
            *((f"alg {alg}", f"{_write(header | {'alg': alg})}.{changed}.") for alg in ("none", "None", "nOnE", "")),
            ("a key it brings along", _signed(header | {"jwk": own}, changed, key)),
            ("a key it says where to find", _signed(header | {"jku": "http://127.0.0.1:9/jwks.json"}, changed, key)),
            ("a certificate it names", _signed(header | {"x5u": "http://127.0.0.1:9/x", "x5c": ["AA"]}, changed, key)),
            ("a key id that is a path", _signed(header | {"kid": "../../dev/null"}, changed, key)),
            ("a key id that is a query", _signed(header | {"kid": "x' OR '1'='1"}, changed, key)),
            ("no key id", _signed({"alg": "RS256"}, changed, key)),
        ):
            yield f"{what}, by {how}", forged
    yield "its payload twice", f"{head}.{claims}.{claims}.{signature}"
    yield "two parts", f"{head}.{claims}"
    yield "its signature in capitals", f"{head}.{claims}.{signature.upper()}"
    yield "its signature cut", f"{head}.{claims}.{signature[:-8]}"
    yield "its claims padded", f"{head}.{_text(json.dumps(said | {'custom:seller_id': OWNER}).encode())}==.{signature}"
    yield "claims that say it twice", f"{head}.{_text(_twice(said))}.{signature}"
    yield "nothing", ""
    yield "a name", OWNER
    yield "a password", "Acme-local-only-1"
    yield "null", "null"
    yield "three points", "..."


def _let_in(description: dict[str, Any], token: str, stopped: Counter[str]) -> Iterator[str]:
    client = Client(description["api_url"], token)
    for answer in (
        client.get(f"/orders/{ORDER}"),
        client.cancel(ORDER),
        client.put(f"/sellers/{OWNER}", examples.contact_document(email="evil@evil.example")),
        client.report("LAX1", OWNER, ORDER, "picking", examples.PACKED_AT),
    ):
        if answer.status not in (401, 403):
            yield f"{answer.status} {answer.raw[:200]!r}"
        stopped[_by_whom(answer)] += 1


def _by_whom(answer: Answer) -> str:
    return "the code" if b"This needs" in answer.raw else "the gateway"


def _read(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def _text(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def _write(part: Mapping[str, Any]) -> str:
    return _text(json.dumps(part).encode())


def _twice(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said)[:-1].encode() + f',"custom:seller_id":"{OWNER}"}}'.encode()


def _signed(header: Mapping[str, Any], claims: str, key: rsa.RSAPrivateKey) -> str:
    text = f"{_write(header)}.{claims}"
    return f"{text}.{_text(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _keyed(header: Mapping[str, Any], claims: str, secret: bytes) -> str:
    text = f"{_write(header)}.{claims}"
    return f"{text}.{_text(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def _jwk(key: rsa.RSAPrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    return {
        "kty": "RSA",
        "alg": "RS256",
        "n": _text(numbers.n.to_bytes(256, "big")),
        "e": _text(numbers.e.to_bytes(3, "big")),
    }


# ----------------------------------------------------------------------------------------------------------- the twins


@contextmanager
def _in_process(claims: Mapping[str, str]) -> Iterator[Ask]:
    """The handlers behind a gateway that hands on these claims."""
    tables = Tables()
    rig.furnish(tables)
    tables.put(ORDERS, rig.order_item(ORDER) | {"seller_id": {"S": OWNER}, "marketplace_order_id": {"S": THERE}})
    with rig.in_lambda():
        service = Service(tables)

        def ask(try_: Try) -> tuple[int, str, Mapping[str, str]]:
            event: dict[str, Any] = {
                "headers": dict(try_.headers),
                "query": {name: [value] for name, value in try_.query.items()},
                "request_id": "r-1",
                **try_.path,
            }
            answer = service.send(try_.route, dict(claims), try_.body, **event)
            return answer.status, answer.text, answer.headers

        yield ask


def _twin_of_tries(random: Random) -> Twin:
    """A seller who is whoever a header says."""
    seller = Request.seller

    def gullible(request: Request) -> str:
        return next(iter(request._header_values("x-seller-id")), "") or seller(request)

    pairs = [pair for pair in _pairs() if pair[0].route in OF_SELLERS]
    pairs = [pair for pair in pairs if "x-seller-id" in pair[0].place.lower()] + random.sample(pairs, 50)
    with _in_process(seller_claims(STRANGER)) as ask:
        sound = sum(bool(list(judged(ask, *pair, person=True))) for pair in pairs)
        with patch.object(Request, "seller", gullible):
            found = sum(bool(list(judged(ask, *pair, person=True))) for pair in pairs)
    seen = f"{found} of {len(pairs)} tries tell of it, {sound} without the bug"
    return Twin("a seller who is whoever a header says", sound == 0 < found, seen)


def _twin_of_forgeries(all_forgeries: list[tuple[str, str]]) -> Twin:
    """A gateway that reads tokens without verifying them."""
    let_in = 0
    for _, token in all_forgeries:
        try:
            claims = _read(token.split(".")[1])
        except (IndexError, ValueError):
            continue
        with _in_process(claims) as ask:
            let_in += ask(Try("view_order", "as it is meant", {"order_id": ORDER}))[0] == 200
    seen = f"{let_in} of {len(all_forgeries)} forgeries are let in"
    return Twin("a gateway that does not verify signatures", let_in > len(all_forgeries) // 4, seen)
