"""A stand-in for DynamoDB that answers at once: every order is there and cancellable. Runs in a process of its own.

python -m tests.benchmarks.answers      prints its port; GET /calls: how often each operation was asked for since
"""

import json
import zlib
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ORDER: dict[str, Any] = {
    "seller_id": {"S": "acme"},
    "status": {"S": "allocated"},
    "marketplace": {"S": "amazon"},
    "marketplace_order_id": {"S": "113-0000001-0000001"},
    "destination_country": {"S": "US"},
    "placed_at": {"S": "2026-11-23T09:00:00.000Z"},
    "order_lines": {
        "L": [
            {"M": {"sku": {"S": "TENT-2P-GRN"}, "quantity": {"N": "1"}}},
            {"M": {"sku": {"S": "LAMP-HEAD-01"}, "quantity": {"N": "2"}}},
        ]
    },
    "fulfillment_centers": {"L": [{"S": "LAX1"}]},
    "milestones": {"M": {"LAX1": {"M": {"allocated": {"S": "2026-11-23T09:10:00.000Z"}}}}},
    "receipts": {"M": {"LAX1": {"M": {"allocated": {"S": "2026-11-23T09:10:01.000Z"}}}}},
}
calls: Counter[str] = Counter()


def answer(operation: str, request: dict[str, Any]) -> dict[str, Any]:
    if request["TableName"] != "orders":  # where others keep what they have answered
        return {"Attributes": {}} if operation == "UpdateItem" else {}
    item = {**ORDER, **request["Key"]}
    if operation == "GetItem":
        return {"Item": item}
    values = request["ExpressionAttributeValues"].values()
    cancellation = next(value for value in values if "cancellation_id" in value.get("M", {}))
    return {"Attributes": {**item, "status": {"S": "cancelled"}, "cancellation": cancellation}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        operation = self.headers["x-amz-target"].split(".")[1]
        calls[operation] += 1
        self._send(answer(operation, request))

    def do_GET(self) -> None:
        self._send(calls)
        calls.clear()

    def _send(self, document: Any) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(body)))
        self.send_header("x-amz-crc32", str(zlib.crc32(body)))
        self.send_header("x-amzn-requestid", "R")
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()
