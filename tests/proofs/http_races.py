"""Races over HTTP on the deployed template: whatever each caller was told must be one story about one order.

Eight requests at once for every order. For one half of the orders these are two cancels, one of them a second time with
its Idempotency-Key, the network's auto-cancel, two fulfillment centers packing, one of them shipping, and somebody who
looks. For the other half, parts: the seller cancels one, then all; the network cancels the other, and moves it; both
centers pack, and one of them ships. When all have been answered the order is read again. The answers, with the times of
their calls and returns, must be linearizable.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from typing import Any
from unittest.mock import patch

from local import seed as seeds
from local import stack
from local.client import Answer as HttpAnswer
from local.client import Client, seller_tokens
from local.cloud import Cloud
from order_cancellation.domain import times
from order_cancellation.tables.orders import Orders
from tests.proofs.callers import named
from tests.proofs.callers import send as send_in_process
from tests.proofs.linearizability import UNKNOWN, Operation, answer_of, linearizable
from tests.proofs.order_model import AutoCancel, Cancel, Move, Request, View, new_order
from tests.proofs.order_model import Report as FcReport
from tests.proofs.scoreboard import Progress, Report, Say, Twin, timed
from tests.support import rig
from tests.support.memory_tables import Tables
from tests.support.rig import CENTERS, SELLER, Service

LINE = "races over HTTP"
AT_ONCE = 8
TWIN_ORDERS = 40

# by which of the eight, what; status, body, headers
Send = Callable[[int, Request], tuple[int, Any, Mapping[str, str]]]


def check(orders: int, seed: int, say: Say, cloud: Cloud) -> Report:
    """Needs the deployed stack of ``cloud``."""
    report = Report(LINE, "local cloud (whole stack)", seed, unit="orders")
    description = stack.read_description(cloud.directory)
    with timed(report):
        send = _over_http(cloud, description)
        place = _placing(cloud, description)
        told: Counter[str] = Counter()
        progress = Progress(LINE, say)
        for number, history in enumerate(race(orders, seed, place, send), start=1):
            told.update(str(operation.answer[0]) for operation in history)
            if not linearizable(history, new_order(CENTERS)):
                report.broke.append(_told(history))
            report.broke += [f"{_told(history)}: no answer" for each in history[:AT_ONCE] if each.answer == UNKNOWN]
            progress(number, orders, "orders")
        report.tried = orders
        report.facts = {"requests": orders * (AT_ONCE + 1), "answers": dict(sorted(told.items()))}
        report.twins = [_twin(cloud, description, place, seed)]
    return report


def race(orders: int, seed: int, place: Callable[[str], None], send: Send) -> Iterator[list[Operation]]:
    """The history of one order after the other."""
    random = Random(seed)
    run = f"{seed}-{time.time_ns():x}"  # a stack may see the same seed twice
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(orders):
            order_id = f"H-{run}-{number}"
            place(order_id)
            requests = _requests(order_id, in_parts=number % 2 == 1)
            random.shuffle(requests)

            # A report takes three DynamoDB calls and a cancel one: a head start for the reports lets either side win.
            head_start = random.choice((0.0, 0.0, 0.02, 0.04))
            waits = [
                random.uniform(0, 0.03) + head_start * isinstance(request, Cancel | AutoCancel | Move)
                for request in requests
            ]

            def operate(index: int, request: Request, wait: float = 0.0) -> Operation:
                time.sleep(wait)
                start = time.monotonic()
                answer = answer_of(request, *send(index, request))
                end = time.monotonic()
                return Operation.lost(request, start) if answer == UNKNOWN else Operation(request, answer, start, end)

            history = list(pool.map(operate, range(AT_ONCE), requests, waits))
            # On a busy machine the SDK inside the function may have lost an answer, and asked again, unseen by us.
            history += [
                Operation.lost(operation.request, operation.start)
                for operation in history
                if operation.answer[0] == "already_recorded"
            ]
            history.append(operate(0, View(order_id)))
            yield history


def _requests(order_id: str, *, in_parts: bool) -> list[Request]:
    # The seller's request ids are API Gateway's own: a replay is told by the key, from another request.
    # Of today: where a report is more than a day late, our own clock decides who packed first, and the model has none.
    at = f"{times.now()[:16]}:0{{}}Z".format
    if in_parts:
        return [
            Cancel(order_id, "request-1", "first", "key-1", ("EWR2",)),
            Cancel(order_id, "request-2", "first", "key-1", ("EWR2",)),
            Cancel(order_id, "request-3", "second"),
            AutoCancel(order_id, "request-4", "auto", ("LAX1",)),
            Move(order_id, ("DFW3", "LAX1")),
            FcReport(order_id, "LAX1", "picked_packed", at(1)),
            FcReport(order_id, "EWR2", "picked_packed", at(2)),
            FcReport(order_id, "LAX1", "shipped", at(3)),
        ]
    return [
        Cancel(order_id, "request-1", "first", key="key-1"),
        Cancel(order_id, "request-2", "first", key="key-1"),
        Cancel(order_id, "request-3", "second"),
        AutoCancel(order_id, "request-4", "auto"),
        FcReport(order_id, "LAX1", "picked_packed", at(1)),
        FcReport(order_id, "EWR2", "picked_packed", at(2)),
        FcReport(order_id, "LAX1", "shipped", at(3)),
        View(order_id),
    ]


def _over_http(cloud: Cloud, description: Mapping[str, Any]) -> Send:
    person = next(seller for seller in description["sellers"] if seller["seller_id"] == SELLER)
    tokens = seller_tokens(
        cloud.client("cognito-idp"), description["portal_client_id"], person["username"], person["password"]
    )
    seller = Client(description["api_url"], tokens["IdToken"], SELLER)
    planner = seeds.network_client(dict(description))
    centers = {fc_id: seeds.fulfillment_center_client(dict(description), fc_id) for fc_id in CENTERS}

    def send(_: int, request: Request) -> tuple[int, Any, Mapping[str, str]]:
        answer: HttpAnswer
        match request:
            case Cancel():
                body = {"reason": "customer_request", "note": request.label, **named(request)}
                answer = seller.cancel(request.order_id, body, request.key)
            case AutoCancel():
                order = {"seller_id": SELLER, "order_id": request.order_id}
                entry = {**order, "reason": "stockout", "detail": request.label, **named(request)}
                answer = planner.post("/auto-cancellations", {"cancellations": [entry]})
            case Move():
                path = f"/sellers/{SELLER}/orders/{request.order_id}/fulfillment-centers"
                answer = planner.put(path, {"fulfillment_centers": list(request.to)})
            case FcReport():
                center = centers[request.fc_id]
                answer = center.report(request.fc_id, SELLER, request.order_id, request.event, request.at)
            case View():
                answer = seller.get(f"/orders/{request.order_id}")
        return answer.status, answer.body, {name.lower(): value for name, value in answer.headers.items()}

    return send


def _placing(cloud: Cloud, description: Mapping[str, Any]) -> Callable[[str], None]:
    dynamodb, table = cloud.client("dynamodb"), description["tables"]["orders"]

    def place(order_id: str) -> None:
        dynamodb.put_item(TableName=table, Item=rig.order_item(order_id))

    return place


def _twin(cloud: Cloud, description: Mapping[str, Any], place: Callable[[str], None], seed: int) -> Twin:
    """The same race with the same tables, through handlers whose cancel has lost its condition."""
    tables = description["tables"]
    names = {
        "ORDERS_TABLE": tables["orders"],
        "SUMMARIES_TABLE": tables["summaries"],
        "SELLERS_TABLE": tables["sellers"],
        "FULFILLMENT_CENTERS_TABLE": tables["fulfillment_centers"],
    }
    clients = {center["fc_id"]: center["client_id"] for center in description["fulfillment_centers"]}
    with rig.in_lambda(), patch.dict("os.environ", names):
        services = [Service(Tables(), dynamodb=cloud.client("dynamodb")) for _ in range(AT_ONCE)]
        for service in services:
            for function in ("cancel_order", "order_intake", "fulfillment_center_events", "view_orders"):
                service.function(function)

        def send(index: int, request: Request) -> tuple[int, Any, Mapping[str, str]]:
            response = send_in_process(services[index], request, clients)
            return response.status, response.body, response.headers

        def contradictions(orders: int) -> int:
            return sum(not linearizable(history, new_order(CENTERS)) for history in race(orders, seed, place, send))

        as_it_is = contradictions(TWIN_ORDERS)
        with cancel_without_condition():
            careless = contradictions(TWIN_ORDERS)
    seen = f"{careless} of {TWIN_ORDERS} orders contradict, {as_it_is} without the bug"
    return Twin("a cancel without its condition", careless > 0 and as_it_is == 0, seen)


@contextmanager
def cancel_without_condition() -> Iterator[None]:
    """The planted bug: the cancel writes to whatever it finds."""
    write = Orders._update

    def careless(self: Orders, seller_id: str, order_id: str, update: str, condition: str, **values: Any) -> Any:
        if "cancellable0" in values:
            values = {name: value for name, value in values.items() if not name.startswith("cancellable")}
            condition = "attribute_exists(#status)"
        return write(self, seller_id, order_id, update, condition, **values)

    with patch.object(Orders, "_update", careless):
        yield


def _told(history: Sequence[Operation]) -> str:
    return "; ".join(f"{type(operation.request).__name__} {operation.answer}" for operation in history)
