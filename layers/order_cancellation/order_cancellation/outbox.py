"""What the functions that mail have in common: how their mailroom is furnished, and how they go on after trouble."""

from collections.abc import Callable

from order_cancellation import postage, settings, store
from order_cancellation.ledger import Ledger
from order_cancellation.mailroom import Mailroom, SendingStopped
from order_cancellation.observability import count, logger


def open_mailroom() -> Mailroom:
    """The mailroom that the template's environment describes; make it once per process."""
    dynamodb = store.client()
    orders_table = settings.required("ORDERS_TABLE")
    return Mailroom(
        ledger=Ledger(dynamodb, orders_table, settings.required("SUMMARIES_TABLE")),
        orders=store.Orders(dynamodb, orders_table),
        sellers=store.Sellers(dynamodb, settings.required("SELLERS_TABLE")),
        postman=postage.Postman(
            postage.client(), settings.required("SENDER_ADDRESS"), settings.required("CONFIGURATION_SET")
        ),
        daily_hour=int(settings.required("DAILY_SUMMARY_HOUR")),
        portal_origin=settings.required("PORTAL_ORIGIN"),
    )


def attempt[**Arguments](
    send: Callable[Arguments, None], *arguments: Arguments.args, **options: Arguments.kwargs
) -> None:
    """Send to one seller; whatever goes wrong there does not keep the next seller from his mail. Raises SendingStopped.

    Nothing is lost by it: what was not sent is still due, or still pending.
    """
    try:
        send(*arguments, **options)
    except SendingStopped:
        raise
    except Exception:
        logger.exception("seller not told", extra={"arguments": arguments})
        count("SellersNotTold")


def report_stop(reason: SendingStopped) -> None:
    """SES takes no mail from us: a person has to look at it, and an alarm says so."""
    logger.error("sending stopped", extra={"why": str(reason)})
    count("SendingStopped")
