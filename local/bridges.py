"""What the local cloud does not do as AWS does, made good after a deploy. The template knows nothing of it.

Each bridge says why it is there; one that the local cloud has outgrown is to be deleted.
"""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING, Any

import yaml

from local import deploy
from local.cloud import ROOT, Cloud

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient as Gateway


def apply(cloud: Cloud, stack_name: str, api_id: str) -> None:
    """Apply all bridges to a stack that has just been deployed."""
    gateway, parameters = cloud.client("apigateway"), deploy.parameters(cloud)
    import_gateway_responses(gateway, api_id, parameters)
    import_preflight_responses(gateway, api_id, parameters)
    allow_sending(cloud, stack_name)
    hear_mail_events(cloud)
    gateway.create_deployment(restApiId=api_id, stageName="v1")


def import_gateway_responses(gateway: Gateway, api_id: str, parameters: dict[str, str]) -> None:
    """The local cloud does not read gateway responses out of the API's OpenAPI document, as API Gateway does.

    So they are put one by one, from the template itself; they take effect with the next deployment of the stage.
    """
    for response_type, response in template()["Resources"]["Api"]["Properties"]["GatewayResponses"].items():
        gateway.put_gateway_response(
            restApiId=api_id,
            responseType=response_type,
            statusCode=str(response["StatusCode"]),
            responseParameters={
                f"gatewayresponse.header.{name}": _resolve(value, parameters)
                for name, value in response["ResponseParameters"]["Headers"].items()
            },
            responseTemplates={
                content_type: _resolve(text, parameters) for content_type, text in response["ResponseTemplates"].items()
            },
        )


def import_preflight_responses(gateway: Gateway, api_id: str, parameters: dict[str, str]) -> None:
    """Nor does it read the responses of mock integrations, which is what SAM answers CORS preflights with."""
    cors = template()["Resources"]["Api"]["Properties"]["Cors"]
    headers = {f"Access-Control-{re.sub('(?<!^)(?=[A-Z])', '-', name)}": value for name, value in cors.items()}
    for resource in gateway.get_resources(restApiId=api_id, embed=["methods"], limit=500)["items"]:
        if "OPTIONS" not in resource.get("resourceMethods", {}):
            continue
        gateway.put_method_response(
            restApiId=api_id,
            resourceId=resource["id"],
            httpMethod="OPTIONS",
            statusCode="200",
            responseParameters={f"method.response.header.{name}": True for name in headers},
        )
        gateway.put_integration_response(
            restApiId=api_id,
            resourceId=resource["id"],
            httpMethod="OPTIONS",
            statusCode="200",
            responseParameters={
                f"method.response.header.{name}": _resolve(value, parameters) for name, value in headers.items()
            },
        )


def allow_sending(cloud: Cloud, stack_name: str) -> None:
    """It judges ses:SendEmail on the resource "*", so the template's statement, which names the sender, never holds."""
    resources = cloud.client("cloudformation").describe_stack_resources(StackName=stack_name)["StackResources"]
    statement = {"Effect": "Allow", "Action": "ses:SendEmail", "Resource": "*"}
    for resource in resources:
        if resource["LogicalResourceId"] in ("CancellationSummaryRole", "SummarySweepFunctionRole"):
            cloud.client("iam").put_role_policy(
                RoleName=resource["PhysicalResourceId"],
                PolicyName="LocalCloudOnly",
                PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
            )


def hear_mail_events(cloud: Cloud) -> None:
    """Its SES publishes no events, and its bus takes none from aws.ses by hand (nor does AWS's).

    So that an event put on the bus from any other source settles a summary, the rule's pattern loses its source.
    """
    events = cloud.client("events")
    for rule in events.list_rules()["Rules"]:
        pattern = json.loads(rule["EventPattern"])
        if pattern.pop("source", None) == ["aws.ses"]:
            events.put_rule(Name=rule["Name"], EventPattern=json.dumps(pattern), State=rule["State"])


@functools.cache
def template() -> dict[str, Any]:
    """template.yaml, read once; an intrinsic function such as ``!Sub`` is a dict with its name, as in JSON."""

    class Loader(yaml.SafeLoader):
        pass

    def intrinsic(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return {suffix: loader.construct_scalar(node)}
        if isinstance(node, yaml.SequenceNode):
            return {suffix: loader.construct_sequence(node, deep=True)}
        return {suffix: loader.construct_mapping(node, deep=True)}  # type: ignore[arg-type]

    Loader.add_multi_constructor("!", intrinsic)
    loaded: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), Loader)  # noqa: S506 - a SafeLoader
    return loaded


_INTRINSICS = frozenset("And Equals FindInMap GetAtt If Join Not Or Select Split Sub".split())  # noqa: SIM905


def in_json(node: Any) -> Any:
    """The template, or a part of it, as CloudFormation has it in JSON: ``!Sub`` is ``Fn::Sub``."""
    if isinstance(node, list):
        return [in_json(each) for each in node]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        [(name, value)] = node.items()
        if name == "GetAtt" and isinstance(value, str):
            return {"Fn::GetAtt": value.split(".", 1)}
        if name in _INTRINSICS:
            return {f"Fn::{name}": in_json(value)}
    return {name: in_json(value) for name, value in node.items()}


def _resolve(value: Any, parameters: dict[str, str]) -> str:
    text = value["Sub"] if isinstance(value, dict) else value
    return re.sub(r"\$\{(\w+)\}", lambda match: parameters[match[1]], text)
