"""The operator's commands against a deployed stack, as they are typed."""

import json
import re
from collections.abc import Callable
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from local import events, seed
from local.client import Client, machine_token, seller_tokens
from local.cloud import ROOT, Cloud
from local.mailbox import messages
from order_cancellation.domain.summaries import shard_of
from scripts import adopt, deploy
from scripts.stack import Stack
from tests.end_to_end.test_summaries import eventually
from tests.support import template
from tests.support.local_stack import Operate


def seller(operate: Operate, seller_id: str, email: str, changes: dict[str, str] | None = None) -> tuple[int, str, str]:
    said = {"seller-id": seller_id, "email": email, "name": "Cedar", "time-zone": "Europe/Oslo", **(changes or {})}
    return operate("onboard-seller", *[word for name, value in said.items() for word in (f"--{name}", value)])


def test_a_seller_is_onboarded_whole_and_again_without_harm(
    operate: Operate, cloud: Cloud, description: dict[str, Any]
) -> None:
    mail_to = {"mail-to": "orders@cedar.example"}
    for _ in range(2):
        code, said, _ = seller(operate, "cedar", "kim@cedar.example", mail_to)
        assert (code, "orders@cedar.example" in said) == (0, True)
    key = {"seller_id": {"S": "cedar"}}
    contact = cloud.client("dynamodb").get_item(TableName=description["tables"]["sellers"], Key=key)["Item"]
    assert (contact["email"], contact["time_zone"]) == ({"S": "orders@cedar.example"}, {"S": "Europe/Oslo"})
    assert seller(operate, "birch", "kim@cedar.example")[0] == 1  # an account is one seller's
    code, said, _ = operate("reinvite", "--email", "kim@cedar.example")
    assert (code, "invited again" in said) == (0, True)


@pytest.mark.parametrize(
    ("changes", "about"),
    [
        ({"seller-id": "not an id"}, "seller_id must be"),
        ({"email": "nobody"}, "email"),
        ({"time-zone": "Mars/Olympus"}, "time_zone"),
    ],
)
def test_a_mistake_is_one_sentence_and_opens_nothing(operate: Operate, changes: dict[str, str], about: str) -> None:
    code, said, complaint = seller(operate, "dune", "x@dune.example", changes)
    assert (code, said) == (1, "")
    assert about in complaint
    assert len(complaint.splitlines()) == 1
    assert operate("reinvite", "--email", "x@dune.example")[0] == 1


def test_a_stack_that_is_not_there_is_named(operate: Operate) -> None:
    code, _, complaint = operate("describe", stack="nothing-here")
    assert code == 1
    assert complaint.startswith("There is no stack nothing-here in us-east-1.")


def test_a_person_who_has_left_cannot_sign_in(operate: Operate, cloud: Cloud, description: dict[str, Any]) -> None:
    cognito, pool = cloud.client("cognito-idp"), description["user_pool_id"]
    seller(operate, "elm", "leaver@elm.example")
    cognito.admin_set_user_password(
        UserPoolId=pool, Username="leaver@elm.example", Password="Elm-local-only-1", Permanent=True
    )
    sign_in = (cognito, description["portal_client_id"], "leaver@elm.example", "Elm-local-only-1")
    assert seller_tokens(*sign_in)
    assert operate("revoke-person", "--email", "leaver@elm.example")[0] == 0
    with pytest.raises(ClientError, match=r"NotAuthorized|disabled"):
        seller_tokens(*sign_in)


def test_a_centers_client_is_rotated_and_the_old_one_revoked(
    operate: Operate, description: dict[str, Any], place: Callable[..., str]
) -> None:
    first = json.loads(operate("onboard-center", "--fc-id", "PDX4")[1])
    assert operate("onboard-center", "--fc-id", "PDX4")[0] == 1
    _, said, hint = operate("rotate-center", "--fc-id", "PDX4")
    second = json.loads(said)
    assert first["client_id"] in hint
    order_id = place("PDX4")

    def report(client: dict[str, str]) -> int:
        token = machine_token(
            description["token_url"], client["client_id"], client["client_secret"], "fulfillment/events"
        )
        return Client(description["api_url"], token).report("PDX4", "acme", order_id, "picking", seed.ago()).status

    assert [report(first), report(second)] == [200, 200]
    assert operate("revoke-client", "--client-id", first["client_id"])[0] == 0
    with pytest.raises(RuntimeError, match="No token"):
        report(first)
    assert report(second) == 200
    assert operate("rotate-center", "--fc-id", "NOWHERE")[0] == 1


def test_the_planners_client_is_rotated(operate: Operate, description: dict[str, Any]) -> None:
    code, said, hint = operate("rotate-planner")
    assert code == 0
    assert description["network"]["client_id"] in hint
    made = json.loads(said)
    token = machine_token(description["token_url"], made["client_id"], made["client_secret"], "network/sellers")
    contact = {"name": "Fern", "email": "ops@fern.example", "time_zone": "UTC"}
    assert Client(description["api_url"], token).put("/sellers/fern", contact).status == 200
    assert operate("revoke-client", "--client-id", made["client_id"])[0] == 0
    assert operate("revoke-client", "--client-id", description["portal_client_id"])[0] == 1


def test_a_deployed_stack_is_described_as_make_up_describes_it(
    operate: Operate, description: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    described = deploy.description(Stack(description["stack_name"]))
    assert described.keys() == description.keys()
    for name in ("stack_name", "user_pool_id", "portal_client_id", "network", "tables", "functions", "region"):
        assert described[name] == description[name]
    for name in ("sellers", "fulfillment_centers"):
        assert described[name][0].keys() == description[name][0].keys()
    assert re.fullmatch(r"https://.+/v1", described["api_url"])


def test_the_dashboard_is_put_up(operate: Operate, cloud: Cloud, description: dict[str, Any]) -> None:
    assert operate("dashboard")[0] == 0
    shown = cloud.client("cloudwatch").get_dashboard(DashboardName=description["stack_name"])["DashboardBody"]
    assert description["functions"]["cancel_order"] in shown
    assert "${" not in shown


class TestRules:
    """What CloudFormation refuses before it makes anything."""

    REAL: ClassVar = {
        "Environment": "production",
        "SenderAddress": "orders@network.example",
        "SenderName": "Acorn Fulfillment",
        "PortalOrigin": "https://portal.network.example",
        "ProblemTypeBase": "https://portal.network.example/problems",
    }

    @staticmethod
    def create(cloud: Cloud, name: str, parameters: dict[str, str]) -> None:
        """A stack of the template's parameters and rules, and of one queue."""
        source = (ROOT / "template.yaml").read_text()
        heads = ("Parameters", "Rules")
        parts = [re.search(rf"^{head}:\n(?:(?:[ #].*)?\n)+", source, re.MULTILINE) for head in heads]
        body = "".join(part[0] for part in parts if part) + "Resources: {Queue: {Type: AWS::SQS::Queue}}\n"
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        cloud.client("cloudformation").create_stack(StackName=name, TemplateBody=body, Parameters=given)

    def test_production_with_what_is_real(self, cloud: Cloud) -> None:
        self.create(cloud, "rules-real", self.REAL)

    @pytest.mark.parametrize("without", sorted(REAL.keys() - {"Environment"}))
    def test_production_without_one_of_it_is_refused(self, cloud: Cloud, without: str) -> None:
        parameters = {name: value for name, value in self.REAL.items() if name != without}
        with pytest.raises(ClientError, match=f"Production needs .*{without}"):
            self.create(cloud, f"rules-{without}", parameters)

    @pytest.mark.parametrize("parameter", ["PortalOrigin", "ProblemTypeBase"])
    def test_plain_http_is_this_machines_alone(self, cloud: Cloud, parameter: str) -> None:
        path = "/problems" if parameter == "ProblemTypeBase" else ""
        self.create(cloud, f"rules-local-{parameter}", {parameter: f"http://127.0.0.1:4567{path}"})
        with pytest.raises(ClientError, match="https"):
            self.create(cloud, f"rules-http-{parameter}", {parameter: f"http://portal.network.example{path}"})


class TestRepairs:
    """What is brought back, sent again, set aside and forgotten."""

    @staticmethod
    def parked(cloud: Cloud, description: dict[str, Any], order_id: str, summary_id: str) -> None:
        """A summary of acme's that waits for an operator."""
        item = {
            "seller_id": {"S": "acme"},
            "summary_id": {"S": summary_id},
            "status": {"S": "parked"},
            "order_ids": {"L": [{"S": order_id}]},
            "email": {"S": "ops@acme.example"},
            "created_at": {"S": "2026-11-20T09:31:00.123Z"},
            "attempts": {"N": "1"},
            "part": {"N": "1"},
            "parts": {"N": "1"},
            "parked_because": {"S": "Reject"},
            "waits_for": {"S": "operator"},
            "waiting_shard": {"S": shard_of("acme")},
            "waiting_since": {"S": "2026-11-20T09:32:00.123Z"},
        }
        cloud.client("dynamodb").put_item(TableName=description["tables"]["summaries"], Item=item)

    def test_a_parked_summary_is_listed_and_sent_again(
        self, operate: Operate, cloud: Cloud, description: dict[str, Any], acme: Client, place: Callable[..., str]
    ) -> None:
        order_id = place()
        assert acme.cancel(order_id).status == 200
        self.parked(cloud, description, order_id, "S-20261120-093100123-000000000001")
        of_it = ("--seller-id", "acme", "--summary-id", "S-20261120-093100123-000000000001")
        assert "waits for operator  Reject" in operate("waiting", "--seller-id", "acme")[1]
        assert operate("send-again", *of_it)[0] == 0
        assert operate("send-again", *of_it)[0] == 1  # it waits no longer
        cloud.client("lambda").invoke(FunctionName=description["functions"]["summary_sweep"], Payload=b"{}")
        assert eventually(lambda: [mail for mail in messages(cloud.endpoint_url) if order_id in mail["BodyText"]])

    def test_a_parked_summary_is_set_aside(
        self, operate: Operate, cloud: Cloud, description: dict[str, Any], place: Callable[..., str]
    ) -> None:
        self.parked(cloud, description, place(), "S-20261120-093100123-000000000002")
        of_it = ("--seller-id", "acme", "--summary-id", "S-20261120-093100123-000000000002")
        assert operate("set-aside", *of_it)[0] == 0
        assert "000000000002" not in operate("waiting")[1]

    def test_an_event_of_ses_that_was_given_up_is_in_its_queue_again(
        self, operate: Operate, cloud: Cloud, description: dict[str, Any]
    ) -> None:
        names, sqs = Stack(description["stack_name"]).names, cloud.client("sqs")
        tags = {"summary_id": ["S-nobody-knows"]}
        body = json.dumps({"detail": {"eventType": "Send", "mail": {"messageId": "m", "tags": tags}}})
        sqs.send_message(QueueUrl=names["FeedbackFailureQueue"], MessageBody=body)
        code, said, _ = operate("redrive", "--queue", "feedback")
        assert (code, said) == (0, "an event of SES is in its queue again\n")
        assert "Messages" not in sqs.receive_message(QueueUrl=names["FeedbackFailureQueue"])
        sqs.purge_queue(QueueUrl=names["MailEvents"])

    def test_stream_records_that_were_given_up_are_handed_over_again(
        self, operate: Operate, cloud: Cloud, description: dict[str, Any], acme: Client, place: Callable[..., str]
    ) -> None:
        queue = events.subscribe(cloud, description["event_bus"])
        order_id = place()
        acme.cancel(order_id)

        def told() -> list[Any]:
            return [each for each in events.received(cloud, queue) if each["detail"]["order_id"] == order_id]

        assert eventually(told)
        dynamodb, streams = cloud.client("dynamodb"), cloud.client("dynamodbstreams")
        arn = dynamodb.describe_table(TableName=description["tables"]["orders"])["Table"]["LatestStreamArn"]
        [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        place_in_it = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        position = streams.get_shard_iterator(**place_in_it)["ShardIterator"]
        found: list[str] = []
        while not found:
            page = streams.get_records(ShardIterator=position)
            found = [
                each["dynamodb"]["SequenceNumber"]
                for each in page["Records"]
                if each["dynamodb"]["Keys"]["order_id"]["S"] == order_id and each["eventName"] == "MODIFY"
            ]
            position = page["NextShardIterator"]
        batch = {"shardId": shard["ShardId"], "startSequenceNumber": found[0], "endSequenceNumber": found[0]}
        body = json.dumps({"DDBStreamBatchInfo": {**batch, "streamArn": arn}})
        names = Stack(description["stack_name"]).names
        cloud.client("sqs").send_message(QueueUrl=names["EventFailureQueue"], MessageBody=body)
        code, said, _ = operate("redrive", "--queue", "events")
        assert (code, said) == (0, "its records were handed over\n")
        assert eventually(told)

    def test_a_seller_is_forgotten_when_nothing_of_theirs_is_live(
        self, operate: Operate, cloud: Cloud, description: dict[str, Any], place: Callable[..., str]
    ) -> None:
        seller(operate, "gorse", "owner@gorse.example")
        order_id = place(seller_id="gorse")
        of_it = ("--seller-id", "gorse")
        code, _, complaint = operate("forget-seller", *of_it, "--write")
        assert (code, order_id in complaint) == (1, True)
        key = {"seller_id": {"S": "gorse"}, "order_id": {"S": order_id}}
        cloud.client("dynamodb").update_item(
            TableName=description["tables"]["orders"],
            Key=key,
            UpdateExpression="SET #s = :delivered",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":delivered": {"S": "delivered"}},
        )
        code, said, _ = operate("forget-seller", *of_it)
        assert (code, said.splitlines()[-1]) == (0, "Nothing was deleted: --write does it.")
        code, said, _ = operate("forget-seller", *of_it, "--write")
        assert code == 0
        assert "Nothing is left of gorse" in said
        assert "Item" not in cloud.client("dynamodb").get_item(TableName=description["tables"]["orders"], Key=key)
        assert operate("reinvite", "--email", "owner@gorse.example")[0] == 1
        assert operate("forget-seller", *of_it, "--write")[0] == 0  # again, with nothing left


class TestAdopt:
    """A new stack begins with the tables of another."""

    @pytest.fixture
    def left(self, cloud: Cloud) -> dict[str, str]:
        """Tables that nobody has in a stack; that of the orders was restored, and has no stream."""
        dynamodb, names = cloud.client("dynamodb"), {}
        for kind, logical_id in adopt.TABLES.items():
            names[kind] = f"left-{kind}-{uuid4().hex[:6]}"
            kept = ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "BillingMode")
            wanted = template.properties(logical_id)
            dynamodb.create_table(TableName=names[kind], **{name: wanted[name] for name in kept if name in wanted})
        return names

    def arguments(self, left: dict[str, str]) -> list[str]:
        options = {f"--{kind.replace('_', '-')}": name for kind, name in left.items()}
        return [each for option in options.items() for each in option]

    def test_of_the_tables_alone(self, operate: Operate, cloud: Cloud, left: dict[str, str]) -> None:
        name = f"adopted-{uuid4().hex[:6]}"
        code, said, problem = operate("adopt", *self.arguments(left), stack=name)
        assert (code, problem) == (0, "")
        assert f"make deploy STACK={name}" in said
        found = cloud.client("cloudformation").describe_stack_resources(StackName=name)["StackResources"]
        resources = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}
        assert resources == {adopt.TABLES[kind]: table for kind, table in left.items()}
        body = cloud.client("cloudformation").get_template(StackName=name)["TemplateBody"]
        kept = (json.loads(body) if isinstance(body, str) else body)["Resources"]["OrdersTable"]
        assert kept["DeletionPolicy"] == "RetainExceptOnCreate"
        assert "StreamSpecification" not in kept["Properties"]  # the deployment switches on what the table lacks

    def test_a_table_that_is_another_is_refused(self, operate: Operate, left: dict[str, str]) -> None:
        others = left | {"orders": left["summaries"]}
        code, _, problem = operate("adopt", *self.arguments(others), stack="adopted-wrong")
        assert code == 1
        assert "cannot be the table of orders: its keys are others" in problem
