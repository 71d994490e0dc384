"""A small web server for the local stack: the portal at /, the captured mail at /mailbox.

python -m local.web .local/stack.json 4567
"""

import json
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from local import mailbox
from local.cloud import HOST, ROOT


class Handler(SimpleHTTPRequestHandler):
    """Serves the portal's files, and the mailbox made from what the local cloud captured."""

    def __init__(self, *arguments: Any, stack: dict[str, Any], **options: Any) -> None:
        self.stack = stack
        super().__init__(*arguments, directory=str(ROOT / "portal"), **options)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == mailbox.PATH or path.startswith(f"{mailbox.PATH}/"):
            self._send_mailbox(path)
        else:
            super().do_GET()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the log is for errors."""

    def _send_mailbox(self, path: str) -> None:
        try:
            page = mailbox.page(path, mailbox.messages(self.stack["endpoint_url"]))
        except OSError:
            page = mailbox.unreachable()
        body = page.html.encode()
        self.send_response(page.status)
        for name, value in page.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    stack = json.loads(Path(sys.argv[1]).read_text())
    ThreadingHTTPServer((HOST, int(sys.argv[2])), partial(Handler, stack=stack)).serve_forever()


if __name__ == "__main__":
    main()
