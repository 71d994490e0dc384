"""Processes that die: what a Lambda timeout or a crash does to running code."""


class ProcessDied(BaseException):
    """The process is gone. Not an Exception: no ``except Exception`` of the code under test may survive it."""
