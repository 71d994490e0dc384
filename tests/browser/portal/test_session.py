"""Who is signed in, and what becomes of a cancel when nobody is any more."""

import json
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from local.client import Client
from local.cloud import Cloud
from tests.browser.portal.conftest import Visit, Wire, sign_in
from tests.browser.portal.steps import cancelled_pop_up, press_cancel
from tests.support.local_stack import Place


def test_signing_in_and_out(visit: Visit, description: dict[str, Any]) -> None:
    page = visit(signed_in=False)
    sign_in(page, description, password="not the password")
    expect(page.get_by_role("alert")).to_have_text("The e-mail address or the password is not right.")
    sign_in(page, description)
    expect(page.get_by_role("heading", name="Orders")).to_be_visible()
    page.locator("tbody tr").first.wait_for()
    assert page.evaluate("Object.values(localStorage).join('')").count("eyJ") == 0, "a token outlives the tab"

    # A link in a mail opens a tab of its own: signed in, without a password.
    other = page.context.new_page()
    other.goto(f"{description['portal_url']}#/orders/A-1005")
    expect(other.get_by_role("button", name="Cancel Order")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    for tab in (page, other):
        expect(tab.get_by_label("Password")).to_be_visible()
        assert tab.evaluate("sessionStorage.getItem('session')") is None
    page.reload()
    expect(page.get_by_label("Password")).to_be_visible()
    other.bring_to_front()
    sign_in(other, description)  # and the tabs that wait for it go on
    page.locator("tbody tr").first.wait_for()


def test_the_first_password_is_replaced(visit: Visit, cloud: Cloud, description: dict[str, Any]) -> None:
    email, first, own = "new@acme.example", "First-Password-1", "Own-Password-2026"
    attributes = [{"Name": "email", "Value": email}, {"Name": "custom:seller_id", "Value": "acme"}]
    cloud.client("cognito-idp").admin_create_user(
        UserPoolId=description["user_pool_id"],
        Username=email,
        TemporaryPassword=first,
        MessageAction="SUPPRESS",
        UserAttributes=attributes,
    )
    page = visit("#/to-do", signed_in=False)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(first)
    page.get_by_role("button", name="Sign in").click()
    # The local cloud accepts any password here; Cognito answers like this to one that is too weak.
    weak = {"__type": "InvalidPasswordException", "message": "Password did not conform with policy"}
    page.route(
        lambda url: url == f"{description['endpoint_url']}/",
        lambda route: route.fulfill(status=400, json=weak, headers={"Access-Control-Allow-Origin": "*"}),
    )
    page.get_by_label("New password").fill("short")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("alert")).to_contain_text("At least 12 characters")
    page.unroute_all()
    page.get_by_label("New password").fill(own)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("heading", name="To do in the marketplaces")).to_be_visible()


@pytest.mark.parametrize("challenge", ["MFA_SETUP", "SOFTWARE_TOKEN_MFA"])
def test_a_second_factor_is_set_up_and_asked_for(visit: Visit, description: dict[str, Any], challenge: str) -> None:
    """Cognito's side of it is made up: the user pool of these tests asks for no code."""
    page = visit(signed_in=False)
    asked: list[tuple[str, dict[str, Any]]] = []
    parameters = {"USER_ID_FOR_SRP": "person-1"}
    answers: dict[str, dict[str, Any]] = {
        "InitiateAuth": {"ChallengeName": challenge, "Session": "s-1", "ChallengeParameters": parameters},
        "AssociateSoftwareToken": {"SecretCode": "ABCDEFGHIJKL", "Session": "s-2"},
        "VerifySoftwareToken": {"Status": "SUCCESS", "Session": "s-3"},
        "RespondToAuthChallenge": {"__type": "NotAuthorizedException"},  # nobody is signed in by made-up tokens
    }

    def cognito(route: Route) -> None:
        action = route.request.headers.get("x-amz-target", "").rpartition(".")[2]
        sent = route.request.post_data or "{}"
        asked.append((action, json.loads(sent)))
        answer = {"__type": "CodeMismatchException"} if "000000" in sent else answers.get(action, {})
        headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
        route.fulfill(status=400 if "__type" in answer else 200, json=answer, headers=headers)

    page.route(lambda url: url == f"{description['endpoint_url']}/", cognito)
    sign_in(page, description)
    expect(page.get_by_label("Code")).to_be_focused()
    if challenge == "MFA_SETUP":
        expect(page.get_by_text("ABCD EFGH IJKL")).to_be_visible()
        link = page.get_by_role("link", name="Open it in an app").get_attribute("href") or ""
        assert link.startswith("otpauth://totp/Order%20cancellation%3A")
        assert link.endswith("?secret=ABCDEFGHIJKL")
    for code, said in (("000 000", "not the code that the app shows"), ("123 456", "took too long")):
        page.get_by_label("Code").fill(code)
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("alert")).to_contain_text(said)
    action, sent = asked[-1]
    assert (action, sent["ChallengeName"]) == ("RespondToAuthChallenge", challenge)
    code_sent = {"SOFTWARE_TOKEN_MFA_CODE": "123456"} if challenge == "SOFTWARE_TOKEN_MFA" else {}
    assert sent["ChallengeResponses"] == {"USERNAME": "person-1", **code_sent}
    assert sent["Session"] == ("s-3" if challenge == "MFA_SETUP" else "s-1")
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_label("Password")).to_be_visible()


def test_an_expired_token_is_renewed_unseen(visit: Visit, place: Place) -> None:
    page = visit(f"#/orders/{place()}")
    expect(page.get_by_role("button", name="Cancel Order")).to_be_enabled()
    page.evaluate(
        """() => {
            const kept = JSON.parse(sessionStorage.getItem('session'));
            const broken = {...kept, id_token: kept.id_token.slice(0, -8) + "AAAAAAAA"};
            sessionStorage.setItem("session", JSON.stringify(broken));
        }"""
    )
    page.reload()
    press_cancel(page)
    expect(cancelled_pop_up(page)).to_be_visible()


def test_an_expired_session_leads_back_to_where_it_ended(
    visit: Visit, place: Place, description: dict[str, Any]
) -> None:
    order_id = place()
    page = visit(f"#/orders/{order_id}")
    expect(page.get_by_role("button", name="Cancel Order")).to_be_enabled()
    page.evaluate(
        """() => {
            const kept = JSON.parse(sessionStorage.getItem('session'));
            const broken = {...kept, id_token: kept.id_token.slice(0, -8) + 'AAAAAAAA', refresh_token: 'gone'};
            sessionStorage.setItem('session', JSON.stringify(broken));
        }"""
    )
    page.reload()
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    assert page.url.endswith(f"#/orders/{order_id}")
    sign_in(page, description)
    expect(page.get_by_text(order_id, exact=True)).to_be_visible()


def test_a_session_that_ends_under_a_cancel(
    visit: Visit, place: Place, acme: Client, description: dict[str, Any]
) -> None:
    order_id = place()
    page = visit(f"#/orders/{order_id}")
    wire = Wire(page, f"/orders/{order_id}/cancel")
    page.route(
        "**/orders/*/cancel",
        lambda route: (
            route.fulfill(status=401, json={"code": "unauthorized"}, headers={"Access-Control-Allow-Origin": "*"})
            if route.request.method == "POST"
            else route.fallback()
        ),
        times=2,
    )
    press_cancel(page)
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    assert acme.get(f"/orders/{order_id}").body["status"] == "received"
    sign_in(page, description)
    expect(cancelled_pop_up(page)).to_be_visible()
    assert len(wire.keys) == 1
    assert acme.get(f"/orders/{order_id}").body["status"] == "cancelled"
