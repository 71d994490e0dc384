"""A new stack begins with tables that are there already: those that a deleted stack left, or that were restored.

CloudFormation imports them into a stack that has nothing else; `make deploy` with the same name then makes the rest
around them. Nothing is copied, and nothing of it is deleted if it fails: the tables keep their names and their items.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Set
from typing import Any, Final

from botocore.exceptions import ClientError, WaiterError

from local.bridges import in_json, template
from scripts.stack import Mistake, Stack, require_name

TABLES: Final[Mapping[str, str]] = {
    "orders": "OrdersTable",
    "summaries": "SummariesTable",
    "sellers": "SellersTable",
    "fulfillment_centers": "FulfillmentCentersTable",
}
_WITH = ("IsProduction", "HasToDoIndex")  # the conditions that the tables' properties name
_NEEDS = ("Environment", "CreateToDoIndex")
_SWITCHES = ("StreamSpecification", "TimeToLiveSpecification")  # each is refused where it is on already
_AGAIN = ("PointInTimeRecoverySpecification", "DeletionProtectionEnabled")  # each may be said again


def document(has: Mapping[str, Set[str]]) -> dict[str, Any]:
    """The template with the tables alone, as JSON; ``has`` is what each has of that which a restored one lacks.

    CloudFormation believes what an import says. What is left out here, the deployment behind it switches on; what is
    there already, DynamoDB would refuse to switch on again.
    """
    whole = template()
    tables = {}
    for name in TABLES.values():
        table = tables[name] = in_json(whole["Resources"][name])
        for property_name in {*_SWITCHES, *_AGAIN} - has[name]:
            table["Properties"].pop(property_name, None)
    return {
        "AWSTemplateFormatVersion": whole["AWSTemplateFormatVersion"],
        "Parameters": {name: whole["Parameters"][name] for name in _NEEDS},
        "Conditions": {name: in_json(whole["Conditions"][name]) for name in _WITH},
        "Resources": tables,
    }


def adopt(stack: Stack, tables: Mapping[str, str], production: bool) -> Iterator[str]:
    """Make the stack of these tables, by what each is. Raises Mistake."""
    require_name(stack.name)
    dynamodb, formation = stack.client("dynamodb"), stack.client("cloudformation")
    for kind, name in tables.items():
        if problem := _problem(dynamodb, TABLES[kind], name):
            raise Mistake(f"{name} cannot be the table of {kind}: {problem}.")
    imported = [
        {
            "ResourceType": "AWS::DynamoDB::Table",
            "LogicalResourceId": TABLES[kind],
            "ResourceIdentifier": {"TableName": name},
        }
        for kind, name in tables.items()
    ]
    change = {"StackName": stack.name, "ChangeSetName": "adopt"}
    formation.create_change_set(
        **change,
        ChangeSetType="IMPORT",
        ResourcesToImport=imported,
        TemplateBody=json.dumps(
            document({TABLES[kind]: _switched_on(dynamodb, name) for kind, name in tables.items()})
        ),
        Parameters=[
            {"ParameterKey": "Environment", "ParameterValue": "production" if production else "development"},
        ],
    )
    try:
        formation.get_waiter("change_set_create_complete").wait(**change)
        yield f"{stack.name} takes over {', '.join(tables.values())}"
        formation.execute_change_set(**change)
        formation.get_waiter("stack_import_complete").wait(StackName=stack.name)
    except WaiterError as error:
        raise Mistake(f"CloudFormation did not import them: {error}. Nothing of the tables was changed.") from error
    yield f"Done: now make deploy STACK={stack.name}."


def _problem(dynamodb: Any, logical_id: str, name: str) -> str | None:
    """Why a table cannot be this one, or None: its keys, its indexes, its stream."""
    wanted = template()["Resources"][logical_id]["Properties"]
    try:
        found = dynamodb.describe_table(TableName=name)["Table"]
    except ClientError as error:
        return "there is none of this name" if "ResourceNotFound" in str(error) else str(error)
    if _keys(found["KeySchema"]) != _keys(wanted["KeySchema"]):
        return "its keys are others"
    indexes = [each["If"][1] if "If" in each else each for each in wanted.get("GlobalSecondaryIndexes", ())]
    there = {each["IndexName"] for each in found.get("GlobalSecondaryIndexes", ())}
    if there != {each["IndexName"] for each in indexes}:
        return f"it has the indexes {sorted(there)}"
    return None


def _switched_on(dynamodb: Any, name: str) -> Set[str]:
    """Which of the switches are on; a table that was restored has neither."""
    stream = dynamodb.describe_table(TableName=name)["Table"].get("StreamSpecification", {}).get("StreamEnabled")
    expiring = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"]
    return {name for name, on in zip(_SWITCHES, (stream, expiring in ("ENABLED", "ENABLING")), strict=True) if on}


def _keys(schema: Any) -> list[tuple[str, str]]:
    return [(each["AttributeName"], each["KeyType"]) for each in schema]
