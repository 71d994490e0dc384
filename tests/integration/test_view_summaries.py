"""A seller sees their own summaries, latest first, and whether their mail arrives."""

import os
from types import ModuleType
from typing import Any

import boto3
import pytest

from tests.support import functions
from tests.support.functions import call, http_event, machine_claims, seller_claims
from tests.support.memory_tables import Tables


@pytest.fixture
def view_summaries(aws: Tables) -> ModuleType:
    return functions.load("view_summaries")


def keep_summary(number: int, seller_id: str = "acme", **more: Any) -> None:
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
    boto3.client("dynamodb").put_item(TableName=os.environ["SUMMARIES_TABLE"], Item=item)


def register(mail_problem: dict[str, str] | None = None) -> None:
    item: dict[str, Any] = {
        "seller_id": {"S": "acme"},
        "name": {"S": "Acme"},
        "email": {"S": "ops@acme.example"},
        "time_zone": {"S": "UTC"},
        "summaries": {"S": "each_batch"},
    }
    if mail_problem:
        item["mail_problem"] = {"M": {name: {"S": value} for name, value in mail_problem.items()}}
    boto3.client("dynamodb").put_item(TableName=os.environ["SELLERS_TABLE"], Item=item)


def listed(module: ModuleType, **query: str) -> Any:
    answer = call(
        module,
        http_event("list_summaries", seller_claims("acme"), query={name: [value] for name, value in query.items()}),
    )
    assert answer.status == 200, answer.text
    return answer.body


def test_the_latest_summary_comes_first_and_says_which_orders(view_summaries: ModuleType) -> None:
    register()
    keep_summary(1)
    keep_summary(2, status={"S": "bounced"})
    keep_summary(3, "bluebird")
    body = listed(view_summaries)
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


def test_pages(view_summaries: ModuleType) -> None:
    for number in range(1, 6):
        keep_summary(number)
    found, cursor = [], None
    while True:
        page = listed(view_summaries, limit="2", **({"cursor": cursor} if cursor else {}))
        found += [summary["summary_id"][8:10] for summary in page["summaries"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert found == ["05", "04", "03", "02", "01"]


def test_a_summary_that_was_not_sent_yet(view_summaries: ModuleType) -> None:
    boto3.client("dynamodb").put_item(
        TableName=os.environ["SUMMARIES_TABLE"],
        Item={"seller_id": {"S": "acme"}, "summary_id": {"S": "2026"}, "status": {"S": "pending"}},
    )
    (summary,) = listed(view_summaries)["summaries"]
    assert (summary["status"], summary["sent_at"], summary["orders"]) == ("pending", None, [])


def test_a_mail_problem_counts_while_its_address_is_the_sellers(view_summaries: ModuleType) -> None:
    at = "2026-11-23T14:00:00.000Z"
    register({"kind": "bounce", "email": "ops@acme.example", "at": at})
    assert listed(view_summaries)["contact"]["mail_problem"] == {"kind": "bounce", "at": at}
    register({"kind": "bounce", "email": "old@acme.example", "at": at})
    assert listed(view_summaries)["contact"]["mail_problem"] is None


def test_a_seller_that_was_never_registered_has_no_contact(view_summaries: ModuleType) -> None:
    assert listed(view_summaries) == {"summaries": [], "cursor": None, "contact": None}


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "101"}, {"cursor": "!"}, {"cursor": ""}, {"page": "2"}])
def test_any_other_query_is_refused(query: dict[str, str], view_summaries: ModuleType) -> None:
    answer = call(
        view_summaries,
        http_event("list_summaries", seller_claims("acme"), query={name: [value] for name, value in query.items()}),
    )
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")


def test_a_machine_has_no_summaries(view_summaries: ModuleType) -> None:
    answer = call(view_summaries, http_event("list_summaries", machine_claims("planner", "network/orders")))
    assert answer.status == 403
