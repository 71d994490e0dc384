"""G7: each function can do what it does and nothing else. Tried with the credentials of its own role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.bridges import template
from local.cloud import REGION, Cloud
from tests.proofs import policies

NAMES = {
    "OrdersTable": "orders",
    "SummariesTable": "summaries",
    "SellersTable": "sellers",
    "FulfillmentCentersTable": "fulfillment_centers",
}
# What each function does with a table itself. Everything else must be denied.
MAY: dict[str, dict[str, set[str]]] = {function: {} for function in policies.policies(template())}
for _function, _uses in policies.policies(template()).items():
    for _action, _table in _uses:
        if _action.startswith("dynamodb:") and "/index/" not in _table:
            _name = NAMES[_table]
            MAY[_function].setdefault(_name, set()).add(_action.removeprefix("dynamodb:"))
KEYS = {
    "orders": {"seller_id": {"S": "permissions"}, "order_id": {"S": "P-1"}},
    "summaries": {"seller_id": {"S": "permissions"}, "summary_id": {"S": "P-1"}},
    "sellers": {"seller_id": {"S": "permissions"}},
    "fulfillment_centers": {"client_id": {"S": "permissions"}},
}
Calls = dict[str, Callable[[], object]]


@pytest.fixture(scope="module")
def sessions(cloud: Cloud, description: dict[str, Any]) -> dict[str, boto3.Session]:
    """A boto3 session with the role of each function."""
    functions, sts = cloud.client("lambda"), cloud.client("sts")

    def session(function: str) -> boto3.Session:
        role = functions.get_function_configuration(FunctionName=description["functions"][function])["Role"]
        assumed = sts.assume_role(RoleArn=role, RoleSessionName="least-privilege")["Credentials"]
        return boto3.Session(
            assumed["AccessKeyId"], assumed["SecretAccessKey"], assumed["SessionToken"], region_name=REGION
        )

    return {function: session(function) for function in MAY}


def calls(dynamodb: Any, table: str, key: dict[str, Any]) -> Calls:
    """Every way into a table. None of them changes anything: what they might write has a condition that fails."""
    never = {"ConditionExpression": "attribute_exists(nothing_has_this)"}
    name, (partition, value) = {"TableName": table}, next(iter(key.items()))
    return {
        "GetItem": lambda: dynamodb.get_item(**name, Key=key),
        "BatchGetItem": lambda: dynamodb.batch_get_item(RequestItems={table: {"Keys": [key]}}),
        "Query": lambda: dynamodb.query(
            **name,
            KeyConditionExpression="#p = :v",
            ExpressionAttributeNames={"#p": partition},
            ExpressionAttributeValues={":v": value},
        ),
        "Scan": lambda: dynamodb.scan(**name),
        "UpdateItem": lambda: dynamodb.update_item(
            **name, **never, Key=key, UpdateExpression="SET x = :x", ExpressionAttributeValues={":x": {"S": "x"}}
        ),
        "PutItem": lambda: dynamodb.put_item(**name, **never, Item=key),
        "DeleteItem": lambda: dynamodb.delete_item(**name, **never, Key=key),
        "BatchWriteItem": lambda: dynamodb.batch_write_item(RequestItems={table: [{"DeleteRequest": {"Key": key}}]}),
        "TransactWriteItems": lambda: dynamodb.transact_write_items(
            TransactItems=[{"Delete": {**name, **never, "Key": key}}]
        ),
        "PartiQL": lambda: dynamodb.execute_statement(Statement=f'SELECT * FROM "{table}"'),  # noqa: S608 - our name
        "DescribeTable": lambda: dynamodb.describe_table(**name),
        "DeleteTable": lambda: dynamodb.delete_table(**name),
    }


def is_denied(call: Callable[[], object]) -> bool:
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] in ("AccessDeniedException", "AccessDenied")
    return False


def cases() -> Iterator[tuple[str, str]]:
    for function in MAY:
        for table in KEYS:
            yield function, table


@pytest.mark.parametrize(("function", "table"), list(cases()))
def test_a_function_may_do_with_a_table_what_it_does_and_nothing_else(
    sessions: dict[str, boto3.Session], cloud: Cloud, description: dict[str, Any], function: str, table: str
) -> None:
    dynamodb = sessions[function].client("dynamodb", endpoint_url=cloud.endpoint_url)
    attempts = calls(dynamodb, description["tables"][table], KEYS[table])
    allowed = {operation for operation, call in attempts.items() if not is_denied(call)}
    assert allowed == MAY[function].get(table, set())


MAILING = {"cancellation_summary", "summary_sweep"}
ELSEWHERE: dict[str, tuple[str, Callable[[Any], object]]] = {
    "read tokens' owners": ("cognito-idp", lambda client: client.list_user_pools(MaxResults=1)),
    "send mail": (
        "ses",
        lambda client: client.send_email(
            Source="a@example.com",
            Destination={"ToAddresses": ["b@example.com"]},
            Message={"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}},
        ),
    ),
    "call functions": ("lambda", lambda client: client.list_functions()),
    "assume roles": ("iam", lambda client: client.list_roles()),
    "read buckets": ("s3", lambda client: client.list_buckets()),
}


@pytest.mark.parametrize("function", sorted(MAY.keys() - MAILING))
@pytest.mark.parametrize(("service", "call"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_function_that_does_not_mail_has_business_nowhere_else(
    sessions: dict[str, boto3.Session], cloud: Cloud, function: str, service: str, call: Callable[[Any], object]
) -> None:
    client = sessions[function].client(service, endpoint_url=cloud.endpoint_url)  # type: ignore[call-overload]
    assert is_denied(lambda: call(client))


def test_the_root_user_is_not_denied_so_a_denial_says_something(cloud: Cloud, description: dict[str, Any]) -> None:
    for table, key in KEYS.items():
        attempts = calls(cloud.client("dynamodb"), description["tables"][table], key)
        del attempts["DeleteTable"]
        assert not any(is_denied(call) for call in attempts.values())
