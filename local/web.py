"""A small web server for the local stack: the portal at /, the captured mail at /mailbox.

python -m local.web .local/stack.json 4567
"""

import html
import json
import sys
import urllib.request
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from local import portal
from local.cloud import HOST
from local.portal import PortalHandler


class Handler(PortalHandler):
    """Serves the portal, and the mailbox page made from what the local cloud captured."""

    def do_GET(self) -> None:  # noqa: N802 - the base class's name
        if self.path.split("?")[0].rstrip("/") == "/mailbox":
            self.more_headers = {}
            self.page(mailbox(self.stack["endpoint_url"]))
        else:
            super().do_GET()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the log is for errors."""


def messages(endpoint_url: str) -> list[dict[str, Any]]:
    """What was sent through SES on the local cloud, newest first."""
    with urllib.request.urlopen(f"{endpoint_url}/_ministack/ses/messages", timeout=5) as response:  # noqa: S310
        captured = json.load(response)["messages"]
    every = [message for account in captured.values() for message in account]
    return sorted(every, key=lambda message: str(message["Timestamp"]), reverse=True)


def mailbox(endpoint_url: str) -> str:
    """The mailbox as a page."""
    rows = [
        f"<article><h2>{html.escape(message['Subject'])}</h2><p>to {html.escape(', '.join(message['To']))}</p>"
        f"<pre>{html.escape(message['BodyText'])}</pre></article>"
        for message in messages(endpoint_url)
    ]
    inner = "".join(rows) or "<p>No mail was sent yet.</p>"
    return f"<!doctype html><html lang=en><meta charset=utf-8><title>Mailbox</title><h1>Mailbox</h1>{inner}"


def main() -> None:
    stack = json.loads(Path(sys.argv[1]).read_text())
    handler = partial(Handler, stack=stack, portal_headers=portal.headers(stack))
    ThreadingHTTPServer((HOST, int(sys.argv[2])), handler).serve_forever()


if __name__ == "__main__":
    main()
