"""The template as SAM translates it for CloudFormation: what an update of the layer alone, or of one function, moves.

A deployment that publishes no new version of a function, or leaves its alias behind, runs old code in silence.
"""

from functools import cache
from typing import Any
from unittest.mock import patch

import pytest
from samtranslator.translator.transform import transform

from local.bridges import in_json, template


def translated(without: str = "", **packages: str) -> dict[str, Any]:
    """The resources, with everything packaged as ``sam package`` does: where a folder was, the hash of what is in it.

    ``packages`` are those of another content, by the name of their resource; no resource has the property ``without``.
    """
    document = in_json(template())
    for name, resource in document["Resources"].items():
        resource.get("Properties", {}).pop(without, None)
        for place in ("CodeUri", "ContentUri"):
            if place in resource.get("Properties", {}):
                resource["Properties"][place] = f"s3://packages/{packages.get(name, name)}"
    managed = type("Policies", (), {"load": staticmethod(dict)})()
    with patch("boto3.session.Session.region_name", "us-east-1"):
        made: dict[str, Any] = transform(document, {}, managed)
    return made["Resources"]  # type: ignore[no-any-return]


@cache
def before() -> dict[str, Any]:
    return translated()


def versions(resources: dict[str, Any]) -> dict[str, str]:
    """Which version each function's alias is at."""
    return {
        name.removesuffix("Aliaslive"): resource["Properties"]["FunctionVersion"]["Fn::GetAtt"][0]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::Alias"
    }


FUNCTIONS = sorted(
    name for name, each in template()["Resources"].items() if each["Type"] == "AWS::Serverless::Function"
)


def test_every_function_has_an_alias_at_a_version_of_its_own() -> None:
    at = versions(before())
    assert sorted(at) == FUNCTIONS
    for function, version in at.items():
        assert before()[version]["Type"] == "AWS::Lambda::Version"
        assert before()[version]["Properties"]["FunctionName"] == {"Ref": function}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_another_layer_alone_is_another_version_of_every_function_and_moves_its_alias(function: str) -> None:
    after = translated_with_another_layer()
    assert versions(before())[function] != versions(after)[function]
    assert before()[function]["Properties"]["Code"] == after[function]["Properties"]["Code"]


@cache
def translated_with_another_layer() -> dict[str, Any]:
    return translated(OrderCancellationLayer="another")


@pytest.mark.parametrize("flag", ["PublishLambdaVersion", "AutoPublishAliasAllProperties"])
def test_without_either_flag_it_would_not(flag: str) -> None:
    assert versions(translated(flag)) == versions(translated(flag, OrderCancellationLayer="another"))


def test_the_same_again_moves_nothing() -> None:
    assert versions(translated()) == versions(before())


def test_another_function_alone_moves_its_own_alias_and_no_other() -> None:
    after = versions(translated(CancelOrderFunction="another"))
    moved = [function for function, version in versions(before()).items() if after[function] != version]
    assert moved == ["CancelOrderFunction"]
