"""What Lambda does with a function: start it, then hand it one event after the other. Prints what that took.

    python -I -S -B lambda_process.py EVENT CALLS PATH ...

Standard library alone, for all that is imported here is in every figure.
"""

import importlib
import json
import os
import sys
import time


class Context:
    function_name = "cancel"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:cancel"
    aws_request_id = "5bacd74b-946d-476d-91d3-77084c34c90b"

    def get_remaining_time_in_millis(self) -> int:
        return 28_000


def main() -> None:
    calls = int(sys.argv[2])
    with open(sys.argv[1]) as file:  # noqa: PTH123 - pathlib would be in every figure
        event = json.load(file)
    sys.path[:0] = sys.argv[3:]
    begun, begun_cpu = time.perf_counter(), time.process_time()
    handler = importlib.import_module("app").lambda_handler
    for number in range(calls):
        order_id, request_id = f"A-{number}", f"r-{number}"
        event["path"], event["pathParameters"]["order_id"] = f"/orders/{order_id}/cancel", order_id
        event["requestContext"]["requestId"] = request_id
        for headers, value in ((event["headers"], request_id), (event["multiValueHeaders"], [request_id])):
            headers["Idempotency-Key"] = value
        response = handler(event, Context())
        assert response["statusCode"] == 200, response
        assert json.loads(response["body"])["order_id"] == order_id, response
        if number == 0:
            first, first_cpu = time.perf_counter() - begun, time.process_time() - begun_cpu
            begun, begun_cpu = time.perf_counter(), time.process_time()
    later, later_cpu = time.perf_counter() - begun, time.process_time() - begun_cpu
    with open("/proc/self/status") as status:  # noqa: PTH123
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    each = max(calls - 1, 1)
    figures = {
        "cold": first,
        "cold_cpu": first_cpu,
        "warm": later / each,
        "warm_cpu": later_cpu / each,
        "peak_kb": peak,
    }
    print(json.dumps(figures), file=sys.stderr, flush=True)
    os._exit(0)  # what an interpreter does at its end, Lambda never does


main()
