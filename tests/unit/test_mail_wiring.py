"""What brings auto-cancellations to the mail, and what SES says back: nothing is filtered out or given up early."""

from collections.abc import Iterator
from typing import Any

import pytest

from local import event_pattern
from local.bridges import template
from order_cancellation.domain import summaries
from order_cancellation.mail.deliver import MIN_SEND_MS
from tests.support.template import CONFIGURATION_SET, rule

RESOURCES: dict[str, Any] = template()["Resources"]
DAY = 24 * 3600


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = RESOURCES[name]["Properties"]
    return found


def arn(name: str) -> dict[str, str]:
    return {"GetAtt": f"{name}.Arn"}


def statements(function: str) -> Iterator[dict[str, Any]]:
    """Of a function's policies, or of those of its role."""
    found = properties(function)
    role = found.get("Role", {}).get("GetAtt", "").partition(".")[0]
    documents = [each["PolicyDocument"] for each in properties(role)["Policies"]] if role else found["Policies"]
    for document in documents:
        yield from document["Statement"]


class TestStream:
    MAPPING: dict[str, Any] = properties("CancellationSummaryFunction")["Events"]["AutoCancelled"]["Properties"]

    def test_nothing_is_missed_and_one_bad_record_costs_itself_alone(self) -> None:
        kept = {name: self.MAPPING[name] for name in self.MAPPING if name not in ("FilterCriteria", "BatchSize")}
        assert kept == {
            "Stream": {"GetAtt": "OrdersTable.StreamArn"},
            "StartingPosition": "TRIM_HORIZON",
            "MaximumBatchingWindowInSeconds": {"Ref": "SummaryWindowInSeconds"},
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "BisectBatchOnFunctionError": True,
            "MaximumRetryAttempts": 5,
            "MaximumRecordAgeInSeconds": 6 * 3600,
            "DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": arn("SummaryFailureQueue")}},
        }
        assert 100 <= self.MAPPING["BatchSize"] <= 10_000
        assert properties("OrdersTable")["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
        window = template()["Parameters"]["SummaryWindowInSeconds"]
        assert window["MaxValue"] + 120 < summaries.GRACE.total_seconds(), "or the sweep takes what the stream brings"

    @pytest.mark.parametrize(
        ("kind", "before", "after", "brought"),
        [
            ("auto", "received", "cancelled", True),
            ("auto", "allocated", "cancelled", True),
            ("auto", "picking", "cancelled", True),
            ("auto", "a status of a later version", "cancelled", True),
            ("seller", "received", "cancelled", False),
            ("auto", "cancelled", "cancelled", False),  # its summary claims it, its seller marks it
            ("auto", "received", "picking", False),
        ],
    )
    def test_brings_what_the_network_cancelled_and_nothing_else(
        self, kind: str, before: str, after: str, brought: bool
    ) -> None:
        new = {"status": {"S": after}, "cancellation": {"M": {"kind": {"S": kind}}}}
        assert self.brings({"status": {"S": before}}, new) is brought

    @pytest.mark.parametrize(
        ("before", "after", "brought"),
        [
            (None, "2026-11-23T14:00:00.000Z", True),  # the first part of it that ran out
            ("2026-11-23T14:00:00.000Z", "2026-11-24T08:00:00.000Z", False),  # postponed
            ("2026-11-23T14:00:00.000Z", None, False),  # told
            (None, None, False),
        ],
    )
    def test_brings_an_order_of_which_a_part_became_due(
        self, before: str | None, after: str | None, brought: bool
    ) -> None:
        def image(due: str | None) -> dict[str, Any]:
            return {"status": {"S": "picking"}, **({"summary_due_at": {"S": due}} if due else {})}

        assert self.brings(image(before), image(after)) is brought

    def brings(self, old: dict[str, Any], new: dict[str, Any]) -> bool:
        record = {"eventName": "MODIFY", "dynamodb": {"OldImage": old, "NewImage": new}}
        filters = [event_pattern.parse(each["Pattern"]) for each in self.MAPPING["FilterCriteria"]["Filters"]]
        return any(event_pattern.matches(each, record) for each in filters)


def test_every_change_of_an_order_is_told_to_other_systems_for_most_of_a_day() -> None:
    [changed] = properties("OrderEventsFunction")["Events"].values()
    assert changed["Type"] == "DynamoDB"
    kept = {name: value for name, value in changed["Properties"].items() if name != "BatchSize"}
    assert kept == {
        "Stream": {"GetAtt": "OrdersTable.StreamArn"},
        "StartingPosition": "TRIM_HORIZON",
        "MaximumBatchingWindowInSeconds": 0,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "BisectBatchOnFunctionError": True,
        "MaximumRetryAttempts": 1000,
        "MaximumRecordAgeInSeconds": 20 * 3600,  # what is older, the stream itself may not keep
        "DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": arn("EventFailureQueue")}},
        "FilterCriteria": {"Filters": [{"Pattern": '{"eventName":["MODIFY"]}'}]},
    }


class TestEventsOfSes:
    @pytest.mark.parametrize(
        "kind", ["Send", "Delivery", "Bounce", "Complaint", "Reject", "Rendering Failure", "a kind of a later year"]
    )
    @pytest.mark.parametrize("own", [True, False])
    def test_the_rule_takes_all_that_is_said_of_this_stacks_mail(self, kind: str, own: bool) -> None:
        tags = {"ses:configuration-set": [CONFIGURATION_SET if own else "another"], "summary_id": ["S-1"]}
        event = {"source": "aws.ses", "detail": {"eventType": kind, "mail": {"tags": tags}}}
        assert event_pattern.matches(rule("SummaryFeedbackFunction"), event) is own

    def test_all_kinds_that_the_function_records_are_published(self) -> None:
        destination = properties("SummaryMailEvents")["EventDestination"]
        assert properties("SummaryMailEvents")["ConfigurationSetName"] == {"Ref": "SummaryMail"}
        assert destination["Enabled"] is True
        kinds = {"send", "delivery", "bounce", "complaint", "reject", "renderingFailure"}
        assert set(destination["MatchingEventTypes"]) == kinds
        assert destination["EventBridgeDestination"]["EventBusArn"]["Sub"].endswith(":event-bus/default")
        assert set(properties("SummaryMail")["SuppressionOptions"]["SuppressedReasons"]) == {"BOUNCE", "COMPLAINT"}

    def test_wait_in_their_queue_for_longer_than_any_outage_that_the_promise_allows(self) -> None:
        queue = properties("MailEvents")
        timeout = template()["Globals"]["Function"]["Timeout"]
        assert "Timeout" not in properties("SummaryFeedbackFunction")
        assert queue["VisibilityTimeout"] == 90 == 6 * timeout, "as Lambda asks of a queue"
        tried_for = queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"]
        assert tried_for == 10 * 3600 > 4 * summaries.EVENTS_FIRST.total_seconds()
        assert queue["MessageRetentionPeriod"] == 14 * DAY
        assert queue["RedrivePolicy"]["deadLetterTargetArn"] == arn("FeedbackFailureQueue")

    def test_come_from_the_rule_to_the_function(self) -> None:
        assert properties("MailEventRule")["Targets"] == [{"Id": "MailEvents", "Arn": arn("MailEvents")}]
        assert properties("MailEventRule").get("State", "ENABLED") == "ENABLED"
        events = properties("SummaryFeedbackFunction")["Events"]
        assert [(each["Type"], each["Properties"]) for each in events.values()] == [
            (
                "SQS",
                {
                    "Queue": arn("MailEvents"),
                    "BatchSize": 10,
                    "FunctionResponseTypes": ["ReportBatchItemFailures"],
                },
            )
        ]
        policy = properties("MailEventsPolicy")
        assert policy["Queues"] == [{"Ref": "MailEvents"}]
        [statement] = policy["PolicyDocument"]["Statement"]
        assert statement == {
            "Sid": statement["Sid"],
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn("MailEvents"),
            "Condition": {"ArnEquals": {"aws:SourceArn": arn("MailEventRule")}},
        }

    def test_what_was_given_up_is_kept_for_two_weeks(self) -> None:
        for queue in ("SummaryFailureQueue", "FeedbackFailureQueue"):
            assert properties(queue) == {"MessageRetentionPeriod": 14 * DAY, "SqsManagedSseEnabled": True}


class TestSweep:
    def test_runs_every_minute_and_no_longer_than_a_lease(self) -> None:
        for name in ("Sweep", "Watch"):
            [event] = properties(f"Summary{name}Function")["Events"].values()
            assert event == {
                "Type": "ScheduleV2",
                "Properties": {
                    "Name": {"Sub": f"${{AWS::StackName}}-{name.lower()}"},
                    "ScheduleExpression": "rate(1 minute)",
                    "RetryPolicy": {"MaximumRetryAttempts": 0},
                },
            }
        for function in ("SummarySweepFunction", "CancellationSummaryFunction"):
            timeout = properties(function)["Timeout"]
            assert 2 * MIN_SEND_MS / 1000 <= timeout < summaries.LEASE.total_seconds()

    def test_both_that_mail_are_told_the_same(self) -> None:
        told = {
            function: dict(properties(function)["Environment"]["Variables"])
            for function in ("CancellationSummaryFunction", "SummarySweepFunction")
        }
        queue = told["SummarySweepFunction"].pop("MAIL_EVENTS_QUEUE_URL")
        assert queue == {"Ref": "MailEvents"}
        assert told["CancellationSummaryFunction"] == told["SummarySweepFunction"]
        assert told["SummarySweepFunction"]["CONFIGURATION_SET"] == {"Ref": "SummaryMail"}
        assert told["SummarySweepFunction"]["DAILY_SUMMARY_HOUR"] == {"Ref": "DailySummaryHour"}


OTHERWISE = {
    "CONFIGURATION_SET": {"Ref": "SummaryMail"},
    "EVENT_BUS": {"Ref": "OrderBus"},
    "MAIL_EVENTS_QUEUE_URL": {"Ref": "MailEvents"},
    "SENDER_ADDRESS": {"Sub": '"${SenderName}" <${SenderAddress}>'},
}


def test_a_variable_is_the_parameter_or_the_table_of_its_name() -> None:
    named = [
        (variable, value)
        for resource in RESOURCES.values()
        for variable, value in resource.get("Properties", {}).get("Environment", {}).get("Variables", {}).items()
    ]
    assert len(named) > len(OTHERWISE)
    for variable, value in named:
        assert value == OTHERWISE.get(variable, {"Ref": variable.title().replace("_", "")}), variable


# What a function does without naming a table: (action, resource, condition)
THE_STREAM = {
    ("dynamodb:DescribeStream", "OrdersTable.StreamArn", ""),
    ("dynamodb:GetRecords", "OrdersTable.StreamArn", ""),
    ("dynamodb:GetShardIterator", "OrdersTable.StreamArn", ""),
    ("dynamodb:ListStreams", "*", ""),
}
BESIDE = {
    "CancellationSummaryFunction": THE_STREAM | {("sqs:SendMessage", "SummaryFailureQueue.Arn", "")},
    "OrderEventsFunction": THE_STREAM
    | {("sqs:SendMessage", "EventFailureQueue.Arn", ""), ("events:PutEvents", "OrderBus.Arn", "")},
    "SummarySweepFunction": {("sqs:GetQueueAttributes", "MailEvents.Arn", "")},
    "SummaryFeedbackFunction": {
        (f"sqs:{action}", "MailEvents.Arn", "")
        for action in ("ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "ReceiveMessage")
    },
}
FROM_THE_SENDER = "{'StringEquals': {'ses:FromAddress': {'Ref': 'SenderAddress'}}}"
SES = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:"
MAIL = {
    ("ses:SendEmail", f"{SES}identity/*", FROM_THE_SENDER),
    ("ses:SendEmail", f"{SES}configuration-set/${{SummaryMail}}", FROM_THE_SENDER),
}


@pytest.mark.parametrize("function", sorted(name for name in RESOURCES if name.endswith("Function")))
def test_a_function_may_do_nothing_beside_its_tables_but_this(function: str) -> None:
    """What it may do with its tables is held to what it does, in the proof of the policies."""
    found = set()
    for statement in statements(function):
        assert statement["Effect"] == "Allow"
        assert not {"NotAction", "NotResource"} & statement.keys()
        actions, resources = statement["Action"], statement["Resource"]
        for action in actions if isinstance(actions, list) else [actions]:
            for resource in resources if isinstance(resources, list) else [resources]:
                text = resource if isinstance(resource, str) else resource.get("GetAtt") or resource.get("Sub")
                if not action.startswith("dynamodb:") or "Stream" in action + str(text) or text == "*":
                    found.add((action, text, str(statement.get("Condition", ""))))
    mails = function in ("CancellationSummaryFunction", "SummarySweepFunction")
    assert found == BESIDE.get(function, set()) | (MAIL if mails else set())


def test_a_role_of_its_own_is_lambdas_and_has_what_every_function_has() -> None:
    functions = {name: found["Properties"] for name, found in RESOURCES.items() if name.endswith("Function")}
    own = {name: found["Role"] for name, found in functions.items() if "Role" in found}
    assert own == {
        f"{name}Function": {"GetAtt": f"{name}Role.Arn"}
        for name in ("CancellationSummary", "OrderEvents", "SummaryFeedback")
    }
    roles = {name: found["Properties"] for name, found in RESOURCES.items() if found["Type"] == "AWS::IAM::Role"}
    prefix = "arn:${AWS::Partition}:iam::aws:policy/"
    for name in ("CancellationSummaryRole", "OrderEventsRole", "SummaryFeedbackRole"):
        assert roles[name]["ManagedPolicyArns"] == [
            {"Sub": f"{prefix}service-role/AWSLambdaBasicExecutionRole"},
            {"Sub": f"{prefix}AWSXRayDaemonWriteAccess"},
        ]
        [trusts] = roles[name]["AssumeRolePolicyDocument"]["Statement"]
        assert trusts == {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
