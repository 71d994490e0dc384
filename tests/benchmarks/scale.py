"""The figures of docs/scale.md: units as the operations take them, times the load that the page assumes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from order_cancellation.domain.orders import EVENTS
from tests.benchmarks.operations import MeteredTables
from tests.support import rig
from tests.support.functions import seller_claims
from tests.support.rig import SELLER, Service
from tests.support.ses import SimulatedSes

ORDERS_A_DAY = 100_000_000
PEAK = 5  # times the average
LOOKED_AT, BY_SELLER, BY_NETWORK = 0.1, 0.02, 0.01  # of all orders
TOGETHER = 10  # auto-cancellations in one summary
PER_TABLE, PER_PARTITION = 40_000, 1_000  # write units a second that DynamoDB gives
WRITES, READS = 0.625, 0.125  # $ for a million units
DAY = 86_400


def units() -> Mapping[str, tuple[float, float]]:
    """(read units, write units) of the Orders table's part of an order's life, measured in process."""
    tables = MeteredTables()
    spent: dict[str, tuple[float, float]] = {}

    @contextmanager
    def of(step: str, times: int = 1) -> Iterator[None]:
        before = tables.read_units, tables.write_units
        yield
        reads, writes = tables.read_units - before[0], tables.write_units - before[1]
        spent[step] = reads / times, writes / times

    with rig.in_lambda():
        service = Service(tables, SimulatedSes())
        rig.furnish(tables)
        service.place("warm", "LAX1")
        service.report("LAX1", "warm", "allocated")  # the client is known from here on
        with of("placed and reported"):
            service.place("A-1", "LAX1")
            for event in EVENTS:
                service.report("LAX1", "A-1", event)
        with of("looked at"):
            service.view("A-1")
        service.place("A-2", "LAX1")
        with of("cancelled by its seller, and noted"):
            service.cancel("A-2")
            service.send("mark_marketplace", seller_claims(SELLER), {"state": "done"}, order_id="A-2")
        ids = [f"B-{number}" for number in range(TOGETHER)]
        for order_id in ids:
            service.place(order_id, "LAX1")
        start = len(tables.changes)
        with of("cancelled by the network, told and noted", TOGETHER):
            service.auto_cancel(*({"seller_id": SELLER, "order_id": each, "reason": "stockout"} for each in ids))
            service.deliver(rig.stream_records(tables, start))
            marks = [{"order_id": each, "state": "done"} for each in ids]
            service.send("mark_many", seller_claims(SELLER), {"orders": marks})
    return spent


def figures() -> dict[str, str]:
    """What the page says, by what it is about."""
    spent = units()
    shares = dict(zip(spent, (1, LOOKED_AT, BY_SELLER, BY_NETWORK), strict=True))
    reads, writes = (sum(shares[step] * spent[step][kind] for step in spent) for kind in (0, 1))
    average, a_partition = ORDERS_A_DAY / DAY, PER_PARTITION / writes
    seconds = [f"{round(average * times * writes, -places):,.0f}" for times, places in ((1, 2), (PEAK, 3))]
    money = writes * WRITES + reads * READS
    return {
        "the load": f"| {writes:.1f} | {seconds[0]} | {seconds[1]} |",
        "a table": f"| {round(PER_TABLE / writes, -2):,.0f} orders a second |",
        "a seller": f"with {round(a_partition, -1):.0f} orders a second, {a_partition * DAY / 1e6:.0f} million a day",
        "half of it": f"more than {a_partition * DAY / 2e6:.0f} million orders a day",
        "money": f"| {money:.0f} | {writes:.1f} million write units, {reads:.1f} million reads |",
    }
