"""What happened to orders, for other systems: each change that the stream brings is put on the bus of the stack."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import settings
from order_cancellation.actions import announce
from order_cancellation.domain.announcements import Announcement, announcements
from order_cancellation.observability import count, entry_point, logger
from order_cancellation.tables.orders import order_from_image


class Settings:
    event_bus: str


told = settings.read(Settings)
bus = announce.Bus(announce.client(), told.event_bus)


@entry_point
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Returns the records that were not put. Lambda brings the first of them and all behind it again."""
    found: list[tuple[str, Announcement]] = []
    for record in event["Records"]:
        change, number = record["dynamodb"], record["dynamodb"]["SequenceNumber"]
        try:
            before, after = order_from_image(change["OldImage"]), order_from_image(change["NewImage"])
        except (AttributeError, KeyError, TypeError, ValueError):  # it would be no more readable the next time
            logger.exception("unreadable record", extra={"sequence_number": number})
            count("OrdersUnreadable")
            continue
        found += [(number, each) for each in announcements(before, after)]
    failed = bus.put(found)
    count("AnnouncementsPutBack", len(failed))
    return {"batchItemFailures": [{"itemIdentifier": number} for number in sorted(failed, key=int)]}
