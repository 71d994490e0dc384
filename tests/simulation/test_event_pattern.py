"""Event patterns select what AWS's select, traps included."""

from typing import Any

import pytest

from local.event_pattern import InvalidPattern, matches, parse

RECORD = {
    "eventName": "MODIFY",
    "dynamodb": {
        "Keys": {"order_id": {"S": "A-1"}},
        "NewImage": {
            "status": {"S": "cancelled"},
            "quantity": {"N": "101"},
            "gift": {"BOOL": True},
            "note": {"NULL": True},
            "cancellation": {"M": {"kind": {"S": "auto"}, "skus": {"L": [{"S": "TENT"}, {"S": "STOVE"}]}}},
            "tags": {"SS": ["red", "blue"]},
            "empty": {"S": ""},
        },
        "OldImage": {"status": {"S": "received"}},
    },
}


def new_image(**attributes: Any) -> dict[str, Any]:
    return {"dynamodb": {"NewImage": attributes}}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (new_image(status={"S": ["cancelled"]}), True),
        (new_image(status={"S": ["received", "cancelled"]}), True),
        (new_image(status={"S": ["Cancelled"]}), False),
        (new_image(status={"S": [{"prefix": "canc"}]}), True),
        (new_image(status={"S": [{"prefix": "anc"}]}), False),
        (new_image(status={"S": [{"anything-but": ["received"]}]}), True),
        (new_image(status={"S": [{"anything-but": ["cancelled"]}]}), False),
        (new_image(gift={"BOOL": [True]}), True),
        (new_image(gift={"BOOL": ["true"]}), False),
        (new_image(empty={"S": [""]}), True),
        (new_image(cancellation={"M": {"kind": {"S": ["auto"]}}}), True),
        (new_image(cancellation={"M": {"kind": {"S": ["seller"]}}}), False),
        (new_image(tags={"SS": ["blue"]}), True),
        (new_image(tags={"SS": ["green"]}), False),
        (new_image(cancellation={"M": {"skus": {"L": {"S": ["STOVE"]}}}}), True),
        (new_image(cancellation={"M": {"skus": {"L": {"S": ["LAMP"]}}}}), False),
        ({"eventName": ["MODIFY"], "dynamodb": {"OldImage": {"status": {"S": ["received"]}}}}, True),
        ({"eventName": ["INSERT"], "dynamodb": {"OldImage": {"status": {"S": ["received"]}}}}, False),
    ],
)
def test_a_pattern_selects(pattern: dict[str, Any], expected: bool) -> None:
    assert matches(pattern, RECORD) is expected


def test_anything_but_does_not_match_what_is_not_there() -> None:
    """An INSERT has no OldImage: a filter on what the status was before misses an order that is born cancelled."""
    pattern = {"dynamodb": {"OldImage": {"status": {"S": [{"anything-but": ["cancelled"]}]}}}}
    assert matches(pattern, RECORD)
    assert not matches(pattern, {"eventName": "INSERT", "dynamodb": {"NewImage": {"status": {"S": "cancelled"}}}})


@pytest.mark.parametrize("wanted", [True, False])
def test_exists_sees_leaves_only(wanted: bool) -> None:
    leaf = new_image(status={"S": [{"exists": wanted}]})
    assert matches(leaf, RECORD) is wanted
    attribute = new_image(status=[{"exists": wanted}])  # an attribute is an object: never a leaf, always "missing"
    assert matches(attribute, RECORD) is not wanted
    parent = {"dynamodb": {"OldImage": [{"exists": wanted}]}}
    assert matches(parent, RECORD) is not wanted


@pytest.mark.parametrize("wanted", [True, False])
def test_exists_under_a_parent_that_is_not_there(wanted: bool) -> None:
    assert matches(new_image(carrier={"S": [{"exists": wanted}]}), RECORD) is not wanted
    assert matches({"nothing": {"at": {"all": [{"exists": wanted}]}}}, RECORD) is not wanted


def test_exists_is_content_with_null() -> None:
    assert matches({"a": [{"exists": True}]}, {"a": None})
    assert matches({"a": [None]}, {"a": None})


def test_numbers_are_compared_as_they_are_written() -> None:
    assert not matches(new_image(quantity={"N": [101]}), RECORD)
    assert matches(new_image(quantity={"N": ["101"]}), RECORD)
    assert not matches({"size": [300]}, {"size": 300.0})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"a": "b"}',
        '{"a": []}',
        '{"a": {}}',
        '{"a": [["b"]]}',
        '{"a": [{"exists": "true"}]}',
        '{"a": [{"exists": true, "prefix": "b"}]}',
        '{"a": [{"starts-with": "b"}]}',
        '{"a": [{"anything-but": []}]}',
        '{"$or": [{"a": ["b"]}, {"c": ["d"]}]}',  # AWS takes this and the next one; they are not evaluated here
        '{"a": [{"numeric": [">", 1]}]}',
    ],
)
def test_a_pattern_that_aws_refuses_or_that_is_not_evaluated_is_refused(text: str) -> None:
    with pytest.raises(InvalidPattern):
        parse(text)
