"""Every minute: send what the stream lost, what was left without an answer, and what waited for its daily hour."""

from itertools import groupby
from operator import itemgetter
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import outbox, times
from order_cancellation.mailroom import MIN_SEND_MS, SendingStopped
from order_cancellation.observability import count, logger, metrics
from order_cancellation.summaries import SHARDS

mailroom = outbox.open_mailroom()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    now = times.now()
    count("Sweeps")
    try:
        for shard in SHARDS:
            for seller_id, summary_id in list(mailroom.ledger.expired(shard, now)):
                if context.get_remaining_time_in_millis() > MIN_SEND_MS:
                    outbox.attempt(mailroom.send_again, seller_id, summary_id)
            due = sorted(mailroom.ledger.due(shard, now))
            for seller_id, entries in groupby(due, key=itemgetter(0)):
                if context.get_remaining_time_in_millis() > MIN_SEND_MS:
                    order_ids = [order_id for _, order_id in entries]
                    count("OrdersSwept", len(order_ids))
                    outbox.attempt(mailroom.tell_again, seller_id, order_ids)
    except SendingStopped as reason:
        outbox.report_stop(reason)
