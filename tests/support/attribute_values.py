"""DynamoDB's attribute values, as its wire has them: ``{"S": "x"}``. Those that the tables use, and sets,
which a later version might.

Values that come in are brought to one form, so that equal values are equal dicts and none is shared with the caller.
Values that are kept are never changed in place.
"""

from collections.abc import Mapping
from decimal import Context, Decimal, InvalidOperation
from typing import Any

Value = dict[str, Any]
Item = dict[str, Value]

EXACT = Context(prec=300)  # the default rounds to 28 digits; DynamoDB holds 38


class InvalidRequest(Exception):
    """DynamoDB's ValidationException; the message is like its own."""


def require(condition: object, message: str) -> None:
    if not condition:
        raise InvalidRequest(message)


def normalized_item(item: Mapping[str, Any]) -> Item:
    return {name: normalized(value) for name, value in item.items()}


def normalized(value: Any) -> Value:
    """A copy of a value in its one form; numbers are as DynamoDB writes them (``1.0`` is ``1``)."""
    [(kind, content)] = value.items()
    match kind:
        case "S" | "BOOL" | "NULL":
            return {kind: content}
        case "N":
            return {"N": number(content)}
        case "M":
            return {"M": normalized_item(content)}
        case "L":
            return {"L": [normalized(each) for each in content]}
        case "SS" | "BS":
            return {kind: sorted(content)}
    raise NotImplementedError(f"values of type {kind}")


def copied(value: Any) -> Any:
    """A copy that shares nothing; for what goes out to a caller."""
    if type(value) is dict:
        return {name: copied(each) for name, each in value.items()}
    if type(value) is list:
        return [copied(each) for each in value]
    return value


def number(text: str | Decimal) -> str:
    """A number as DynamoDB writes it."""
    try:
        normal = EXACT.normalize(Decimal(text))
    except InvalidOperation:
        raise InvalidRequest("The parameter cannot be converted to a numeric value") from None
    require(len(normal.as_tuple().digits) <= 38, "Attempting to store more than 38 significant digits in a Number")
    return f"{normal:f}" if normal else "0"


def comparable(value: Value) -> Any:
    """What orders a string or a number; None for values without an order."""
    [(kind, content)] = value.items()
    if kind == "N":
        return Decimal(content)
    return content if kind == "S" else None


def size_in_bytes(item: Mapping[str, Value]) -> int:
    """About what DynamoDB counts an item as."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Value) -> int:
    [(kind, content)] = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "SS" | "BS":
            return sum(len(each.encode()) for each in content)
        case "N":
            return len(content) // 2 + 1
        case "M":
            return 3 + size_in_bytes(content) + len(content)
        case "L":
            return 3 + sum(_size(each) + 1 for each in content)
    return 1
