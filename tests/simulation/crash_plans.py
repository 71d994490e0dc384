"""Crash plans: run a scenario with every fault at every AWS call, with every pair of them, and with many at random.

    def run(faults):                       # builds a world, runs the scenario in it until it is quiet, returns it
        world = World(faults)
        ...
        return world

    def check(world):                      # what is wrong with the world: nothing, "lost", "doubled", ...
        ...

    report = explore(run, check)
    assert not report.verdicts, report

The calls are numbered as they are made. The first fault of a plan meets the run as it always is, the second one the
run that the first has changed: so the calls of the recovery get their faults too. What is called when nothing changes
any more gets none. Reading has fewer ways to go wrong: whether it was executed before the process died or the answer
was lost makes no difference.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.simulation.calls import Call, CallFault
from tests.simulation.world import NotQuiet, World

Plan = Mapping[int, CallFault]
Run = Callable[[Plan], World]
Check = Callable[[World], Sequence[str]]

_READS = frozenset({"BatchGetItem", "GetItem", "Query"})
_THE_SAME_FOR_READS = frozenset({CallFault.DIE_AFTER, CallFault.LOSE_REQUEST})

BASIC = (CallFault.DIE_BEFORE, CallFault.DIE_AFTER, CallFault.LOSE_ANSWER, CallFault.THROTTLE)
EVERY = tuple(CallFault)


@dataclass
class Report:
    """How many plans were run, and which of them went wrong in which way."""

    runs: Counter[int] = field(default_factory=Counter)  # by the number of faults
    verdicts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, tuple[Plan, str]] = field(default_factory=dict)  # the first plan of each verdict, and its calls

    def __str__(self) -> str:
        runs = ", ".join(f"{count} with {faults} faults" for faults, count in sorted(self.runs.items()))
        lines = [f"{self.runs.total()} runs ({runs}): {dict(self.verdicts) or 'nothing wrong'}"]
        for verdict, (plan, calls) in self.examples.items():
            lines += [f"{verdict}, first with {described(plan)}:", calls]
        return "\n".join(lines)


def explore(
    run: Run,
    check: Check,
    *,
    kinds: Sequence[CallFault] = BASIC,
    calls: Callable[[Call], bool] = lambda _: True,
    pairs: bool = True,
    most_pairs: int | None = None,
    random_plans: int = 0,
    most_faults: int = 5,
    seed: int = 0,
) -> Report:
    """Run all single faults, the pairs (``most_pairs`` of them, drawn by the seed, if that is fewer), and random plans.

    ``calls`` says which calls get faults. A random plan has 2 to ``most_faults`` of them, at calls of any run so far.
    What a scenario raises says under which plan it did.
    """
    report = Report()
    chance = random.Random(f"crash plans {seed}")

    def faults(found: Sequence[Call], behind: int = 0) -> list[tuple[int, CallFault]]:
        return [
            (call.number, kind)
            for call in found
            if call.number > behind and calls(call)
            for kind in kinds
            if call.operation not in _READS or kind not in _THE_SAME_FOR_READS
        ]

    singles = faults(_attempt({}, run, check, report))
    doubles: list[Plan] = []
    for number, kind in singles:
        found = _attempt({number: kind}, run, check, report)
        doubles += [{number: kind, later: other} for later, other in faults(found, behind=number)]
    for plan in _drawn(doubles, most_pairs, chance) if pairs else []:
        _attempt(plan, run, check, report)
    known = sorted({fault for plan in doubles for fault in plan.items()})
    for _ in range(random_plans):
        count = min(chance.randint(2, most_faults), len(known))
        _attempt(dict(chance.sample(known, count)), run, check, report)
    return report


def described(plan: Plan) -> str:
    """A plan in words."""
    return ", ".join(f"call {number} {kind}" for number, kind in sorted(plan.items())) or "no fault"


def _drawn(plans: list[Plan], most: int | None, chance: random.Random) -> list[Plan]:
    return plans if most is None or most >= len(plans) else chance.sample(plans, most)


def _attempt(plan: Plan, run: Run, check: Check, report: Report) -> Sequence[Call]:
    """Run one plan; returns the calls that may get further faults."""
    try:
        world = run(plan)
    except NotQuiet as error:
        report.runs[len(plan)] += 1
        _judge(report, [f"not quiet: {error}"], plan, "")
        return ()
    except BaseException as error:
        error.add_note(f"under the plan: {described(plan)}")
        raise
    report.runs[len(plan)] += 1
    _judge(report, check(world), plan, world.report())
    return world.calls_while_busy()


def _judge(report: Report, verdicts: Sequence[str], plan: Plan, calls: str) -> None:
    for verdict in verdicts:
        report.verdicts[verdict] += 1
        report.examples.setdefault(verdict, (plan, calls))
