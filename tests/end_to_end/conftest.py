"""The fixtures are those of tests/local_stack.py."""

from tests.local_stack import Place

__all__ = ["Place"]
