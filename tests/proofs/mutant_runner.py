"""Runs tests against mutants, each in a forked process of its own: python -m tests.proofs.mutant_runner < job > results

The parent has imported what is slow to import and nothing of the service's; a child imports the mutant in place of its
module, then runs the tests with pytest. A child that does not end is a mutant that was noticed.
"""

import gc
import importlib.abc
import importlib.machinery
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType

import aws_lambda_powertools.metrics
import boto3
import hypothesis
import jinja2
import pytest
import yaml

from local.bridges import template
from tests.proofs.mutants import every, path_of

SECONDS = 60
WARM = (aws_lambda_powertools.metrics, hypothesis, jinja2, yaml)  # imported to be there already


class MutantImporter(importlib.abc.MetaPathFinder, Loader):
    """Gives a module another source."""

    def __init__(self, module: str, source: str) -> None:
        self._module = f"order_cancellation.{module}"
        self._source = source

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        return importlib.machinery.ModuleSpec(fullname, self) if fullname == self._module else None

    def exec_module(self, module: ModuleType) -> None:
        path = path_of(module.__name__.removeprefix("order_cancellation."))
        exec(compile(self._source, str(path), "exec"), module.__dict__)  # noqa: S102 - that is what it is for


def survives(module: str, source: str, tests: Sequence[str]) -> bool:
    """Whether the tests pass with this source in place of the module."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(SECONDS)
            with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - a device, not a path
                os.dup2(nowhere.fileno(), 1)
                os.dup2(nowhere.fileno(), 2)
            sys.meta_path.insert(0, MutantImporter(module, source))
            from tests.support import expressions

            expressions.refuses_what_is_unused = False  # or DynamoDB would notice many a mutant for us
            options = ["-x", "-q", "--assert=plain", "--disable-plugin-autoload", "-p", "pytest_socket"]
            code = int(pytest.main([*options, "-p", "no:cacheprovider", *tests]))
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def main() -> None:
    job = json.load(sys.stdin)
    boto3.client("dynamodb", region_name="us-east-1")  # the service's model is read once
    template()  # and so is the template
    gc.freeze()  # or every child would copy what it only counts
    mutants = {mutant.name: mutant for mutant in every()}
    original = path_of("tables.orders").read_text()
    for tests in job["baselines"]:
        print(json.dumps({"baseline": survives("tables.orders", original, tests)}), flush=True)
    for name, tests in job["mutants"]:
        began = time.monotonic()
        lived = survives(mutants[name].module, mutants[name].source, tests)
        print(json.dumps({"name": name, "survives": lived, "seconds": time.monotonic() - began}), flush=True)


if __name__ == "__main__":
    main()
