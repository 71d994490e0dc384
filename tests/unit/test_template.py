"""template.yaml and the code say the same: routes, scopes, settings, and API Gateway's own errors."""

import json
import re
from typing import Any

import pytest

from local.bridges import template
from local.cloud import ROOT
from local.deploy import logical_id
from order_cancellation.http.problems import PROBLEMS
from order_cancellation.tables.client import MAX_CALL_SECONDS
from tests.support.functions import ROUTES

RESOURCES: dict[str, Any] = template()["Resources"]
GATEWAY_RESPONSES: dict[str, Any] = RESOURCES["Api"]["Properties"]["GatewayResponses"]
FUNCTIONS = {
    path.parent.name: RESOURCES[logical_id(path.parent.name)]["Properties"]
    for path in sorted(ROOT.glob("functions/*/app.py"))
}
SCOPES = {
    "/sellers/{seller_id}": ["network/sellers"],
    "/sellers/{seller_id}/orders/{order_id}": ["network/orders"],
    "/sellers/{seller_id}/orders/{order_id}/fulfillment-centers": ["network/orders"],
    "/auto-cancellations": ["network/orders"],
    "/fulfillment-centers/{fc_id}/events": ["fulfillment/events"],
}


def api_events(function: str) -> list[dict[str, Any]]:
    events = FUNCTIONS[function].get("Events", {}).values()
    return [event["Properties"] for event in events if event["Type"] == "Api"]


def code_of(function: str) -> str:
    return (ROOT / "functions" / function / "app.py").read_text()


class TestRoutes:
    def test_are_those_of_the_contract(self) -> None:
        routes = {(event["Method"], event["Path"]) for function in FUNCTIONS for event in api_events(function)}
        assert routes == set(ROUTES.values())

    @pytest.mark.parametrize("function", FUNCTIONS)
    def test_are_those_that_the_function_answers(self, function: str) -> None:
        answered = re.findall(r'@api\.route\("(\w+)", "([^"]+)"', code_of(function))
        assert set(answered) == {(event["Method"], event["Path"]) for event in api_events(function)}

    def test_of_machines_need_a_scope_and_the_code_checks_the_same_one(self) -> None:
        for function in FUNCTIONS:
            scopes = [
                scope
                for event in api_events(function)
                for scope in event.get("Auth", {}).get("AuthorizationScopes", [])
            ]
            assert sorted(re.findall(r'request\.machine\("([^"]+)"\)', code_of(function))) == sorted(scopes)
        by_path = {
            event["Path"]: event["Auth"]["AuthorizationScopes"]
            for function in FUNCTIONS
            for event in api_events(function)
            if "Auth" in event
        }
        assert by_path == SCOPES

    def test_all_need_a_token(self) -> None:
        assert RESOURCES["Api"]["Properties"]["Auth"]["DefaultAuthorizer"] == "CognitoAuthorizer"
        for function in FUNCTIONS:
            for event in api_events(function):
                assert event.get("Auth", {}).get("Authorizer", "CognitoAuthorizer") == "CognitoAuthorizer"


class TestIdentity:
    def test_whose_account_it_is_can_be_written_by_no_client_and_changed_by_nobody(self) -> None:
        [seller] = RESOURCES["UserPool"]["Properties"]["Schema"]
        assert (seller["Name"], seller["Mutable"]) == ("seller_id", {"If": ["SellersAreFixed", False, True]})
        assert template()["Parameters"]["FixSellerOfAccount"]["Default"] == "true"
        portal = RESOURCES["PortalClient"]["Properties"]
        assert portal["WriteAttributes"] == ["name"]
        assert RESOURCES["UserPool"]["Properties"]["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True

    def test_a_second_factor_is_one_that_the_portal_can_ask_for(self) -> None:
        pool = RESOURCES["UserPool"]["Properties"]
        assert pool["MfaConfiguration"] == {"If": ["AsksForCodes", "ON", "OFF"]}
        assert pool["EnabledMfas"] == {"If": ["AsksForCodes", ["SOFTWARE_TOKEN_MFA"], {"Ref": "AWS::NoValue"}]}

    def test_each_of_the_planners_clients_has_one_scope_but_for_the_old_one(self) -> None:
        clients = {name: found for name, found in RESOURCES.items() if name.startswith("Network") and "Client" in name}
        scopes = {name: found["Properties"]["AllowedOAuthScopes"] for name, found in clients.items()}
        assert scopes == {
            "NetworkOrdersClient": ["network/orders"],
            "NetworkSellersClient": ["network/sellers"],
            "NetworkClient": ["network/orders", "network/sellers"],
        }
        for client in clients.values():
            assert client["Properties"]["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
            assert client["Properties"]["AllowedOAuthFlows"] == ["client_credentials"]

    def test_a_token_that_was_taken_is_of_no_use_for_long(self) -> None:
        portal = RESOURCES["PortalClient"]["Properties"]
        assert portal["IdTokenValidity"] == portal["AccessTokenValidity"] == {"Ref": "SellerTokenInMinutes"}
        minutes = template()["Parameters"]["SellerTokenInMinutes"]
        assert (minutes["Default"], minutes["MaxValue"]) == (15, 60)
        assert portal["RefreshTokenValidity"] <= 12
        units = {"IdToken": "minutes", "AccessToken": "minutes", "RefreshToken": "hours"}
        assert (portal["TokenValidityUnits"], portal["EnableTokenRevocation"]) == (units, True)


class TestEdge:
    def test_packing_reports_and_cancels_are_counted_apart_from_everything_else(self) -> None:
        settings = RESOURCES["Api"]["Properties"]["MethodSettings"]
        rates = {each["ResourcePath"]: each["ThrottlingRateLimit"]["Ref"] for each in settings}
        assert rates == {
            "/*": "RequestsPerSecond",
            "/~1fulfillment-centers~1{fc_id}~1events": "EventsPerSecond",
            "/~1orders~1{order_id}~1cancel": "CancelsPerSecond",
            "/~1orders~1cancel": "CancelsPerSecond",
            "/~1reconciliations": "ReconciliationsPerSecond",
        }
        paths = {event["Path"] for function in FUNCTIONS for event in api_events(function)}
        assert {path[1:].replace("~1", "/") for path in rates} - {"*"} <= paths
        assert all(each["ThrottlingBurstLimit"] == each["ThrottlingRateLimit"] for each in settings)
        reserved = FUNCTIONS["fulfillment_center_events"]["ReservedConcurrentExecutions"]
        assert reserved == {"If": ["ReservesForEvents", {"Ref": "ReservedForEvents"}, {"Ref": "AWS::NoValue"}]}

    def test_a_browser_calls_from_https_or_from_this_machine(self) -> None:
        pattern = template()["Parameters"]["PortalOrigin"]["AllowedPattern"]
        good = ["https://portal.example.com", "https://p.example:8443", "http://127.0.0.1:4567", "http://localhost:1"]
        bad = ["http://portal.example.com", "http://127.0.0.1.evil.example", "https://p.example/", "*", "null"]
        assert [origin for origin in good if not re.fullmatch(pattern, origin)] == []
        assert [origin for origin in bad if re.fullmatch(pattern, origin)] == []


def test_the_sections_are_those_that_the_head_promises_and_in_its_order() -> None:
    text = (ROOT / "template.yaml").read_text()
    promised = re.findall(r"^# Sections: (.+)\.$", text, re.MULTILINE)
    assert promised == [", ".join(re.findall(r"^ *# -{20,} (.+)$", text, re.MULTILINE))]


def test_a_function_cannot_log_before_its_log_group_is_there() -> None:
    """A reference makes the group first; named by a string, Lambda would make it, and keep it for ever."""
    assert template()["Globals"]["Function"]["LoggingConfig"] == {"LogGroup": {"Ref": "FunctionLogs"}}
    assert [function for function, properties in FUNCTIONS.items() if "LoggingConfig" in properties] == []
    groups = {name for name, resource in RESOURCES.items() if resource["Type"] == "AWS::Logs::LogGroup"}
    assert groups == {"FunctionLogs", "ApiLogs"}
    assert RESOURCES["FunctionLogs"]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionInDays"}


@pytest.mark.parametrize("name", [name for name, found in RESOURCES.items() if found["Type"] == "AWS::DynamoDB::Table"])
def test_a_table_outlives_its_stack_and_can_be_restored(name: str) -> None:
    table = RESOURCES[name]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    properties = table["Properties"]
    assert properties["DeletionProtectionEnabled"] == {"If": ["IsProduction", True, False]}
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"


def test_no_function_outlives_who_waits_for_it_and_each_has_room_for_a_call() -> None:
    usual = template()["Globals"]["Function"]["Timeout"]
    timeouts = {function: properties.get("Timeout", usual) for function, properties in FUNCTIONS.items()}
    many_calls = ("cancel_order", "marketplace_cancellation", "order_intake", "reconciliation", "view_orders")
    assert timeouts == {
        **dict.fromkeys(many_calls, 28),  # API Gateway gives up after 29
        **dict.fromkeys(("fulfillment_center_events", "summary_feedback", "view_summaries"), 15),
        "cancellation_summary": 120,
        "summary_sweep": 120,  # both shorter than a lease
        "summary_watch": 50,  # the next begins after a minute
        "order_events": 60,
    }
    assert min(timeouts.values()) > MAX_CALL_SECONDS


# By table: its key, and by index its key and what beside the keys it has.
KEYS: dict[str, tuple[list[str], dict[str, tuple[list[str], list[str]]]]] = {
    "OrdersTable": (
        ["seller_id", "order_id"],
        {
            "ByMarketplaceOrderId": (["seller_id", "marketplace_order_id"], []),
            "ByPlacedAt": (["seller_id", "placed_at"], []),
            "ToDo": (["seller_id", "to_do_since"], []),
            "DueForSummary": (["summary_shard", "summary_due_at"], []),
        },
    ),
    "SummariesTable": (
        ["seller_id", "summary_id"],
        {
            "PendingSummaries": (["lease_shard", "lease_until"], []),
            "WaitingSummaries": (["waiting_shard", "seller_id"], ["email", "waits_for"]),
            "BySummaryId": (["summary_id"], []),
        },
    ),
    "SellersTable": (["seller_id"], {}),
    "FulfillmentCentersTable": (["client_id"], {}),
}


@pytest.mark.parametrize("name", KEYS)
class TestTables:
    def test_have_these_keys_and_indexes(self, name: str) -> None:
        table = RESOURCES[name]["Properties"]
        key, indexes = KEYS[name]
        assert key_of(table) == key
        found = {index["IndexName"]: index for index in map(without_condition, table.get("GlobalSecondaryIndexes", []))}
        assert {each: key_of(index) for each, index in found.items()} == {
            each: key for each, (key, _) in indexes.items()
        }
        for each, (_, more) in indexes.items():
            projected = (
                {"ProjectionType": "INCLUDE", "NonKeyAttributes": more} if more else {"ProjectionType": "KEYS_ONLY"}
            )
            assert found[each]["Projection"] == projected

    def test_define_what_is_in_a_key_as_text(self, name: str) -> None:
        key, indexes = KEYS[name]
        used = {*key, *(attribute for key, _ in indexes.values() for attribute in key)}
        defined = map(without_condition, RESOURCES[name]["Properties"]["AttributeDefinitions"])
        assert {each["AttributeName"]: each["AttributeType"] for each in defined} == dict.fromkeys(used, "S")

    def test_let_go_of_what_is_finished_and_of_nothing_else(self, name: str) -> None:
        expires = (
            {"AttributeName": "expires_at", "Enabled": True} if name in ("OrdersTable", "SummariesTable") else None
        )
        assert RESOURCES[name]["Properties"].get("TimeToLiveSpecification") == expires

    def test_stream_what_an_order_was_and_is(self, name: str) -> None:
        both = {"StreamViewType": "NEW_AND_OLD_IMAGES"} if name == "OrdersTable" else None
        assert RESOURCES[name]["Properties"].get("StreamSpecification") == both


def key_of(table: dict[str, Any]) -> list[str]:
    """The names, partition key first."""
    assert [each["KeyType"] for each in table["KeySchema"]] == ["HASH", "RANGE"][: len(table["KeySchema"])]
    return [each["AttributeName"] for each in table["KeySchema"]]


def without_condition(entry: dict[str, Any]) -> dict[str, Any]:
    """What is there when its parameter says so; else there is nothing."""
    if entry.keys() != {"If"}:
        return entry
    condition, there, otherwise = entry["If"]
    assert (condition, otherwise) == ("HasToDoIndex", {"Ref": "AWS::NoValue"})
    return dict(there)


def test_what_api_gateway_logs_with_is_a_role_of_its_own_and_only_for_that() -> None:
    assert RESOURCES["ApiLogRole"]["Properties"] == {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        },
        "ManagedPolicyArns": [
            {"Sub": "arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"}
        ],
    }


def test_names_that_two_stacks_would_share_begin_with_the_stacks() -> None:
    assert RESOURCES["OrderBus"]["Properties"] == {"Name": {"Sub": "${AWS::StackName}-orders"}}
    assert RESOURCES["SummaryMail"]["Properties"]["Name"] == {"Sub": "${AWS::StackName}-summaries"}


def test_ses_measures_its_reputation_and_writes_to_nobody_who_bounced_or_complained() -> None:
    properties = RESOURCES["SummaryMail"]["Properties"]
    assert properties["ReputationOptions"] == {"ReputationMetricsEnabled": True}
    assert properties["SuppressionOptions"] == {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]}
    assert RESOURCES["SenderIdentity"]["Properties"] == {"EmailIdentity": {"Ref": "SenderAddress"}}


@pytest.mark.parametrize(
    "name", sorted(name for name, resource in RESOURCES.items() if resource["Type"] == "AWS::SQS::Queue")
)
def test_a_queue_is_encrypted_and_one_of_what_was_given_up_keeps_it_for_two_weeks(name: str) -> None:
    properties = RESOURCES[name]["Properties"]
    assert properties["SqsManagedSseEnabled"] is True
    if name.endswith("FailureQueue"):
        assert properties["MessageRetentionPeriod"] == 14 * 24 * 60 * 60


@pytest.mark.parametrize("response", GATEWAY_RESPONSES.values(), ids=GATEWAY_RESPONSES)
class TestGatewayResponses:
    """API Gateway's own errors look like the functions' errors."""

    def test_are_problems_of_the_table(self, response: dict[str, Any]) -> None:
        problem = json.loads(response["ResponseTemplates"]["application/json"]["Sub"])
        assert (problem["status"], problem["title"]) == PROBLEMS[problem["code"]]
        assert problem["status"] == response["StatusCode"]
        assert problem["type"] == "${ProblemTypeBase}/" + problem["code"].replace("_", "-")
        assert problem["detail"].endswith(".")

    def test_have_the_headers_of_every_answer(self, response: dict[str, Any]) -> None:
        headers = dict(response["ResponseParameters"]["Headers"])
        extra = {
            401: {"WWW-Authenticate": "'Bearer'"},
            429: {"Retry-After": "'1'"},
            503: {"Retry-After": "'2'"},
        }.get(response["StatusCode"], {})
        assert headers == {
            "Content-Type": "'application/problem+json'",
            "Cache-Control": "'no-store'",
            "X-Content-Type-Options": "'nosniff'",
            "Strict-Transport-Security": "'max-age=63072000; includeSubDomains'",
            "Access-Control-Allow-Origin": {"Sub": "'${PortalOrigin}'"},
            "Access-Control-Expose-Headers": "'X-Request-Id,Idempotent-Replayed,Retry-After'",
            "X-Request-Id": "context.requestId",
            **extra,
        }


class TestMail:
    """Who a seller hears from, and where the mail leads."""

    def test_a_sweep_that_failed_is_repeated_by_nobody(self) -> None:
        sweep = template()["Resources"]["SummarySweepFunction"]["Properties"]
        assert sweep["EventInvokeConfig"] == {"MaximumRetryAttempts": 0}
        assert sweep["Events"]["EveryMinute"]["Properties"]["RetryPolicy"] == {"MaximumRetryAttempts": 0}

    def test_of_a_summary_has_a_sender_with_a_name_and_answers_that_somebody_reads(self) -> None:
        for function in ("cancellation_summary", "summary_sweep"):
            told = FUNCTIONS[function]["Environment"]["Variables"]
            assert told["SENDER_ADDRESS"] == {"Sub": '"${SenderName}" <${SenderAddress}>'}
            assert told["REPLY_TO_ADDRESS"] == {"Ref": "ReplyToAddress"}

    @pytest.mark.parametrize(
        ("parameter", "good", "bad"),
        [
            (
                "SenderName",
                ["Fulfillment network", "Smith & Sons (3PL), Inc.", "O'Hara"],
                ["", 'A"B', "A<b>", "A\nB", "Größe", " A"],
            ),
            ("ReplyToAddress", ["", "help@network.example"], ["help", "Help <help@network.example>", "a@b, c@d"]),
        ],
    )
    def test_headers_take_what_the_parameters_allow(self, parameter: str, good: list[str], bad: list[str]) -> None:
        pattern = template()["Parameters"][parameter]["AllowedPattern"]
        assert [value for value in good if not re.fullmatch(pattern, value)] == []
        assert [value for value in bad if re.fullmatch(pattern, value)] == []

    def test_of_the_user_pool_names_the_product_and_where_to_sign_in(self) -> None:
        pool = RESOURCES["UserPool"]["Properties"]
        invitation, code = pool["AdminCreateUserConfig"]["InviteMessageTemplate"], pool["VerificationMessageTemplate"]
        for message in (invitation, code):
            assert "order cancellation portal" in message["EmailSubject"]
            assert "order cancellation portal" in message["EmailMessage"]["Sub"]
            assert '<a href="${PortalOrigin}/">' in message["EmailMessage"]["Sub"]
            assert message["EmailMessage"]["Sub"].count("{####}") == 1  # Cognito's place for the password or the code
        assert invitation["EmailMessage"]["Sub"].count("{username}") == 1
        assert code["DefaultEmailOption"] == "CONFIRM_WITH_CODE"
        days = pool["Policies"]["PasswordPolicy"]["TemporaryPasswordValidityDays"]
        assert f"valid for {days} days" in invitation["EmailMessage"]["Sub"]


class TestAccessLog:
    """What API Gateway refuses before a function is called is in no other log."""

    condition, setting, otherwise = RESOURCES["Api"]["Properties"]["AccessLogSetting"]["If"]
    line: dict[str, str] = json.loads(setting["Format"])

    def test_goes_by_the_id_that_every_answer_has(self) -> None:
        assert self.line["correlation_id"] == "$context.requestId"
        for response in GATEWAY_RESPONSES.values():
            assert response["ResponseParameters"]["Headers"]["X-Request-Id"] == "context.requestId"

    def test_says_why_and_who(self) -> None:
        assert {"status", "gateway_response", "authorizer_error", "sub", "client_id"} <= self.line.keys()

    def test_has_no_words_of_anybodys(self) -> None:
        said = set(re.findall(r"\$context\.([A-Za-z_.]+)", " ".join(self.line.values())))
        personal = {
            "path",
            "identity.sourceIp",
            "identity.userAgent",
            "authorizer.claims.email",
            "requestOverride.path",
        }
        assert said.isdisjoint(personal)
        claims = {each for each in said if each.startswith("authorizer.claims")}
        assert claims == {"authorizer.claims.sub", "authorizer.claims.client_id"}

    def test_every_value_is_quoted_for_what_is_not_known_is_a_dash(self) -> None:
        rendered = re.sub(r"\$context\.[A-Za-z_.]+", "-", self.setting["Format"])
        assert json.loads(rendered) == dict.fromkeys(self.line, "-")

    def test_is_kept_as_long_as_the_functions_logs_and_nobody_logs_without_the_role(self) -> None:
        assert (self.condition, self.otherwise) == ("HasAccessLog", {"Ref": "AWS::NoValue"})
        logs, role, account = (RESOURCES[name] for name in ("ApiLogs", "ApiLogRole", "ApiLogAccount"))
        assert self.setting["DestinationArn"]["Sub"].endswith(":log-group:${ApiLogs}")
        assert logs["Properties"]["RetentionInDays"] == RESOURCES["FunctionLogs"]["Properties"]["RetentionInDays"]
        assert RESOURCES["Api"]["DependsOn"] == "ApiLogAccount"
        assert account["Properties"]["CloudWatchRoleArn"] == {"GetAtt": "ApiLogRole.Arn"}
        (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "apigateway.amazonaws.com"}
        assert role["DeletionPolicy"] == "Retain"  # the account's other APIs log with it
        assert [each.get("Condition") for each in (logs, role, account)] == ["HasAccessLog", *["CreatesLogRole"] * 2]
