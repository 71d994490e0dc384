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
run that the first has changed: so the calls of the recovery get their faults too.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.simulation.wire import CallFault
from tests.simulation.world import NotQuiet, World

Plan = Mapping[int, CallFault]
Run = Callable[[Plan], World]
Check = Callable[[World], Sequence[str]]

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
    pairs: bool = True,
    most_pairs: int | None = None,
    random_plans: int = 0,
    most_faults: int = 5,
    seed: int = 0,
) -> Report:
    """Run all single faults, the pairs (``most_pairs`` of them, drawn by the seed, if that is fewer), and random plans.

    A random plan has 2 to ``most_faults`` faults. What a scenario raises says under which plan it did.
    """
    report = Report()
    chance = random.Random(f"crash plans {seed}")
    first = _attempt({}, run, check, report)
    singles = [{number: kind} for number in range(1, first + 1) for kind in kinds]
    lengths = [_attempt(plan, run, check, report) for plan in singles]
    if pairs:
        doubles = [
            {**single, number: kind}
            for single, length in zip(singles, lengths, strict=True)
            for number in range(max(single) + 1, length + 1)
            for kind in kinds
        ]
        if most_pairs is not None and most_pairs < len(doubles):
            doubles = chance.sample(doubles, most_pairs)
        for plan in doubles:
            _attempt(plan, run, check, report)
    for _ in range(random_plans):
        longest = max([first, *lengths])
        count = min(chance.randint(2, most_faults), longest)
        numbers = sorted(chance.sample(range(1, longest + 1), count))
        _attempt({number: chance.choice(kinds) for number in numbers}, run, check, report)
    return report


def described(plan: Plan) -> str:
    """A plan in words."""
    return ", ".join(f"call {number} {kind}" for number, kind in sorted(plan.items())) or "no fault"


def _attempt(plan: Plan, run: Run, check: Check, report: Report) -> int:
    """Run one plan; returns how many calls were made."""
    try:
        world = run(plan)
    except NotQuiet as error:
        report.runs[len(plan)] += 1
        _judge(report, [f"not quiet: {error}"], plan, "")
        return 0
    except BaseException as error:
        error.add_note(f"under the plan: {described(plan)}")
        raise
    report.runs[len(plan)] += 1
    _judge(report, check(world), plan, world.report())
    return len(world.wire.calls)


def _judge(report: Report, verdicts: Sequence[str], plan: Plan, calls: str) -> None:
    for verdict in verdicts:
        report.verdicts[verdict] += 1
        report.examples.setdefault(verdict, (plan, calls))
