"""Processes of the real handlers, led by the hand: each stops before every request that the model has a step for.

A step carries out the one request that a process waits with, and lets it run up to its next one. Requests that decide
nothing (who a client is, where a seller's mail goes, shards without orders, what waits for another address or hour) are
carried out on the way.
"""

import threading
from collections.abc import Callable
from typing import Any

from tests.simulation.processes import ProcessDied
from tests.support.memory_tables import FULFILLMENT_CENTERS, SELLERS
from tests.support.sdk import Call, Fault, Request

Operation = Callable[[], Any]


class Hand:
    """One process at a time under the hand. ``hook`` goes on the wire of the environment that the process runs on."""

    def __init__(self, shard: str) -> None:
        self.answer: Any = None
        self._shard = shard
        self._turn = threading.Semaphore(0)
        self._back = threading.Semaphore(0)
        self._fault: Fault | None = None
        self._refused: Request | None = None
        self._dies = False
        self._alive = False
        self._error: BaseException | None = None

    @property
    def alive(self) -> bool:
        return self._alive

    def start(self, process: Operation) -> None:
        """Begin, and run up to the first request."""
        self.answer, self._alive, self._dies, self._error = None, True, False, None
        self._refused = None
        self._thread = threading.Thread(target=self._run, args=(process,), daemon=True)
        self._thread.start()
        self._wait()

    def step(self, fault: Fault | None = None) -> None:
        """Carry out the request, with this fault, and run up to the next one or to the end."""
        self._fault = fault
        self._turn.release()
        self._wait()

    def die(self) -> None:
        """End the process where it stands: the request that it waits with is never sent."""
        if self._alive:
            self._dies = True
            self._turn.release()
            self._wait()

    def hook(self, call: Call) -> Fault | None:
        if not self._alive or not self._is_a_step(call):
            return None
        if call.request == self._refused:
            return Fault.SERVER_ERROR  # the SDK asks again at once, and an outage is longer
        self._back.release()
        self._turn.acquire()
        if self._dies:
            raise ProcessDied
        fault, self._fault = self._fault, None
        self._refused = call.request if fault is Fault.SERVER_ERROR else None
        return fault

    def _is_a_step(self, call: Call) -> bool:
        if call.operation == "Query":
            of_now = "<=" in call.request["KeyConditionExpression"]
            return of_now and bool(call.request["ExpressionAttributeValues"].get(":shard") == {"S": self._shard})
        return call.table not in {FULFILLMENT_CENTERS, SELLERS}

    def _run(self, process: Operation) -> None:
        try:
            self.answer = process()
        except ProcessDied:
            pass
        except BaseException as error:  # told to whoever leads
            self._error = error
        finally:
            self._alive = False
            self._back.release()

    def _wait(self) -> None:
        if not self._back.acquire(timeout=60):
            raise RuntimeError("a process neither ends nor asks for anything")
        if self._error:
            raise self._error
