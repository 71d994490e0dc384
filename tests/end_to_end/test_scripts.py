"""The operator's commands against a deployed stack, as they are typed."""

import json
import re
from collections.abc import Callable
from typing import Any, ClassVar

import boto3
import pytest
from botocore.exceptions import ClientError

from local import seed
from local.client import Client, machine_token, seller_tokens
from local.cloud import ROOT, Cloud
from scripts import deploy
from scripts.__main__ import main
from scripts.stack import Stack

Operate = Callable[..., tuple[int, str, str]]


@pytest.fixture
def operate(
    cloud: Cloud, description: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Operate:
    """Types a command; returns its exit code and what it said, to standard output and to standard error."""
    for name, value in cloud.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)

    def run(*arguments: str, stack: str = description["stack_name"]) -> tuple[int, str, str]:
        code = main([arguments[0], "--stack", stack, *arguments[1:]])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


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
