"""Many who ask at once are served by a few processes: starting one for each would keep all of them waiting."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from local import ministack, web
from local.client import Client
from local.cloud import HOST, Cloud

MANY = 4 * ministack.AT_ONCE


def test_a_function_has_no_more_processes_than_may_work_at_once(
    cloud: Cloud, description: dict[str, Any], acme: Client
) -> None:
    with ThreadPoolExecutor(MANY) as pool:
        answers = list(pool.map(lambda _: acme.get("/orders"), range(MANY)))
    assert [answer.status for answer in answers] == [200] * MANY
    processes = list((cloud.directory / "tmp").glob(f"ministack-lambda-{description['functions']['view_orders']}-*"))
    assert 1 <= len(processes) <= ministack.AT_ONCE


class TestInTurn:
    def test_a_call_that_failed_has_ended(self) -> None:
        def fail(function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
            raise RuntimeError(request_id)

        execute = ministack.in_turn(fail)
        for _ in range(MANY):
            with pytest.raises(RuntimeError):
                execute({"config": {"FunctionArn": "arn:a"}}, {}, "r-1")

    def test_no_function_waits_for_another(self) -> None:
        """Each function's calls end only when both functions are at work."""
        meeting = threading.Barrier(2 * ministack.AT_ONCE, timeout=30)

        def meet(function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
            meeting.wait()
            return {"body": event}

        execute = ministack.in_turn(meet)
        functions: list[dict[str, Any]] = [{"config": {"FunctionArn": f"arn:{name}"}} for name in "ab"]
        with ThreadPoolExecutor(2 * ministack.AT_ONCE) as pool:
            calls = [pool.submit(execute, functions[n % 2], n, "r-1") for n in range(2 * ministack.AT_ONCE)]
            assert [call.result() for call in calls] == [{"body": n} for n in range(2 * ministack.AT_ONCE)]


def test_the_portals_server_drops_no_connection_of_several_tabs_that_open_at_once() -> None:
    with web.Server((HOST, 0), BaseHTTPRequestHandler) as server, ExitStack() as connections:
        for _ in range(60):  # it is accepting none yet
            connections.enter_context(socket.create_connection((HOST, server.server_port), timeout=2))
