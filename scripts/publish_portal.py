"""Publish the portal's files into a deployed stack's bucket: with the stack's configuration, and the API's reference.

Works with the credentials and the region of the environment. Files that the portal no longer has are removed last, so
that a page that is open goes on working meanwhile.
"""

from __future__ import annotations

import json
import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts import reference
from scripts.catalog import catalog

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PORTAL = Path(__file__).resolve().parent.parent / "portal"
CONFIG = "config.json"

# The names of the files do not change with their content: browsers and CloudFront keep them, but ask whether they hold.
CACHE_CONTROL = "no-cache"


class NoPortal(Exception):
    """The stack has no portal to publish to; the message says what to do."""


def configuration(outputs: dict[str, str], region: str) -> dict[str, Any]:
    """What /config.json tells the portal."""
    return {
        "api_url": outputs.get("PortalApiUrl", outputs["ApiUrl"]),
        "cognito_url": f"https://cognito-idp.{region}.amazonaws.com/",
        "client_id": outputs["PortalClientId"],
        "catalog": catalog(),
    }


def publish(s3: S3Client, outputs: dict[str, str], region: str) -> list[str]:
    """Put every file and config.json into the stack's bucket; returns their keys. Raises NoPortal."""
    bucket = outputs.get("PortalBucketName")
    if not bucket:
        raise NoPortal("The stack was deployed without a portal. Deploy it with the parameter DeployPortal=true.")
    files = {path.relative_to(PORTAL).as_posix(): path.read_bytes() for path in PORTAL.rglob("*") if path.is_file()}
    files["reference.html"] = reference.page().encode()
    files[CONFIG] = json.dumps(configuration(outputs, region)).encode()
    # index.html comes last: whoever gets the new one gets the new files, too
    for key in sorted(files, key=lambda key: (key == "index.html", key)):
        s3.put_object(
            Bucket=bucket, Key=key, Body=files[key], ContentType=_content_type(key), CacheControl=CACHE_CONTROL
        )
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", ()):
            if entry["Key"] not in files:
                s3.delete_object(Bucket=bucket, Key=entry["Key"])
    return sorted(files)


def _content_type(key: str) -> str:
    known = {".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}  # not left to this machine's own table
    guessed = known.get(Path(key).suffix) or mimetypes.guess_type(key)[0] or "application/octet-stream"
    return f"{guessed}; charset=utf-8" if guessed in ("text/html", "text/css") else guessed


def report(s3: S3Client, outputs: dict[str, str], region: str) -> list[str]:
    """Publish, and say where it is and what is left to do. Raises NoPortal."""
    keys = publish(s3, outputs, region)
    said = [
        f"{len(keys)} files published to {outputs['PortalBucketName']}.",
        f"The portal is at {outputs['PortalUrl']}",
    ]
    if outputs["PortalUrl"] != outputs["PortalOrigin"]:
        said.append(
            f"The API lets only {outputs['PortalOrigin']} call it from a browser. "
            f"Deploy again with PortalOrigin={outputs['PortalUrl']} ProblemTypeBase={outputs['PortalUrl']}/problems"
        )
    return said
