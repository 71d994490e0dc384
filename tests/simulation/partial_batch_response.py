"""What Lambda reads in a handler's answer when ReportBatchItemFailures is on."""

from collections.abc import Sequence
from typing import Any


def failed_from(response: Any, sequence_numbers: Sequence[str]) -> int | None:
    """The index of the first record that a partial batch response asks for again; None when it looks like success.

    Success: null, ``{}``, another top-level key, a null or empty list. All failed (0): an entry that is no object, has
    another key, a null or empty identifier, or one that the batch does not have. Raises ValueError for a response that
    AWS's documentation says nothing of: no handler may return it.
    """
    failures = response.get("batchItemFailures") if isinstance(response, dict) else response
    if failures is None or (isinstance(response, dict) and failures == []):
        return None
    if not isinstance(response, dict) or not isinstance(failures, list):
        raise ValueError(f"what Lambda makes of such a response is not documented: {response!r}")
    places = {number: index for index, number in enumerate(sequence_numbers)}
    identifiers = [each.get("itemIdentifier") if isinstance(each, dict) else None for each in failures]
    if not all(isinstance(each, str) for each in identifiers):
        return 0
    return min(places.get(str(each), 0) for each in identifiers)
