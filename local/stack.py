"""The whole product on this machine, in the background: `make up`, `make down`.

python -m local.stack up      start, build, deploy, seed; writes .local/stack.json
python -m local.stack down    end it
"""

import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local import bridges, deploy, event_source, seed
from local.cloud import REGION, ROOT, Cloud, LocalCloudError
from scripts import onboard

Description = dict[str, Any]

Say = Callable[[str], None]

FULFILLMENT_CENTERS = ("LAX1", "EWR2", "DFW3")

_SILENCE = 4.0  # seconds; after so long a person wonders whether anything still happens


def local_cloud() -> Cloud:
    """The cloud of `make up` and `make demo`. PORT moves it."""
    text = os.environ.get("PORT") or "4566"
    if not text.isdigit() or not 1 <= int(text) <= 65534:
        raise LocalCloudError(f"PORT must be a number from 1 to 65534, not {text!r}.")
    return Cloud(ROOT / ".local", int(text))


def up(cloud: Cloud, say: Say, build: Callable[[Path], None] = deploy.build) -> Description:
    """Start afresh, deploy and seed. Returns what stack.json says. Raises LocalCloudError, leaving nothing running.

    ``build`` makes what is deployed, in a directory that is not there yet.
    """
    began = time.monotonic()
    if cloud.stop():
        say("Stopped the local stack that was running.")
    try:
        cloud.start()
        say(f"Local cloud       {cloud.endpoint_url} (IAM enforced)")
        build_directory = cloud.directory / "build"
        shutil.rmtree(build_directory, ignore_errors=True)
        with _step(say, "Building", "sam build"):
            build(build_directory)
        with _step(say, "Deploying", "sam deploy, template.yaml as it is"):
            description = deployed(cloud, build_directory)
            event_source.disable_mapping(cloud, description["functions"]["cancellation_summary"])
        with _step(say, "Seeding", "sellers, fulfillment centers, orders") as reached:
            seed.orders(description, reached)
        cloud.write_description(description)
        cloud.start_companions()
    except BaseException:
        cloud.stop(started_here=True)
        raise
    say(f"Ready             after {time.monotonic() - began:.0f} s")
    return description


@contextmanager
def _step(say: Say, name: str, what: str) -> Iterator[Say]:
    """Says what begins, and then every few seconds how long it has taken, with the words that it was given last."""
    say(f"{name:17} {what}")
    began, done, reached = time.monotonic(), threading.Event(), [""]

    def tick() -> None:
        while not done.wait(_SILENCE):
            say(f"{'':17} {time.monotonic() - began:.0f} s{reached[0]}")

    def reach(words: str) -> None:
        reached[0] = f", {words}"

    ticking = threading.Thread(target=tick, daemon=True)
    ticking.start()
    try:
        yield reach
    finally:
        done.set()
        ticking.join()


def deployed(cloud: Cloud, build_directory: Path, stack_name: str = deploy.STACK_NAME) -> Description:
    """Deploy what was built as one more stack of a cloud that runs, and open its accounts. Raises LocalCloudError."""
    deploy.deploy(cloud, build_directory, stack_name)
    outputs = onboard.stack_outputs(cloud.client("cloudformation"), stack_name)
    bridges.apply(cloud, stack_name, outputs["ApiId"])
    return _describe(cloud, stack_name, outputs)


def _describe(cloud: Cloud, stack_name: str, outputs: dict[str, str]) -> Description:
    cognito, dynamodb = cloud.client("cognito-idp"), cloud.client("dynamodb")
    pool = outputs["UserPoolId"]
    for seller in seed.SELLERS:
        onboard.open_seller(cognito, pool, seller["seller_id"], seller["username"], seller["password"])
    return {
        "endpoint_url": cloud.endpoint_url,
        "region": REGION,
        "stack_name": stack_name,
        "api_url": f"{cloud.endpoint_url}/restapis/{outputs['ApiId']}/v1/_user_request_",
        "portal_url": f"{cloud.web_url}/",
        "mailbox_url": f"{cloud.web_url}/mailbox",
        "token_url": f"{cloud.endpoint_url}/oauth2/token",
        "sellers": [
            {name: seller[name] for name in ("seller_id", "username", "password", "email")} for seller in seed.SELLERS
        ],
        "functions": _functions(cloud, stack_name),
        **onboard.machines(cognito, dynamodb, outputs, FULFILLMENT_CENTERS),
    }


def _functions(cloud: Cloud, stack_name: str) -> dict[str, str]:
    """The deployed name of every function, by the name of its folder."""
    resources = cloud.client("cloudformation").describe_stack_resources(StackName=stack_name)["StackResources"]
    physical = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}
    folders = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
    return {folder: physical[deploy.logical_id(folder)] for folder in folders}


def read_description(directory: Path) -> Description:
    """What ``up`` wrote for the stack in this directory."""
    loaded: Description = json.loads((directory / "stack.json").read_text())
    return loaded


def main() -> int:
    command = sys.argv[1] if len(sys.argv) == 2 else ""
    interrupted_by_any_end()
    try:
        cloud = local_cloud()
        if command == "up":
            description = up(cloud, print)
            print(f"Portal            {description['portal_url']}")
            print(f"Mailbox           {description['mailbox_url']}")
            print(f"Everything else   {_shown(cloud.directory / 'stack.json')}")
            return 0
        if command == "down":
            print("Stopped." if cloud.stop() else "Nothing was running.")
            return 0
    except LocalCloudError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; nothing is left running.", file=sys.stderr)
        return 130
    print(__doc__, file=sys.stderr)
    return 2


def interrupted_by_any_end() -> None:
    """Whoever ends this process, or closes its terminal, ends it as Ctrl-C does: with everything put away."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main())
