"""Every minute: send what the stream lost, what was left without an answer, and what waited for its daily hour."""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import groupby
from operator import attrgetter
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import settings
from order_cancellation.domain import times
from order_cancellation.domain.refusals import Unavailable
from order_cancellation.domain.summaries import SHARDS, due_after, in_shares, in_turn
from order_cancellation.mail import ses
from order_cancellation.mail.deliver import MIN_SEND_MS, Deliveries, SendingStopped
from order_cancellation.mail.rounds import Rounds, report_stop
from order_cancellation.observability import count, entry_point, logger
from order_cancellation.tables.client import client
from order_cancellation.tables.summaries import Waiting

LEAST_MS = 1_000  # with less of its time left, a run does not go round again

deliveries = Deliveries(settings.read(settings.Mail), client(), ses.client())
rounds = Rounds()


@entry_point()
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Counts itself when no shard failed, so that its alarm sees a sweep that fails. Raises Unavailable.

    A run that has time left goes on with the shards that had more to do than their part of it.
    """
    now = times.now()
    deliveries.begin(context.get_remaining_time_in_millis)
    had: Counter[str] = Counter()
    failure: Unavailable | None = None
    shards = list(in_turn(SHARDS, now))
    try:
        while shards:
            unfinished = []
            for shard in shards:
                try:
                    if not sweep(shard, now, had, context):
                        unfinished.append(shard)
                except Unavailable as error:  # the other shards may be well
                    logger.exception("shard not swept", extra={"shard": shard})
                    failure = error
            if context.get_remaining_time_in_millis() < MIN_SEND_MS + LEAST_MS:
                count("SweepsCutShort", bool(unfinished))
                break
            shards = unfinished
    except SendingStopped as reason:
        report_stop(reason)
    if failure:
        raise failure
    count("Sweeps")


def sweep(shard: str, now: str, had: Counter[str], context: LambdaContext) -> bool:
    """One shard, each part of it in half of the time that is left, so that none keeps the others waiting.

    ``had`` is how many orders each seller was told of in this run. Returns False if there is more to do.
    """

    def half_the_time() -> Callable[[], bool]:
        left = context.get_remaining_time_in_millis() - MIN_SEND_MS
        return lambda: left > 0 and context.get_remaining_time_in_millis() > MIN_SEND_MS + left / 2

    def send_again(expired: tuple[str, str, bool]) -> None:
        deliveries.send_again(*expired)

    def tell_due(share: tuple[str, list[str]]) -> None:
        count("OrdersSwept", len(share[1]))
        deliveries.tell_due(*share)

    parts = (
        rounds.go(
            f"expired {shard}",
            lambda after: deliveries.summaries.expired(shard, now, after),
            events_wait,
            send_again,
            half_the_time(),
        ),
        rounds.go(
            f"waiting {shard}",
            lambda after: deliveries.summaries.waiting(shard, after),
            by_seller,
            lambda waiting: deliveries.send_elsewhere(*waiting),
            half_the_time(),
        ),
        rounds.go(
            f"due {shard}",
            lambda after: deliveries.outbox.due(shard, now, after),
            lambda entries: in_shares(entries, had),
            tell_due,
            half_the_time(),
        ),
        # What is due later than any order that was cancelled until now waits for its day's hour.
        rounds.go(
            f"early {shard}",
            lambda after: deliveries.outbox.waiting(shard, due_after(times.now()), after),
            lambda entries: in_shares(entries, Counter()),
            lambda share: deliveries.tell_early(*share),
            half_the_time(),
        ),
    )
    return all(parts)


def events_wait(expired: Iterable[tuple[str, str]]) -> list[tuple[str, str, bool]]:
    """The summaries whose lease is over, each with whether events of SES wait that may be about it."""
    summaries = list(expired)
    wait = bool(summaries) and deliveries.events.wait()
    return [(seller_id, summary_id, wait) for seller_id, summary_id in summaries]


def by_seller(waiting: Iterable[Waiting]) -> list[tuple[str, list[Waiting]]]:
    return [(seller_id, list(theirs)) for seller_id, theirs in groupby(waiting, key=attrgetter("seller_id"))]
