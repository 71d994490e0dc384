"""What SES says became of a summary: sent, delivered, bounced, complained about, rejected."""

from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import settings
from order_cancellation.mail import feedback
from order_cancellation.observability import logger, metrics
from order_cancellation.tables.client import client
from order_cancellation.tables.sellers import Sellers
from order_cancellation.tables.summaries import Summaries


@dataclass(frozen=True)
class Settings:
    summaries_table: str
    sellers_table: str


told = settings.read(Settings)
dynamodb = client()
summaries = Summaries(dynamodb, told.summaries_table)
sellers = Sellers(dynamodb, told.sellers_table)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Raises what goes wrong: EventBridge then sends the event again, and at last to the failure queue."""
    feedback.apply(summaries, sellers, event["detail"])
