"""Every minute: how late the oldest due order is, and how many summaries did not reach their seller."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from order_cancellation import settings
from order_cancellation.domain import times
from order_cancellation.domain.summaries import SHARDS
from order_cancellation.observability import entry_point, gauge
from order_cancellation.tables.client import client
from order_cancellation.tables.sellers import Sellers
from order_cancellation.tables.watch import Watch


class Settings:
    orders_table: str
    summaries_table: str
    sellers_table: str


told = settings.read(Settings)
dynamodb = client()
watch = Watch(dynamodb, told.orders_table, told.summaries_table, Sellers(dynamodb, told.sellers_table))


@entry_point
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Stands apart from the sweep, so that it sees one that fails or hangs. Raises Unavailable."""
    now = times.now()
    oldest = min(filter(None, (watch.oldest_due(shard, now) for shard in SHARDS)), default=now)
    late = times.to_datetime(now) - times.to_datetime(oldest)
    waiting = sum(watch.waiting(shard) for shard in SHARDS)
    gauge("SummaryLate", late.total_seconds(), "Seconds")
    gauge("SummariesWaiting", waiting)
