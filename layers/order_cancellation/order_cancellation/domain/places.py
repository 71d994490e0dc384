"""The world as the layer's tzdata package has it: time zones of the IANA database, and ISO 3166-1's countries.

Its files are read rather than the host's: what is accepted must not depend on where a function runs.
"""

from functools import cache
from importlib import resources


@cache
def time_zones() -> frozenset[str]:
    """Every name of a time zone, such as ``America/Los_Angeles``."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text("utf-8").split())


@cache
def countries() -> frozenset[str]:
    """ISO 3166-1's alpha-2 codes that are officially assigned, such as ``US``."""
    table = resources.files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text("utf-8")
    return frozenset(line.split("\t")[0] for line in table.splitlines() if line and not line.startswith("#"))
