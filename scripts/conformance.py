"""Whether any deployment keeps what this service promises, seen from outside: `make conformance BASE_URL=...`.

It places orders of its own, under ids that nobody else has, and leaves them there. Who calls says .local/stack.json
(`make up` and `make describe` write it), or the variables SELLER_TOKEN, OTHER_SELLER_TOKEN, PLANNER_TOKEN and
CENTER_TOKEN, with SELLER_ID, OTHER_SELLER_ID and FC_ID. Prints a table; exits with 1 if anything is not kept.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from urllib3.exceptions import HTTPError

from local.client import Answer, Client, machine_token, seller_tokens
from local.cloud import ROOT
from local.seed import ago, placement

RACES = 12
PROBLEM = "application/problem+json"


class NotKept(Exception):
    """What was expected, and what came."""


@dataclass(frozen=True)
class Callers:
    """Who calls a deployment: two sellers' people, the planner, and one fulfillment center."""

    seller: Client
    other_seller: Client
    planner: Client
    center: Client

    def placed(self, owner: Client | None = None) -> str:
        """A new order of the seller's, or of ``owner``'s, at the center; returns its id."""
        order_id = f"CONFORMANCE-{secrets.token_hex(6)}"
        route = f"/sellers/{(owner or self.seller).name}/orders/{order_id}"
        _expect(self.planner.put(route, placement(7, (self.center.name,), ("SKU-1", "SKU-2"))), 201)
        return order_id

    def packed(self) -> str:
        """One that is picked and packed."""
        order_id = self.placed()
        _expect(self.report(order_id, "picked_packed"), 200)
        return order_id

    def report(self, order_id: str, event: str) -> Answer:
        return self.center.report(self.center.name, self.seller.name, order_id, event, ago())


def cancel(callers: Callers) -> None:
    """A cancel is a definite yes, and says that the marketplace was not told"""
    body = _expect(callers.seller.cancel(callers.placed(), {"reason": "customer_request"}), 200).body
    _same("status and outcome", (body["status"], body["outcome"]), ("cancelled", "cancelled"))
    _same("what is left to do", "cancel_in_marketplace" in {step["action"] for step in body["next_steps"]}, True)


def cancel_again(callers: Callers) -> None:
    """A second cancel is answered with the first cancellation"""
    order_id = callers.placed()
    first = _expect(callers.seller.cancel(order_id, {"reason": "wrong_address"}), 200).body
    second = _expect(callers.seller.cancel(order_id, {"reason": "other"}), 200).body
    _same("outcome", second["outcome"], "already_cancelled")
    _same("cancellation", second["cancellation"], first["cancellation"])


def key_replayed(callers: Callers) -> None:
    """The same Idempotency-Key gets the same answer, marked as a replay"""
    order_id, key = callers.placed(), secrets.token_hex(8)
    first = _expect(callers.seller.cancel(order_id, {"reason": "other"}, key), 200)
    again = _expect(callers.seller.cancel(order_id, {"reason": "other"}, key), 200)
    _same("body", again.body, first.body)
    _same("Idempotent-Replayed", again.headers.get("Idempotent-Replayed"), "true")
    _same("Idempotent-Replayed of the first", first.headers.get("Idempotent-Replayed"), None)


def key_reused(callers: Callers) -> None:
    """The same Idempotency-Key for something else is refused"""
    order_id, key = callers.placed(), secrets.token_hex(8)
    _expect(callers.seller.cancel(order_id, {"reason": "other"}, key), 200)
    _refused(callers.seller.cancel(order_id, {"reason": "pricing_error"}, key), 422, "idempotency_key_reused")


def refusal(callers: Callers) -> None:
    """A packed order is a definite no: who packed it, when, and what to do"""
    order_id = callers.packed()
    body = _refused(callers.seller.cancel(order_id), 409, "order_picked_packed")
    _same("order", (body["order_id"], body["order_status"]), (order_id, "picked_packed"))
    _same("who packed it", [each["fc_id"] for each in body["packed"]], [callers.center.name])
    _same("what to do", {"contact_marketplace_or_customer"} <= {step["action"] for step in body["next_steps"]}, True)


def put_back(callers: Callers) -> None:
    """A center that goes on with a cancelled order is told to put the goods back"""
    order_id = callers.placed()
    _expect(callers.seller.cancel(order_id), 200)
    body = _refused(callers.report(order_id, "picked_packed"), 409, "order_cancelled")
    _same("instruction", body.get("instruction"), "put_back")


def race(callers: Callers) -> None:
    """Of a cancel and a pick-pack at the same moment exactly one wins, and all say the same"""
    order_ids = [callers.placed() for _ in range(RACES)]
    with ThreadPoolExecutor(2) as pool:
        for order_id in order_ids:
            cancelling = pool.submit(callers.seller.cancel, order_id)
            packing = pool.submit(callers.report, order_id, "picked_packed")
            cancelled, packed = cancelling.result().status == 200, packing.result().status == 200
            _same(f"winners of {order_id}", cancelled + packed, 1)
            status = _expect(callers.seller.get(f"/orders/{order_id}"), 200).body["status"]
            _same(f"status of {order_id}", status, "cancelled" if cancelled else "picked_packed")


def tenant_wall(callers: Callers) -> None:
    """Another seller's order cannot be told from one that is not there, and is not touched"""
    theirs, missing = callers.placed(callers.other_seller), f"CONFORMANCE-{secrets.token_hex(6)}"
    for method, route in (("GET", "/orders/{}"), ("POST", "/orders/{}/cancel")):
        answer = callers.seller.call(method, route.format(theirs))
        _refused(answer, 404, "order_not_found")
        nothing = callers.seller.call(method, route.format(missing)).raw.decode()
        _same("answer", answer.raw.decode().replace(theirs, missing), nothing)
    status = _expect(callers.other_seller.get(f"/orders/{theirs}"), 200).body["status"]
    _same("status of the other's order", status, "received")


def batch(callers: Callers) -> None:
    """A batch has a result for each order, and hides no refusal behind its 200"""
    good, packed, missing = callers.placed(), callers.packed(), f"CONFORMANCE-{secrets.token_hex(6)}"
    orders = [{"order_id": order_id} for order_id in (good, packed, missing)]
    body = _expect(callers.seller.post("/orders/cancel", {"orders": orders}), 200).body
    _same("outcome", body["outcome"], "partial_success")
    found = {each["order_id"]: (each["outcome"], each.get("code")) for each in body["results"]}
    expected = {
        good: ("cancelled", None),
        packed: ("refused", "order_picked_packed"),
        missing: ("refused", "order_not_found"),
    }
    _same("results", found, expected)
    _same("refused", body["counts"]["refused"], 2)


def bad_input(callers: Callers) -> None:
    """What is not understood is refused with its reason, and nothing is done"""
    order_id = callers.placed()
    for body in ('{"reason": "customer_request", "refund": true}', '{"reason": ["other"]}', '{"note": NaN}', "[]"):
        answer = callers.seller.send("POST", f"/orders/{order_id}/cancel", body, {"Content-Type": "application/json"})
        _refused(answer, 400, "invalid_request")
    _same("status", _expect(callers.seller.get(f"/orders/{order_id}"), 200).body["status"], "received")


def no_token(callers: Callers) -> None:
    """Without a token nothing is answered, in the same shape"""
    _refused(Client(callers.seller.api_url, None).get("/orders"), 401, "unauthorized")


def headers(callers: Callers) -> None:
    """Every answer can be found again, and is kept by nobody"""
    for answer in (callers.seller.get("/orders"), callers.seller.get("/orders/CONFORMANCE-none")):
        _same("Cache-Control", answer.headers.get("Cache-Control"), "no-store")
        _same("X-Request-Id", bool(answer.headers.get("X-Request-Id")), True)


CHECKS: Sequence[Callable[[Callers], None]] = (
    cancel, cancel_again, key_replayed, key_reused, refusal, put_back, race, tenant_wall, batch, bad_input, no_token,
    headers,
)  # fmt: skip


def verdicts(callers: Callers) -> list[tuple[str, str, str]]:
    """Of each check: its name, what it asks, and what is wrong; nothing if it is kept."""
    found = []
    for check in CHECKS:
        wrong = ""
        try:
            check(callers)
        except NotKept as failure:
            wrong = str(failure)
        except (KeyError, TypeError, ValueError) as failure:
            wrong = f"the answer is not of the shape that was expected: {failure!r}"
        found.append((check.__name__, str(check.__doc__), wrong))
    return found


def _expect(answer: Answer, status: int) -> Answer:
    if answer.status != status:
        raise NotKept(f"{status} was expected, it is {answer.status}: {answer.raw.decode(errors='replace')[:300]}")
    return answer


def _refused(answer: Answer, status: int, code: str) -> dict[str, Any]:
    body: dict[str, Any] = _expect(answer, status).body
    _same("Content-Type", answer.headers.get("Content-Type", "").partition(";")[0], PROBLEM)
    _same("code and status", (body.get("code"), body.get("status")), (code, status))
    missing = {"type", "title", "detail"} - body.keys()
    _same("missing from the problem", missing, set())
    return body


def _same(what: str, found: Any, expected: Any) -> None:
    if found != expected:
        raise NotKept(f"{what}: {expected!r} was expected, it is {found!r}"[:500])


def callers_of(stack: dict[str, Any] | None, base_url: str | None) -> Callers:
    """From the environment's tokens, or from what stack.json says. Raises NotKept where neither is there."""
    told = os.environ
    if "SELLER_TOKEN" in told:
        if not base_url:
            raise NotKept("BASE_URL must say where the API is.")
        return Callers(
            Client(base_url, told["SELLER_TOKEN"], told["SELLER_ID"]),
            Client(base_url, told["OTHER_SELLER_TOKEN"], told["OTHER_SELLER_ID"]),
            Client(base_url, told["PLANNER_TOKEN"], "planner"),
            Client(base_url, told["CENTER_TOKEN"], told["FC_ID"]),
        )
    if stack is None or not stack["sellers"]:
        raise NotKept("Who calls? Run make up, or make describe STACK=..., or set SELLER_TOKEN and the others.")
    api = (base_url or stack["api_url"]).rstrip("/")
    cognito = boto3.client(
        "cognito-idp",
        endpoint_url=stack["endpoint_url"],
        region_name=stack["region"],
        config=Config(signature_version=UNSIGNED),
    )
    people = [
        Client(
            api,
            seller_tokens(cognito, stack["portal_client_id"], each["username"], each["password"])["IdToken"],
            each["seller_id"],
        )
        for each in stack["sellers"][:2]
    ]
    network, center = stack["network"], stack["fulfillment_centers"][0]
    planner = machine_token(stack["token_url"], network["client_id"], network["client_secret"], "network/orders")
    reports = machine_token(stack["token_url"], center["client_id"], center["client_secret"], "fulfillment/events")
    return Callers(people[0], people[1], Client(api, planner, "planner"), Client(api, reports, center["fc_id"]))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="make conformance", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base-url", help="what a route is appended to; by default what stack.json says")
    parser.add_argument("--stack-json", type=Path, default=ROOT / ".local" / "stack.json")
    chosen = parser.parse_args(arguments)
    stack = json.loads(chosen.stack_json.read_text()) if chosen.stack_json.exists() else None
    try:
        callers = callers_of(stack, chosen.base_url or None)
        found = verdicts(callers)
    except NotKept as error:
        print(error, file=sys.stderr)
        return 2
    except (HTTPError, OSError) as error:
        print(f"The API cannot be reached: {error}", file=sys.stderr)
        return 2
    width = max(len(name) for name, _, _ in found)
    for name, asked, wrong in found:
        print(
            f"{'FAIL' if wrong else 'ok  '}  {name:{width}}  {asked}"
            + (f"\n      {'':{width}}  {wrong}" if wrong else "")
        )
    failed = sum(bool(wrong) for _, _, wrong in found)
    print(f"\n{callers.seller.api_url}: {len(found) - failed} of {len(found)} kept.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
