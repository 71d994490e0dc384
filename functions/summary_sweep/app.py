"""Every minute: send what the stream lost, what was left without an answer, and what waited for its daily hour."""

from itertools import groupby
from operator import attrgetter
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import settings
from order_cancellation.domain import times
from order_cancellation.domain.refusals import Unavailable
from order_cancellation.domain.summaries import SHARDS, due_after, in_shares, in_turn
from order_cancellation.mail import ses
from order_cancellation.mail.deliver import MIN_SEND_MS, Deliveries, SendingStopped, one_seller, report_stop
from order_cancellation.observability import count, logger, metrics
from order_cancellation.tables.client import client

deliveries = Deliveries(settings.read(settings.Mail), client(), ses.client())


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Counts itself when it has been everywhere, so that its alarm sees a sweep that fails. Raises Unavailable."""
    now = times.now()
    failure: Unavailable | None = None
    try:
        for shard in in_turn(SHARDS, now):
            try:
                sweep(shard, now, context)
            except Unavailable as error:  # the other shards may be well
                logger.exception("shard not swept", extra={"shard": shard})
                failure = error
    except SendingStopped as reason:
        report_stop(reason)
    if failure:
        raise failure
    count("Sweeps")


def sweep(shard: str, now: str, context: LambdaContext) -> None:
    """One shard, as far as the time goes."""

    def in_time() -> bool:
        return context.get_remaining_time_in_millis() > MIN_SEND_MS

    expired = list(deliveries.summaries.expired(shard, now))
    events_wait = bool(expired) and deliveries.events.wait()
    for seller_id, summary_id in expired:
        if in_time():
            one_seller(deliveries.send_again, seller_id, summary_id, events_wait)
    for seller_id, waiting in groupby(list(deliveries.summaries.waiting(shard)), key=attrgetter("seller_id")):
        if in_time():
            one_seller(deliveries.send_elsewhere, seller_id, list(waiting))
    for seller_id, order_ids in in_shares(deliveries.outbox.due(shard, now)):
        if in_time():
            count("OrdersSwept", len(order_ids))
            one_seller(deliveries.tell_due, seller_id, order_ids)
    # What is due later than any order that was cancelled until now waits for its day's hour.
    for seller_id, order_ids in in_shares(deliveries.outbox.waiting(shard, due_after(now))):
        if in_time():
            one_seller(deliveries.tell_early, seller_id, order_ids)
