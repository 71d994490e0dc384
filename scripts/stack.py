"""A deployed stack, as a person's command finds it: by name, with the credentials and the Region of the environment."""

from __future__ import annotations

import functools
import re
from typing import Any

import boto3
from botocore.exceptions import ClientError

# What AWS lets the names be that are made of a stack's name; the shortest of the limits counts.
_NAME = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")
_LONGEST = (
    41  # CloudFront's parts: 64 with the Region's 15 and "-portal"; Cognito's domain has 63, of them 13 the account's
)
_COGNITOS_OWN = ("aws", "amazon", "cognito")


class Mistake(Exception):
    """A person's, not a defect: the message says what to do."""


class Stack:
    """A stack by its name. What it has is asked for when it is needed first; raises Mistake where it is not there."""

    def __init__(self, name: str, session: boto3.session.Session | None = None) -> None:
        self.name = name
        self.session = session or boto3.session.Session()

    def client(self, service: Any) -> Any:
        return self.session.client(service)

    @property
    def region(self) -> str:
        return str(self.session.region_name)

    @functools.cached_property
    def described(self) -> dict[str, Any]:
        """What CloudFormation says of it."""
        try:
            [found] = self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                raise Mistake(
                    f"There is no stack {self.name} in {self.region}. Is it STACK=, or another Region?"
                ) from error
            raise
        return dict(found)

    @functools.cached_property
    def outputs(self) -> dict[str, str]:
        return {each["OutputKey"]: each["OutputValue"] for each in self.described["Outputs"]}

    @functools.cached_property
    def parameters(self) -> dict[str, str]:
        return {each["ParameterKey"]: each["ParameterValue"] for each in self.described["Parameters"]}

    @functools.cached_property
    def names(self) -> dict[str, str]:
        """The physical name of each resource, by its logical one; a queue's is its URL."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self.name)
        resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
        return {each["LogicalResourceId"]: each.get("PhysicalResourceId", "") for each in resources}

    @property
    def is_production(self) -> bool:
        return self.parameters.get("Environment") == "production"


def require_name(name: str) -> str:
    """A name that everything which is made of it can have. Raises Mistake, with a sentence."""
    if not _NAME.fullmatch(name):
        raise Mistake(
            f"A stack cannot be named {name!r}: lower-case letters, digits and hyphens, it becomes part of a domain."
        )
    if len(name) > _LONGEST:
        raise Mistake(f"{name} has {len(name)} letters: at most {_LONGEST}, for names are made of it that have limits.")
    if taken := next((word for word in _COGNITOS_OWN if word in name), None):
        raise Mistake(f"{name} has the word {taken} in it, which Cognito lets nobody have in a domain.")
    return name
