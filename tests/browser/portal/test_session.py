"""Who is signed in, and what becomes of a cancel when nobody is any more."""

from typing import Any

from playwright.sync_api import expect

from local.client import Client
from local.cloud import Cloud
from tests.browser.portal.conftest import Visit, Wire, sign_in
from tests.browser.portal.steps import cancelled_pop_up, press_cancel, row
from tests.support.local_stack import Place


def test_signing_in_and_out(visit: Visit, description: dict[str, Any]) -> None:
    page = visit(signed_in=False)
    sign_in(page, description, password="not the password")
    expect(page.get_by_role("alert")).to_have_text("The e-mail address or the password is not right.")
    sign_in(page, description)
    expect(page.get_by_role("heading", name="Orders")).to_be_visible()
    expect(row(page, "A-1001")).to_be_visible()
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
    expect(row(page, "A-1001")).to_be_visible()


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
    expect(page.get_by_role("heading", name="To do in the marketplace")).to_be_visible()


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
