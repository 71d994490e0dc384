"""Orders that were auto-cancelled come in from the stream; their sellers are told, each in one mail per batch."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import settings
from order_cancellation.domain.orders import Order
from order_cancellation.mail import ses
from order_cancellation.mail.deliver import Deliveries
from order_cancellation.mail.rounds import report_stop, tell_each
from order_cancellation.observability import count, entry_point, logger
from order_cancellation.tables.client import client
from order_cancellation.tables.orders import order_from_image

deliveries = Deliveries(settings.read(settings.Mail), client(), ses.client())


@entry_point
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Returns the records that failed. Lambda sends the first of them and all behind it again, which does no harm:
    an order that is in a summary is not told twice, whatever batch it comes in.
    """
    sellers, failed = by_seller(event["Records"])
    count("RecordsReceived", len(event["Records"]))
    deliveries.begin(context.get_remaining_time_in_millis)

    def tell(seller_id: str) -> None:
        if not deliveries.in_time():
            raise TimeoutError("no time is left to tell this seller")
        deliveries.tell(seller_id, [order for _, order in sellers[seller_id].values()])

    told = tell_each(tell, sellers)
    failed += [number for seller_id in told.failed for number, _ in sellers[seller_id].values()]
    if told.stopped:
        report_stop(told.stopped)  # all that is left is due, and the sweep sends it when SES takes mail again
    if failed:
        count("RecordsFailed", len(failed))
    return {"batchItemFailures": [{"itemIdentifier": number} for number in sorted(failed, key=int)]}


def by_seller(records: Sequence[Mapping[str, Any]]) -> tuple[dict[str, dict[str, tuple[str, Order]]], list[str]]:
    """The orders of each seller by id, each with its record's number; and the numbers of unreadable records."""
    sellers: dict[str, dict[str, tuple[str, Order]]] = {}
    failed: list[str] = []
    for record in records:
        number = record["dynamodb"]["SequenceNumber"]
        try:
            order = order_from_image(record["dynamodb"]["NewImage"])
        except (AttributeError, KeyError, TypeError, ValueError):
            logger.exception("unreadable record", extra={"sequence_number": number})
            failed.append(number)
        else:
            sellers.setdefault(order.seller_id, {})[order.order_id] = (number, order)
    return sellers, failed
