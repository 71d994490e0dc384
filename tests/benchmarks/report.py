"""docs/performance.md and its chart, from what was measured."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from local import ministack
from local.cloud import ROOT
from tests.benchmarks import load
from tests.benchmarks.cancels import BASE, OURS, PEERS

PAGE: Final = ROOT / "docs" / "performance.md"
CHART: Final = ROOT / "docs" / "images" / "performance.svg"

# List prices of us-east-1 in US dollars, written down by hand: nothing is fetched.
PRICES_OF: Final = "2025, written down by hand"
LAMBDA_REQUEST, LAMBDA_GB_SECOND, API_REQUEST = 0.20e-6, 16.6667e-6, 3.50e-6
WRITE_UNIT, READ_UNIT, MAIL = 0.625e-6, 0.125e-6, 0.10e-3
ANSWER_SECONDS: Final = 0.005  # what DynamoDB takes for one call, as assumed here
GIGABYTES: Final = 1.0

# What must hold: (what, ours, state, against, state, figure, at most).
TARGETS: Final = (
    ("cold start, against bare boto3", "compiled", BASE, "compiled", "cold_instructions", 0.80),
    ("cold start, against all decorators", "compiled", "decorators", "compiled", "cold_instructions", 0.50),
    ("cold start, against FastAPI", "compiled", "fastapi", "compiled", "cold_instructions", 0.40),
    ("files of 1980, against freshly compiled ones", "compiled", OURS, "fresh", "cold_instructions", 1.05),
    ("cold start, against bare boto3 without byte-code", "compiled", BASE, "none", "cold_instructions", 0.25),
    ("cold start, against FastAPI without byte-code", "compiled", "fastapi", "none", "cold_instructions", 0.25),
    ("warm call, against bare boto3", "compiled", BASE, "compiled", "warm_instructions", 1.00),
    ("warm call, against all decorators", "compiled", "decorators", "compiled", "warm_instructions", 0.33),
    ("memory, against bare boto3", "compiled", BASE, "compiled", "peak_kb", 0.90),
)

Table = list[str]


def write(measured: Mapping[str, Any]) -> None:
    """Write the page of what is there; parts that were not measured are left out."""
    parts = [_HEAD]
    if "cancels" in measured:
        parts += _cancels(measured["cancels"])
        CHART.write_text(_chart(measured["cancels"]))
    if "operations" in measured:
        parts += _operations(measured["operations"], measured.get("cancels"))
    if "mail" in measured:
        parts.append("## Mail path\n\nIn process; AWS's answers take 8 ms (DynamoDB) and 60 ms (SES).")
        for table in measured["mail"]:
            first = table["rows"][0][1]
            rows = [(name, f"{value:,.1f}", f"{value / first:.2f}") for name, value in table["rows"]]
            parts.append(_table((table["title"], table["unit"], "×"), rows))
    if "load" in measured:
        parts += _load(measured["load"])
    if "growth" in measured:
        parts += _growth(measured["growth"])
    PAGE.write_text("\n\n".join(parts) + "\n")


_COLD_AND_WARM = """## Cold start and warm call

× is against a bare boto3 handler. *Cold* is the whole process up to its first answer, Python {python} itself included;
*warm* is each further call. Without byte-code is how `sam build` leaves a function's packages, and the SDK too if the
runtime's has none that is valid, which is not known here. The layer of this service brings its own."""

_PACKAGES = """A peer's package is what it ships beside Lambda's boto3, without byte-code; ours has its SDK and its
byte-code in it."""

_COSTS = """## What each operation asks of DynamoDB, and what a million of them cost

Counted in process on the template's tables and indexes, for orders of about half a kilobyte. Dollars are list prices of
us-east-1 ({prices_of}): API Gateway, Lambda with 1 GB (5 ms assumed for each call of DynamoDB, one after the other),
DynamoDB on demand, and one mail of SES for the summary; without logs, X-Ray and transfer."""

_UNDER_LOAD = """## The local stack under load

Half looks, a tenth lists, a fifth cancels, a fifth events of a fulfillment center, 8 s at each level. A 409 is an event
on an order that was cancelled meanwhile, or the reverse of it. The local cloud is one process of Python that starts at
most {at_once} processes for each function: the figures say whether anything fails or stalls when many come at once, and
nothing about AWS. What is started in a level makes its longest answers."""

_HEAD = """# Performance

Written by `make bench`, in one run: a cancel by this service **as it is built** (`sam build`, every file's time that of
an archive, 1980) and by its peers, each in its best honest form (`tests/benchmarks/peers/`: same condition, same
record, same answer). DynamoDB is a stand-in that answers at once, in a process of its own, so what is counted is the
function. Instructions are counted by valgrind and are the same in each run; times are of the machine that ran it,
medians."""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _cancels(measured: Mapping[str, Any]) -> list[str]:
    states = measured["states"]
    compiled, none = states["compiled"], states["none"]
    base = compiled[BASE]
    cold, warm = ("cold_instructions", "warm_instructions") if measured["counted"] else ("cold_cpu", "warm_cpu")
    names = sorted((OURS, *PEERS), key=lambda name: float(compiled[name][cold]))

    def title(name: str) -> str:
        words = str(compiled[name]["title"])
        return f"**{words}**" if name == OURS else words

    def shown(value: float) -> str:
        return f"{value / 1e6:,.1f}" if measured["counted"] else f"{value * 1000:,.1f}"

    unit = "million instructions" if measured["counted"] else "ms of processor"
    rows = [
        (
            title(name),
            shown(compiled[name][cold]),
            f"{compiled[name][cold] / base[cold]:.2f}",
            f"{none[name][cold] / base[cold]:.2f}",
            shown(compiled[name][warm]),
            f"{compiled[name][warm] / base[warm]:.2f}",
        )
        for name in names
    ]
    head = ("", f"cold, {unit}", "×", "× without byte-code", f"warm, {unit}", "×")
    others = [
        (
            title(name),
            f"{compiled[name]['cold_cpu'] * 1000:.0f}",
            f"{compiled[name]['cold'] * 1000:.0f}",
            f"{compiled[name]['warm_cpu'] * 1000:.2f}",
            f"{compiled[name]['peak_kb'] / 1024:.1f}",
            f"{compiled[name]['zipped'] / 1e6:.2f}",
            f"{compiled[name]['unzipped'] / 1e6:.1f}",
            str(sum(compiled[name]["calls"].values())),
        )
        for name in names
    ]
    return [
        _COLD_AND_WARM.format(python=measured["python"]),
        "![Cold start and warm call against a bare boto3 handler](images/performance.svg)",
        _table(head, rows),
        _table(
            (
                "",
                "cold, ms of processor",
                "cold, ms",
                "warm, ms of processor",
                "memory, MB",
                "package zipped, MB",
                "unzipped, MB",
                "DynamoDB calls",
            ),
            others,
        ),
        _PACKAGES,
        *_targets(measured),
    ]


def _targets(measured: Mapping[str, Any]) -> list[str]:
    states = measured["states"]
    rows = []
    for what, state, other, other_state, figure, most in TARGETS:
        figures = states[state][OURS], states[other_state][other]
        if all(figure in each for each in figures):
            ratio = figures[0][figure] / figures[1][figure]
            rows.append((what, f"{ratio:.3f}", f"{most:.2f}", "yes" if ratio <= most else "**no**"))
    return ["### What was aimed at", _table(("", "measured", "at most", "met"), rows)]


def _operations(rows: Sequence[Mapping[str, Any]], cancels: Mapping[str, Any] | None) -> list[str]:
    seconds = cancels["states"]["compiled"][OURS]["warm_cpu"] if cancels else 0.002
    shown = []
    for row in rows:
        tables = 1e6 * (row["write_units"] * WRITE_UNIT + row["read_units"] * READ_UNIT)
        duration = seconds + row["calls"] * ANSWER_SECONDS
        lambda_ = 1e6 * (LAMBDA_REQUEST + duration * GIGABYTES * LAMBDA_GB_SECOND)
        mails = 1e6 * MAIL if row["name"].startswith("summary") else 0.0
        gateway = 0.0 if mails else 1e6 * API_REQUEST
        shown.append(
            (
                row["name"],
                f"{row['calls']:,}",
                f"{row['read_units']:,.1f}",
                f"{row['write_units']:,}",
                f"{tables:,.2f}",
                f"{lambda_ + gateway + mails + tables:,.2f}",
            )
        )
    return [
        _COSTS.format(prices_of=PRICES_OF),
        _table(("", "calls", "read units", "write units", "$ tables", "$ in all"), shown),
    ]


def _load(measured: Mapping[str, Any]) -> list[str]:
    levels = [
        (
            str(level["clients"]),
            f"{level['requests_per_second']:.0f}",
            *(f"{level[name]:.0f}" for name in ("p50", "p95", "p99", "longest")),
            ", ".join(f"{status}: {number}" for status, number in level["answers"].items()),
            str(level["processes"]),
        )
        for level in measured["levels"]
    ]
    tables = measured["tables"]
    alone = [
        (name, f"{value:.2f}", f"{tables[name]:.2f}" if name in tables else "")
        for name, value in measured["alone"].items()
    ]
    return [
        _UNDER_LOAD.format(at_once=ministack.AT_ONCE),
        _table(("clients", "requests/s", "p50, ms", "p95", "p99", "longest", "answers", "processes started"), levels),
        f"""The same requests in process, on tables in memory, and what the local cloud's own tables take for what they
read, of {load.ORDERS:,} orders and without a function: all else above is the local cloud's.""",
        _table(("", "ours, ms", "its tables, ms"), alone),
    ]


def _growth(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    shown = [
        (
            row["name"],
            f"{row['orders']:,}",
            f"{row['ms']:.2f}",
            f"{row['calls']:.1f}",
            f"{row['read_units']:.1f}",
            f"{row['write_units']:.1f}",
        )
        for row in sorted(rows, key=lambda row: str(row["name"]))
    ]
    return [
        "## Growth\n\nThe handlers in process, on tables in memory, of a hundred sellers; times are the best of nine.",
        _table(("", "orders", "ms", "calls", "read units", "write units"), shown),
    ]


def _chart(measured: Mapping[str, Any]) -> str:
    compiled = measured["states"]["compiled"]
    figures = ("cold_instructions", "warm_instructions") if measured["counted"] else ("cold_cpu", "warm_cpu")
    names = sorted((OURS, *PEERS), key=lambda name: float(compiled[name][figures[0]]))
    most = max(compiled[name][figure] / compiled[BASE][figure] for name in names for figure in figures)
    bars = []
    for place, name in enumerate(names):
        top = 44 + place * 44
        weight = ' font-weight="bold"' if name == OURS else ""
        bars.append(f'<text x="190" y="{top + 19}" text-anchor="end"{weight}>{compiled[name]["title"]}</text>')
        for row, (figure, kind) in enumerate(zip(figures, ("cold", "warm"), strict=True)):
            ratio = compiled[name][figure] / compiled[BASE][figure]
            y = top + row * 16
            bars.append(f'<rect class="{kind}" x="200" y="{y}" width="{420 * ratio / most:.0f}" height="13" rx="2"/>')
            bars.append(f'<text x="{206 + 420 * ratio / most:.0f}" y="{y + 11}" font-size="11">{ratio:.2f}</text>')
    line = 200 + 420 / most
    height = 44 + len(names) * 44
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 {height}" role="img"
 font-family="system-ui, sans-serif" font-size="13">
<title>Cold start and warm call of a cancel, against a bare boto3 handler</title>
<style>
text {{ fill: #1f2328 }} .cold {{ fill: #0969da }} .warm {{ fill: #bf8700 }} .one {{ stroke: #59636e }}
@media (prefers-color-scheme: dark) {{
text {{ fill: #f0f6fc }} .cold {{ fill: #58a6ff }} .warm {{ fill: #e3b341 }} .one {{ stroke: #9198a1 }}
}}
</style>
<rect class="cold" x="200" y="12" width="13" height="13" rx="2"/><text x="219" y="23">cold start</text>
<rect class="warm" x="310" y="12" width="13" height="13" rx="2"/><text x="329" y="23">warm call</text>
<text x="420" y="23" font-size="11">bare boto3 = 1; shorter is better</text>
<line class="one" x1="{line:.0f}" x2="{line:.0f}" y1="36" y2="{height}" stroke-dasharray="3 4"/>
{chr(10).join(bars)}
</svg>
"""
