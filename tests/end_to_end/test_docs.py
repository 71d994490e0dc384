"""The blocks of the integrators' documents, pasted into a shell one after the other, answer as the documents say."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local.cloud import ROOT

BLOCK = re.compile(r"^```(sh|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MISSING = [program for program in ("bash", "curl", "jq") if not shutil.which(program)]


@pytest.mark.skipif(bool(MISSING), reason=f"not on this machine: {', '.join(MISSING)}")
@pytest.mark.parametrize("name", ["integrating.md", "fulfillment-centers.md"])
def test_the_blocks_run_in_their_order(name: str, description: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local/stack.json").write_text(json.dumps(description))
    blocks = BLOCK.findall((ROOT / "docs" / name).read_text())
    script = "\n".join(f"{text}\necho end of block" for kind, text in blocks if kind == "sh")
    run = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", script],  # noqa: S607 - the reader's own
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (run.returncode, run.stderr) == (0, "")
    outputs = iter(run.stdout.split("end of block\n"))
    answers: list[Any] = []
    documented = 0
    for kind, text in blocks:
        if kind == "sh":
            assert [answer for answer in answers if "code" in answer] == [], "a refusal that the document does not show"
            answers = [json.loads(line) for line in next(outputs).splitlines()]
        else:
            assert shape(answers.pop()) == shape(json.loads(text))
            documented += 1
    assert [answer for answer in answers if "code" in answer] == []
    assert documented


def shape(value: Any) -> Any:
    """What an answer consists of: its fields and outcomes, without the texts, ids and times of the day."""
    if isinstance(value, dict):
        kept = ("code", "status", "outcome", "instruction", "order_status", "action")
        return {name: inner if name in kept else shape(inner) for name, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else type(value).__name__
