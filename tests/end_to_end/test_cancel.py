"""A seller cancels until an order is picked and packed: over HTTP, with real tokens, on the deployed template."""

from datetime import UTC, datetime

from local.client import Client
from tests.local_stack import Place


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_a_seller_cancels_an_order_that_is_not_packed(acme: Client, place: Place) -> None:
    order_id = place()
    answer = acme.cancel(order_id, {"reason": "customer_request"})
    assert answer.status == 200
    assert answer.body["outcome"] == "cancelled"
    assert answer.body["message"] == "Your order has been successfully cancelled."
    assert acme.get(f"/orders/{order_id}").body["status"] == "cancelled"
