"""What SES says became of a summary: sent, delivered, bounced, complained about, rejected."""

import json
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import settings
from order_cancellation.mail import feedback
from order_cancellation.observability import entry_point, logger
from order_cancellation.tables.client import client
from order_cancellation.tables.sellers import Sellers
from order_cancellation.tables.summaries import Summaries


class Settings:
    summaries_table: str
    sellers_table: str


told = settings.read(Settings)
dynamodb = client()
summaries = Summaries(dynamodb, told.summaries_table)
sellers = Sellers(dynamodb, told.sellers_table)


@entry_point()
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Returns the messages that failed: the queue keeps them and brings them again, for hours.

    An event that EventBridge handed over itself, before there was the queue, is one alone; what goes wrong is raised.
    """
    if "Records" not in event:
        feedback.apply(summaries, sellers, event["detail"])
        return {"batchItemFailures": []}
    failed = []
    for record in event["Records"]:
        try:
            feedback.apply(summaries, sellers, json.loads(record["body"])["detail"])
        except Exception:  # the other events must still be recorded
            logger.exception("event not recorded", extra={"message_id": record["messageId"]})
            failed.append(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
