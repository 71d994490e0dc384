"""Captured mail to fill a mailbox with, as the local cloud tells of it."""

from typing import Any


def captured(number: int = 1, **changes: Any) -> dict[str, Any]:
    """One mail; the number makes its id, its subject and its time. Other fields are given by their captured names."""
    return {
        "MessageId": f"0100-{number}",
        "Source": "summaries@network.example",
        "To": ["ops@acme.example"],
        "CC": [],
        "BCC": [],
        "Subject": f"{number} orders cancelled: {number} out of stock",
        "BodyText": f"Hello, this is text {number}.",
        "BodyHtml": f"<!DOCTYPE html><title>x</title><h1>Hello, this is HTML {number}.</h1>",
        "Timestamp": 1795442531.25 + 60 * number,
        "Type": "v2.SendEmail",
        **changes,
    }
