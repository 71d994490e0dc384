"""How one run comes to many sellers: side by side, page after page, and within its time."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, Final, NamedTuple

from order_cancellation.mail.deliver import SendingStopped
from order_cancellation.observability import count, counted_aside, logger
from order_cancellation.tables.items import Item
from order_cancellation.tables.summaries import Pages

# DynamoDB's and SES's answers are what telling a seller takes: eight at a time are told in the time of one or two.
SIDE_BY_SIDE: Final = 8


class Told[Work](NamedTuple):
    """The work that failed, and why SES takes no mail at all, if it does not."""

    failed: list[Work]
    stopped: SendingStopped | None


def tell_each[Work](tell: Callable[[Work], object], works: Iterable[Work]) -> Told[Work]:
    """Do it all, side by side; whatever goes wrong with one seller does not keep the next from their mail.

    Nothing is lost by it: what was not sent is still due, or still pending. Where SES takes no mail at all, no more is
    begun.
    """
    stopped = Event()

    def attempt(work: Work) -> tuple[Any, Exception | None]:
        with counted_aside() as counts:
            try:
                if not stopped.is_set():
                    tell(work)
            except SendingStopped as reason:
                stopped.set()
                return counts, reason
            except Exception as error:  # the other sellers must still be told
                logger.exception("seller not told", extra={"work": repr(work)[:1000]})
                return counts, error
        return counts, None

    if not (todo := list(works)):
        return Told([], None)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        attempts = list(pool.map(attempt, todo) if SIDE_BY_SIDE > 1 else map(attempt, todo))
    for counts, _ in attempts:
        for name, value in counts.items():
            count(name, value)
    errors = [(work, error) for work, (_, error) in zip(todo, attempts, strict=True) if error]
    reasons = [error for _, error in errors if isinstance(error, SendingStopped)]
    return Told([work for work, error in errors if not isinstance(error, SendingStopped)], next(iter(reasons), None))


def report_stop(reason: SendingStopped) -> None:
    """SES takes no mail from us: a person has to look at it, and an alarm says so."""
    logger.error("sending stopped", extra={"why": str(reason)})
    count("SendingStopped")


class Rounds:
    """Goes through lists that may be longer than one run has time for. Make it once per process.

    A run goes on where the last one had to stop, and begins anew when it has come to the end: so nothing that stays in
    front of a list, for whatever reason, keeps what is behind it waiting for long.
    """

    def __init__(self) -> None:
        self._places: dict[str, Item | None] = {}

    def go[Entry, Work](
        self,
        name: str,
        pages: Callable[[Item | None], Pages[Entry]],
        works: Callable[[Iterable[Entry]], Iterable[Work]],
        tell: Callable[[Work], object],
        in_time: Callable[[], bool],
    ) -> bool:
        """Tell of what a list has, a page at a time; returns False if the time was over before its end.

        ``in_time`` is asked before each page and each work. Raises SendingStopped, Unavailable.
        """
        place = self._places.pop(name, None)
        for entries, next_place in pages(place):
            told = tell_each(lambda work: tell(work) if in_time() else None, works(entries))
            if told.failed:
                count("SellersNotTold", len(told.failed))
            if told.stopped:
                raise told.stopped
            if not in_time():
                self._places[name] = place  # some of this page may not have been told
                return False
            place = next_place
        return True
