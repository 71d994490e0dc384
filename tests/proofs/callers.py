"""The callers of the order model, as callers of the service in process: a request of the model, sent and answered."""

from collections.abc import Mapping

from tests.proofs.linearizability import answer_of
from tests.proofs.order_model import Answer, AutoCancel, Cancel, Move, Report, Request, View
from tests.support.functions import Response
from tests.support.rig import CLIENTS, SELLER, Service


def ask(service: Service, request: Request, clients: Mapping[str, str] = CLIENTS) -> Answer:
    """What the service answers, in the model's words."""
    response = send(service, request, clients)
    return answer_of(request, response.status, response.body, response.headers)


def send(service: Service, request: Request, clients: Mapping[str, str] = CLIENTS) -> Response:
    """Let the handler that a request is for answer it. ``clients`` are the centers' client ids."""
    match request:
        case Cancel(order_id, request_id, label, key):
            body = {"reason": "customer_request", "note": label, **named(request)}
            return service.cancel(order_id, body, key=key, request_id=request_id)
        case AutoCancel(order_id, request_id, label):
            entry = {"seller_id": SELLER, "order_id": order_id, "reason": "stockout", "detail": label, **named(request)}
            return service.auto_cancel(entry, request_id=request_id)
        case Move(order_id, to):
            return service.move(order_id, *to)
        case Report(order_id, fc_id, event, at):
            return service.report(fc_id, order_id, event, at, client_id=clients[fc_id])
        case View(order_id):
            return service.view(order_id)


def named(request: Cancel | AutoCancel) -> dict[str, list[str]]:
    """The parts that a cancel names, as a body has them."""
    return {"fulfillment_centers": list(request.parts)} if request.parts else {}
