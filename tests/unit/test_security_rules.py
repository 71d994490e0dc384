"""The rules of scripts/security_rules.py: the code keeps them, and each planted hole is found."""

import re

import pytest

from local.cloud import ROOT
from scripts import security_rules

TABLES = f"{security_rules.LAYER}/tables"

# where, what, what it becomes, and what is said of it
PLANTED = {
    "a route that asks the table first": (
        "functions/view_orders/app.py",
        r"    seller_id = request.seller\(\)\n    order_id = (.+)\n",
        r"    order_id = \1\n    seller_id = request.seller()\n",
        "view_order does not say first who asks",
    ),
    "a route that asks nobody": (
        "functions/order_intake/app.py",
        r'    request.machine\("network/sellers"\)\n',
        "",
        "register_seller does not say first who asks",
    ),
    "a scope that is worked out": (
        "functions/order_intake/app.py",
        r'request.machine\("network/sellers"\)',
        "request.machine(told.scope)",
        "register_seller does not say first who asks",
    ),
    "a list that takes its seller from a header": (
        "functions/view_orders/app.py",
        r"    wanted = parse.wanted_orders",
        '    seller_id = request._header_values("x-seller-id")[0]\n    wanted = parse.wanted_orders',
        "list_orders takes a seller from elsewhere than the claims",
    ),
    "a seller that is asked of the path": (
        "functions/cancel_order/app.py",
        r"    seller_id = request.seller\(\)\n",
        '    seller_id = request.seller() and request.path_id("seller_id")\n',
        "cancel_one does not say first who asks",
    ),
    "a function that reads the event itself": (
        "functions/view_orders/app.py",
        r"\(api.handle\)",
        '(lambda event, context: api.handle(event["headers"], context))',
        "a function reads API Gateway's event itself",
    ),
    "a person that a header makes": (
        security_rules.REQUEST,
        r'claims.get\("custom:seller_id"\)',
        'self._header_values("x-seller-id")[0]',
        "seller reads _header_values",
    ),
    "claims that the caller sends": (
        security_rules.REQUEST,
        r'self._event\["requestContext"\].get\("authorizer"\)',
        'self._event["headers"]',
        "_claims reads",
    ),
    "a cancel without a condition": (
        f"{TABLES}/orders.py",
        r"update, condition, \*\*values",
        "update, None, **values",
        "_update without a condition",
    ),
    "an update that says nothing of one": (
        f"{TABLES}/summaries.py",
        r'            condition="#status = :pending AND lease_until = :mine",\n',
        "",
        "an update without a condition",
    ),
    "an item that is put": (
        f"{TABLES}/orders.py",
        r"self._table.update\(",
        "self._table.dynamodb.put_item(",
        "put_item is not for here",
    ),
    "a registration that does not say why": (
        f"{TABLES}/sellers.py",
        r"  # no condition: .+",
        "",
        "_register without a condition",
    ),
}


@pytest.mark.parametrize("hole", PLANTED)
def test_a_planted_hole_is_found(hole: str) -> None:
    name, what, becomes, said = PLANTED[hole]
    source = (ROOT / name).read_text()
    assert list(security_rules.faults(name, source)) == []
    planted, times = re.subn(what, becomes, source, count=1)
    assert times == 1
    assert any(said in fault for _, fault in security_rules.faults(name, planted))
