"""Items of the Orders table, those of the next version too: what this one does not know costs nothing and is kept."""

from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from order_cancellation.tables.items import Opaque, decode, decode_item, encode, encode_item
from order_cancellation.tables.orders import Unreadable, order_from_image, order_of
from tests.support import examples

ITEM: dict[str, Any] = {
    "seller_id": "acme",
    "order_id": "A-1001",
    "status": "picking",
    "marketplace": "amazon",
    "marketplace_order_id": "113-4000553-2711418",
    "destination_country": "US",
    "placed_at": examples.PLACED_AT,
    "order_lines": [{"sku": "TENT-2P-GRN", "quantity": 1}, {"sku": "LAMP-HEAD-01", "quantity": 2}],
    "fulfillment_centers": ["LAX1"],
    "milestones": {"LAX1": {"picking": "2026-11-23T13:40:00Z"}},
}
CANCELLATION = {
    "cancellation_id": "c1" * 16,
    "kind": "seller",
    "reason": "customer_request",
    "cancelled_at": examples.CANCELLED_AT,
    "request_id": "request-1",
}
WRITTEN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(WRITTEN)
def test_values_are_written_as_boto3_writes_them_and_read_back(value: Any) -> None:
    assert encode(value) == TypeSerializer().serialize(value)
    assert decode(encode(value)) == value
    attribute: Any = encode(value)
    assert TypeDeserializer().deserialize(attribute) == value


@pytest.mark.parametrize(
    "attribute", [{"SS": ["a"]}, {"NS": ["1"]}, {"B": b"\x00"}, {"N": "1.5"}, {"N": "1E+2"}, {"FUTURE": {"x": 1}}]
)
def test_another_versions_types_are_put_back_as_they_were_read(attribute: dict[str, Any]) -> None:
    assert isinstance(decode(attribute), Opaque)
    assert encode(decode(attribute)) == attribute
    assert encode_item(decode_item({"x": {"L": [{"M": {"y": attribute}}]}})) == {"x": {"L": [{"M": {"y": attribute}}]}}


def test_nothing_is_written_as_a_kind_that_nobody_reads() -> None:
    with pytest.raises(TypeError, match="float"):
        encode({"quantity": 1.5})


class TestTheNextVersionsItems:
    """A rollback by one version: attributes, types, statuses and events that this one never heard of."""

    def test_unknown_attributes_are_left_out(self) -> None:
        order = order_of({**ITEM, "priority": 3, "tags": Opaque("SS", ["gift"]), "history": [{"x": None}]})
        assert order == order_of(ITEM)

    def test_an_unknown_field_of_the_cancellation_is_left_out(self) -> None:
        item = {**ITEM, "status": "cancelled", "cancellation": {**CANCELLATION, "channel": "api", "parts": ["LAX1"]}}
        assert order_of(item).cancellation == examples.cancellation()

    def test_an_unknown_kind_of_cancellation_is_a_cancellation(self) -> None:
        item = {
            **ITEM,
            "status": "cancelled",
            "cancellation": {**CANCELLATION, "kind": "policy", "skus": Opaque("SS", [])},
        }
        order = order_of(item)
        assert order.cancellation
        assert not order.cancellable

    @pytest.mark.parametrize("status", ["on_hold", "returned", ""])
    def test_an_unknown_status_cannot_be_cancelled(self, status: str) -> None:
        assert not order_of({**ITEM, "status": status}).cancellable

    @pytest.mark.parametrize("value", ["2026-11-23T14:00:00Z", {"at": "x"}, 7, None, Opaque("SS", ["a"])])
    def test_an_unknown_event_does_not_count_and_is_kept(self, value: Any) -> None:
        milestones = {"LAX1": {"picking": "2026-11-23T13:40:00Z", "staged": value}}
        order = order_of({**ITEM, "milestones": milestones})
        assert order.fulfillment_center_status("LAX1") == "picking"
        assert order.packed() == ()
        assert order.milestones == milestones

    def test_a_known_event_of_another_type_does_not_count(self) -> None:
        order = order_of({**ITEM, "milestones": {"LAX1": {"picked_packed": {"at": "x"}}}})
        assert order.packed() == ()


@pytest.mark.parametrize("missing", ["status", "marketplace", "placed_at", "fulfillment_centers", "milestones"])
def test_an_item_that_lacks_what_every_order_has_is_named(missing: str) -> None:
    item = {name: value for name, value in ITEM.items() if name != missing}
    with pytest.raises(Unreadable, match="acme A-1001") as unreadable:
        order_of(item)
    assert unreadable.value.order_id == "A-1001"


@pytest.mark.parametrize(
    "changes",
    [
        {"milestones": Opaque("SS", ["a"])},
        {"milestones": {"LAX1": "picking"}},
        {"order_lines": [{"sku": "TENT"}]},
        {"cancellation": {"kind": "seller"}},
        {"cancellation": "by phone"},
    ],
)
def test_so_is_one_in_which_it_is_of_another_kind(changes: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        order_of({**ITEM, **changes})


def test_an_image_of_the_stream_is_an_item() -> None:
    assert order_from_image(encode_item(ITEM)) == order_of(ITEM)
