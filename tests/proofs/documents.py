"""docs/verification.md: what a run found, in words and in numbers."""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local.cloud import ROOT
from tests.proofs.run import ORDER, PROOFS
from tests.proofs.scoreboard import Report

PAGE = ROOT / "docs" / "verification.md"
_CHECKED = ("functions", "layers", "local", "portal", "template.yaml", "tests")
_MODULE = re.compile(r"tests/proofs/(\w+)\.py")

_HEAD = """# Verification

`make verify` runs the proofs below and writes this page; `make test` runs a short version of each. Every line has a
planted bug, its twin, that it must catch: a line whose twin gets by is red, and the command fails.

A line stands here as its last run left it: when that was, on which commit and with which seed is in its section.
`SEED=… make verify` is the same run again; `SEED=… LINES="histories" make verify` is one line of it, and renews that
line alone. What is in process is the same to the last step, for time, schedule and faults all come from the seed. A
history, path or episode that breaks names a seed of its own: `LINES=histories REPLAY=<seed> make verify` tells it
again, step by step. What goes over HTTP has the same orders and requests, and its own timing. With a load average
beyond two, the machine had other work as well, and the seconds are longer.

| line | guarantees | checked on | tried | broke | planted bugs caught | seconds |
|---|---|---|---|---|---|---|
"""

_TAIL = """
## What is checked on what

- **Model**: the exhaustive search knows the service by its steps: one per DynamoDB request or mail. There are two
  orders of one seller; one is fought over by the seller, the network and two centers. The stream function, the sweep
  and SES's events go about them, and answers get lost, processes die and deliveries repeat as often as its line says.
  Searches of their own are about several transactions and summaries, orders too large to be claimed together, an outage
  of DynamoDB, an older version and a restored table. They visit every state within these bounds, and from each there is
  a way on to one where every auto-cancellation has been told. Paths of it are replayed on the real handlers, step by
  step, and the tables compared; so the model is not only right, it is about this code.
- **Handlers in process**: the functions as they are deployed, with the real SDK (its serializing, its retries, its
  parsing of errors), on tables in memory that carry out one request at a time. Those tables are held to moto and to
  DynamoDB's documentation by differential tests (`tests/simulation/test_memory_tables.py`). A schedule decides which of
  the calls in flight goes on, at each of their requests: orders of events that a network shows once in a year come up
  in minutes.
- **Local cloud**: the unchanged template on ministack, IAM enforced, real tokens, real HTTP. Its DynamoDB is atomic,
  which the race harness checks before anything is concluded from it. Which interleavings occur is up to chance.

## What only AWS itself can show

- That DynamoDB keeps its promises: conditional writes and transactions serialized across partitions and failures,
  strongly consistent reads, ALL_OLD on a failed condition, a transaction repeated under its token. All of the above
  takes them as given.
- How Lambda polls the stream: retries, the checkpoint at the lowest failed record, bisecting, the failure queue. They
  are simulated after AWS's documentation (`tests/simulation`), not observed.
- When SES publishes its events, and whether it ever loses one. A duplicate mail needs an answer that was lost *and* an
  event that comes later than the lease; how often that is, only production tells.
- Real clocks, real latency, throttling under real load, and IAM as AWS evaluates it.
"""


def write(reports: Mapping[str, Report]) -> None:
    """Write the page: these lines anew, the others as they stand there."""
    run = _run()
    lines = _kept() | {name: (_row(name, report), _section(name, report, run)) for name, report in reports.items()}
    ordered = [lines[name] for name in ORDER if name in lines]
    rows, sections = ("".join(texts) for texts in zip(*ordered, strict=True))
    PAGE.write_text(_HEAD + rows + sections + _TAIL)


def _kept() -> dict[str, tuple[str, str]]:
    """By line: its row and its section, as the page has them."""
    if not PAGE.exists():
        return {}
    head, *sections = PAGE.read_text().partition("\n## ")[0].split("\n### ")
    rows = head.strip().splitlines()[-len(sections) :]
    names = {proof.module: name for name, proof in PROOFS.items()}
    return {
        names[module[1]]: (f"{row}\n", f"\n### {section.rstrip()}\n")
        for row, section in zip(rows, sections, strict=True)
        if (module := _MODULE.search(section)) and module[1] in names
    }


def _run() -> str:
    """When this was, of which commit, and on what."""
    commit = _git("log", "-1", "--format=%h", "--", *_CHECKED) or "unknown"
    changed = " and what was not committed" if _git("status", "--porcelain", "--", *_CHECKED) else ""
    return (
        f"{datetime.now(UTC):%-d %B %Y, %H:%M} UTC, commit {commit}{changed}, "
        f"{os.cpu_count()} cores ({platform.machine()}, Python {platform.python_version()}), "
        f"load average {os.getloadavg()[0]:.0f}"
    )


def _git(*arguments: str) -> str:
    git = shutil.which("git")
    ran = git and subprocess.run((git, *arguments), cwd=ROOT, capture_output=True, text=True, check=False)
    return ran.stdout.strip() if ran else ""


def _row(name: str, report: Report) -> str:
    caught = sum(twin.caught for twin in report.twins)
    state = "" if report.green else "**RED** "
    return (
        f"| {state}{report.line} | {PROOFS[name].guarantee} | {report.on} | {report.tried:,} {report.unit} | "
        f"{len(report.broke)} | {caught} of {len(report.twins)} | {report.seconds:.0f} |\n"
    )


def _section(name: str, report: Report, run: str) -> str:
    lines = [f"\n### {report.line}\n", f"`tests/proofs/{PROOFS[name].module}.py`\n"]
    lines += [f"- run: {run}, seed {report.seed}"]
    for fact, value in report.facts.items():
        lines += _fact(fact, value)
    for twin in report.twins:
        lines += [f"- **{'caught' if twin.caught else 'NOT CAUGHT'}**: {twin.bug}", f"  - {_code(twin.seen)}"]
    lines += [f"- **broke**: {_code(broken)}" for broken in report.broke[:5]]
    return "\n".join(lines) + "\n"


def _fact(name: str, value: Any) -> list[str]:
    if not isinstance(value, Mapping):
        return [f"- {name}: {_number(value)}"]
    if all(isinstance(inner, int) for inner in value.values()):
        return [f"- {name}: {'; '.join(f'{what} {_number(inner)}' for what, inner in value.items()) or 'none'}"]
    return [f"- {name}:", *(f"  - {_code(what)}: {inner}" for what, inner in value.items())]


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _code(text: str) -> str:
    """What a program said, as Markdown leaves it alone."""
    return f"`{text[:300]}`"
