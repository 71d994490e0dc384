"""The portal as CloudFront serves it: the same files, compressed, the same headers, the same rewriting of paths."""

import gzip
import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

from local.bridges import template
from local.cloud import ROOT
from scripts import reference
from scripts.catalog import catalog

Stack = dict[str, Any]

_WORTH_PACKING = 1000  # bytes: CloudFront leaves smaller files as they are


def headers(stack: Stack) -> dict[str, str]:
    """The headers that template.yaml gives the portal, with this stack's addresses for those on AWS."""
    policy = template()["Resources"]["PortalHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    security, custom = policy["SecurityHeadersConfig"], policy["CustomHeadersConfig"]["Items"]
    content = re.sub(
        r"https://(\$\{Api\}\.execute-api|cognito-idp)\.\S+?(?=[ ;])",
        stack["endpoint_url"],
        security["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Sub"],
    )
    return {
        "Content-Security-Policy": content,
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": security["FrameOptions"]["FrameOption"],
        "Cache-Control": "no-cache",
    } | {item["Header"]: item["Value"] for item in custom}


def config(stack: Stack) -> dict[str, Any]:
    """What /config.json tells the portal; scripts/publish_portal.py writes the same for a stack on AWS."""
    return {
        "api_url": stack["api_url"],
        "cognito_url": f"{stack['endpoint_url']}/",
        "client_id": stack["portal_client_id"],
        "catalog": catalog(),
    }


class PortalHandler(SimpleHTTPRequestHandler):
    """Serves portal/, /config.json and /reference."""

    protocol_version = "HTTP/1.1"  # connections are kept, as a browser expects

    def __init__(self, *arguments: Any, stack: Stack, portal_headers: Mapping[str, str], **options: Any) -> None:
        self.stack = stack
        self.portal_headers = portal_headers
        self.more_headers: Mapping[str, str] = {}
        super().__init__(*arguments, directory=str(ROOT / "portal"), **options)

    def do_GET(self) -> None:
        self.more_headers = self.portal_headers
        path = urlsplit(self.path).path
        if path == "/config.json":
            return self.page(json.dumps(config(self.stack)), "application/json")
        if path == "/reference":
            return self.page(reference.page(), "text/html; charset=utf-8")
        if re.match(r"/problems(/|$)", path):
            path = "/problems.html"
        file = Path(self.translate_path("/index.html" if path == "/" else path))
        status = HTTPStatus.OK
        if not file.is_file():
            file, status = ROOT / "portal" / "not-found.html", HTTPStatus.NOT_FOUND
        return self._send(file.read_bytes(), self.guess_type(file), status)

    def end_headers(self) -> None:
        for name, value in self.more_headers.items():
            self.send_header(name, value)
        super().end_headers()

    def page(self, text: str, content_type: str, status: int = 200) -> None:
        """Answer with a text that is in no file."""
        self._send(text.encode(), content_type, status)

    def _send(self, body: bytes, content_type: str, status: int) -> None:
        tag = f'"{crc32(body):08x}"'
        known = status == HTTPStatus.OK and self.headers.get("If-None-Match") == tag
        packed = "gzip" in self.headers.get("Accept-Encoding", "") and len(body) > _WORTH_PACKING
        if packed:
            body = gzip.compress(body, mtime=0)
        self.send_response(HTTPStatus.NOT_MODIFIED if known else status)
        self.send_header("Content-Type", content_type)
        self.send_header("ETag", tag)
        if packed:
            self.send_header("Content-Encoding", "gzip")
        if not known:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not known:
            self.wfile.write(body)
