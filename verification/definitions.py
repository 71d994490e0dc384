"""The template's tables, as CreateTable takes them. The template is read once."""

from functools import cache
from typing import Any

from local.bridges import template

_WANTED = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


@cache
def definitions() -> dict[str, dict[str, Any]]:
    """What the template says of every table, by its logical name."""
    tables = {
        name: resource["Properties"]
        for name, resource in template()["Resources"].items()
        if resource["Type"] == "AWS::DynamoDB::Table"
    }
    return {name: {key: table[key] for key in _WANTED if key in table} for name, table in tables.items()}
