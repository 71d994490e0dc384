"""What all tests share. The environment is that of the package, ``tests``."""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

pytest_plugins = ["tests.support.local_stack"]

# how long an example takes says nothing about the code
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")

# Where processes share the tests, all that these folders have goes to one process: what they start is started once.
TOGETHER = {
    "tests/browser": "browser",  # Chromium, and a local stack of its own
    "tests/contract": "stack",
    "tests/end_to_end": "stack",
    "tests/sam_local": "containers",
}


@pytest.hookimpl(optionalhook=True)  # where xdist is not loaded, nobody asks
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    config.option.loadscopereorder = False  # the long ones are the first as they are, the short ones fill the gaps
    return Sharing(config, log)


class Sharing(LoadScopeScheduling):  # type: ignore[misc]
    """Hands a process the tests of a file together, or those of a folder that is said above."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((group for folder, group in TOGETHER.items() if file.startswith(f"{folder}/")), file)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test of a stack that lies elsewhere would start one more, and nothing but the time would show it."""
    for item in items:
        asks = {"description", "sam"} & set(getattr(item, "fixturenames", ()))
        if asks and not item.nodeid.startswith(tuple(f"{folder}/" for folder in TOGETHER)):
            raise pytest.UsageError(f"{item.nodeid} starts a stack: move it into one of {', '.join(TOGETHER)}.")
