"""docs/openapi.yaml against what it describes, without a network: template.yaml, and the tables of the code."""

import itertools
import json
from typing import Any, get_args, get_type_hints

import pytest
import schemathesis

from local import bridges
from local.client import Answer
from local.cloud import ROOT
from order_cancellation.domain import marketplaces, orders, reasons, sellers, summaries
from order_cancellation.http import checks, parse, problems, request
from scripts import contract
from tests.contract import document

SCHEMAS = document.closed()["components"]["schemas"]
PARAMETERS = {"PortalOrigin": "https://portal.test", "ProblemTypeBase": "https://portal.test/problems"}

ENUMERATIONS = {
    "OrderStatus": orders.STATUSES,
    "FulfillmentEvent": orders.EVENTS,
    "FulfillmentCenterStatus": orders.PROGRESS,
    "SellerReason": reasons.SELLER_REASONS,
    "AutoReason": reasons.AUTO_REASONS,
    "SummaryPreference": sellers.SUMMARY_PREFERENCES,
    "MarketplaceCancellation": marketplaces.CANCELLATION_STATES,
    "SummaryStatus": get_args(summaries.Status),
}
REFUSALS = {f"order_{status}" for status in orders.PROGRESS if status not in orders.CANCELLABLE} | {"order_conflict"}
PROBLEMS = {name: schema["properties"] for name, schema in SCHEMAS.items() if name.endswith("Problem")}
GATEWAY_RESPONSES = bridges.template()["Resources"]["Api"]["Properties"]["GatewayResponses"]


def test_it_is_an_openapi_document() -> None:
    schemathesis.openapi.from_dict(document.load()).validate()


def test_the_routes_are_those_of_the_template() -> None:
    documented = {(operation.method, operation.path, operation.scopes) for operation in document.operations()}
    assert documented == set(template_routes())


def template_routes() -> list[tuple[str, str, tuple[str, ...]]]:
    """(method, path, scopes) of every Api event."""
    found = []
    for resource in bridges.template()["Resources"].values():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        for event in resource["Properties"].get("Events", {}).values():
            if event["Type"] == "Api":
                properties = event["Properties"]
                auth = properties.get("Auth", {})
                assert auth.get("Authorizer", "CognitoAuthorizer") == "CognitoAuthorizer"
                scopes = tuple(auth.get("AuthorizationScopes", ()))
                found.append((properties["Method"].upper(), properties["Path"], scopes))
    return found


def test_the_scopes_are_those_of_the_user_pool() -> None:
    defined = {
        f"{resource['Properties']['Identifier']}/{scope['ScopeName']}": scope["ScopeDescription"]
        for resource in bridges.template()["Resources"].values()
        if resource["Type"] == "AWS::Cognito::UserPoolResourceServer"
        for scope in resource["Properties"]["Scopes"]
    }
    scheme = document.load()["components"]["securitySchemes"]["MachineToken"]
    assert scheme["flows"]["clientCredentials"]["scopes"] == defined


def test_the_reasons_are_those_that_make_contract_writes() -> None:
    text = contract.CONTRACT.read_text()
    assert contract.with_reasons(text) == text
    assert contract.with_reasons(text.replace("enum: [stockout, ", "enum: [")) == text


@pytest.mark.parametrize("name", ENUMERATIONS)
def test_an_enumeration_is_that_of_the_code(name: str) -> None:
    assert SCHEMAS[name]["enum"] == list(ENUMERATIONS[name])


def test_the_problems_of_an_address_are_those_of_the_code() -> None:
    kinds = get_args(get_type_hints(sellers.MailProblem)["kind"])
    assert SCHEMAS["Undeliverable"]["properties"]["kind"]["enum"] == list(kinds)


def test_the_sizes_are_those_of_the_code() -> None:
    assert SCHEMAS["Text"]["maxLength"] == checks.MAX_TEXT
    assert SCHEMAS["CancelBatchRequest"]["properties"]["orders"]["maxItems"] == parse.MAX_BATCH
    assert SCHEMAS["AutoCancelBatchRequest"]["properties"]["cancellations"]["maxItems"] == parse.MAX_BATCH
    reconciliation = SCHEMAS["ReconciliationRequest"]["properties"]["orders"]
    assert reconciliation["maxItems"] == parse.MAX_RECONCILIATION
    of_the_answer = SCHEMAS["Reconciliation"]["properties"]
    assert of_the_answer["counts"]["properties"]["orders"]["maximum"] == parse.MAX_RECONCILIATION
    assert SCHEMAS["Summary"]["properties"]["orders"]["maxItems"] == summaries.MAX_ORDERS
    of_a_center = SCHEMAS["Order"]["properties"]["fulfillment_centers"]["items"]["properties"]
    assert of_a_center["events"]["maxItems"] == len(orders.EVENTS)


def test_the_sizes_of_bodies_are_those_of_the_code() -> None:
    """They are words in the document: JSON Schema counts no bytes."""
    assert (request.MAX_BODY_BYTES, parse.MAX_RECONCILIATION_BYTES) == (64 * 1024, 256 * 1024)
    assert "64 KiB; at most 256 KiB for" in document.load()["info"]["description"]
    assert "256 KiB" in document.operation("reconcile").raw["description"]


def test_the_codes_are_those_of_the_code() -> None:
    assert {code for properties in PROBLEMS.values() for code in allowed(properties["code"])} == set(problems.PROBLEMS)


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_problem_has_the_status_and_title_of_the_code(name: str) -> None:
    properties = PROBLEMS[name]
    codes = allowed(properties["code"])
    assert {problems.PROBLEMS[code][0] for code in codes} == {properties["status"]["const"]}
    assert [problems.PROBLEMS[code][1] for code in codes] == allowed(properties["title"])


def test_what_refuses_a_cancel_is_decided_by_the_table_of_transitions() -> None:
    assert set(allowed(PROBLEMS["NotCancellableProblem"]["code"])) == REFUSALS
    because = SCHEMAS["Order"]["properties"]["not_cancellable_because"]["properties"]["code"]
    assert set(allowed(because)) == REFUSALS | {"order_cancelled"}
    because_live = SCHEMAS["LiveHere"]["properties"]["not_cancellable_because"]["properties"]["code"]
    assert set(allowed(because_live)) == REFUSALS
    of_a_result = set(allowed(SCHEMAS["Refused"]["properties"]["code"]))
    assert of_a_result == REFUSALS | {
        "invalid_request",
        "part_withdrawn",
        "order_not_found",
        "idempotency_key_reused",
        "internal_error",
        "service_unavailable",
    }


@pytest.mark.parametrize("operation", document.operations(), ids=lambda operation: operation.id)
def test_an_operation_answers_each_status_with_a_problem_of_that_status(operation: document.Operation) -> None:
    for status, response in operation.raw["responses"].items():
        ((media_type, content),) = document.resolve(response)["content"].items()
        if int(status) < 400:
            assert media_type == "application/json"
        else:
            assert media_type == "application/problem+json"
            schema = document.resolve(content["schema"])
            for problem in schema.get("oneOf", [schema]):
                assert document.resolve(problem)["properties"]["status"]["const"] == int(status)


@pytest.mark.parametrize("operation", document.operations(), ids=lambda operation: operation.id)
def test_an_operation_names_every_answer_that_any_request_may_get(operation: document.Operation) -> None:
    everywhere = {400, 401, 403, 429, 500, 503} | ({413} if operation.takes_a_body else set())
    assert everywhere <= set(operation.statuses)


@pytest.mark.parametrize("operation", document.operations(), ids=lambda operation: operation.id)
def test_a_request_leaves_no_room_for_unknown_fields(operation: document.Operation) -> None:
    if operation.takes_a_body:
        schema = document.load()["paths"][operation.path][operation.method.lower()]["requestBody"]["content"]
        opened = list(open_objects(schema["application/json"]["schema"]))
        assert opened == []


def open_objects(node: Any) -> list[str]:
    """The objects of a request that name fields and would take others."""
    if isinstance(node, list):
        return [name for child in node for name in open_objects(child)]
    if not isinstance(node, dict):
        return []
    if "$ref" in node:
        name = node["$ref"].rsplit("/", 1)[1]
        return [name + inner for inner in open_objects(document.load()["components"]["schemas"][name])]
    here = [""] if node.get("type") == "object" and node.get("additionalProperties") is not False else []
    return here + [name for child in node.values() for name in open_objects(child)]


def examples() -> list[Any]:
    """(where, schema, value) of every example in the document."""
    found = []
    everywhere = [(name, response) for name, response in document.load()["components"]["responses"].items()]
    for operation in document.operations():
        everywhere += [
            (f"{operation.id}-{status}", response) for status, response in operation.raw["responses"].items()
        ]
        everywhere += [(operation.id, operation.raw["requestBody"])] if operation.takes_a_body else []
    for where, part in everywhere:
        for content in part.get("content", {}).values():
            for name, example in content.get("examples", {}).items():
                found.append(pytest.param(content["schema"], example["value"], id=f"{where}-{name}"))
    return found


@pytest.mark.parametrize(("schema", "value"), examples())
def test_an_example_conforms_to_its_schema(schema: document.Document, value: Any) -> None:
    assert document.errors(schema, value) == []


@pytest.mark.parametrize("response_type", GATEWAY_RESPONSES)
def test_api_gateways_own_error_is_documented(response_type: str) -> None:
    response = GATEWAY_RESPONSES[response_type]
    headers = {
        name: "a-request-id" if value == "context.requestId" else substituted(value).strip("'")
        for name, value in response["ResponseParameters"]["Headers"].items()
    }
    body = substituted(response["ResponseTemplates"]["application/json"])
    answer = Answer(response["StatusCode"], headers, body.encode())
    code = json.loads(body)["code"]
    documented = next(
        reference
        for reference in document.load()["components"]["responses"].values()
        if problem_properties(reference)["code"].get("const") == code
    )
    assert problems.PROBLEMS[code] == (response["StatusCode"], json.loads(body)["title"])
    assert document.departures_from(documented, answer) == []


def test_the_integrators_page_has_every_code_with_its_status() -> None:
    assert table("integrating.md", "code") == {code: str(status) for code, (status, _) in problems.PROBLEMS.items()}


def test_the_deployers_page_has_every_parameter_with_its_default() -> None:
    defaults = {name: f"`{parameter['Default']}`" for name, parameter in bridges.template()["Parameters"].items()}
    assert table("deploying.md", "parameter") == defaults


def table(name: str, header: str) -> dict[str, str]:
    """The first two columns of the table, in a document of docs/, whose header begins so."""
    lines = (ROOT / "docs" / name).read_text().splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith(f"| {header} |")) + 2
    rows = itertools.takewhile(lambda line: line.startswith("|"), lines[first:])
    cells = ([cell.strip() for cell in row.split("|")] for row in rows)
    return {cell[1].strip("`"): cell[2] for cell in cells}


def problem_properties(response: document.Document) -> document.Document:
    ((_, content),) = response["content"].items()
    properties: document.Document = document.resolve(content["schema"])["properties"]
    return properties


def substituted(value: Any) -> str:
    text = value["Sub"] if isinstance(value, dict) else value
    for name, parameter in PARAMETERS.items():
        text = text.replace(f"${{{name}}}", parameter)
    return str(text)


def allowed(schema: document.Document) -> list[str]:
    """The values that a ``const`` or an ``enum`` allows."""
    return list(schema["enum"]) if "enum" in schema else [schema["const"]]
