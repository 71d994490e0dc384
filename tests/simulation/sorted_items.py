"""Items in partitions, in the order of their sort keys: what is under a table and under each of its indexes."""

import bisect
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.attribute_values import Item, comparable
from tests.simulation.clock import Clock

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Schema:
    """The key attributes of a table or an index; ``sort`` is None where there is no sort key."""

    partition: str
    sort: str | None

    @property
    def attributes(self) -> tuple[str, ...]:
        return (self.partition, self.sort) if self.sort else (self.partition,)


@dataclass
class SortedItems:
    """Items in partitions, sorted: a table as its readers see it, or an index. Changes show after ``lag`` seconds."""

    schema: Schema
    clock: Clock
    lag: float = 0.0
    kept: frozenset[str] | None = None  # the attributes of an index that has not all of them
    _items: dict[Key, Item] = field(default_factory=dict)
    _partitions: dict[Any, list[tuple[Any, Key]]] = field(default_factory=dict)
    _changes: deque[tuple[float, Key, Item | None]] = field(default_factory=deque)

    def put(self, key: Key, item: Item | None) -> None:
        """The item under a table key has become this; None: it is gone."""
        if self.lag:
            self._changes.append((self.clock.now + self.lag, key, item))
        else:
            self._apply(key, item)

    def get(self, key: Key) -> Item | None:
        self._catch_up()
        return self._items.get(key)

    def partition(self, value: Any, after: tuple[Any, Key] | None, *, ascending: bool) -> Iterator[tuple[Key, Item]]:
        """A partition's items in order, behind a position."""
        self._catch_up()
        entries = self._partitions.get(value, [])
        if ascending:
            places = range(bisect.bisect_right(entries, after) if after else 0, len(entries))
        else:
            places = range((bisect.bisect_left(entries, after) if after else len(entries)) - 1, -1, -1)
        for place in places:
            key = entries[place][1]
            yield key, self._items[key]

    def position(self, item: Item, key: Key) -> tuple[Any, Key]:
        """Where an item stands in its partition; items with equal sort keys stand in the order of their table keys."""
        return (comparable(item[self.schema.sort]) if self.schema.sort else None, key)

    def items(self) -> Iterator[Item]:
        self._catch_up()
        yield from self._items.values()

    def _catch_up(self) -> None:
        while self._changes and self._changes[0][0] <= self.clock.now:
            _, key, item = self._changes.popleft()
            self._apply(key, item)

    def _apply(self, key: Key, item: Item | None) -> None:
        old = self._items.pop(key, None)
        if item is not None and not all(name in item for name in self.schema.attributes):
            item = None  # sparse: an item without the index's key attributes is not in it
        if item is not None and self.kept is not None:
            item = {name: value for name, value in item.items() if name in self.kept}
        if item is not None:
            self._items[key] = item
        before, after = self._entry(key, old), self._entry(key, item)
        if before == after:
            return
        if before:
            entries = self._partitions[before[0]]
            del entries[bisect.bisect_left(entries, before[1])]
        if after:
            bisect.insort(self._partitions.setdefault(after[0], []), after[1])

    def _entry(self, key: Key, item: Item | None) -> tuple[Any, tuple[Any, Key]] | None:
        return (comparable(item[self.schema.partition]), self.position(item, key)) if item else None
