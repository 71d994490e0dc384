"""Several calls at once, one step at a time, in an order that a seed decides: every schedule can be had again.

Each actor runs in a thread of its own, but only while it holds the turn. It gives the turn back before every request
that it sends (``pause`` is called on the wire), so the tables see every order of requests that a real race could make.
"""

import threading
from collections.abc import Callable, Mapping
from random import Random


class Stuck(Exception):
    """An actor holds the turn and neither pauses nor ends."""


class Interleaving:
    """One run of several actors, by name. ``pause(actor)`` gives the turn back; ``now`` counts the turns."""

    def __init__(self, actors: Mapping[int, Callable[[], None]], random: Random) -> None:
        self.now = 0
        self._random = random
        self._turns = {name: threading.Semaphore(0) for name in actors}
        self._back = threading.Semaphore(0)
        self._waiting = set(actors)
        self._errors: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._run, args=(name, actor), daemon=True) for name, actor in actors.items()
        ]

    def run(self) -> None:
        """Until every actor has ended. Raises what an actor raised."""
        for thread in self._threads:
            thread.start()
        while self._waiting:
            self._give_turn(self._random.choice(sorted(self._waiting)))
        for thread in self._threads:
            thread.join()
        if self._errors:
            raise self._errors[0]

    def pause(self, actor: int) -> None:
        """Wait for the next turn. Called by whatever thread works for the actor that holds the turn."""
        self._waiting.add(actor)
        self._back.release()
        self._turns[actor].acquire()

    def _give_turn(self, actor: int) -> None:
        self._waiting.discard(actor)
        self.now += 1
        self._turns[actor].release()
        if not self._back.acquire(timeout=60):
            raise Stuck(f"actor {actor}")

    def _run(self, name: int, actor: Callable[[], None]) -> None:
        self._turns[name].acquire()
        try:
            actor()
        except BaseException as error:  # told to whoever runs us: a thread has nobody to raise it to
            self._errors.append(error)
        finally:
            self._back.release()
