"""What the template tells a function: its environment variables as one frozen value, read whole at import."""

import dataclasses
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Http:
    """What every function behind the API is told, beside its tables."""

    portal_origin: str
    problem_type_base: str


@dataclass(frozen=True)
class Mail:
    """What the functions that mail are told. ``daily_summary_hour`` is 0–23, by each daily seller's own clock.

    ``sender_address`` may have a name before it, as in a From header; without ``reply_to_address`` replies go there.
    ``mail_events_queue_url`` is where SES's events wait to be recorded.
    """

    orders_table: str
    summaries_table: str
    sellers_table: str
    sender_address: str
    configuration_set: str
    daily_summary_hour: int
    portal_origin: str
    reply_to_address: str = ""
    mail_events_queue_url: str = ""


def read[Shape](shape: Callable[..., Shape]) -> Shape:
    """The environment as this dataclass: the field ``orders_table`` is the variable ``ORDERS_TABLE``.

    A field that has a default may be without a variable, or with an empty one. Raises RuntimeError, naming every other
    variable that is missing, empty or no number where one is wanted.
    """
    values: dict[str, Any] = {}
    missing = []
    for field in dataclasses.fields(shape):  # type: ignore[arg-type]
        variable = field.name.upper()
        text = os.environ.get(variable, "")
        if not text and field.default is not dataclasses.MISSING:
            continue
        if not text or (field.type is int and not text.isdecimal()):
            missing.append(variable)
        else:
            values[field.name] = int(text) if field.type is int else text
    if missing:
        raise RuntimeError(f"Environment variables that template.yaml sets are missing: {', '.join(missing)}.")
    return shape(**values)
