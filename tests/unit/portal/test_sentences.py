"""The portal's sentences: made of the service's data, with the times of the zone that the seller is registered with."""

from typing import Any, Protocol

import pytest

from scripts.publish_portal import configuration
from tests.unit.portal.conftest import Run

WORDS = configuration({"ApiUrl": "https://api.test", "PortalClientId": "client"}, "us-east-1")
PACKED = [{"fc_id": "LAX1", "at": "2020-11-23T14:01:58Z"}]
WON = "LAX1 picked and packed it on Nov 23, 2020, 6:01 AM PST"
TOO_LATE = f"Order A-1 can no longer be cancelled: fulfillment center {WON}"
OTHERWISE = "LAX1 packed it on 1 Jan 2020 at 00:00 UTC."
AT = "2020-11-23T14:02:11.123Z"
PERSON = {"kind": "person", "id": "p", "name": "a@b.example"}


class Say(Protocol):
    def __call__(self, name: str, *of: Any, zone: str | None = ...) -> Any: ...


@pytest.fixture(scope="session")
def say(run: Run) -> Say:
    def saying(name: str, *of: Any, zone: str | None = "America/Los_Angeles") -> Any:
        argument = {"words": WORDS, "zone": zone, "name": name, "of": of}
        return run("../tests/unit/portal/saying.mjs", "module.saying(argument)", argument)

    return saying


BECAUSE: list[tuple[dict[str, Any], str | None]] = [
    ({"code": "order_picked_packed", "packed": PACKED}, f"{WON}."),
    ({"code": "order_shipped", "packed": PACKED}, f"{WON}, and it has been shipped."),
    ({"code": "order_delivered", "packed": PACKED}, f"{WON}, and it has been delivered."),
    ({"code": "order_delivered", "packed": []}, None),
    ({"code": "order_on_the_moon", "packed": PACKED}, None),
    ({"code": "constructor", "packed": PACKED}, None),
    ({"code": "order_cancelled"}, None),
]


@pytest.mark.parametrize(("because", "won"), BECAUSE, ids=[because["code"] for because, _ in BECAUSE])
def test_a_refusal_is_said_from_its_data(because: dict[str, Any], won: str | None, say: Say) -> None:
    because = {"detail": OTHERWISE, **because}
    sentence = f"Order A-1 can no longer be cancelled: fulfillment center {won}" if won else OTHERWISE
    assert say("whyNot", "A-1", because) == sentence
    order = {"cancellable": False, "not_cancellable_because": because, "fulfillment_centers": [{"fc_id": "LAX1"}]}
    first = {"look": "bad", "verdict": "Can no longer be cancelled", "detail": won or OTHERWISE}
    assert say("verdict", order, 0) == first


CANCELLATIONS = [
    ({"kind": "seller", "reason": "other"}, "on Nov 23, 2020, 6:02 AM PST."),
    ({"kind": "seller", "reason": "other", "actor": PERSON}, "by a@b.example on Nov 23, 2020, 6:02 AM PST."),
    ({"kind": "auto", "reason": "stockout"}, "automatically on Nov 23, 2020, 6:02 AM PST: out of stock."),
    ({"kind": "auto", "reason": "of_tomorrow"}, "automatically on Nov 23, 2020, 6:02 AM PST: of_tomorrow."),
]


@pytest.mark.parametrize(("cancellation", "how"), CANCELLATIONS, ids=["seller", "by whom", "auto", "unknown reason"])
def test_a_cancellation_is_said_from_its_data(cancellation: dict[str, Any], how: str, say: Say) -> None:
    cancellation = {"cancelled_at": AT, **cancellation}
    because = {"code": "order_cancelled", "detail": "something else"}
    assert say("whyNot", "A-1", because, cancellation) == f"Order A-1 was cancelled {how}"
    order = {"cancellation": cancellation, "not_cancellable_because": because, "fulfillment_centers": []}
    first = {"look": "done", "verdict": "Cancelled", "detail": how[0].upper() + how[1:]}
    assert say("verdict", order, 0) == first


@pytest.mark.parametrize(
    ("zone", "clock"),
    [("America/Los_Angeles", "7:52 PM PST"), ("Asia/Kolkata", "9:22 AM GMT+5:30"), ("Mars/Olympus", None)],
)
def test_what_holds_now_is_said_with_the_sellers_own_clock(zone: str, clock: str | None, say: Say) -> None:
    """A zone that the browser does not know is not worth a page that fails."""
    read_at = 1_606_189_920_000  # 2020-11-24T03:52Z
    told = say("verdict", {"cancellable": True, "fulfillment_centers": []}, read_at, zone=zone)
    assert (told["look"], told["verdict"]) == ("ok", "Can still be cancelled")
    assert told["detail"].startswith("As of ")
    assert clock is None or told["detail"].replace("\u202f", " ") == f"As of {clock}."


ITS_PART = "LAX1 picked and packed its part on Nov 23, 2020, 6:01 AM PST"
READ_AT = 1_606_189_920_000  # 2020-11-24T03:52Z, 7:52 PM there


@pytest.mark.parametrize(
    ("packed", "left", "cancelled", "verdict", "detail"),
    [
        (False, ["LAX1"], ["EWR2"], "The rest can still be cancelled", "As of 7:52 PM PST. EWR2’s part is cancelled."),
        (
            True,
            ["EWR2"],
            [],
            "Can be cancelled in part",
            f"As of 7:52 PM PST, EWR2’s part can still be cancelled. {ITS_PART}.",
        ),
        (
            True,
            ["EWR2"],
            ["ONT8"],
            "Can be cancelled in part",
            f"As of 7:52 PM PST, EWR2’s part can still be cancelled. {ITS_PART}. ONT8’s part is cancelled.",
        ),
        (True, [], ["EWR2"], "Can no longer be cancelled", f"{ITS_PART}. EWR2’s part is cancelled."),
        (
            True,
            [],
            ["EWR2", "ONT8"],
            "Can no longer be cancelled",
            f"{ITS_PART}. EWR2’s and ONT8’s parts are cancelled.",
        ),
    ],
)
def test_of_a_split_order_each_part_is_said(
    packed: bool, left: list[str], cancelled: list[str], verdict: str, detail: str, say: Say
) -> None:
    """Never of the order as of one parcel: one part may be on its way, and another cancelled."""
    centers = [{"fc_id": "LAX1"}, *({"fc_id": fc_id, "cancellation": {}} for fc_id in cancelled), {"fc_id": "EWR2"}]
    because = {"code": "order_picked_packed", "detail": OTHERWISE, "packed": PACKED, "still_cancellable": left}
    order = {"fulfillment_centers": centers, "partially_cancelled": bool(cancelled), "cancellable": not packed}
    told = say("verdict", order | ({"not_cancellable_because": because} if packed else {}), READ_AT)
    assert (told["verdict"], told["detail"].replace("\u202f", " ")) == (verdict, detail)
    if left and packed:
        assert say("whyNot", "A-1", because) == (
            f"Order A-1 can no longer be cancelled as a whole: fulfillment center {ITS_PART}. "
            "EWR2’s part can still be cancelled."
        )


@pytest.mark.parametrize(("in_part", "what"), [(False, "cancel"), (True, "correct the quantity of")])
def test_what_is_to_do_in_the_marketplace(in_part: bool, what: str, say: Say) -> None:
    order = {"marketplace": "ebay", "marketplace_order_id": "07-1", "partially_cancelled": in_part}
    assert say("toDoInMarketplace", order) == f"{what} 07-1 in eBay"


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (None, "Order A-1 is cancelled."),
        (["EWR2"], "EWR2’s part of order A-1 is cancelled."),
        (["EWR2", "ONT8", "DFW3"], "EWR2’s, ONT8’s and DFW3’s parts of order A-1 are cancelled."),
    ],
)
def test_what_is_cancelled_now(parts: list[str] | None, said: str, say: Say) -> None:
    assert say("isCancelledNow", "A-1", *([parts] if parts else [])) == said


def test_many_orders_are_counted_by_marketplace(say: Say) -> None:
    orders = [{"marketplace": name} for name in ("shopify", "amazon", "amazon", "TikTok-Shop", "shopify", "amazon")]
    assert say("byMarketplace", orders) == "3 Amazon, 2 Shopify, 1 TikTok-Shop"
