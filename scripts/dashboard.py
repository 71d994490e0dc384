"""Put the dashboard of a deployed stack up, or take it down: scripts/dashboard.json, with the stack's own names in it.

python -m scripts.dashboard --stack order-cancellation
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from scripts.stack import Stack

SOURCE = Path(__file__).with_suffix(".json")


def body(stack: str, region: str, resources: Mapping[str, str]) -> str:
    """The dashboard, as CloudWatch takes it; ``resources``: physical names by logical ones. Raises KeyError."""
    names = {"Stack": stack, "Region": region, **resources}
    return re.sub(r"\$\{(\w+)\}", lambda match: names[match[1]], SOURCE.read_text())


def put(stack: Stack) -> None:
    names = {logical: name.rpartition("/")[2] for logical, name in stack.names.items()}  # a queue's is its URL
    stack.client("cloudwatch").put_dashboard(
        DashboardName=stack.name, DashboardBody=body(stack.name, stack.region, names)
    )
