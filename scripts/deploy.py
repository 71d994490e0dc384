"""Deploy to AWS, describe what is deployed, take a sandbox away: `make deploy`, `make describe`, `make destroy`.

The answers to `sam deploy --guided` are kept for the next time in samconfig.<stack>.toml, which git does not track.
"""

from __future__ import annotations

import json
import re
import secrets
import subprocess
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.cloud import ROOT
from local.deploy import SAM, logical_id
from scripts import onboard
from scripts.stack import Mistake, Stack, require_name

SANDBOX_SELLERS = ("acme", "bluebird")
SANDBOX_CENTERS = ("LAX1", "EWR2", "DFW3")
# what outlives its stack
_TABLES = ("OrdersTable", "SummariesTable", "SellersTable", "FulfillmentCentersTable")


def deploy(name: str, *more: str) -> None:
    """Build, and deploy as ``name``. Raises Mistake before anything is built."""
    require_name(name)
    config = config_of(name)
    _sam("build")
    _sam("deploy", "--guided", "--config-file", str(config), "--stack-name", name, *more)
    print(f"Your answers are in {config.name}. Next: confirm the sender, then make deploy-portal STACK={name}")


def config_of(name: str) -> Path:
    """The stack's own settings; at first those of samconfig.toml, which stays as it is."""
    config = ROOT / f"samconfig.{name}.toml"
    if not config.exists():
        shared = (ROOT / "samconfig.toml").read_text()
        [default, prod] = re.split(r"(?m)^(?=\[prod\.global)", shared)
        own = prod.replace("[prod.", "[default.") if name.endswith("-prod") else default
        own = re.sub(r'(stack_name|s3_prefix) = "[^"]*"', rf'\1 = "{name}"', own)
        config.write_text(own if own.startswith("#") else f"version = 0.1\n\n{own}")
    return config


def description(stack: Stack) -> dict[str, Any]:
    """What stack.json says of a stack on AWS. In a sandbox its sellers and centers get accounts to try it with."""
    outputs = stack.outputs
    cognito, dynamodb = stack.client("cognito-idp"), stack.client("dynamodb")
    functions = {folder.name: stack.names[logical_id(folder.name)] for folder in sorted((ROOT / "functions").iterdir())}
    sandbox = not stack.is_production
    centers = SANDBOX_CENTERS if sandbox else ()
    return {
        "endpoint_url": f"https://cognito-idp.{stack.region}.amazonaws.com/",
        "region": stack.region,
        "stack_name": stack.name,
        "api_url": outputs["ApiUrl"],
        "portal_url": outputs.get("PortalUrl"),
        "mailbox_url": None,
        "token_url": outputs["TokenUrl"],
        "sellers": [_person(stack, seller_id) for seller_id in SANDBOX_SELLERS] if sandbox else [],
        "functions": functions,
        **onboard.machines(cognito, dynamodb, outputs, centers),
    }


def describe(stack: Stack, path: Path) -> None:
    """Write it. The file has secrets in it: nobody else may read it."""
    said = description(stack)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(json.dumps(said, indent=2) + "\n")
    print(f"{path.name} says where everything of {stack.name} is, with its secrets.")
    if stack.is_production:
        print("It is in production, so no accounts were opened to try it with: onboard a seller and a center.")


def destroy(stack: Stack, confirmed: str) -> None:
    """Delete a sandbox with all that it holds. May be repeated where it stopped. Raises Mistake in production."""
    if stack.is_production:
        raise Mistake(f"{stack.name} is in production. Deploy it with Environment=development first, if it is meant.")
    if confirmed != stack.name:
        raise Mistake(f"This deletes every order and account of {stack.name}. Say CONFIRM={stack.name} if it is meant.")
    outputs, names = stack.outputs, stack.names
    if bucket := outputs.get("PortalBucketName"):
        print(f"Emptying {bucket}")
        _empty(stack.client("s3"), bucket)
    domain = names.get("UserPoolDomain")
    cloudformation = stack.client("cloudformation")
    print(f"Deleting the stack {stack.name}; CloudFront takes its time, up to ten minutes")
    cloudformation.delete_stack(StackName=stack.name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack.name)
    for table in (names[logical] for logical in _TABLES):
        print(f"Deleting the table {table}")
        _gone(stack.client("dynamodb").delete_table, "ResourceNotFoundException", TableName=table)
    cognito, pool = stack.client("cognito-idp"), outputs["UserPoolId"]
    print(f"Deleting the user pool {pool}")
    if domain:
        _gone(cognito.delete_user_pool_domain, "InvalidParameterException", Domain=domain, UserPoolId=pool)
    _gone(cognito.delete_user_pool, "ResourceNotFoundException", UserPoolId=pool)
    if bucket:
        _gone(stack.client("s3").delete_bucket, "NoSuchBucket", Bucket=bucket)
    _gone(stack.client("cloudwatch").delete_dashboards, "ResourceNotFound", DashboardNames=[stack.name])
    print("Nothing is left.")


def _person(stack: Stack, seller_id: str) -> dict[str, str]:
    """A person to sign in as: with a new password each time, for nobody can read the old one."""
    cognito, pool = stack.client("cognito-idp"), stack.outputs["UserPoolId"]
    email, password = f"sandbox@{seller_id}.example", f"Aa1-{secrets.token_urlsafe(18)}"
    try:
        onboard.open_seller(cognito, pool, seller_id, email, password)
    except cognito.exceptions.UsernameExistsException:
        cognito.admin_set_user_password(UserPoolId=pool, Username=email, Password=password, Permanent=True)
    return {"seller_id": seller_id, "username": email, "password": password, "email": email}


def _empty(s3: Any, bucket: str) -> None:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for each in page.get("Contents", ()):
            s3.delete_object(Bucket=bucket, Key=each["Key"])


def _gone(delete: Any, no_more: str, **what: Any) -> None:
    """Delete; content if it is gone already."""
    try:
        delete(**what)
    except ClientError as error:
        if error.response["Error"]["Code"] != no_more:
            raise


def _sam(*arguments: str) -> None:
    if subprocess.run([str(SAM), *arguments], cwd=ROOT, check=False).returncode != 0:
        raise Mistake(f"sam {arguments[0]} failed: see above.")
