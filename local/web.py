"""A small web server for the local stack: the portal at /, the captured mail at /mailbox.

python -m local.web .local/stack.json 4567
"""

import json
import sys
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from local import mailbox, portal
from local.cloud import HOST
from local.portal import PortalHandler


class Handler(PortalHandler):
    """Serves the portal, and the mailbox made from what the local cloud captured."""

    def do_GET(self) -> None:  # noqa: N802 - the base class's name
        path = self.path.partition("?")[0]
        if path != mailbox.PATH and not path.startswith(f"{mailbox.PATH}/"):
            super().do_GET()
            return
        try:
            page = mailbox.page(path, mailbox.messages(self.stack["endpoint_url"]))
        except OSError:
            page = mailbox.unreachable()
        self.more_headers = {name: value for name, value in page.headers.items() if name != "Content-Type"}
        self.page(page.html, page.headers["Content-Type"], page.status)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the log is for errors."""


class Server(ThreadingHTTPServer):
    """Lets connections wait. Of the five that a server has room for by itself, a browser's first page takes six."""

    request_queue_size = 128


def main() -> None:
    stack = json.loads(Path(sys.argv[1]).read_text())
    handler = partial(Handler, stack=stack, portal_headers=portal.headers(stack))
    Server((HOST, int(sys.argv[2])), handler).serve_forever()


if __name__ == "__main__":
    main()
