"""Processes that run the code under test, and die: what a Lambda timeout or a crash does to running code."""

from dataclasses import dataclass


class ProcessDied(BaseException):
    """The process is gone. Not an Exception: no ``except Exception`` of the code under test may survive it."""


@dataclass(frozen=True)
class Process:
    """One invocation of one function. It is killed at its ``deadline``, a moment."""

    name: str
    deadline: float
