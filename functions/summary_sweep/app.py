"""Every minute: send what the stream lost, what was left without an answer, and what waited for its daily hour."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import settings
from order_cancellation.mail import ses
from order_cancellation.mail.deliver import Deliveries
from order_cancellation.mail.sweep import Sweep
from order_cancellation.observability import count, entry_point
from order_cancellation.tables.client import client

deliveries = Deliveries(settings.read(settings.Mail), client(), ses.client())
sweep = Sweep(deliveries)


@entry_point
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Counts itself when no shard failed, so that its alarm sees a sweep that fails. Raises Unavailable."""
    sweep.run(context.get_remaining_time_in_millis)
    count("Sweeps")
