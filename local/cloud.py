"""The local cloud: ministack with IAM enforced, and our small web server beside it, as background processes.

Everything they write goes under one directory, and everything listens on 127.0.0.1.
"""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
REGION = "us-east-1"

_children: dict[int, subprocess.Popen[bytes]] = {}  # what this very process started; `make down` finds others by file


class LocalCloudError(Exception):
    """The local cloud cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Cloud:
    """One local cloud: its ``port`` for the AWS APIs, ``port + 1`` for the portal and the mailbox."""

    directory: Path
    port: int
    host: str = HOST

    @property
    def endpoint_url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def web_url(self) -> str:
        return f"http://{self.host}:{self.port + 1}"

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment with what a program needs to talk to this cloud as its root user."""
        return _without_aws() | {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
        }

    def client(self, service: Any) -> Any:
        """A boto3 client of this cloud's, as its root user."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint_url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            aws_session_token=None,
        )

    def start(self) -> None:
        """Start the AWS APIs; returns when they answer. Raises LocalCloudError."""
        for port in (self.port, self.port + 1):
            _require_free(self.host, port)
        for name in ("state", "tmp"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        environment = _without_aws() | {
            "AUTH": "true",
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": self.host,
            "MINISTACK_HOST": self.host,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(self.directory / "state"),
            "TMPDIR": str(self.directory / "tmp"),
        }
        self._spawn("cloud", [sys.executable, "-m", "local.ministack"], environment)
        self._wait_for(self.port, "cloud")

    def start_companions(self) -> None:
        """Start what stands beside the AWS APIs, once stack.json is written: the stream's reader, and the web server
        for the portal and the mailbox. Raises LocalCloudError.
        """
        described = str(self.directory / "stack.json")
        environment = _without_aws() | {"PYTHONPATH": str(ROOT)}
        self._spawn("event_source", [sys.executable, "-m", "local.event_source", described], environment)
        self._spawn("web", [sys.executable, "-m", "local.web", described, str(self.port + 1)], environment)
        self._wait_for(self.port + 1, "web")

    def stop(self, *, started_here: bool = False) -> bool:
        """End what ``start`` and ``start_companions`` began here, by process id. Says whether there was anything.

        ``started_here``: only what this very process started; another one may have started afresh since.
        """
        stopped = False
        pid_files = {path: int(path.read_text()) for path in self.directory.glob("*.pid")}
        if started_here:
            pid_files = {path: pid for path, pid in pid_files.items() if pid in _children}
            if not pid_files:
                return False
        for pid_file, pid in pid_files.items():
            if _is_ours(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGTERM)
                    stopped = True
                _wait_until_gone(pid)
            pid_file.unlink()
        (self.directory / "stack.json").unlink(missing_ok=True)
        return stopped

    def write_description(self, description: object) -> None:
        """Write ``stack.json``, whole or not at all: other programs wait for it."""
        path = self.directory / "stack.json"
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(description, indent=2) + "\n")
        draft.replace(path)

    def _spawn(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        with (self.directory / f"{name}.log").open("w") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _children[process.pid] = process
        (self.directory / f"{name}.pid").write_text(str(process.pid))

    def _wait_for(self, port: int, name: str) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection((self.host, port), timeout=1):
                return
            time.sleep(0.05)
        raise LocalCloudError(f"The local {name} did not start; see {self.directory / name}.log")


def two_free_ports(host: str = HOST) -> int:
    """A port that is free together with the next one: what a Cloud takes. Raises LocalCloudError."""
    # Not from the first on: whoever else starts a cloud at this moment looks for ports too.
    for port in random.sample(range(14566, 16566, 2), k=1000):
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind((host, port))
                second.bind((host, port + 1))
            except OSError:
                continue
            return port
    raise LocalCloudError(f"No two free ports were found between 14566 and 16566 on {host}.")


def _without_aws() -> dict[str, str]:
    """The environment without anything that could lead to an AWS account."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_") or name == "AWS_CA_BUNDLE"}


def _require_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise LocalCloudError(
                f"Port {port} on {host} is in use. Stop what listens there (make down, if it is ours), "
                "or choose another: PORT=5000 make demo (it takes that port and the next)."
            ) from error


def _is_ours(pid: int) -> bool:
    """Whether the process still is one that we started: it leads its own group, and the number was not given again."""
    return any(name in _command_line(pid) for name in ("ministack", "local.web", "local.event_source"))


def _command_line(pid: int) -> str:
    """How a process was called, empty if it is gone. Not every Linux has ps, and only Linux has /proc."""
    if Path("/proc/self").exists():
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
        return ""
    whole_line = ["ps", "-ww", "-o", "command=", "-p", str(pid)]  # cut at 80 columns, it may lack the name
    return subprocess.run(whole_line, capture_output=True, text=True, check=False).stdout


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if child := _children.get(pid):
            child.poll()  # our own child stays a zombie until it is asked for
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
