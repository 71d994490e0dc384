"""One run over all shards: what the stream lost, what was left without an answer, what waits for its time or place."""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import groupby
from operator import attrgetter
from typing import Final

from order_cancellation.domain import times
from order_cancellation.domain.refusals import Unavailable
from order_cancellation.domain.summaries import SHARDS, due_after, in_shares, in_turn
from order_cancellation.mail.deliver import MIN_SEND_MS, Deliveries, SendingStopped
from order_cancellation.mail.rounds import Rounds, report_stop
from order_cancellation.observability import count, logger
from order_cancellation.tables.summaries import Waiting

LEAST_MS: Final = 1_000  # with less of its time left, a run does not go round again

RemainingMs = Callable[[], int]


class Sweep:
    """Make it once per process: a run goes on where the last one had to stop."""

    def __init__(self, deliveries: Deliveries) -> None:
        self.deliveries = deliveries
        self.shards = SHARDS
        self._rounds = Rounds()

    def run(self, remaining_ms: RemainingMs) -> None:
        """Sweep every shard. Raises Unavailable if one of them failed, once the others have been swept.

        A run that has time left goes on with the shards that had more to do than their part of it.
        """
        now = times.now()
        self.deliveries.begin(remaining_ms)
        had: Counter[str] = Counter()
        failure: Unavailable | None = None
        shards = list(in_turn(self.shards, now))
        try:
            while shards:
                unfinished = []
                for shard in shards:
                    try:
                        if not self._sweep(shard, now, had, remaining_ms):
                            unfinished.append(shard)
                    except Unavailable as error:  # the other shards may be well
                        logger.exception("shard not swept", extra={"shard": shard})
                        failure = error
                if remaining_ms() < MIN_SEND_MS + LEAST_MS:
                    count("SweepsCutShort", bool(unfinished))
                    break
                shards = unfinished
        except SendingStopped as reason:
            report_stop(reason)
        if failure:
            raise failure

    def _sweep(self, shard: str, now: str, had: Counter[str], remaining_ms: RemainingMs) -> bool:
        """One shard, each part of it in half of the time that is left, so that none keeps the others waiting.

        ``had`` is how many orders each seller was told of in this run. Returns False if there is more to do.
        """
        deliveries, go = self.deliveries, self._rounds.go

        def half_the_time() -> Callable[[], bool]:
            left = max(0, remaining_ms() - MIN_SEND_MS)
            return lambda: remaining_ms() > MIN_SEND_MS + left / 2

        def tell_due(share: tuple[str, list[str]]) -> None:
            count("OrdersSwept", len(share[1]))
            deliveries.tell_due(*share)

        parts = (
            go(
                f"expired {shard}",
                lambda after: deliveries.summaries.expired(shard, now, after),
                self._events_wait,
                lambda expired: deliveries.send_again(*expired),
                half_the_time(),
            ),
            go(
                f"waiting {shard}",
                lambda after: deliveries.summaries.waiting(shard, after),
                by_seller,
                lambda waiting: deliveries.send_elsewhere(*waiting),
                half_the_time(),
            ),
            go(
                f"due {shard}",
                lambda after: deliveries.outbox.due(shard, now, after),
                lambda entries: in_shares(entries, had),
                tell_due,
                half_the_time(),
            ),
            # What is due later than any order that was cancelled until now waits for its day's hour.
            go(
                f"early {shard}",
                lambda after: deliveries.outbox.waiting(shard, due_after(times.now()), after),
                lambda entries: in_shares(entries, Counter()),
                lambda share: deliveries.tell_early(*share),
                half_the_time(),
            ),
        )
        return all(parts)

    def _events_wait(self, expired: Iterable[tuple[str, str]]) -> list[tuple[str, str, bool]]:
        """The summaries whose lease is over, each with whether events of SES wait that may be about it."""
        summaries = list(expired)
        wait = bool(summaries) and self.deliveries.events.wait()
        return [(seller_id, summary_id, wait) for seller_id, summary_id in summaries]


def by_seller(waiting: Iterable[Waiting]) -> list[tuple[str, list[Waiting]]]:
    return [(seller_id, list(theirs)) for seller_id, theirs in groupby(waiting, key=attrgetter("seller_id"))]
