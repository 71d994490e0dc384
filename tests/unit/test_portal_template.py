"""The portal's part of the template can be left out as a whole, and shows the world no more than it must."""

from typing import Any

import pytest

from local.bridges import template
from local.cloud import ROOT
from local.portal import headers
from scripts import publish_portal

RESOURCES: dict[str, dict[str, Any]] = template()["Resources"]
FILES = ROOT / "portal"
STACK = {"endpoint_url": "http://127.0.0.1:4566"}


def test_without_the_portal_nothing_of_it_is_left() -> None:
    portal = {name for name in RESOURCES if name.startswith("Portal")} - {"PortalClient"}
    assert len(portal) == 6
    assert portal == {name for name, resource in RESOURCES.items() if resource.get("Condition") == "HasPortal"}


def test_the_bucket_is_read_by_the_distribution_alone() -> None:
    bucket = RESOURCES["PortalBucket"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    allowing = [
        statement
        for statement in RESOURCES["PortalBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    assert [(statement["Principal"], statement["Action"]) for statement in allowing] == [
        ({"Service": "cloudfront.amazonaws.com"}, "s3:GetObject")
    ]
    assert "distribution/${PortalDistribution}" in allowing[0]["Condition"]["StringEquals"]["AWS:SourceArn"]["Sub"]


def test_the_api_through_the_portal_is_the_api_and_nothing_of_it_is_kept() -> None:
    distribution = RESOURCES["PortalDistribution"]["Properties"]["DistributionConfig"]
    condition, origin, without = distribution["Origins"][1]["If"]
    assert (condition, without) == ("HasApiThroughPortal", {"Ref": "AWS::NoValue"})
    assert origin["DomainName"]["Sub"] == "${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"
    _, (behavior,), without = distribution["CacheBehaviors"]["If"]
    assert without == {"Ref": "AWS::NoValue"}
    assert (behavior["TargetOriginId"], behavior["PathPattern"]) == (origin["Id"], "/v1/*")
    assert RESOURCES["Api"]["Properties"]["StageName"] == "v1"
    assert behavior["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # CachingDisabled
    assert {"GET", "POST", "PUT"} <= set(behavior["AllowedMethods"])
    assert not any(FILES.glob("v1*")), "a file of the portal would be hidden behind the API"


def test_no_page_of_the_portals_takes_the_place_of_an_answer_of_the_apis() -> None:
    distribution = RESOURCES["PortalDistribution"]["Properties"]["DistributionConfig"]
    condition, with_api, _ = distribution["CustomErrorResponses"]["If"]
    assert (condition, with_api) == ("HasApiThroughPortal", {"Ref": "AWS::NoValue"})


def test_the_portal_is_told_where_the_api_is() -> None:
    outputs = template()["Outputs"]
    assert outputs["PortalApiUrl"]["Value"]["If"] == ["HasApiThroughPortal", "/v1", outputs["ApiUrl"]["Value"]]
    told = {"ApiUrl": "https://api.example/v1", "PortalApiUrl": "/v1", "PortalClientId": "c"}
    assert publish_portal.configuration(told, "eu-central-1")["api_url"] == "/v1"


def test_the_local_server_sends_the_policy_of_the_template() -> None:
    policy = RESOURCES["PortalHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    deployed = policy["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Sub"]
    local = headers(STACK)["Content-Security-Policy"]
    rules = [dict(rule.split(" ", 1) for rule in text.split("; ")) for text in (deployed, local)]
    api, cognito = "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}", "https://cognito-idp.${AWS::Region}"
    assert rules[0].pop("connect-src") == f"'self' {api} {cognito}.amazonaws.com"
    assert rules[1].pop("connect-src") == "'self' http://127.0.0.1:4566 http://127.0.0.1:4566"
    assert rules[0] == rules[1]


@pytest.mark.parametrize(
    ("function", "may"),
    [
        ("MarketplaceCancellation", {("UpdateItem", "OrdersTable.Arn"), ("GetItem", "SummariesTable.Arn")}),
        (
            "Reconciliation",
            {("BatchGetItem", "OrdersTable.Arn"), ("Query", "${OrdersTable.Arn}/index/ByMarketplaceOrderId")},
        ),
        (
            "ViewSummaries",
            {
                ("GetItem", "SummariesTable.Arn"),
                ("Query", "SummariesTable.Arn"),
                ("BatchGetItem", "OrdersTable.Arn"),
                ("GetItem", "SellersTable.Arn"),
            },
        ),
    ],
)
def test_a_function_may_do_what_it_does_and_nothing_else(function: str, may: set[tuple[str, str]]) -> None:
    (policy,) = RESOURCES[f"{function}Function"]["Properties"]["Policies"]
    found = {
        (action.removeprefix("dynamodb:"), next(iter(statement["Resource"].values())))
        for statement in policy["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        if statement["Effect"] == "Allow"
    }
    assert found == may
