"""What the template tells a function: its environment variables as one value, read whole at import."""

import inspect
import os


class Http:
    """What every function behind the API is told, beside its tables."""

    portal_origin: str
    problem_type_base: str


class Finishing:
    """What the functions are told by which an order can be over. ``orders_kept_days`` is how long it is kept then; 0 is
    for ever.
    """

    orders_table: str
    summaries_table: str
    orders_kept_days: int


class Mail(Finishing):
    """What the functions that mail are told. ``daily_summary_hour`` is 0–23, by each daily seller's own clock.

    ``sender_address`` may have a name before it, as in a From header; without ``reply_to_address`` replies go there.
    ``mail_events_queue_url`` is where SES's events wait to be recorded.
    """

    sellers_table: str
    sender_address: str
    configuration_set: str
    daily_summary_hour: int
    portal_origin: str
    reply_to_address: str = ""
    mail_events_queue_url: str = ""


def read[Shape](shape: type[Shape]) -> Shape:
    """The environment as a value of this class: its annotation ``orders_table`` is the variable ``ORDERS_TABLE``.

    What has a default may be without a variable, or with an empty one. Raises RuntimeError, naming every other
    variable that is missing, empty or no number where one is wanted.
    """
    told = shape()
    missing = []
    for ancestor in reversed(shape.__mro__):
        for name, kind in inspect.get_annotations(ancestor).items():
            text = os.environ.get(name.upper(), "")
            if text and (kind is not int or text.isdecimal()):
                setattr(told, name, kind(text))
            elif text or not hasattr(shape, name):
                missing.append(name.upper())
    if missing:
        raise RuntimeError(f"Environment variables that template.yaml sets are missing: {', '.join(missing)}.")
    return told
