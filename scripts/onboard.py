"""Open the accounts that the template cannot know: a seller's person, a fulfillment center's client.

Works on AWS and on the local cloud, with the credentials and the region of the environment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient

FULFILLMENT_SCOPE = "fulfillment/events"


def stack_outputs(cloudformation: CloudFormationClient, stack: str) -> dict[str, str]:
    """The outputs of a deployed stack, by key. Raises ClientError where there is no such stack."""
    described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}


def open_seller(
    cognito: CognitoIdentityProviderClient, pool: str, seller_id: str, email: str, password: str | None = None
) -> None:
    """Give a person a portal account that belongs to a seller.

    Without a password Cognito e-mails an invitation with a temporary one.
    Raises UsernameExistsException where the address has an account already.
    """
    attributes = [
        {"Name": "email", "Value": email},
        {"Name": "email_verified", "Value": "true"},
        {"Name": "custom:seller_id", "Value": seller_id},
    ]
    if password is None:
        cognito.admin_create_user(UserPoolId=pool, Username=email, UserAttributes=attributes)  # type: ignore[arg-type]
        return
    cognito.admin_create_user(
        UserPoolId=pool,
        Username=email,
        UserAttributes=attributes,  # type: ignore[arg-type]
        MessageAction="SUPPRESS",
    )
    cognito.admin_set_user_password(UserPoolId=pool, Username=email, Password=password, Permanent=True)


def open_fulfillment_center(
    cognito: CognitoIdentityProviderClient, dynamodb: DynamoDBClient, pool: str, table: str, fc_id: str
) -> dict[str, str]:
    """Give a fulfillment center client credentials of its own: ``fc_id``, ``client_id``, ``client_secret``."""
    made = cognito.create_user_pool_client(
        UserPoolId=pool,
        ClientName=f"fulfillment-center-{fc_id}",
        GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=[FULFILLMENT_SCOPE],
        ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH"],
        EnableTokenRevocation=True,
    )["UserPoolClient"]
    dynamodb.put_item(TableName=table, Item={"client_id": {"S": made["ClientId"]}, "fc_id": {"S": fc_id}})
    return {"fc_id": fc_id, "client_id": made["ClientId"], "client_secret": made["ClientSecret"]}


def client_secret(cognito: CognitoIdentityProviderClient, pool: str, client_id: str) -> str:
    """The secret of a machine client."""
    return cognito.describe_user_pool_client(UserPoolId=pool, ClientId=client_id)["UserPoolClient"]["ClientSecret"]


def machines(
    cognito: CognitoIdentityProviderClient, dynamodb: DynamoDBClient, outputs: Mapping[str, str], centers: Iterable[str]
) -> dict[str, Any]:
    """What stack.json says of a stack's machines and tables, by its outputs. ``centers`` are opened if need be."""
    pool = outputs["UserPoolId"]
    return {
        "user_pool_id": pool,
        "portal_client_id": outputs["PortalClientId"],
        "fulfillment_centers": [
            open_fulfillment_center(cognito, dynamodb, pool, outputs["FulfillmentCentersTableName"], fc_id)
            for fc_id in centers
        ],
        "network": {
            "client_id": outputs["NetworkClientId"],
            "client_secret": client_secret(cognito, pool, outputs["NetworkClientId"]),
        },
        "tables": {
            "orders": outputs["OrdersTableName"],
            "summaries": outputs["SummariesTableName"],
            "sellers": outputs["SellersTableName"],
            "fulfillment_centers": outputs["FulfillmentCentersTableName"],
        },
        "event_bus": outputs["EventBusName"],
    }
