"""What SES says became of a summary: sent, delivered, bounced, complained about, rejected."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import feedback, settings, store
from order_cancellation.ledger import Ledger
from order_cancellation.observability import logger, metrics

dynamodb = store.client()
ledger = Ledger(dynamodb, settings.required("ORDERS_TABLE"), settings.required("SUMMARIES_TABLE"))
sellers = store.Sellers(dynamodb, settings.required("SELLERS_TABLE"))


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Raises what goes wrong: EventBridge then sends the event again, and at last to the failure queue."""
    feedback.record(ledger, sellers, event["detail"])
