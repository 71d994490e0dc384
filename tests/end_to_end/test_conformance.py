"""The conformance kit passes on the local stack, and fails for the right reason on services made wrong on purpose."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import urllib3

from scripts import conformance

# Sees a request (method, path, headers, body) and its answer (status, headers, body); returns the answer that is given.
Spoil = Callable[["Wrong", int, dict[str, str], bytes], tuple[int, bytes]]


class Wrong(BaseHTTPRequestHandler):
    """Hands requests on to the local stack, and spoils them or their answers."""

    target: str
    hides: frozenset[str] = frozenset()
    spoil: Spoil | None = None
    protocol_version = "HTTP/1.1"

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.sent = body
        dropped = {"host", "connection", "content-length", "accept-encoding", *self.hides}
        headers = {name: value for name, value in self.headers.items() if name.lower() not in dropped}
        answer = urllib3.request(
            self.command, self.target + self.path, body=body or None, headers=headers, retries=False
        )
        status, data = answer.status, answer.data
        if self.spoil:
            status, data = type(self).spoil(self, status, headers, data)  # type: ignore[misc]
        self.send_response(status)
        for name, value in answer.headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = _handle  # noqa: N815 - the base class's names

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@contextmanager
def wrong_service(target: str, **members: Any) -> Iterator[str]:
    handler = type("Handler", (Wrong,), {"target": target, **members})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def says_yes_to_the_center(wrong: Wrong, status: int, headers: dict[str, str], data: bytes) -> tuple[int, bytes]:
    """Reports are put into a queue and looked at later, so the center hears of no cancel."""
    if wrong.path.endswith("/events") and status == 409:
        sent = json.loads(wrong.sent)
        return 200, json.dumps({"order_id": sent["order_id"], "outcome": "recorded"}).encode()
    return status, data


def tells_theirs_from_missing(wrong: Wrong, status: int, headers: dict[str, str], data: bytes) -> tuple[int, bytes]:
    """It looks the order up by its id alone, and then who may see it."""
    if status == 404 and b"CONFORMANCE-none" not in data:
        return 403, data.replace(b"order_not_found", b"forbidden").replace(b'"status":404', b'"status":403')
    return status, data


def hides_refusals(wrong: Wrong, status: int, headers: dict[str, str], data: bytes) -> tuple[int, bytes]:
    """A batch is one success."""
    if wrong.path == "/orders/cancel":
        body = json.loads(data)
        for each in body["results"]:
            each.pop("code", None)
            each["outcome"] = "cancelled"
        return status, json.dumps(body | {"outcome": "success"}).encode()
    return status, data


@pytest.fixture
def told(description: dict[str, Any], tmp_path: Path) -> Path:
    path = tmp_path / "stack.json"
    path.write_text(json.dumps(description))
    return path


def run(told: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, set[str]]:
    """The exit code, and the checks that failed."""
    code = conformance.main(["--stack-json", str(told), *more])
    lines = capsys.readouterr().out.splitlines()
    return code, {line.split()[1] for line in lines if line.startswith("FAIL")}


def test_the_local_stack_keeps_everything(told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(told, capsys) == (0, set())


@pytest.mark.parametrize(
    ("members", "failing"),
    [
        ({"hides": frozenset({"idempotency-key"})}, {"key_replayed", "key_reused"}),
        ({"spoil": says_yes_to_the_center}, {"put_back", "race"}),
        ({"spoil": tells_theirs_from_missing}, {"tenant_wall"}),
        ({"spoil": hides_refusals}, {"batch"}),
    ],
    ids=["forgets keys", "says yes to the center", "tells theirs from missing", "hides refusals"],
)
def test_a_wrong_service_fails_for_what_is_wrong_with_it(
    told: Path,
    description: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    members: dict[str, Any],
    failing: set[str],
) -> None:
    with wrong_service(description["api_url"], **members) as url:
        assert run(told, capsys, "--base-url", url) == (1, failing)


def test_without_callers_it_says_what_it_needs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert conformance.main(["--stack-json", str(tmp_path / "none.json")]) == 2
    assert "make up, or make describe" in capsys.readouterr().err
