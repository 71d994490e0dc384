"""Items as DynamoDB has them, and as plain Python: text, whole numbers, booleans, None, lists and mappings of these."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Item = Mapping[str, Any]


class Opaque(NamedTuple):
    """An attribute of a type that this version does not write. It is put back as it was read."""

    kind: str
    content: Any


def encode(value: Any) -> dict[str, Any]:
    """A value as a DynamoDB attribute. Raises TypeError for a kind that nothing here is written as."""
    match value:
        case Opaque():
            return {value.kind: value.content}
        case str():
            return {"S": value}
        case bool():  # before int, which it is to isinstance
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case None:
            return {"NULL": True}
        case Mapping():
            return {"M": encode_item(value)}
        case Sequence():
            return {"L": [encode(each) for each in value]}
    raise TypeError(f"Nothing here is written as {type(value).__name__}.")


def encode_item(item: Item) -> dict[str, Any]:
    """A key or an item, attribute by attribute."""
    return {name: encode(value) for name, value in item.items()}


def decode(attribute: Item) -> Any:
    """A DynamoDB attribute as a value: boto3's TypeDeserializer for the types that we write, at twice its speed.

    A record of the stream or an item of a list costs little else than this. What a later version may write,
    another type or a number that is not whole, becomes Opaque.
    """
    ((kind, content),) = attribute.items()
    match kind:
        case "S" | "BOOL":
            return content
        case "N" if content.removeprefix("-").isdecimal():
            return int(content)
        case "M":
            return decode_item(content)
        case "L":
            return [decode(each) for each in content]
        case "NULL":
            return None
    return Opaque(kind, content)


def decode_item(item: Item) -> dict[str, Any]:
    """A key or an item, attribute by attribute."""
    return {name: decode(attribute) for name, attribute in item.items()}
