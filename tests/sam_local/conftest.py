"""`sam build`, then the functions in containers as `sam local` runs them, with a local cloud that they can reach.

They need a Docker engine. One that `docker version` finds is used as it is. Where there is none, the environment
variable SAM_ENGINE_COMMAND may name a program that makes one: `$SAM_ENGINE_COMMAND up` starts it and prints
`export DOCKER_HOST=...`, `$SAM_ENGINE_COMMAND down` ends it. Without either, the tests are skipped.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local import bridges, deploy
from local.cloud import HOST, ROOT, Cloud, two_free_ports
from tests.support import world
from tests.support.local_stack import build_once
from tests.support.template import TABLES, create_tables, properties

DOCKER = shutil.which("docker") or ""
Environment = dict[str, str]


@pytest.fixture(scope="session")
def engine() -> Iterator[Environment]:
    """The environment in which `docker` finds an engine."""
    if _answers(dict(os.environ)):
        yield dict(os.environ)
        return
    command = os.environ.get("SAM_ENGINE_COMMAND")
    if not command:
        pytest.skip(
            "`sam local` needs a Docker engine: none answers, and SAM_ENGINE_COMMAND names no program to start one"
        )
    said = subprocess.run([command, "up"], check=True, stdout=subprocess.PIPE, text=True).stdout
    try:
        host = re.search(r"DOCKER_HOST=(\S+)", said)
        assert host, f"{command} up did not say where the engine is: {said}"
        environment = os.environ | {"DOCKER_HOST": host[1]}
        assert _answers(environment), "the engine was started, but does not answer"
        yield environment
    finally:
        subprocess.run([command, "down"], check=True)


@dataclass(frozen=True)
class Sam:
    """The built template, and the SAM CLI with what it needs to run its functions in containers."""

    template: Path
    variables: Path  # of the functions
    environment: Environment
    cloud: Cloud

    def command(self, *arguments: str) -> list[str]:
        """`sam local ...` of these functions."""
        shared = ["--template", str(self.template), "--env-vars", str(self.variables), "--skip-pull-image"]
        return [str(deploy.SAM), "local", *arguments, *shared]


@pytest.fixture(scope="session")
def sam(request: pytest.FixtureRequest, engine: Environment) -> Iterator[Sam]:
    """The functions, built, and a local cloud with the template's tables. Failures leave its logs."""
    address, seen_by_containers = _address_for_containers(engine)
    port = two_free_ports(address)
    directory = ROOT / ".local" / f"sam-{port}"
    cloud = Cloud(directory, port, address)
    build_once(directory / "build")
    cloud.start()
    try:
        create_tables(cloud.client("dynamodb"))
        cloud.client("events").create_event_bus(Name="OrderBus")
        sender = bridges.template()["Parameters"]["SenderAddress"]["Default"]
        cloud.client("sesv2").create_email_identity(EmailIdentity=sender)
        variables = directory / "env.json"
        endpoint = f"http://{seen_by_containers}:{port}"
        variables.write_text(json.dumps({"Parameters": {**TABLES, "AWS_ENDPOINT_URL": endpoint}}))
        template = _with_an_endpoint(directory / "build" / "template.yaml")
        yield Sam(template, variables, engine | cloud.environment | {"SAM_CLI_TELEMETRY": "0"}, cloud)
    finally:
        cloud.stop()
    if not request.session.testsfailed:
        shutil.rmtree(directory)


@pytest.fixture(scope="session")
def world_items(sam: Sam) -> dict[str, list[Any]]:
    """The items of tests/support/world.py, by table."""
    dynamodb = sam.cloud.client("dynamodb")
    world.furnish(dynamodb, TABLES)
    return {table: dynamodb.scan(TableName=table)["Items"] for table in TABLES.values()}


@pytest.fixture
def furnished(sam: Sam, world_items: dict[str, list[Any]]) -> None:
    """The world of tests/support/world.py, as if nothing had happened in it."""
    dynamodb = sam.cloud.client("dynamodb")
    for table, items in world_items.items():
        key_names = [entry["AttributeName"] for entry in properties(table)["KeySchema"]]
        left = [{name: item[name] for name in key_names} for item in dynamodb.scan(TableName=table)["Items"]]
        for actions in (
            [{"DeleteRequest": {"Key": key}} for key in left],
            [{"PutRequest": {"Item": item}} for item in items],
        ):
            if actions:
                dynamodb.batch_write_item(RequestItems={table: actions})


def _answers(environment: Environment) -> bool:
    if not DOCKER:
        return False
    return subprocess.run([DOCKER, "version"], env=environment, capture_output=True, check=False).returncode == 0


def _address_for_containers(engine: Environment) -> tuple[str, str]:
    """An address of this machine for the local cloud, and what containers call it."""
    command = [DOCKER, "network", "inspect", "bridge", "--format", "{{range .IPAM.Config}}{{.Subnet}} {{end}}"]
    subnet = subprocess.run(command, env=engine, check=True, stdout=subprocess.PIPE, text=True).stdout.split()[0]
    bridge = str(next(ipaddress.ip_network(subnet).hosts()))
    with socket.socket() as probe:
        try:
            probe.bind((bridge, 0))
        except OSError:  # the engine is in a virtual machine, which has a name for this one
            return HOST, "host.docker.internal"
    return bridge, bridge


def _with_an_endpoint(template: Path) -> Path:
    """A copy of the built template that lets `sam local` give the functions an endpoint.

    `sam local` hands on only the variables that a template declares, and ours declares no endpoint: on AWS there is
    none to declare.
    """
    declared, times = re.subn(
        r"^( +)POWERTOOLS_SERVICE_NAME:", r"\1AWS_ENDPOINT_URL: ''\n\g<0>", template.read_text(), flags=re.MULTILINE
    )
    assert times == 1
    copy = template.with_name("template-with-endpoint.yaml")
    copy.write_text(declared)
    return copy
