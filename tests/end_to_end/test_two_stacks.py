"""Two stacks in one account and Region, as samconfig.toml has them: each does its own work, and only its own."""

import json
from typing import Any

import pytest

from local import seed, stack
from local.client import Client
from local.cloud import Cloud
from local.mailbox import messages
from tests.end_to_end.test_summaries import eventually, ledger
from tests.support.local_stack import Place

Stacks = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def stacks(cloud: Cloud, description: dict[str, Any]) -> Stacks:
    """What stack.json says of the stack that all tests share, and would say of a second one beside it."""
    beside = stack.deployed(cloud, cloud.directory / "build", "order-cancellation-prod")
    return {each["stack_name"]: each for each in (description, beside)}


def put_on_the_bus(cloud: Cloud, configuration_set: str, kind: str, summary_id: str) -> None:
    """What SES says of a mail that went through this configuration set."""
    tags = {"summary_id": [summary_id], "ses:configuration-set": [configuration_set]}
    detail = json.dumps({"eventType": kind, "mail": {"messageId": "m", "tags": tags}})
    cloud.client("events").put_events(Entries=[{"Source": "ses.local", "DetailType": kind, "Detail": detail}])


def status(cloud: Cloud, description: dict[str, Any], summary_id: str) -> str:
    [found] = [each for each in ledger(cloud, description, "acme") if each["summary_id"] == summary_id]
    return str(found["status"])


def waiting(cloud: Cloud, description: dict[str, Any]) -> int:
    """How many events of SES this stack has heard and cannot record: it does not know their summary."""
    queue = cloud.client("cloudformation").describe_stack_resource(
        StackName=description["stack_name"], LogicalResourceId="MailEvents"
    )["StackResourceDetail"]["PhysicalResourceId"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = cloud.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return sum(map(int, attributes.values()))


def test_each_has_a_sweep_of_its_own_every_minute(cloud: Cloud, stacks: Stacks) -> None:
    schedules = cloud.client("scheduler")
    targets = [
        schedules.get_schedule(Name=each["Name"])["Target"]["Arn"].split(":function:")[1]
        for each in schedules.list_schedules()["Schedules"]
    ]
    functions = [each["functions"][name] for each in stacks.values() for name in ("summary_sweep", "summary_watch")]
    assert sorted(targets) == sorted(f"{function}:live" for function in functions)


def test_each_counts_for_its_own_alarms(cloud: Cloud, stacks: Stacks) -> None:
    functions, logs = cloud.client("lambda"), cloud.client("logs")
    pages = cloud.client("cloudwatch").get_paginator("describe_alarms").paginate()
    alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
    for name, described in stacks.items():
        assert "FunctionError" not in functions.invoke(FunctionName=described["functions"]["summary_sweep"])
        found = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="Sweeps")["events"]
        counted = [json.loads(event["message"]) for event in found if '"Sweeps":' in event["message"]]
        assert {line["service"] for line in counted} == {name}
        watching = [alarm for alarm in alarms if {"Name": "service", "Value": name} in alarm["Dimensions"]]
        assert "Sweeps" in {alarm["MetricName"] for alarm in watching}


def test_each_mails_its_own_orders_and_hears_of_its_own_mail(
    cloud: Cloud, stacks: Stacks, planner: Client, place: Place
) -> None:
    here, beside = stacks.values()
    order_id = place()
    entry = {"seller_id": "acme", "order_id": order_id, "reason": "stockout"}
    there = seed.network_client(beside)
    placement = seed.placement(1, ("LAX1",), ("SKU-1",))
    contact = {"name": "Acme", "email": "beside@acme.example", "time_zone": "UTC", "summaries": "each_batch"}
    assert there.put("/sellers/acme", contact).status == 200
    assert there.put(f"/sellers/acme/orders/{order_id}", placement).status == 201  # the same id, in the other stack

    assert planner.post("/auto-cancellations", {"cancellations": [entry]}).body["outcome"] == "success"
    assert eventually(lambda: [mail for mail in messages(cloud.endpoint_url) if order_id in mail["BodyText"]])
    assert ledger(cloud, beside, "acme") == []

    assert there.post("/auto-cancellations", {"cancellations": [entry]}).body["outcome"] == "success"
    assert eventually(lambda: [mail for mail in messages(cloud.endpoint_url) if "beside@acme.example" in mail["To"]])
    [summary] = ledger(cloud, beside, "acme")
    assert summary["order_ids"] == [order_id]

    # of a mail that went through another set, although it names our summary; then of our own
    put_on_the_bus(cloud, "newsletter", "Reject", summary["summary_id"])
    put_on_the_bus(cloud, f"{beside['stack_name']}-summaries", "Send", summary["summary_id"])
    put_on_the_bus(cloud, f"{beside['stack_name']}-summaries", "Delivery", summary["summary_id"])
    assert eventually(lambda: status(cloud, beside, summary["summary_id"]) != "sent")
    assert status(cloud, beside, summary["summary_id"]) == "delivered"
    assert waiting(cloud, here) == 0
