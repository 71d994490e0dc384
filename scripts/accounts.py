"""Accounts, from the first invitation to the last token: persons of sellers, clients of centers and of the planner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from order_cancellation.domain.refusals import InvalidRequest
from order_cancellation.http import checks, parse
from order_cancellation.tables.sellers import Sellers
from scripts import onboard
from scripts.stack import Mistake, Stack


def onboard_seller(stack: Stack, seller_id: str, email: str, contact: Mapping[str, Any]) -> None:
    """The contact first, by the rules of PUT /sellers/{seller_id}; then the person. May be repeated. Raises Mistake."""
    try:
        checks.identifier(seller_id, "seller_id")
        checks.email(email, "email")
        said = parse.contact(dict(contact))
    except InvalidRequest as refusal:
        raise Mistake(f"{refusal.field} {refusal.why}.") from refusal
    Sellers(stack.client("dynamodb"), stack.outputs["SellersTableName"]).register(seller_id, said)
    cognito, pool = stack.client("cognito-idp"), stack.outputs["UserPoolId"]
    try:
        onboard.open_seller(cognito, pool, seller_id, email)
    except cognito.exceptions.UsernameExistsException:
        if (theirs := _seller_of(cognito, pool, email)) != seller_id:
            raise Mistake(f"{email} has an account already, of seller {theirs}: one account is one seller's.") from None


def onboard_center(stack: Stack, fc_id: str) -> dict[str, str]:
    """A client for a center that has none. Raises Mistake."""
    _checked(fc_id)
    if clients_of(stack, fc_id):
        raise Mistake(f"{fc_id} has a client already. rotate-center makes another; nobody can read the old secret.")
    return _open(stack, fc_id)


def rotate_center(stack: Stack, fc_id: str) -> tuple[dict[str, str], list[str]]:
    """A new client for a center, and the ids of its others, which go on until they are revoked. Raises Mistake."""
    _checked(fc_id)
    older = clients_of(stack, fc_id)
    if not older:
        raise Mistake(f"{fc_id} has no client. Is it spelled so? onboard-center makes the first one.")
    return _open(stack, fc_id), older


def clients_of(stack: Stack, fc_id: str) -> list[str]:
    """The ids of a center's clients."""
    pages = (
        stack.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=stack.outputs["FulfillmentCentersTableName"], ConsistentRead=True)
    )
    items = [item for page in pages for item in page["Items"]]
    return sorted(item["client_id"]["S"] for item in items if item["fc_id"]["S"] == fc_id)


_OF_THE_TEMPLATE = ("NetworkClientId", "NetworkOrdersClientId", "NetworkSellersClientId")


def rotate_planner(stack: Stack) -> tuple[dict[str, str], list[str]]:
    """A new client for the planner, and the ids of its others, which go on until they are revoked."""
    cognito, pool = stack.client("cognito-idp"), stack.outputs["UserPoolId"]
    pages = cognito.get_paginator("list_user_pool_clients").paginate(UserPoolId=pool)
    clients = [client for page in pages for client in page["UserPoolClients"]]
    older = sorted(each["ClientId"] for each in clients if each["ClientName"] == "network-planner")
    old = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=stack.outputs["NetworkClientId"])[
        "UserPoolClient"
    ]
    made = cognito.create_user_pool_client(
        UserPoolId=pool,
        ClientName="network-planner",
        GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=["network/orders", "network/sellers"],
        ExplicitAuthFlows=old["ExplicitAuthFlows"],
        EnableTokenRevocation=True,
    )["UserPoolClient"]
    return {"client_id": made["ClientId"], "client_secret": made["ClientSecret"]}, older


def reinvite(stack: Stack, email: str) -> None:
    """Send the invitation again. Raises Mistake."""
    cognito, pool = stack.client("cognito-idp"), stack.outputs["UserPoolId"]
    user = _user(cognito, pool, email)
    if user["UserStatus"] != "FORCE_CHANGE_PASSWORD":
        raise Mistake(f"{email} has chosen a password already. Forgotten? The portal sends them a code.")
    cognito.admin_create_user(UserPoolId=pool, Username=email, MessageAction="RESEND")


def revoke_person(stack: Stack, email: str) -> None:
    """No more signing in, and no more refreshing. Raises Mistake."""
    cognito, pool = stack.client("cognito-idp"), stack.outputs["UserPoolId"]
    _user(cognito, pool, email)
    cognito.admin_disable_user(UserPoolId=pool, Username=email)
    cognito.admin_user_global_sign_out(UserPoolId=pool, Username=email)


def revoke_client(stack: Stack, client_id: str) -> str:
    """No more tokens for a client; returns what it was. A center is not known by it at once. Raises Mistake."""
    cognito, pool = stack.client("cognito-idp"), stack.outputs["UserPoolId"]
    if client_id == stack.outputs["PortalClientId"]:
        raise Mistake("That is the portal's own client: without it nobody could sign in.")
    try:
        client = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=client_id)["UserPoolClient"]
    except cognito.exceptions.ResourceNotFoundException as error:
        raise Mistake(f"{stack.name} has no client {client_id}.") from error
    table = stack.outputs["FulfillmentCentersTableName"]
    stack.client("dynamodb").delete_item(TableName=table, Key={"client_id": {"S": client_id}})
    if client_id in [stack.outputs.get(name) for name in _OF_THE_TEMPLATE]:  # emptied, not deleted
        cognito.update_user_pool_client(
            UserPoolId=pool,
            ClientId=client_id,
            ClientName=client["ClientName"],
            ExplicitAuthFlows=client["ExplicitAuthFlows"],
            AllowedOAuthFlowsUserPoolClient=False,
            AllowedOAuthFlows=[],
            AllowedOAuthScopes=[],
        )
    else:
        cognito.delete_user_pool_client(UserPoolId=pool, ClientId=client_id)
    return str(client["ClientName"])


def _open(stack: Stack, fc_id: str) -> dict[str, str]:
    return onboard.open_fulfillment_center(
        stack.client("cognito-idp"),
        stack.client("dynamodb"),
        stack.outputs["UserPoolId"],
        stack.outputs["FulfillmentCentersTableName"],
        fc_id,
    )


def _checked(fc_id: str) -> None:
    try:
        checks.identifier(fc_id, "fc_id")
    except InvalidRequest as refusal:
        raise Mistake(f"{refusal.field} {refusal.why}.") from refusal


def _user(cognito: Any, pool: str, email: str) -> dict[str, Any]:
    try:
        return dict(cognito.admin_get_user(UserPoolId=pool, Username=email))
    except cognito.exceptions.UserNotFoundException as error:
        raise Mistake(f"Nobody has an account as {email}.") from error


def _seller_of(cognito: Any, pool: str, email: str) -> str | None:
    attributes = {each["Name"]: each["Value"] for each in _user(cognito, pool, email)["UserAttributes"]}
    return attributes.get("custom:seller_id")
