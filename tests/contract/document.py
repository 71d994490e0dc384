"""docs/openapi.yaml as the tests read it."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonschema_rs
import yaml

from local.client import Answer
from local.cloud import ROOT

Document = dict[str, Any]

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True)
class Operation:
    """One method of one path. ``scopes`` are those that a machine's token needs; a seller's token has none."""

    id: str
    method: str
    path: str
    raw: Document

    @property
    def scopes(self) -> tuple[str, ...]:
        (requirement,) = self.raw["security"]
        ((_, scopes),) = requirement.items()
        return tuple(scopes)

    @property
    def takes_a_body(self) -> bool:
        return "requestBody" in self.raw

    @property
    def statuses(self) -> tuple[int, ...]:
        return tuple(map(int, self.raw["responses"]))

    def example_body(self) -> Any:
        """The first example of the request's body."""
        examples: Document = self.raw["requestBody"]["content"]["application/json"]["examples"]
        return next(iter(examples.values()))["value"]


@cache
def load() -> Document:
    """The document as it is. Not to be changed."""
    loaded: Document = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
    return loaded


@cache
def closed() -> Document:
    """The document with no object left open: callers put up with members that they do not know, we must know ours."""
    document = copy.deepcopy(load())
    for schema in _schemas(document):
        if schema.get("type") == "object" and "properties" in schema:
            schema["additionalProperties"] = False
    return document


def operations() -> tuple[Operation, ...]:
    return tuple(
        Operation(raw["operationId"], method.upper(), path, raw)
        for path, item in load()["paths"].items()
        for method, raw in item.items()
        if method in _METHODS
    )


def operation(operation_id: str) -> Operation:
    return next(found for found in operations() if found.id == operation_id)


def resolve(node: Document) -> Document:
    """What a ``$ref`` refers to, or the node itself."""
    while "$ref" in node:
        found: Any = closed()
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def errors(schema: Document, value: Any) -> list[str]:
    """Why a value does not conform to a schema of the document, members that the schema does not name included."""
    validator = jsonschema_rs.Draft202012Validator(
        {"$ref": "#/schema", "schema": schema, "components": closed()["components"]}, validate_formats=True
    )
    return [
        f"{'/'.join(map(str, error.instance_path)) or 'body'}: {error.message}"
        for error in validator.iter_errors(value)
    ]


def departures(operation: Operation, answer: Answer) -> list[str]:
    """How an answer departs from what the document says of the operation; empty when it conforms."""
    if answer.status not in operation.statuses:
        return [f"{answer.status} is not documented"]
    return departures_from(
        resolve(closed()["paths"][operation.path][operation.method.lower()]["responses"][str(answer.status)]), answer
    )


def departures_from(response: Document, answer: Answer) -> list[str]:
    """How an answer departs from one of the document's responses, as it is or behind a ``$ref``."""
    response = resolve(response)
    ((media_type, content),) = response["content"].items()
    found = []
    if answer.headers.get("Content-Type") != media_type:
        found.append(f"Content-Type: {answer.headers.get('Content-Type')!r} is not {media_type!r}")
    for name, reference in response["headers"].items():
        header, value = resolve(reference), answer.headers.get(name)
        if value is None:
            found += [f"{name}: is missing"] if header["required"] else []
        else:
            read = int(value) if header["schema"].get("type") == "integer" else value
            found += [f"{name}: {error}" for error in errors(header["schema"], read)]
    return found + errors(content["schema"], answer.body)


def _schemas(node: Any) -> Iterator[Document]:
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _schemas(child)
