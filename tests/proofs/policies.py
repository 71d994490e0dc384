"""Every function may do what it does, and nothing else: its policy in the template against what it was seen to do.

A story makes each function do all that it can do; every request to DynamoDB and SES is written down, with its index and
the attributes that it names. A permission that was not used is as wrong as a request without one.
"""

import copy
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from local.bridges import template
from order_cancellation.domain import times
from tests.proofs.scoreboard import Report, Say, Twin, timed
from tests.support import rig
from tests.support.clock import HOUR, Clock
from tests.support.functions import Context, seller_claims
from tests.support.memory_tables import Tables
from tests.support.rig import Service
from tests.support.sdk import Broken, Call, error
from tests.support.ses import SimulatedSes

LINE = "policies"

# function: (action, resource) such as ("dynamodb:Query", "OrdersTable/index/DueForSummary"): the attributes it names
Uses = Mapping[str, Mapping[tuple[str, str], frozenset[str]]]

_WORD = re.compile(r"(?<![:\w#.])#?[A-Za-z_]\w*(?![\w(])")
_KEYWORDS = frozenset("SET REMOVE ADD DELETE AND OR NOT IN BETWEEN".split())  # noqa: SIM905 - words of one language
LEDGER = "SummariesTable"  # written by what mails alone: its statements name no attributes
# What Lambda does with a function's role before the function runs, and what has no client in this process.
BESIDE = {
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "events:PutEvents",
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
}


def check(_: object, seed: int, __: Say) -> Report:
    """The same for every seed."""
    report = Report(LINE, "handlers in process, template", seed, unit="requests")
    with timed(report):
        seen, requests = recorded()
        allowed = policies(template())
        report.tried = requests
        report.broke = list(differences(allowed, seen))
        report.facts = {"permissions": sum(len(of) for of in allowed.values())}
        report.twins = [_twin(bug, plant, seen) for bug, plant in PLANTED.items()]
    return report


def differences(allowed: Uses, seen: Uses) -> Iterator[str]:
    """What is allowed and not done, and what is done and not allowed."""
    for function in sorted(allowed.keys() | seen.keys()):
        may, does = allowed.get(function, {}), seen.get(function, {})
        for action, resource in sorted(may.keys() - does.keys()):
            yield f"{function} may {action} on {resource}, and does not"
        for action, resource in sorted(does.keys() - may.keys()):
            yield f"{function} does {action} on {resource}, and may not"
        for what in sorted(may.keys() & does.keys()):
            if may[what] != does[what] and what[0] == "dynamodb:UpdateItem" and what[1] != LEDGER:
                more, fewer = sorted(may[what] - does[what]), sorted(does[what] - may[what])
                yield f"{function}'s writes to {what[1]} may name {more} and do not; they name {fewer} and may not"


# --------------------------------------------------------------------------------------------------------- the template


def policies(document: Mapping[str, Any]) -> Uses:
    """What each function's policy allows, without what Lambda does with it."""
    resources = document["Resources"]
    found: dict[str, dict[tuple[str, str], frozenset[str]]] = defaultdict(dict)
    for resource in resources.values():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        properties = resource["Properties"]
        own = properties.get("Policies", [])
        role = properties.get("Role", {}).get("GetAtt", "").partition(".")[0]
        documents = own or [policy["PolicyDocument"] for policy in resources[role]["Properties"]["Policies"]]
        for statement in (each for policy in documents for each in policy["Statement"]):
            named = frozenset(_condition(statement).get("dynamodb:Attributes", ()))
            for action in _list(statement["Action"]):
                for target in _list(statement["Resource"]):
                    if action not in BESIDE:
                        found[properties["CodeUri"].rpartition("/")[2]][action, _name(action, target)] = named
    return found


def _condition(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    condition: Mapping[str, Any] = statement.get("Condition", {}).get("ForAllValues:StringEquals", {})
    return condition


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _name(action: str, resource: Any) -> str:
    """A table or an index by its logical id; whom and through what SES mails is in the statement's own test."""
    if action.startswith("ses:"):
        return "mail"
    text = resource.get("GetAtt") or resource["Sub"]
    return str(re.sub(r"\$\{(\w+)\.Arn\}", r"\1", text)).removesuffix(".Arn")


# -------------------------------------------------------------------------------------------------------- the recording


class _Watched(Service):
    """Knows which function is at work."""

    at_work = ""

    def function(self, name: str) -> Any:
        self.at_work = name
        return super().function(name)


def recorded() -> tuple[Uses, int]:
    """What each function did in the story, and how many requests that took."""
    seen: dict[str, dict[tuple[str, str], frozenset[str]]] = defaultdict(lambda: defaultdict(frozenset))
    requests = 0

    def watch(call: Call) -> Broken | None:
        nonlocal requests
        requests += 1
        for action, resource, named in _requested(call):
            seen[service.at_work][action, resource] |= named
        return losses.pop(0) if call.service == "sesv2" and losses else None

    tables, clock, losses = Tables(), Clock(tick=0.001), list[Broken]()
    ses = SimulatedSes()
    with rig.in_lambda(**rig.EXPIRING), clock.ruling():
        service = _Watched(tables, ses, watch)
        _story(service, tables, clock, ses, losses)
    return {function: dict(of) for function, of in seen.items()}, requests


def _requested(call: Call) -> Iterator[tuple[str, str, frozenset[str]]]:
    request = call.request
    if call.service == "sesv2":
        yield f"ses:{call.operation}", "mail", frozenset()
    elif "TransactItems" in request:
        for action in request["TransactItems"]:
            yield "dynamodb:UpdateItem", action["Update"]["TableName"], _named(action["Update"])
    elif "RequestItems" in request:
        yield f"dynamodb:{call.operation}", call.table, frozenset()
    else:
        index = f"/index/{request['IndexName']}" if "IndexName" in request else ""
        yield f"dynamodb:{call.operation}", f"{call.table}{index}", _named(request)


def _named(request: Mapping[str, Any]) -> frozenset[str]:
    """The attributes that a request names at the top, its key's among them, as ``dynamodb:Attributes`` has them."""
    names = request.get("ExpressionAttributeNames", {})
    texts = " ".join(str(request.get(each, "")) for each in ("UpdateExpression", "ConditionExpression"))
    words = {word for word in _WORD.findall(texts) if word.upper() not in _KEYWORDS}
    return frozenset({names.get(word, word) for word in words} | set(request.get("Key", ())))


def _story(service: Service, tables: Tables, clock: Clock, ses: SimulatedSes, losses: list[Broken]) -> None:
    """Everybody does all that they can do."""
    rig.know_centers(tables)
    told = _Stream(service, tables)
    orders = [f"A-{number}" for number in range(1, 12)]
    service.register("acme")
    for order_id in orders:
        service.place(order_id, "LAX1", "EWR2", marketplace_order_id=f"113-{order_id}")
    for event in ("picking", "picked_packed"):
        service.report("LAX1", "A-1", event)
    service.cancel("A-2", {"reason": "other", "note": "Moved."}, key="k-1")
    service.cancel_many({"order_id": "A-3"}, {"order_id": "A-1"})
    service.place("A-12", "LAX1", "EWR2")
    service.cancel("A-12", {"fulfillment_centers": ["LAX1"]})
    service.place("A-13", "LAX1", "EWR2")
    service.move("A-13", "EWR2", "DFW3")
    auto = {"seller_id": "acme", "order_id": "A-13", "reason": "stockout", "fulfillment_centers": ["EWR2"]}
    service.auto_cancel(auto)
    service.send("mark_marketplace", seller_claims("acme"), {"state": "done"}, order_id="A-2")
    service.send("mark_many", seller_claims("acme"), {"orders": [{"order_id": "A-2", "state": "to_do"}]})
    service.view("A-1")
    for query in (
        {},
        {"status": "cancelled"},
        {"marketplace_cancellation": "to_do"},
        {"marketplace_order_id": "113-A-1"},
    ):
        service.list(**query)
    rows = [{"marketplace_order_id": f"113-{order_id}", "state": "open"} for order_id in orders]
    service.send("reconcile", seller_claims("acme"), {"marketplace": "amazon", "orders": rows})
    # The stream brings it, and SES says what became of it.
    _auto_cancel(service, "A-4")
    told.deliver()
    service.sweep()
    for kind, detail in (
        ("Send", {}),
        ("Bounce", {"bounce": {"bounceType": "Transient", "bouncedRecipients": _ACME}}),
        ("Delivery", {"delivery": {"recipients": ["ops@acme.example"]}}),
        ("Complaint", {"complaint": {"complainedRecipients": _ACME, "timestamp": times.now()}}),
    ):
        service.feed_back(kind, ses.accepted[-1].summary_id, ses.accepted[-1].message_id, **detail)
    # An address that complained is not mailed; another one is, by the sweep.
    _auto_cancel(service, "A-5")
    told.deliver()
    service.register("acme", email="other@acme.example")
    service.register("acme", email="ops@acme.example")
    clock.advance(HOUR)
    service.sweep()
    # What the stream loses, the sweep finds; an answer that is lost leaves a lease that runs out; a refusal parks.
    service.place("A-14", "LAX1", "EWR2")
    service.auto_cancel(auto | {"order_id": "A-14"})
    _auto_cancel(service, "A-6")
    losses.append(Broken(ConnectionError("the answer is lost"), carried_out=True))
    clock.advance(HOUR)
    service.function("summary_watch").lambda_handler({}, Context())
    service.sweep()
    clock.advance(12 * HOUR)
    service.sweep()
    for code, status in (("TooManyRequestsException", 429), ("MessageRejected", 400)):
        losses.append(Broken(error(code, status)))
        _auto_cancel(service, "A-7" if status == 429 else "A-8")
        told.deliver()
        clock.advance(12 * HOUR)
        service.sweep()
    service.feed_back(
        "Bounce", ses.accepted[-1].summary_id, bounce={"bounceType": "Permanent", "bouncedRecipients": _ACME}
    )
    # Once a day, not at all, and daily no longer.
    for order_id, summaries in (("A-9", "daily"), ("A-10", "off"), ("A-11", "daily")):
        service.register("acme", email="third@acme.example", summaries=summaries)
        _auto_cancel(service, order_id)
        told.deliver()
        clock.advance(HOUR)
        service.sweep()
    service.register("acme", email="third@acme.example", summaries="each_batch")
    service.sweep()
    clock.advance(30 * HOUR)
    service.sweep()
    told_of = service.send("list_summaries", seller_claims("acme")).body["summaries"]
    service.send("list_summaries", seller_claims("acme"), query={"mail_of": [told_of[0]["summary_id"]]})
    _what_is_over(service, told, clock, ses)


_ACME = [{"emailAddress": "ops@acme.example"}]


class _Stream:
    """Brings what is new on the Orders stream."""

    def __init__(self, service: Service, tables: Tables) -> None:
        self._service, self._tables, self._position = service, tables, 0

    def deliver(self) -> None:
        records = rig.stream_records(self._tables, self._position)
        self._position = len(self._tables.changes)
        self._service.deliver(records)


def _what_is_over(service: Service, told: _Stream, clock: Clock, ses: SimulatedSes) -> None:
    """Whoever ends an order last lets it go; one of which a summary comes back is kept."""

    def done(*order_ids: str) -> None:
        orders = [{"order_id": order_id, "state": "done"} for order_id in order_ids]
        service.send("mark_many", seller_claims("acme"), {"orders": orders})

    for order_id in ("B-1", "B-2", "B-3", "B-4"):
        service.place(order_id, "LAX1", "EWR2")
    _auto_cancel(service, "B-1")
    part = {"seller_id": "acme", "order_id": "B-2", "reason": "stockout", "fulfillment_centers": ["LAX1"]}
    service.auto_cancel(part)
    told.deliver()
    done("B-1")
    service.feed_back("Delivery", ses.accepted[-1].summary_id)
    done("B-2")
    service.report("EWR2", "B-2", "delivered")
    service.feed_back(
        "Bounce", ses.accepted[-1].summary_id, bounce={"bounceType": "Permanent", "bouncedRecipients": _ACME}
    )
    service.place("B-5", "LAX1", "EWR2", "DFW3")
    service.auto_cancel(part | {"order_id": "B-5"})
    service.register("acme", email="fourth@acme.example")
    told.deliver()
    service.feed_back("Delivery", ses.accepted[-1].summary_id)
    done("B-5")
    service.report("EWR2", "B-5", "delivered")
    service.move("B-5", "EWR2")
    service.register("acme", summaries="off")
    _auto_cancel(service, "B-3")
    done("B-3")
    told.deliver()
    _auto_cancel(service, "B-4")
    done("B-4")
    clock.advance(HOUR)
    service.sweep()


def _auto_cancel(service: Service, order_id: str) -> None:
    service.auto_cancel({"seller_id": "acme", "order_id": order_id, "reason": "stockout"})


# ----------------------------------------------------------------------------------------------------------- the twins


def _statement(document: dict[str, Any], function: str, sid: str) -> dict[str, Any]:
    statements = document["Resources"][function]["Properties"]["Policies"][0]["Statement"]
    found: dict[str, Any] = next(each for each in statements if each["Sid"] == sid)
    return found


def _more(document: dict[str, Any]) -> None:
    statement = _statement(document, "CancelOrderFunction", "CancelOrders")
    statement["Action"] = [statement["Action"], "dynamodb:PutItem"]


def _no_index(document: dict[str, Any]) -> None:
    _statement(document, "ViewOrdersFunction", "ListOrders")["Resource"] = {"GetAtt": "OrdersTable.Arn"}


def _any_attribute(document: dict[str, Any]) -> None:
    _condition(_statement(document, "CancelOrderFunction", "CancelOrders"))["dynamodb:Attributes"].append("receipts")


PLANTED: dict[str, Callable[[dict[str, Any]], None]] = {
    "a cancel that may put items": _more,
    "a list that may not use its index": _no_index,
    "a cancel that may rewrite what was received": _any_attribute,
}


def _twin(bug: str, plant: Callable[[dict[str, Any]], None], seen: Uses) -> Twin:
    document = copy.deepcopy(dict(template()))
    plant(document)
    found = list(differences(policies(document), seen))
    return Twin(bug, bool(found), "; ".join(found) or "nothing")
