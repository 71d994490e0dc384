"""The layer has the SDK's data for what the code calls, and no more; DynamoDB's values come through as they are."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config

import build_layer
from local.cloud import ROOT
from order_cancellation import aws
from order_cancellation.tables.items import decode_item, encode_item
from tests.support import sdk
from tests.support.memory_tables import SELLERS, Tables
from tests.support.sdk import Answer, Broken

SOURCES = sorted([*ROOT.glob("layers/order_cancellation/order_cancellation/**/*.py"), *ROOT.glob("functions/*/app.py")])


def called(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Attribute):
            yield node.attr


@pytest.mark.parametrize("service", sorted(build_layer.OPERATIONS))
def test_the_layer_has_the_operations_that_the_code_calls(service: str) -> None:
    model = botocore.session.get_session().get_service_model(service)
    by_method = {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower(): name for name in model.operation_names}
    names = {name for source in SOURCES for name in called(source)}
    assert {by_method[name] for name in names & set(by_method)} == set(build_layer.OPERATIONS[service])


def test_an_operation_that_was_cut_cannot_be_called(dynamodb: Any) -> None:
    with pytest.raises(AttributeError, match="scan"):
        dynamodb.scan(TableName=SELLERS)


def test_what_the_cut_keeps_is_all_that_its_operations_reach() -> None:
    shapes = {
        "In": {"type": "structure", "members": {"shape": {"shape": "Kind"}, "documentation": {"shape": "Kind"}}},
        "Kind": {"type": "string", "documentation": "in words"},
        "Raw": {"type": "structure", "members": {"B": {"shape": "Bytes"}}},
        "Out": {"type": "list", "member": {"shape": "Raw"}},
        "Wrong": {"type": "structure", "members": {}, "exception": True},
        "Bytes": {"type": "blob"},
        "Another": {"type": "string"},
    }
    one = {"input": {"shape": "In"}, "output": {"shape": "Out"}, "errors": [{"shape": "Wrong"}], "documentation": "it"}
    model = {"version": "2.0", "metadata": {}, "operations": {"One": one, "Two": {}}, "shapes": shapes}
    left = build_layer.cut(model, ["One"], ["Raw"])
    assert left["operations"] == {"One": {name: one[name] for name in ("input", "output", "errors")}}
    assert left["shapes"] == {
        "In": shapes["In"],
        "Kind": {"type": "string"},
        "Raw": {"type": "structure", "members": {}, "document": True},
        "Out": shapes["Out"],
        "Wrong": shapes["Wrong"],
    }


def test_a_value_of_any_type_comes_through_as_it_would_from_the_whole_data() -> None:
    item = {
        "text": {"S": "é"},
        "number": {"N": "-12"},
        "fraction": {"N": "1.5"},
        "truth": {"BOOL": False},
        "nothing": {"NULL": True},
        "list": {"L": [{"M": {"deep": {"L": []}}}]},
        "set": {"SS": ["a", "b"]},
    }
    answer = Broken(Answer(200, b'{"Item": %s}' % json.dumps(item).encode()))
    whole = botocore.session.Session().create_client(
        "dynamodb", config=Config(parameter_validation=False), region_name="us-east-1"
    )
    for client in (sdk.dynamodb(Tables(), lambda _: answer), sdk.connect(whole, Tables, lambda: lambda _: answer)):
        read = client.get_item(TableName=SELLERS, Key={"seller_id": {"S": "acme"}})["Item"]
        assert read == item
        assert encode_item(decode_item(read)) == item


def test_a_request_goes_to_the_regions_endpoint_whatever_account_the_credentials_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An account's own endpoint is looked for anew at each call otherwise."""
    session = botocore.session.Session()
    session.set_credentials("AKIDEXAMPLE", "secret", account_id="123456789012")
    monkeypatch.setattr(aws, "_session", session)
    client = aws.client("dynamodb", Config(region_name="us-east-1"))
    asked: list[str] = []

    def respond(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        asked.append(str(request.url))
        return AWSResponse(request.url, 200, HTTPHeaders(), sdk._Raw(b"{}"))

    client.meta.events.register("before-send", respond)
    client.get_item(TableName=SELLERS, Key={"seller_id": {"S": "acme"}})
    assert asked == ["https://dynamodb.us-east-1.amazonaws.com/"]


def test_a_request_that_does_not_fit_the_whole_model_is_found(dynamodb: Any) -> None:
    dynamodb.get_item(TableName=SELLERS, Key={"seller_id": {"S": "acme"}})
    with pytest.raises(ValueError, match=r"dynamodb GetItem: Invalid type for parameter Key.seller_id"):
        dynamodb.get_item(TableName=SELLERS, Key={"seller_id": "acme"})
