"""Every minute: send what the stream lost, what was left without an answer, and what waited for its daily hour."""

from itertools import groupby
from operator import itemgetter
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import settings
from order_cancellation.domain import times
from order_cancellation.domain.summaries import SHARDS
from order_cancellation.mail import ses
from order_cancellation.mail.deliver import MIN_SEND_MS, Deliveries, SendingStopped, one_seller, report_stop
from order_cancellation.observability import count, logger, metrics
from order_cancellation.tables.client import client

deliveries = Deliveries(settings.read(settings.Mail), client(), ses.client())


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    now = times.now()
    count("Sweeps")
    try:
        for shard in SHARDS:
            for seller_id, summary_id in list(deliveries.summaries.expired(shard, now)):
                if context.get_remaining_time_in_millis() > MIN_SEND_MS:
                    one_seller(deliveries.send_again, seller_id, summary_id)
            due = sorted(deliveries.outbox.due(shard, now))
            for seller_id, entries in groupby(due, key=itemgetter(0)):
                if context.get_remaining_time_in_millis() > MIN_SEND_MS:
                    order_ids = [order_id for _, order_id in entries]
                    count("OrdersSwept", len(order_ids))
                    one_seller(deliveries.tell_due, seller_id, order_ids)
    except SendingStopped as reason:
        report_stop(reason)
