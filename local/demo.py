"""`make demo`: the local stack, and the story of a cancellation told live over HTTP with real tokens.

DEMO_EXIT=1 leaves after the story; otherwise the stack stays up until Ctrl-C.
"""

import contextlib
import json
import os
import shutil
import sys
import textwrap
import threading
import time
from typing import Any

from local import seed, stack
from local.client import Answer, Client, seller_tokens
from local.cloud import LocalCloudError
from local.mailbox import messages

_COLOR = sys.stdout.isatty() and "NO_COLOR" not in os.environ
_BOLD, _DIM, _GREEN, _YELLOW = "1", "2", "32", "33"
_WIDEST = 120  # columns of a line, where the terminal has more

_RACES = {"DEMO-5": 0, "DEMO-6": 5, "DEMO-7": 10, "DEMO-8": 20, "DEMO-9": 50}  # how many ms later the seller asks
_PATIENCE, _SILENCE = 30.0, 3.0  # seconds that a mail may take, and between two words about it


class StoryFailed(Exception):
    """The API did not answer as the story says it must."""


def tell(cognito: Any, description: dict[str, Any]) -> None:
    """Tell the story. Raises StoryFailed at the first answer that is not what it must be."""
    seller = description["sellers"][0]
    acme = Client(
        description["api_url"],
        seller_tokens(cognito, description["portal_client_id"], seller["username"], seller["password"])["IdToken"],
        "seller acme",
    )
    planner = seed.network_client(description)
    lax1 = seed.fulfillment_center_client(description, "LAX1")
    goods = ("TENT-2P-GRN", "LAMP-HEAD-01")
    for number, order_id in enumerate(("DEMO-1", "DEMO-2", "DEMO-3", "DEMO-4", *_RACES, "DEMO-10"), start=71):
        centers = ("LAX1", "EWR2") if order_id == "DEMO-10" else ("LAX1",)
        _must(planner.put(f"/sellers/acme/orders/{order_id}", seed.placement(number, centers, goods)), 201)

    _chapter(1, "A seller cancels an order that is not packed yet")
    _show(acme, "POST", "/orders/DEMO-1/cancel", acme.cancel("DEMO-1", {"reason": "customer_request"}, "k-1"), 200)

    _chapter(2, "The answer got lost and the browser asks again: same key, same answer, nothing done twice")
    again = acme.cancel("DEMO-1", {"reason": "customer_request"}, "k-1")
    _show(acme, "POST", "/orders/DEMO-1/cancel", again, 200)
    _say(f"      Idempotent-Replayed: {again.headers.get('Idempotent-Replayed')}", _DIM)

    _chapter(3, "The fulfillment center wants to pick the cancelled order, and is stopped")
    picking = lax1.report("LAX1", "acme", "DEMO-1", "picking", seed.ago())
    _show(lax1, "POST", "/fulfillment-centers/LAX1/events", picking, 409)

    _chapter(4, "LAX1 packs another order first; the seller gets a definite no that says what to do")
    _must(lax1.report("LAX1", "acme", "DEMO-2", "picked_packed", seed.ago()), 200)
    _show(acme, "POST", "/orders/DEMO-2/cancel", acme.cancel("DEMO-2"), 409)

    _chapter(5, "Two at once: the seller cancels while LAX1 packs. One wins, and the other is told so")
    for order_id, behind in _RACES.items():
        _race(acme, lax1, order_id, behind)

    _chapter(6, "LAX1 has packed its part of a split order; the seller cancels what EWR2 has not")
    _must(lax1.report("LAX1", "acme", "DEMO-10", "picked_packed", seed.ago()), 200)
    part = acme.cancel("DEMO-10", {"fulfillment_centers": ["EWR2"]})
    _show(acme, "POST", "/orders/DEMO-10/cancel", part, 200)

    _chapter(7, "The network cannot ship two orders and cancels them itself")
    entries = [
        {"seller_id": "acme", "order_id": "DEMO-3", "reason": "stockout", "skus": ["TENT-2P-GRN"]},
        {"seller_id": "acme", "order_id": "DEMO-4", "reason": "mislinked_sku", "skus": ["LAMP-HEAD-01"]},
    ]
    cancelled = planner.post("/auto-cancellations", {"cancellations": entries})
    _show(planner, "POST", "/auto-cancellations", cancelled, 200)
    if cancelled.body["outcome"] != "success":
        raise StoryFailed(f"The auto-cancellations were not all done: {cancelled.body}")

    _chapter(8, "The stream brings them to the mail function, and the seller gets one summary")
    mail = _wait_for_mail(description)
    _say(f"  To {', '.join(mail['To'])}", _BOLD)
    _say(f"  {mail['Subject']}", _GREEN)
    # The table behind it is better read in the mailbox.
    beginning = mail["BodyText"].partition("THE CANCELLED ORDERS")[0]
    for line in beginning.strip().splitlines():
        _say(f"      {line}", _DIM)


def _race(acme: Client, lax1: Client, order_id: str, behind: int) -> None:
    """Both ask, the seller so many milliseconds later. Raises StoryFailed unless exactly one was told yes."""
    answers: dict[str, Answer] = {}
    start = threading.Barrier(2)

    def pack() -> None:
        start.wait()
        answers["LAX1"] = lax1.report("LAX1", "acme", order_id, "picked_packed", seed.ago())

    def cancel() -> None:
        start.wait()
        time.sleep(behind / 1000)
        answers["seller acme"] = acme.cancel(order_id)

    both = [threading.Thread(target=ask) for ask in (pack, cancel)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    winners = [name for name, answer in answers.items() if answer.status == 200]
    if len(winners) != 1 or {answer.status for answer in answers.values()} != {200, 409}:
        raise StoryFailed(f"Of {order_id} not exactly one won: {[(n, a.status) for n, a in answers.items()]}")
    (loser,) = answers.keys() - set(winners)
    told = answers[loser].body
    when = f"the seller {behind} ms behind" if behind else "in the same moment"
    _say(f"  {order_id}  {when}: {winners[0]} wins", _GREEN)
    _say(f"          {loser}  409  {told.get('instruction') or told['code']}", _YELLOW)


def _wait_for_mail(description: dict[str, Any]) -> dict[str, Any]:
    began = told = time.monotonic()
    while (now := time.monotonic()) < began + _PATIENCE:
        for mail in messages(description["endpoint_url"]):
            if "DEMO-3" in mail["BodyText"] and "DEMO-4" in mail["BodyText"]:
                return mail
        if now - told > _SILENCE:
            told = now
            _say(f"      waiting for it, {now - began:.0f} s", _DIM)
        time.sleep(0.25)
    raise StoryFailed(f"No summary of DEMO-3 and DEMO-4 came within {_PATIENCE:.0f} s.")


def _show(caller: Client, method: str, route: str, answer: Answer, expected: int) -> None:
    _say(f"  {caller.name}  {method} {route}", _BOLD)
    _must(answer, expected)
    body = answer.body
    color = _GREEN if answer.status < 400 else _YELLOW
    _say(f"  {answer.status}  {body.get('message') or body.get('detail') or body.get('outcome')}", color, hang=7)
    for result in body.get("results", ()):
        _say(f"      {result['order_id']}  {result['outcome']}  {result['cancellation']['reason']}", color)
    if "instruction" in body:
        _say(f"      instruction: {body['instruction']}", color)
    for step in body.get("next_steps", ()):
        _say(f"      → {step['text']}", _DIM, hang=8)


def _must(answer: Answer, expected: int) -> None:
    if answer.status != expected:
        raise StoryFailed(f"Expected {expected}, got {answer.status}: {json.dumps(answer.body, indent=2)}")


def _chapter(number: int, text: str) -> None:
    _say(f"\n{number}. {text}", _BOLD)


def _say(text: str, code: str = "", hang: int = 0) -> None:
    """Print a text, wrapped where the terminal ends; ``hang`` is where its further lines begin."""
    width = min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST)
    hang = hang or len(text) - len(text.lstrip())
    for line in text.split("\n"):
        wrapped = textwrap.wrap(
            line, width, subsequent_indent=" " * hang, break_long_words=False, break_on_hyphens=False
        )
        for part in wrapped or [""]:
            print(f"\033[{code}m{part}\033[0m" if _COLOR and code else part, flush=True)


def main() -> int:
    stack.interrupted_by_any_end()
    try:
        cloud = stack.local_cloud()
        description = stack.up(cloud, lambda text: print(text, flush=True))
    except LocalCloudError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; nothing is left running.", file=sys.stderr)
        return 130
    try:
        tell(cloud.client("cognito-idp"), description)
        _say(f"\nPortal    {description['portal_url']}   (sign in as {_sign_in(description)})")
        _say(f"Mailbox   {description['mailbox_url']}")
        _say(f"API       {description['api_url']}")
        if os.environ.get("DEMO_EXIT"):
            return 0
        _say("\nEverything stays up until you press Ctrl-C.")
        while True:
            time.sleep(3600)
    except StoryFailed as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print()
        return 0
    finally:
        stopped = cloud.stop(started_here=True)
        with contextlib.suppress(OSError):  # the terminal may be closed
            print("Stopped." if stopped else "Another make up or make demo has taken over; it goes on.", flush=True)


def _sign_in(description: dict[str, Any]) -> str:
    seller = description["sellers"][0]
    return f"{seller['username']} / {seller['password']}"


if __name__ == "__main__":
    sys.exit(main())
