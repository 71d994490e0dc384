"""A seller sees their own summaries, latest first, and whether their mail arrives."""

from typing import Any

import pytest

from tests.support.functions import Response, machine_claims, seller_claims
from tests.support.memory_tables import SELLERS, SUMMARIES, Tables
from tests.support.rig import Service


def keep_summary(tables: Tables, number: int, seller_id: str = "acme", **more: Any) -> None:
    item = {
        "seller_id": {"S": seller_id},
        "summary_id": {"S": f"2026-11-{number:02d}T09:00:00.000Z-{seller_id}"},
        "status": {"S": "sent"},
        "email": {"S": "ops@acme.example"},
        "order_ids": {"L": [{"S": f"A-{number}"}, {"S": f"A-{number}b"}]},
        "created_at": {"S": f"2026-11-{number:02d}T09:00:00.000Z"},
        "sent_at": {"S": f"2026-11-{number:02d}T09:00:02.000Z"},
        "lease": {"S": "our own business"},
        **more,
    }
    tables.put(SUMMARIES, item)


def register(tables: Tables, mail_problem: dict[str, str] | None = None) -> None:
    item: dict[str, Any] = {
        "seller_id": {"S": "acme"},
        "name": {"S": "Acme"},
        "email": {"S": "ops@acme.example"},
        "time_zone": {"S": "UTC"},
        "summaries": {"S": "each_batch"},
    }
    if mail_problem:
        item["mail_problem"] = {"M": {name: {"S": value} for name, value in mail_problem.items()}}
    tables.put(SELLERS, item)


def ask(service: Service, **query: str) -> Response:
    return service.send("list_summaries", seller_claims("acme"), query={name: [query[name]] for name in query})


def listed(service: Service, **query: str) -> Any:
    answer = ask(service, **query)
    assert answer.status == 200, answer.text
    return answer.body


def test_the_latest_summary_comes_first_and_says_which_orders(service: Service, aws: Tables) -> None:
    register(aws)
    keep_summary(aws, 1)
    keep_summary(aws, 2, status={"S": "bounced"})
    keep_summary(aws, 3, "bluebird")
    body = listed(service)
    assert body == {
        "summaries": [
            {
                "summary_id": "2026-11-02T09:00:00.000Z-acme",
                "status": "bounced",
                "email": "ops@acme.example",
                "created_at": "2026-11-02T09:00:00.000Z",
                "sent_at": "2026-11-02T09:00:02.000Z",
                "orders": ["A-2", "A-2b"],
            },
            {
                "summary_id": "2026-11-01T09:00:00.000Z-acme",
                "status": "sent",
                "email": "ops@acme.example",
                "created_at": "2026-11-01T09:00:00.000Z",
                "sent_at": "2026-11-01T09:00:02.000Z",
                "orders": ["A-1", "A-1b"],
            },
        ],
        "cursor": None,
        "contact": {
            "email": "ops@acme.example",
            "time_zone": "UTC",
            "summaries": "each_batch",
            "mail_problem": None,
        },
    }


def test_pages(service: Service, aws: Tables) -> None:
    for number in range(1, 6):
        keep_summary(aws, number)
    found, cursor = [], None
    while True:
        page = listed(service, limit="2", **({"cursor": cursor} if cursor else {}))
        found += [summary["summary_id"][8:10] for summary in page["summaries"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert found == ["05", "04", "03", "02", "01"]


def test_a_summary_that_was_not_sent_yet(service: Service, aws: Tables) -> None:
    aws.put(SUMMARIES, {"seller_id": {"S": "acme"}, "summary_id": {"S": "2026"}, "status": {"S": "pending"}})
    (summary,) = listed(service)["summaries"]
    assert (summary["status"], summary["sent_at"], summary["orders"]) == ("pending", None, [])


def test_a_mail_problem_counts_while_its_address_is_the_sellers(service: Service, aws: Tables) -> None:
    at = "2026-11-23T14:00:00.000Z"
    register(aws, {"kind": "bounce", "email": "ops@acme.example", "at": at})
    assert listed(service)["contact"]["mail_problem"] == {"kind": "bounce", "at": at}
    register(aws, {"kind": "bounce", "email": "old@acme.example", "at": at})
    assert listed(service)["contact"]["mail_problem"] is None


def test_a_seller_that_was_never_registered_has_no_contact(service: Service) -> None:
    assert listed(service) == {"summaries": [], "cursor": None, "contact": None}


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "101"}, {"cursor": "!"}, {"cursor": ""}, {"page": "2"}])
def test_any_other_query_is_refused(query: dict[str, str], service: Service) -> None:
    answer = ask(service, **query)
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")


def test_a_machine_has_no_summaries(service: Service) -> None:
    answer = service.send("list_summaries", machine_claims("planner", "network/orders"))
    assert answer.status == 403
