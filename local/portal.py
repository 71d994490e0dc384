"""The portal as CloudFront serves it: the same files, the same headers, the same rewriting of paths."""

import json
import re
from collections.abc import Mapping
from http.server import SimpleHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from local.bridges import template
from local.cloud import ROOT
from scripts.catalog import catalog

Stack = dict[str, Any]


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
    """Serves portal/ and /config.json."""

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
            self.page(json.dumps(config(self.stack)), "application/json")
        else:
            if re.match(r"/problems(/|$)", path):
                self.path = "/problems.html"
            super().do_GET()

    def end_headers(self) -> None:
        for name, value in self.more_headers.items():
            self.send_header(name, value)
        super().end_headers()

    def page(self, text: str, content_type: str, status: int = 200) -> None:
        """Answer with a text that is in no file."""
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
