"""DynamoDB's attribute values, as the low-level client has them: ``{"S": "x"}``.

Values that come in are brought to one form, so that equal values are equal dicts and none is shared with the caller:
numbers as DynamoDB writes them (``1.0`` is ``1``), sets sorted. Values that are kept are never changed in place.
"""

from collections.abc import Callable, Mapping
from decimal import Context, Decimal, InvalidOperation
from typing import Any

Value = dict[str, Any]
Item = dict[str, Value]

EXACT = Context(prec=300)  # the default rounds to 28 digits; DynamoDB holds 38, of up to 126 places
_LARGEST = Decimal("9.9999999999999999999999999999999999999E+125")
_SMALLEST = Decimal("1E-130")


class InvalidRequest(Exception):
    """DynamoDB's ValidationException; the message is like its own."""


def normalized_item(item: Mapping[str, Any]) -> Item:
    return {name: normalized(value) for name, value in item.items()}


def normalized(value: Any) -> Value:
    """A copy of a value in its one form. Raises InvalidRequest."""
    if len(value) != 1:
        raise InvalidRequest("Supplied AttributeValue has more than one datatypes set, must contain exactly one")
    [(kind, content)] = value.items()
    if kind in ("S", "BOOL"):
        return {kind: content}
    if kind == "N":
        return {"N": number(Decimal(_checked_number(content)))}
    if kind == "M":
        return {"M": {name: normalized(each) for name, each in content.items()}}
    if kind == "L":
        return {"L": [normalized(each) for each in content]}
    if kind == "NULL":
        if content is not True:
            raise InvalidRequest("One or more parameter values were invalid: Null attribute value types must be true")
        return {"NULL": True}
    if kind == "B":
        return {"B": bytes(content)}
    return {kind: _normalized_set(kind, content)}


def copied(value: Any) -> Any:
    """A copy that shares nothing; for what goes out to a caller."""
    if type(value) is dict:
        return {name: copied(each) for name, each in value.items()}
    if type(value) is list:
        return [copied(each) for each in value]
    return value


def number(value: Decimal) -> str:
    """A number as DynamoDB writes it. Raises InvalidRequest for one that it cannot hold."""
    if not value:
        return "0"
    if not _SMALLEST <= abs(value) <= _LARGEST:
        raise InvalidRequest("Number overflow. Attempting to store a number with magnitude larger than supported range")
    normal = EXACT.normalize(value)
    if len(normal.as_tuple().digits) > 38:
        raise InvalidRequest("Attempting to store more than 38 significant digits in a Number")
    return f"{normal:f}"


def comparable(value: Value) -> Any:
    """What orders a string, a number or bytes; None for values without an order."""
    [(kind, content)] = value.items()
    if kind == "N":
        return Decimal(content)
    return content if kind in ("S", "B") else None


def size_in_bytes(item: Mapping[str, Value]) -> int:
    """About what DynamoDB counts an item as: 400 KB is the limit of one, 1 MB that of a page."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Value) -> int:
    [(kind, content)] = value.items()
    return _SIZES[kind](content)


_SIZES: Mapping[str, Callable[[Any], int]] = {
    "S": lambda text: len(text.encode()),
    "N": lambda text: len(text) // 2 + 1,
    "B": len,
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
    "SS": lambda texts: sum(len(text.encode()) for text in texts),
    "NS": lambda texts: sum(len(text) // 2 + 1 for text in texts),
    "BS": lambda blobs: sum(map(len, blobs)),
    "M": lambda members: 3 + size_in_bytes(members) + len(members),
    "L": lambda members: 3 + sum(_size(each) + 1 for each in members),
}


def _checked_number(text: Any) -> str:
    try:
        if Decimal(text).is_finite():
            return str(text)
    except (InvalidOperation, TypeError, ValueError):
        pass
    raise InvalidRequest("The parameter cannot be converted to a numeric value")


def _normalized_set(kind: str, content: Any) -> list[Any]:
    members = list(content) if kind != "NS" else [number(Decimal(_checked_number(each))) for each in content]
    if not members:
        raise InvalidRequest("One or more parameter values were invalid: An string set  may not be empty")
    if len(set(members)) != len(members):
        raise InvalidRequest(
            f"One or more parameter values were invalid: Input collection {members} contains duplicates."
        )
    return sorted(members, key=Decimal if kind == "NS" else None)
