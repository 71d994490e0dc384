"""Check here first: a seller's orders, one by one and page by page."""

from __future__ import annotations

import re
from copy import replace
from itertools import chain

import pytest

from order_cancellation.domain.orders import STATUSES
from order_cancellation.http import cursors
from order_cancellation.tables.orders import Orders
from tests.support import examples, sdk
from tests.support.attribute_values import Item
from tests.support.memory_tables import ORDERS, Tables
from tests.support.rig import Service
from tests.support.sdk import Wire

# Newest first: what follows in the alphabet was placed before.
IDS = [f"A-{number:02}" for number in range(1, 61)]


def placed_at(number: int) -> str:
    return f"2026-11-23T09:{60 - number:02}:00Z"


@pytest.fixture(scope="module")
def placed() -> list[Item]:
    """Sixty orders of acme's; every tenth is cancelled. Bluebird has two."""
    tables = Tables()
    orders = Orders(sdk.dynamodb(tables), ORDERS)
    for number, order_id in enumerate(IDS, start=1):
        orders.place("acme", order_id, replace(examples.placement(), placed_at=placed_at(number)))
        if number % 10 == 0:
            orders.cancel("acme", order_id, examples.cancellation())
    for number, order_id in enumerate(("A-01", "B-1"), start=1):
        orders.place("bluebird", order_id, replace(examples.placement(), placed_at=placed_at(number)))
    return tables.items(ORDERS)


@pytest.fixture
def sixty(aws: Tables, placed: list[Item]) -> None:
    for item in placed:
        aws.put(ORDERS, item)


def pages(service: Service, **query: str) -> list[list[str]]:
    """The order ids of all pages, following the cursor to the end."""
    found, cursor = [], ""
    while cursor is not None:
        answer = service.list(**query, **({"cursor": cursor} if cursor else {}))
        assert answer.status == 200, answer.text
        found.append([order["order_id"] for order in answer.body["orders"]])
        cursor = answer.body["cursor"]
    return found


class TestOne:
    def test_an_order_that_can_be_cancelled(self, service: Service) -> None:
        service.place("A-1", "LAX1", "EWR2")
        service.report("EWR2", "A-1", "picking", "2026-11-23T13:30:00Z")
        answer = service.view("A-1")
        assert answer.status == 200
        assert answer.body["safe_reply"]
        assert {name: value for name, value in answer.body.items() if name != "safe_reply"} == {
            "order_id": "A-1",
            "status": "picking",
            "cancellable": True,
            "partially_cancelled": False,
            **examples.placement_document(),
            "fulfillment_centers": [
                {"fc_id": "LAX1", "status": "received", "at": None, "cancellable": True, "events": []},
                {
                    "fc_id": "EWR2",
                    "status": "picking",
                    "at": "2026-11-23T13:30:00Z",
                    "cancellable": True,
                    "events": [{"event": "picking", "at": "2026-11-23T13:30:00Z"}],
                },
            ],
        }

    @pytest.mark.parametrize("event", ["picked_packed", "shipped", "delivered"])
    def test_what_it_says_is_what_a_cancel_would_be_told(self, service: Service, event: str) -> None:
        service.place("A-1")
        service.report("LAX1", "A-1", event)
        viewed, refused = service.view("A-1").body, service.cancel("A-1").body
        assert viewed["cancellable"] is False
        because = {name: refused[name] for name in ("code", "detail", "packed", "still_cancellable")}
        assert because["packed"] == [{"fc_id": "LAX1", "at": service.view("A-1").body["fulfillment_centers"][0]["at"]}]
        assert viewed["not_cancellable_because"] == because
        assert viewed["next_steps"] == refused["next_steps"]

    def test_takes_one_read(self, service: Service, wire: Wire) -> None:
        service.view("A-1")
        assert wire.requests == ["GetItem"]

    def test_the_reply_has_the_times_of_the_zone_that_is_asked_for(self, service: Service) -> None:
        service.place("A-1")
        reply = service.view("A-1", time_zone="Asia/Kolkata").body["safe_reply"]
        assert re.search(r"As of \d+ [A-Z][a-z]+ \d{4} at \d\d:\d\d IST,", reply)
        assert " UTC," in service.view("A-1").body["safe_reply"]
        unknown = service.view("A-1", time_zone="America/Atlantis")
        assert (unknown.status, unknown.body["field"]) == (400, "time_zone")

    def test_another_sellers_order_is_as_missing_as_a_missing_one(self, service: Service) -> None:
        service.place("A-1", seller_id="bluebird")
        theirs, missing = service.view("A-1"), service.view("A-1", seller_id="nobody")
        assert theirs.status == missing.status == 404
        assert theirs.text == missing.text


@pytest.mark.usefixtures("sixty")
class TestPages:
    @pytest.mark.parametrize(
        ("limit", "sizes"),
        [("1", [1] * 60), ("25", [25, 25, 10]), ("30", [30, 30]), ("59", [59, 1]), ("60", [60]), ("100", [60])],
    )
    def test_every_order_is_on_one_page_newest_first(self, service: Service, limit: str, sizes: list[int]) -> None:
        found = pages(service, limit=limit)
        assert [len(page) for page in found] == sizes
        assert list(chain.from_iterable(found)) == IDS

    def test_a_page_has_25_orders_unless_told(self, service: Service) -> None:
        assert len(service.list().body["orders"]) == 25

    def test_a_page_is_a_query_and_a_read(self, service: Service, wire: Wire) -> None:
        wire.requests.clear()
        service.list()
        assert wire.requests == ["Query", "BatchGetItem"]

    def test_only_the_sellers_own(self, service: Service) -> None:
        assert pages(service, seller_id="bluebird") == [["A-01", "B-1"]]
        assert pages(service, seller_id="nobody") == [[]]

    @pytest.mark.parametrize("limit", ["2", "4", "6", "100"])
    def test_of_one_status(self, service: Service, limit: str) -> None:
        found = pages(service, status="cancelled", limit=limit)
        assert list(chain.from_iterable(found)) == IDS[9::10]
        assert all(len(page) <= int(limit) for page in found)

    @pytest.mark.parametrize("limit", ["1", "7", "100"])
    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            ({"cancellable": "true"}, [order_id for order_id in IDS if not order_id.endswith("0")]),
            ({"cancellable": "false"}, IDS[9::10]),
            ({"cancellable": "true", "status": "cancelled"}, []),
            ({"status": "cancelled,shipped"}, IDS[9::10]),
            ({"placed_from": placed_at(20)}, IDS[:20]),
            ({"placed_from": "2026-11-23T09:40:00.001Z"}, IDS[:19]),
            ({"placed_from": placed_at(20), "placed_to": placed_at(20)}, [IDS[19]]),
            ({"placed_to": placed_at(50)}, IDS[49:]),
            ({"placed_to": "2026-11-23T09:09:59.999Z"}, IDS[50:]),
            ({"placed_from": placed_at(31), "placed_to": "2026-11-23T11:30:00+02:00"}, IDS[29:31]),
            ({"placed_from": placed_at(30), "placed_to": placed_at(21), "status": "cancelled"}, [IDS[29]]),
            ({"placed_from": "2027-01-01T00:00:00Z"}, []),
            ({"marketplace_cancellation": "to_do", "placed_from": placed_at(30)}, [IDS[9], IDS[19], IDS[29]]),
        ],
        ids=str,
    )
    def test_of_what_is_asked_for(
        self, service: Service, wanted: dict[str, str], expected: list[str], limit: str
    ) -> None:
        assert list(chain.from_iterable(pages(service, **wanted, limit=limit))) == expected

    def test_a_cursor_of_another_list_is_refused(self, service: Service) -> None:
        newest = service.list(limit="1").body["cursor"]
        to_do = service.list(limit="1", marketplace_cancellation="to_do").body["cursor"]
        by_id = cursors.encode("A-01")  # as the lists of version 1.0 gave out
        for cursor, wanted in (
            (newest, {"marketplace_cancellation": "to_do"}),
            (to_do, {}),
            (by_id, {}),
            (by_id, {"marketplace_cancellation": "to_do"}),
            (newest, {"placed_to": "2026-11-23T09:00:00Z"}),
            (newest, {"marketplace_order_id": "113"}),
        ):
            answer = service.list(cursor=cursor, **wanted)
            assert (answer.status, answer.body["field"]) == (400, "cursor"), wanted
            assert "first page" in answer.body["detail"]

    def test_an_entry_is_what_the_single_call_shows(self, service: Service) -> None:
        listed = service.list(limit="10").body["orders"]
        single = [service.view(order_id).body for order_id in IDS[:10]]
        assert all(order.pop("safe_reply") for order in single)  # a buyer is answered about one order at a time
        assert listed == single

    def test_a_cursor_of_another_seller_leads_into_ones_own_orders_only(self, service: Service) -> None:
        cursor = service.list(limit="1").body["cursor"]
        theirs = service.list(seller_id="bluebird", cursor=cursor)
        assert [order["order_id"] for order in theirs.body["orders"]] == ["B-1"]

    def test_a_page_ends_by_bytes_and_the_next_begins_behind_it(
        self, service: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cursors, "MAX_BYTES", 5_000)
        found = pages(service, limit="100")
        assert len(found) > 5
        assert list(chain.from_iterable(found)) == IDS


class TestParameters:
    @pytest.mark.parametrize("status", STATUSES)
    def test_every_status_can_be_asked_for(self, service: Service, status: str) -> None:
        assert service.list(status=status).body == {"orders": [], "cursor": None}

    @pytest.mark.parametrize("cursor", ["", "!", "Lg", "w6k", "QS8x", "ä", "eyJvcmRlcl9pZCI6MX0", "Q" * 999], ids=ascii)
    def test_what_this_list_cannot_have_given_out_is_no_cursor(self, service: Service, wire: Wire, cursor: str) -> None:
        answer = service.list(cursor=cursor)
        assert (answer.status, answer.body["field"]) == (400, "cursor")
        assert wire.requests == []

    @pytest.mark.parametrize(
        ("name", "value"),
        [("limit", "0"), ("limit", "101"), ("limit", "ten"), ("status", "open"), ("status", ""), ("sort", "id")],
    )
    def test_a_parameter_that_is_wrong_is_named(self, service: Service, wire: Wire, name: str, value: str) -> None:
        answer = service.list(**{name: value})
        assert (answer.status, answer.body["code"], answer.body["field"]) == (400, "invalid_request", name)
        assert wire.requests == []
