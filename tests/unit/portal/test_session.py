"""The end of a session: it ends at Cognito too, and nothing that is still under way begins it again."""

from typing import Any

import pytest

from tests.unit.portal.conftest import Run

MODULE = "../tests/unit/portal/sessions.mjs"


@pytest.mark.parametrize("when", ["at rest", "while the token is renewed", "while the renewal is refused"])
def test_signing_out_revokes_even_if_the_page_is_left_and_stays_signed_out(run: Run, when: str) -> None:
    ended: dict[str, Any] = run(MODULE, "module.signedOut(argument)", when)
    assert ended["revoked"] == [{"Token": "refresh-1", "ClientId": "portal", "keepalive": True}]
    assert ended["kept"] is None
    assert ended["who"] is None


def test_another_session_is_not_ended_by_the_renewal_of_the_one_before(run: Run) -> None:
    assert run(MODULE, "module.signedInAgain()") == {"seller_id": "acme", "email": "second@acme.example"}
