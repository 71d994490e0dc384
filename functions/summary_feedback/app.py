"""What SES says became of a summary: sent, delivered, bounced, complained about, rejected."""

import json
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import settings
from order_cancellation.mail import feedback
from order_cancellation.observability import entry_point, logger
from order_cancellation.tables.client import client
from order_cancellation.tables.orders import Orders
from order_cancellation.tables.retention import Retention
from order_cancellation.tables.sellers import Sellers
from order_cancellation.tables.summaries import Summaries


class Settings(settings.Finishing):
    sellers_table: str
    summaries_kept_days: int


told = settings.read(Settings)
dynamodb = client()
ledger = feedback.Ledger(
    Summaries(dynamodb, told.summaries_table, told.summaries_kept_days),
    Sellers(dynamodb, told.sellers_table),
    Orders(dynamodb, told.orders_table),
    Retention(dynamodb, told.orders_table, told.summaries_table, told.orders_kept_days),
)


@entry_point
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Returns the messages that failed: the queue keeps them and brings them again, for hours.

    An event that EventBridge handed over itself, before there was the queue, is one alone; what goes wrong is raised.
    """
    if "Records" not in event:
        feedback.apply(ledger, event["detail"])
        return {"batchItemFailures": []}
    failed = []
    for record in event["Records"]:
        try:
            feedback.apply(ledger, json.loads(record["body"])["detail"])
        except Exception:  # the other events must still be recorded
            logger.exception("event not recorded", extra={"message_id": record["messageId"]})
            failed.append(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
