"""Every sentence about a split order, for every mix of its parts, judged by what is true of each of them.

One to three centers, each with its part at a step, cancelled by the seller, cancelled by the network, or moved away;
and the same with what is left cancelled as a whole. All that anybody can be told of such an order is generated. What
is said of a center is found by CLAIMS and compared with the order; a center that is named otherwise is a claim that
nobody has judged, and fails.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

from order_cancellation.actions.cancel import Cancelled
from order_cancellation.domain import orders
from order_cancellation.domain.cancellations import Cancellation
from order_cancellation.domain.orders import Order
from order_cancellation.http import documents
from order_cancellation.http.safe_reply import safe_reply
from order_cancellation.mail.compose import compose
from tests.support import examples
from tests.support.cancelled_orders import ACME

CENTERS = ("LAX1", "EWR2", "ONT8")
SELLER, AUTO, MOVED = "cancelled by seller", "auto-cancelled", "moved"
STATES = (*orders.PROGRESS, SELLER, AUTO, MOVED)
PACKED = (orders.PICKED_PACKED, orders.SHIPPED, orders.DELIVERED)
OUTCOMES: tuple[Literal["cancelled"], Literal["already_cancelled"]] = ("cancelled", "already_cancelled")
NOW = "2026-11-24T09:00:00.000Z"


class Mix(NamedTuple):
    """An order, and the state of each of its centers."""

    order: Order
    states: dict[str, str]

    def are(self, names: str, *states: str) -> bool:
        """Whether all these centers are in one of these states."""
        return all(self.states[name] in states for name in NAME.findall(names))


def mixes(centers: int) -> Iterator[Mix]:
    names = CENTERS[:centers]
    for states in itertools.product(STATES, repeat=centers):
        mix = dict(zip(names, states, strict=True))
        live = {name: events(state) for name, state in mix.items() if state in orders.PROGRESS}
        ended = [(name, cancellation(name, state)) for name, state in mix.items() if state in (SELLER, AUTO)]
        moved = [name for name, state in mix.items() if state == MOVED]
        if not live:
            continue  # the last part that is cancelled cancels the order: below
        order = examples.split_order(live, *ended, moved=moved)
        yield Mix(order, mix)
        if order.cancellable:
            for state in (SELLER, AUTO):
                whole = cancellation("whole", state)
                states_now = {name: state if name in live else was for name, was in mix.items()}
                yield Mix(order._replace(status=orders.CANCELLED, cancellation=whole), states_now)


def events(state: str) -> dict[str, str]:
    reached = orders.EVENTS[: orders.PROGRESS.index(state)]
    return {event: f"2026-11-23T{10 + hour}:00:00Z" for hour, event in enumerate(reached)}


def cancellation(name: str, state: str) -> Cancellation:
    made = examples.auto_cancellation if state == AUTO else examples.cancellation
    own = {"actor": examples.PERSON} if state == SELLER else {}
    return made(cancellation_id=f"{CENTERS.index(name) if name in CENTERS else 9:032}", **own)


# --------------------------------------------------------------------------------------- what anybody can be told of it


def told(mix: Mix) -> Iterator[tuple[str, str]]:
    """(what it is, the text)."""
    order, states = mix
    reader = examples.PERSON
    yield from _texts("viewed", documents.order_document(order, reader))
    yield "safe reply", safe_reply(order, NOW)
    for name, state in states.items():
        ended = order.cancellation_of(name)
        if ended:
            for outcome in OUTCOMES:
                done = Cancelled(order, outcome, ended, (name,))
                yield from _texts(f"{name} {outcome}", documents.cancel_document(done, reader))
            if not order.cancellation:
                yield from _texts(f"to {name}", documents.put_back_part(order, name))
        elif state == MOVED:
            yield from _texts(f"{name} moved", documents.parts_moved(order, [name]))
            if not order.cancellation:
                yield from _texts(f"to {name}", documents.put_back_part(order, name))
    if order.cancellation:
        for outcome in OUTCOMES:
            done = Cancelled(order, outcome, order.cancellation)
            yield from _texts(outcome, documents.cancel_document(done, reader))
        yield from _texts("to a center", documents.put_back(order))
    elif not order.cancellable:
        yield from _texts("refused", documents.why_not_cancellable(order, reader))
        packed = [name for name, state in states.items() if state in PACKED]
        for count in range(1, len(packed) + 1):
            for named in itertools.combinations(packed, count):
                yield from _texts("parts refused", documents.parts_packed(order, named))
                yield from _texts("not moved", documents.not_movable(order, named, "order_picked_packed"))
    gone = [name for name, state in states.items() if state in (SELLER, AUTO)]
    if gone and not order.cancellation:
        yield from _texts("not moved", documents.not_movable(order, gone, "part_withdrawn"))
    by_network = [each.cancellation_id for each in order.cancellations() if each.kind == "auto"]
    if by_network:
        mail = compose(ACME, "S-1", [order], "https://portal.test", told={order.order_id: by_network})
        yield "mail", " ".join(mail.text.split())


def _texts(what: str, document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("message", "detail"):
        if name in document:
            yield f"{what}: {name}", document[name]
    if because := document.get("not_cancellable_because"):
        yield f"{what}: because", because["detail"]
    for step in document.get("next_steps", ()):
        yield f"{what}: {step['action']}", step["text"]


# ---------------------------------------------------------------------------------------------------- what must be true

NAME = re.compile("|".join(CENTERS))
_NAMES = r"((?:(?:LAX1|EWR2|ONT8)(?:'s)?(?:, | and )?)+)"
Judge = Callable[[Mix, str], bool]


def _are(*states: str) -> Judge:
    return lambda mix, names: mix.are(names, *states)


BEGUN = (orders.RECEIVED, orders.ALLOCATED, orders.PICKING)
# What can be said of centers, and when it is true.
CLAIMS: dict[str, Judge] = {
    rf"{_NAMES} has packed its part": _are(orders.PICKED_PACKED),
    rf"{_NAMES} has shipped its part": _are(orders.SHIPPED),
    rf"{_NAMES} has delivered its part": _are(orders.DELIVERED),
    rf"{_NAMES} has not packed its part yet": _are(*BEGUN),
    rf"{_NAMES} (?:has|have) not packed yet\. If the customer can do without, cancel": _are(*BEGUN),
    rf"(?:fulfillment center )?{_NAMES} picked and packed (?:its part|it) on": _are(*PACKED),
    rf"{_NAMES} parts? of order A-1001 can still be cancelled": _are(*BEGUN),
    rf"{_NAMES} parts? of order A-1001 can no longer be cancelled": _are(*PACKED),
    rf"{_NAMES} parts? of order A-1001 (?:has|have) been successfully cancelled": _are(SELLER, AUTO),
    rf"You cancelled {_NAMES} parts? of order A-1001 already": _are(SELLER),
    rf"{_NAMES} parts? of order A-1001 (?:was|were) cancelled automatically on": _are(AUTO),
    rf"{_NAMES} parts? of order A-1001 (?:is|are) cancelled, and stays? so: leave {_NAMES} out": _are(SELLER, AUTO),
    rf"by what {_NAMES} will not ship": _are(SELLER, AUTO),
    rf"{_NAMES} has no part of order A-1001 any more": _are(MOVED),
    rf"Nothing can be taken from {_NAMES} any more": _are(*PACKED),
    rf"Cancelled {_NAMES}: \S+\. Out of stock": _are(AUTO),
    rf"Cancelled {_NAMES}: all that it was to ship\. By its seller": _are(SELLER),
}
# What can be said of the order, and when it is true.
OF_THE_ORDER: dict[str, Callable[[Order], bool]] = {
    "The parcel": lambda order: len(order.fulfillment_centers) == 1 and not order.part_cancellations,
    r"(?<!It )will be shipped": lambda order: (
        order.status == orders.PICKED_PACKED and len(order.fulfillment_centers) == 1
    ),
    "Do not cancel (?:the )?order": lambda order: not order.cancellation,
    "Cancel order .* too": lambda order: order.cancellation is not None,
    "correct the quantity": lambda order: order.partially_cancelled or bool(order.still_cancellable),
    "Still comes Nothing": lambda order: not order.live,
    "Part of your order .* reported as delivered": lambda order: _some(order, orders.DELIVERED),
    "Part of your order .* handed over": lambda order: _some(order, orders.SHIPPED),
    "Part of your order .* has been packed": lambda order: _some(order, *PACKED),
    "neither been packed nor cancelled": lambda order: bool(order.still_cancellable),
    "stopped part of your order": lambda order: order.partially_cancelled,
    "stopped your order": lambda order: order.cancellation is not None,
    "can no longer cancel it": lambda order: not order.still_cancellable and not order.part_cancellations,
    "has not been cancelled": lambda order: order.cancellable and not order.part_cancellations,
    "Your order has been successfully cancelled": lambda order: order.cancellation is not None,
    "partly shipped": lambda order: order.partially_cancelled,
    "1 order cancelled": lambda order: order.cancellation is not None,
}


def _some(order: Order, *states: str) -> bool:
    return any(order.fulfillment_center_status(fc_id) in states for fc_id in order.live)


def judged(mix: Mix, what: str, text: str) -> Iterator[str]:
    """What is wrong with a text."""
    left = text
    for pattern, holds in CLAIMS.items():
        for found in re.finditer(pattern, text):
            if not holds(mix, found[0]):
                yield f"false: {found[0]}"
            left = left.replace(found[0], "")
    if unjudged := NAME.search(left):
        yield f"nobody has judged what it says of {unjudged[0]}: {left}"
    for pattern, is_true in OF_THE_ORDER.items():
        if (found_once := re.search(pattern, text)) and not is_true(mix.order):
            yield f"false: {found_once[0]}"
    named_gone = [name for name, state in mix.states.items() if state in (SELLER, AUTO, MOVED) and name in text]
    live = list(mix.order.live)
    if live and named_gone and not what.startswith(("to ", "mail")):
        first = min(text.index(name) for name in live) if all(name in text for name in live) else len(text)
        if first > min(text.index(name) for name in named_gone):
            yield "what goes on is not said first"


def test_no_sentence_is_false_of_any_mix_of_parts() -> None:
    texts = [(mix, what, text) for centers in (1, 2, 3) for mix in mixes(centers) for what, text in told(mix)]
    for mix, what, text in texts:
        assert list(judged(mix, what, text)) == [], f"{mix.states}, {what}: {text}"
        assert "  " not in text, text
        assert text[0].isupper() or what == "mail", text
    assert len(texts) > 25_000
    said = "\n".join(text for _, _, text in texts)
    unsaid = [pattern for pattern in (*CLAIMS, *OF_THE_ORDER) if not re.search(pattern, said)]
    assert unsaid == [], "what nobody says need not be judged"


def test_the_judge_finds_what_is_false() -> None:
    (mix,) = [mix for mix in mixes(2) if list(mix.states.values()) == [orders.DELIVERED, AUTO]]
    for text in (
        "EWR2 has packed its part.",
        "LAX1 has packed its part.",
        "The parcel will be shipped.",
        "You cancelled EWR2's part of order A-1001 already, on 23 Nov.",
        "EWR2's part of order A-1001 was cancelled automatically on 23 Nov. LAX1 has delivered its part.",
        "EWR2 is on its way.",
    ):
        assert list(judged(mix, "told", text)), text
