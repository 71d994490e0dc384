"""What the template tells a function, by environment variable."""

import os


def required(name: str) -> str:
    """The variable's value. Raises RuntimeError, naming it, where it is missing or empty."""
    value = os.environ.get(name)
    if not value:
        raise RuntimeError(f"The environment variable {name} is not set: template.yaml sets it.")
    return value
