"""docs/security.md: what strangers tried and what each function may do, as a run found it."""

from collections.abc import Mapping
from datetime import UTC, datetime

from local.bridges import template
from local.cloud import ROOT
from tests.proofs import policies
from tests.proofs.scoreboard import Report

PAGE = ROOT / "docs" / "security.md"
LINES = ("strangers", "hostile", "policies")

_HEAD = """# Security, as a run found it

`make verify` writes this page; `make test` runs a short version. What is to be protected, from whom, and what is left
to whoever deploys is in the [threat model](threat-model.md); [SECURITY.md](../SECURITY.md) says how to report a hole.

The run below: {when}, seed {seed}.

## Who does not belong, and what is not well-formed

| line | tried | got through | planted holes found |
|---|---|---|---|
"""

_POLICIES = """
## What each function may do

From the run that made every function do all that it can: what it did is exactly what its policy allows, both ways. An
attribute list is the condition `dynamodb:Attributes` of its writes: what else an item has, that function cannot change.
The ledger of mails (`SummariesTable`) is written by the mailing functions alone, and has no such list.

| function | on | may | naming |
|---|---|---|---|
"""

_TAIL = """
Beside these, Lambda reads the stream and the queues with the two roles that have them, and writes logs and traces with
all of them. No function may put, delete or scan anything.

## Only a deploy can show

The local cloud evaluates neither `dynamodb:Attributes` of an update nor throttles, MFA, WAF and token lifetimes. After
the first deploy, and after a change of a policy:

1. Cancel one order, place one, report one event, note one mark, auto-cancel one and wait for its mail: each write must
   succeed. One that answers 500 with `AccessDeniedException` in the log names an attribute that its policy lacks.
2. With the role of `CancelOrderFunction`, try to set `placed_at` of an order: it must be denied.
3. Try the rest of the list in [what is local and what is AWS](local-and-aws.md).
"""


def write(reports: Mapping[str, Report], seed: int) -> None:
    """Write the page, with those of LINES that are among the reports."""
    head = _HEAD.format(when=f"{datetime.now(UTC):%-d %B %Y, %H:%M} UTC", seed=seed)
    lines = [reports[name] for name in LINES if name in reports]
    facts = "".join(f"\n{_facts(report)}" for report in lines)
    PAGE.write_text(f"{head}{''.join(map(_row, lines))}{facts}\n{_POLICIES}{table()}{_TAIL}")


def table() -> str:
    """What each function may do, by the template."""
    rows = []
    for function, uses in sorted(policies.policies(template()).items()):
        by_resource: dict[str, list[tuple[str, str]]] = {}
        for (action, resource), named in sorted(uses.items()):
            by_resource.setdefault(resource, []).append((action, ", ".join(f"`{name}`" for name in sorted(named))))
        for resource, actions in sorted(by_resource.items()):
            may = ", ".join(f"`{action.partition(':')[2]}`" for action, _ in actions)
            naming = "; ".join(named for _, named in actions if named)
            rows.append(f"| `{function}` | {_on(resource)} | {may} | {naming} |\n")
    return "".join(rows)


def _on(resource: str) -> str:
    table_, _, index = resource.partition("/index/")
    return f"`{table_}`, index `{index}`" if index else f"`{table_}`" if table_ != "mail" else "SES, from the sender"


def _row(report: Report) -> str:
    caught = sum(twin.caught for twin in report.twins)
    return (
        f"| {report.line} | {report.tried:,} {report.unit} | {len(report.broke)} | {caught} of {len(report.twins)} |\n"
    )


def _facts(report: Report) -> str:
    told = []
    for name, value in report.facts.items():
        shown = ", ".join(f"{part} {number:,}" for part, number in value.items()) if isinstance(value, dict) else value
        told.append(f"{name}: {shown}")
    return f"- {report.line}: {'; '.join(told)}"
