"""The portal's files reach the bucket of a deployed stack, as a browser needs them."""

import json
from typing import Any

import pytest

from local import deploy
from local.cloud import REGION, ROOT, Cloud
from scripts import onboard, publish_portal
from scripts.catalog import catalog


@pytest.fixture
def outputs(cloud: Cloud) -> dict[str, str]:
    return onboard.stack_outputs(cloud.client("cloudformation"), deploy.STACK_NAME)


def test_every_file_is_published_with_its_type_and_what_is_gone_is_removed(
    cloud: Cloud, outputs: dict[str, str], description: dict[str, Any]
) -> None:
    s3, bucket = cloud.client("s3"), outputs["PortalBucketName"]
    s3.put_object(Bucket=bucket, Key="pages/of-last-year.js", Body=b"")
    publish_portal.publish(s3, outputs, REGION)
    stored = {entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]}
    portal = ROOT / "portal"
    files = {path.relative_to(portal).as_posix() for path in portal.rglob("*") if path.is_file()}
    made = {"config.json", "reference.html"}
    assert stored == files | made

    types = {}
    for key in stored:
        published = s3.get_object(Bucket=bucket, Key=key)
        types[key.rsplit(".", 1)[1]] = published["ContentType"]
        assert published["CacheControl"] == "no-cache"
        if key not in made:
            assert published["Body"].read() == (portal / key).read_bytes()
    assert types == {
        "css": "text/css; charset=utf-8",
        "html": "text/html; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "json": "application/json",
        "svg": "image/svg+xml",
    }
    config = json.loads(s3.get_object(Bucket=bucket, Key="config.json")["Body"].read())
    assert config == {
        "api_url": outputs["ApiUrl"],  # unless the parameter ApiThroughPortal says otherwise
        "cognito_url": "https://cognito-idp.us-east-1.amazonaws.com/",
        "client_id": description["portal_client_id"],
        "catalog": catalog(),
    }


def test_a_stack_without_a_portal_says_so(cloud: Cloud, outputs: dict[str, str]) -> None:
    without = {name: value for name, value in outputs.items() if not name.startswith("Portal")}
    with pytest.raises(publish_portal.NoPortal, match="DeployPortal=true"):
        publish_portal.publish(cloud.client("s3"), without, REGION)
