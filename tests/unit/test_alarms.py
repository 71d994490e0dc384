"""Every alarm can fire: its metric is emitted, under its namespace and with its dimensions; and the runbook has it."""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from local.bridges import template
from local.cloud import ROOT
from scripts import dashboard

RESOURCES: dict[str, Any] = template()["Resources"]
ALARMS = {name: found["Properties"] for name, found in RESOURCES.items() if found["Type"] == "AWS::CloudWatch::Alarm"}
FUNCTIONS = sorted(name for name, found in RESOURCES.items() if found["Type"] == "AWS::Serverless::Function")
BEHIND_THE_API = sorted(
    name
    for name in FUNCTIONS
    if any(event["Type"] == "Api" for event in RESOURCES[name]["Properties"]["Events"].values())
)
OURS = template()["Globals"]["Function"]["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"]
RUNBOOK = (ROOT / "docs/runbook.md").read_text()

# What AWS emits, and the dimensions that it emits it with: the services' own lists of metrics.
AWS_METRICS = {
    ("AWS/ApiGateway", "5XXError"): {"ApiName", "Stage"},
    ("AWS/DynamoDB", "WriteThrottleEvents"): {"TableName"},
    ("AWS/Lambda", "Duration"): {"FunctionName", "Resource"},
    ("AWS/Lambda", "Errors"): {"FunctionName", "Resource"},
    ("AWS/Lambda", "IteratorAge"): {"FunctionName", "Resource"},
    ("AWS/Lambda", "Throttles"): {"FunctionName", "Resource"},
    ("AWS/SES", "Reputation.BounceRate"): {"ses:configuration-set"},
    ("AWS/SES", "Reputation.ComplaintRate"): {"ses:configuration-set"},
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): {"QueueName"},
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): {"QueueName"},
}
ALSO_SHOWN = {
    ("AWS/DynamoDB", "ConditionalCheckFailedRequests"),
    ("AWS/ApiGateway", "Count"),
    ("AWS/ApiGateway", "4XXError"),
    ("AWS/DynamoDB", "ConsumedWriteCapacityUnits"),
}
# and the kind of resource that a dimension's value is the name of
NAMED = {
    "FunctionName": "AWS::Serverless::Function",
    "QueueName": "AWS::SQS::Queue",
    "TableName": "AWS::DynamoDB::Table",
    "ses:configuration-set": "AWS::SES::ConfigurationSet",
}


def dimensions(alarm: dict[str, Any]) -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in alarm["Dimensions"]}


def emitted() -> Iterator[str]:
    """The names that the code counts or gauges, as patterns: a part that is put in at run time may be anything."""
    for path in sorted([*ROOT.glob("functions/*/app.py"), *ROOT.glob("layers/order_cancellation/**/*.py")]):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ("count", "gauge"):
                yield pattern(call.args[0])


def pattern(name: ast.expr) -> str:
    if isinstance(name, ast.Constant):
        return re.escape(str(name.value))
    if isinstance(name, ast.IfExp):
        return f"{pattern(name.body)}|{pattern(name.orelse)}"
    if isinstance(name, ast.JoinedStr):
        return "".join(pattern(part) if isinstance(part, ast.Constant) else r"\w+" for part in name.values)
    return r"(?!)"  # handed on from elsewhere


@pytest.mark.parametrize("name", ALARMS)
def test_something_emits_what_it_watches(name: str) -> None:
    measured = ALARMS[name]
    if measured["Namespace"] == OURS:
        assert any(re.fullmatch(each, measured["MetricName"]) for each in emitted())
        assert dimensions(ALARMS[name]) == {"service": {"Ref": "AWS::StackName"}}
    else:
        assert set(dimensions(ALARMS[name])) == AWS_METRICS[measured["Namespace"], measured["MetricName"]]


def test_the_code_emits_under_the_name_that_alarms_look_for() -> None:
    told = template()["Globals"]["Function"]["Environment"]["Variables"]
    assert told["POWERTOOLS_SERVICE_NAME"] == {"Ref": "AWS::StackName"}
    observability = (ROOT / "layers/order_cancellation/order_cancellation/observability.py").read_text()
    assert 'Metrics(service=_service, namespace=os.environ["POWERTOOLS_METRICS_NAMESPACE"])' in observability


@pytest.mark.parametrize("name", ALARMS)
def test_what_it_watches_is_this_stacks(name: str) -> None:
    values = dimensions(ALARMS[name])
    for dimension, kind in NAMED.items():
        if dimension in values:
            [[how, what]] = values[dimension].items()
            assert RESOURCES[what.removesuffix(".QueueName")]["Type"] == kind
            assert how == ("GetAtt" if dimension == "QueueName" else "Ref")  # a queue's Ref is its URL
    if "Resource" in values:
        assert values["Resource"] == {"Sub": f"${{{values['FunctionName']['Ref']}}}:live"}
        assert template()["Globals"]["Function"]["AutoPublishAlias"] == "live"
    if "ApiName" in values:
        assert values["ApiName"] in (RESOURCES["Api"]["Properties"]["Name"], {"Ref": "AWS::StackName"})
        assert RESOURCES["Api"]["Properties"]["Name"] == {"Sub": "${AWS::StackName}"}
        assert values["Stage"] == RESOURCES["Api"]["Properties"]["StageName"]


@pytest.mark.parametrize("name", ALARMS)
def test_somebody_is_told_and_knows_where_to_read_on(name: str) -> None:
    assert ALARMS[name]["AlarmActions"] == [{"Ref": "Alarms"}]
    assert len(ALARMS[name]["AlarmDescription"]) <= 1024
    assert entry_of(name) in entries()


def test_the_runbook_has_no_entry_for_an_alarm_that_is_not_there() -> None:
    assert entries() == {entry_of(name) for name in ALARMS}


def entry_of(alarm: str) -> str:
    """An alarm's entry in the runbook: the functions share theirs."""
    prefixes = "|".join(function.removesuffix("Function") for function in FUNCTIONS)
    return re.sub(rf"^({prefixes})(?=Errors|Throttles|Slow)", "", alarm.removesuffix("Alarm"))


def entries() -> set[str]:
    """What stands before the colon of the runbook's headings."""
    headings = re.findall(r"^## ([A-Z]\w+(?:, [A-Z]\w+)*): ", RUNBOOK, re.MULTILINE)
    return {name for heading in headings for name in heading.split(", ")}


def watched(metric: str) -> list[str]:
    found = [dimensions(alarm) for alarm in ALARMS.values() if alarm["MetricName"] == metric]
    return sorted(each["FunctionName"]["Ref"] for each in found)


def test_every_function_is_watched() -> None:
    assert watched("Errors") == watched("Throttles") == FUNCTIONS
    assert watched("Duration") == BEHIND_THE_API


def test_every_queue_of_what_was_given_up_is_watched() -> None:
    queues = {name for name, found in RESOURCES.items() if found["Type"] == "AWS::SQS::Queue"}
    seen = {dimensions(alarm).get("QueueName", {}).get("GetAtt", "").partition(".")[0] for alarm in ALARMS.values()}
    assert queues == seen - {""}


def test_a_gauge_says_what_is_now_and_a_count_what_was() -> None:
    for alarm in ALARMS.values():
        if alarm["MetricName"] in ("SummaryLate", "SummariesWaiting"):
            assert alarm["Statistic"] == "Maximum"
            assert alarm["TreatMissingData"] != "notBreaching"  # no measure is no all-clear
        elif alarm["Namespace"] == OURS:
            assert alarm["Statistic"] == "Sum"


class TestDeployment:
    """A new version of what answers requests gets a tenth of them first, and goes back upon an alarm."""

    @pytest.mark.parametrize("function", BEHIND_THE_API)
    def test_of_a_function_behind_the_api_is_gradual(self, function: str) -> None:
        preference = template()["Globals"]["Function"]["DeploymentPreference"]
        assert preference == {"Enabled": {"Ref": "GradualDeployment"}, "Type": "Canary10Percent5Minutes"}
        own = RESOURCES[function]["Properties"]["DeploymentPreference"]
        errors = function.removesuffix("Function") + "ErrorsAlarm"
        assert own == {"Alarms": [{"Ref": errors}, {"Ref": "InternalErrorsAlarm"}, {"Ref": "ApiErrorsAlarm"}]}

    @pytest.mark.parametrize("function", sorted(set(FUNCTIONS) - set(BEHIND_THE_API)))
    def test_of_the_others_is_whole(self, function: str) -> None:
        assert RESOURCES[function]["Properties"]["DeploymentPreference"] == {"Enabled": False}


def test_the_dashboard_shows_metrics_that_are_emitted() -> None:
    shown = json.loads(dashboard.body("stack", "us-east-1", dict.fromkeys(RESOURCES, "name")))
    for widget in shown["widgets"]:
        before: list[Any] = []
        for row in widget["properties"]["metrics"]:
            row = [each for each in row if isinstance(each, str)]
            full = before[: len(before) - len(row) + 1] + row[1:] if row[0] == "..." else row
            before = [old if new == "." else new for old, new in zip(before or full, full, strict=False)] + full[
                len(before or full) :
            ]
            namespace, metric, *named = before
            if namespace == OURS:
                assert any(re.fullmatch(each, metric) for each in emitted()), metric
                assert named == ["service", "stack"]
            elif (namespace, metric) not in ALSO_SHOWN:
                assert set(named[::2]) == AWS_METRICS[namespace, metric]


GIVEN_UP = "ApproximateNumberOfMessagesVisible"
AT_LEAST, MORE, LESS = "GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold"
# Of which alarms: the statistic of how many seconds, how many of how many periods, beyond what, and what silence means.
WHEN: dict[str, tuple[Any, ...]] = {
    "ApiErrors": ("Sum", 60, 2, 5, AT_LEAST, 3, "notBreaching"),
    "InternalErrors|SendingStopped": ("Sum", 60, 1, 1, AT_LEAST, 1, "notBreaching"),
    r"\w+(Errors|Throttles)|OrdersThrottled": ("Sum", 60, 2, 5, AT_LEAST, 1, "notBreaching"),
    "ReconciliationSlow": ("p99", 300, 3, 3, MORE, 10_000, "notBreaching"),
    r"\w+Slow": ("p99", 300, 3, 3, MORE, 3_000, "notBreaching"),
    "OrderConflicts": ("Sum", 300, 1, 1, AT_LEAST, 10, "notBreaching"),
    "StreamLate": ("Maximum", 300, 1, 1, AT_LEAST, 15 * 60_000, "notBreaching"),
    "EventsLate": ("Maximum", 60, 1, 1, AT_LEAST, 5 * 60_000, "notBreaching"),
    "MailEventsLate": ("Maximum", 300, 1, 1, AT_LEAST, 30 * 60, "notBreaching"),
    r"\w+GivenUp": ("Maximum", 300, 1, 1, AT_LEAST, 1, "notBreaching"),
    "SummaryLate": ("Maximum", 300, 2, 2, AT_LEAST, 15 * 60, "breaching"),
    "SummariesWaiting": ("Maximum", 300, 1, 1, AT_LEAST, 1, "ignore"),
    "Bounces": ("Maximum", 3600, 1, 1, AT_LEAST, 0.04, "ignore"),
    "Complaints": ("Maximum", 3600, 1, 1, AT_LEAST, 0.0008, "ignore"),
    "SellersUnregistered": ("Sum", 300, 12, 12, AT_LEAST, 1, "notBreaching"),
    "SweepMissing": ("Sum", 300, 3, 3, LESS, 1, "breaching"),
    "SummariesParked|SellersNotTold|OrdersUnreadable|OrdersNotClaimed|SummariesUnreadable|TimeZonesUnknown": (
        "Sum",
        300,
        1,
        1,
        AT_LEAST,
        1,
        "notBreaching",
    ),
}


@pytest.mark.parametrize("name", ALARMS)
def test_it_goes_off_when_it_has_to(name: str) -> None:
    alarm, short = ALARMS[name], name.removesuffix("Alarm")
    expected = next(when for names, when in WHEN.items() if re.fullmatch(names, short))
    periods = alarm["EvaluationPeriods"]
    assert (
        alarm.get("Statistic") or alarm.get("ExtendedStatistic"),
        alarm["Period"],
        alarm.get("DatapointsToAlarm", periods),
        periods,
        alarm["ComparisonOperator"],
        alarm["Threshold"],
        alarm["TreatMissingData"],
    ) == expected


def test_an_alarm_watches_what_its_name_says() -> None:
    of_other_names = {
        "SweepMissing": "Sweeps",
        "InternalErrors": "Problem.internal_error",
        "OrderConflicts": "Problem.order_conflict",
    }
    elsewhere = {
        "ApiErrors": ("5XXError", "ApiName", {"Ref": "AWS::StackName"}),
        "OrdersThrottled": ("WriteThrottleEvents", "TableName", {"Ref": "OrdersTable"}),
        "StreamLate": ("IteratorAge", "FunctionName", {"Ref": "CancellationSummaryFunction"}),
        "EventsLate": ("IteratorAge", "FunctionName", {"Ref": "OrderEventsFunction"}),
        "EventsGivenUp": (GIVEN_UP, "QueueName", {"GetAtt": "EventFailureQueue.QueueName"}),
        "RecordsGivenUp": (GIVEN_UP, "QueueName", {"GetAtt": "SummaryFailureQueue.QueueName"}),
        "FeedbackGivenUp": (GIVEN_UP, "QueueName", {"GetAtt": "FeedbackFailureQueue.QueueName"}),
        "MailEventsLate": ("ApproximateAgeOfOldestMessage", "QueueName", {"GetAtt": "MailEvents.QueueName"}),
        "Bounces": ("Reputation.BounceRate", "ses:configuration-set", {"Ref": "SummaryMail"}),
        "Complaints": ("Reputation.ComplaintRate", "ses:configuration-set", {"Ref": "SummaryMail"}),
    }
    for name, alarm in ALARMS.items():
        short, metric = name.removesuffix("Alarm"), alarm["MetricName"]
        if alarm["Namespace"] == OURS:
            assert metric == of_other_names.get(short, short)
        elif metric in ("Errors", "Throttles", "Duration"):
            function = dimensions(alarm)["FunctionName"]["Ref"].removesuffix("Function")
            assert short == function + {"Duration": "Slow"}.get(metric, metric)
        else:
            expected, dimension, value = elsewhere.pop(short)
            assert (metric, dimensions(alarm)[dimension]) == (expected, value)
    assert elsewhere == {}
