"""The local cloud's own process: ministack, with a few processes for each function instead of one for each call.

ministack does as Lambda does: a call that finds all processes of its function busy gets one of its own. Lambda has
machines for that. Here each one unpacks the layer inside ministack, which answers nobody meanwhile: eight browser tabs
on a fresh stack waited twelve seconds, to be served by eight processes of which two could have done the work. So calls
of one function wait for a turn. ministack never lets them wait, because a function that calls itself would wait for
ever; no function here calls a function.

    python -m local.ministack
"""

import os
import threading
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.services import lambda_svc

# Calls of one function: no more than there are cores for, and two at least, so a long one keeps no short one waiting.
AT_ONCE = min(max(2, os.process_cpu_count() or 2), 4)

Execute = Callable[[dict[str, Any], Any, str], dict[str, Any]]


def in_turn(execute: Execute) -> Execute:
    """The same for at most AT_ONCE calls of one function at once; the others wait. Of two functions none waits for
    the other.
    """
    turns: dict[str, threading.Semaphore] = {}
    lock = threading.Lock()

    def execute_in_turn(function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        name = function["config"]["FunctionArn"]
        with lock:
            turn = turns.setdefault(name, threading.Semaphore(AT_ONCE))
        with turn:
            return execute(function, event, request_id)

    return execute_in_turn


def main() -> None:
    lambda_svc._execute_function_warm = in_turn(lambda_svc._execute_function_warm)
    app.main()


if __name__ == "__main__":
    main()
