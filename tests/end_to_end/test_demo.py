"""The story of `make demo` on the stack that the tests share: each of its answers is what the story says it must be."""

from typing import Any

import pytest

from local import demo
from local.cloud import Cloud


def test_the_story_is_told_to_its_end(
    cloud: Cloud, description: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    demo.tell(cloud.client("cognito-idp"), description)
    told = capsys.readouterr().out
    assert "Your order has been successfully cancelled." in told
    assert "instruction: put_back" in told
    assert "To ops@acme.example" in told
