"""Build the template and deploy it, unchanged, to the local cloud: `sam build`, `sam deploy`."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from local.cloud import ROOT, Cloud, LocalCloudError

STACK_NAME = "order-cancellation"
SAM = ROOT / ".venv-sam" / "bin" / "sam"

Say = Callable[[str], None]


def build(build_directory: Path) -> None:
    """`sam build` into a directory. Raises LocalCloudError with its last words."""
    _sam(["build", "--build-dir", str(build_directory)], build_directory.parent / "build.log")


def deploy(cloud: Cloud, build_directory: Path, stack_name: str = STACK_NAME) -> None:
    """`sam deploy` of what ``build`` made. Raises LocalCloudError with its last words."""
    _sam(
        [
            "deploy",
            "--template-file",
            str(build_directory / "template.yaml"),
            "--config-file",
            str(ROOT / "samconfig.toml"),
            "--stack-name",
            stack_name,
            "--no-confirm-changeset",
            "--no-progressbar",
            "--parameter-overrides",
            *(f"{name}={value}" for name, value in parameters(cloud).items()),
        ],
        cloud.directory / f"deploy-{stack_name}.log",
        cloud.environment,
    )


def logical_id(function: str) -> str:
    """The template's name for a folder of functions/: CancelOrderFunction for cancel_order."""
    return "".join(map(str.capitalize, function.split("_"))) + "Function"


def parameters(cloud: Cloud) -> dict[str, str]:
    """The template's parameters for a cloud of one person's own."""
    return {
        "PortalOrigin": cloud.web_url,
        "ProblemTypeBase": f"{cloud.web_url}/problems",
        **dict.fromkeys(("RequestsPerSecond", "EventsPerSecond", "CancelsPerSecond"), "10000"),
        "ReconciliationsPerSecond": "10000",
        "SellerTokenInMinutes": "60",  # a token that was copied from the README's commands lasts for a while
        "SenderAddress": "orders@network.example",
        "SummaryWindowInSeconds": "1",
    }


def _sam(arguments: list[str], log: Path, environment: dict[str, str] | None = None) -> None:
    if not SAM.exists():
        raise LocalCloudError(f"{SAM} is missing: make setup installs it.")
    log.parent.mkdir(parents=True, exist_ok=True)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # python3.13, for the build
    with log.open("w") as output:
        status = subprocess.run(
            [str(SAM), *arguments],
            cwd=ROOT,
            env=(environment or dict(os.environ)) | {"PATH": path, "SAM_CLI_TELEMETRY": "0"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    if status != 0:
        words = "\n".join(log.read_text().strip().splitlines()[-15:])
        raise LocalCloudError(f"sam {arguments[0]} failed; the end of {log}:\n{words}")
