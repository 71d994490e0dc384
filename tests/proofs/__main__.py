"""`make verify`: all lines of the scoreboard, two at a time, on a local cloud of their own.

SEED=7 make verify                           the same run again
SEED=7 LINES="histories faults" make verify  some of the lines; the page keeps the others as they stand
LINES=mutants MODULES=mail.compose make verify   the mutants of some modules, and "template"; not written down
MUTANTS=6 make verify                        of the mutants every sixth; another SEED tries others
LINES=histories REPLAY=123 make verify       the one history, path or episode that a line named when it broke
"""

import os
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from local import stack
from local.cloud import ROOT, Cloud, two_free_ports
from tests.proofs import documents, security_page
from tests.proofs.run import ORDER, PROOFS, again, run
from tests.proofs.scoreboard import Report, say, table

SEED = 20261123


def main() -> int:
    seed = int(os.environ.get("SEED") or SEED)
    names = (os.environ.get("LINES") or "").split() or list(PROOFS)
    if unknown := set(names) - set(PROOFS):
        print(f"There is no line {sorted(unknown)}; there are {', '.join(ORDER)}.")
        return 2
    if replay := os.environ.get("REPLAY"):
        return _replay(names, int(replay))
    began = time.monotonic()
    say(f"seed {seed}; lines: {', '.join(name for name in ORDER if name in names)}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stopped however, it leaves no local cloud behind
    cloud = _cloud() if any(PROOFS[name].needs_cloud for name in names) else None
    try:
        if cloud:
            stack.up(cloud, say)
        reports = _run_all(names, seed, cloud)
    finally:
        if cloud:
            cloud.stop()
    ordered = [reports[name] for name in ORDER if name in reports]
    print(table(ordered))
    for report in ordered:
        for broken in report.broke[: None if report.line == "mutants" else 3]:
            print(f"{report.line}: {broken}")
        for twin in report.twins:
            if not twin.caught:
                print(f"{report.line}: not caught: {twin.bug} ({twin.seen})")
    seconds = time.monotonic() - began
    green = len(ordered) == len(names) and all(report.green for report in ordered)
    print(f"{'All green' if green else 'RED'} after {seconds / 60:.1f} minutes, seed {seed}.")
    if not os.environ.get("MODULES"):  # or a line would stand there with less than it does
        documents.write(reports)
        print("Written: docs/verification.md")
        if set(security_page.LINES) <= set(reports):
            security_page.write(reports, seed)
            print("Written: docs/security.md")
    return 0 if green else 1


def _replay(names: Sequence[str], seed: int) -> int:
    replayable = [name for name in ORDER if PROOFS[name].replays]
    if len(names) != 1 or names[0] not in replayable:
        print(f"REPLAY takes one line, of these: LINES={' or LINES='.join(replayable)}. The others: SEED= and LINES=.")
        return 2
    broke = again(names[0], seed)
    print("\n".join(broke or ["Nothing broke."]))
    return 1 if broke else 0


def _run_all(names: Sequence[str], seed: int, cloud: Cloud | None) -> dict[str, Report]:
    reports: dict[str, Report] = {}
    with ProcessPoolExecutor(2, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        running = {pool.submit(run, name, seed, say, cloud): name for name in PROOFS if name in names}
        for done in as_completed(running):
            name = running[done]
            try:
                reports[name] = done.result()
            except Exception as error:  # a line that cannot run is red, and the others still run
                traceback.print_exception(error)
                reports[name] = Report(name, "", seed, broke=[f"did not run: {error!r}"])
            report = reports[name]
            say(f"{report.line}: {'ok' if report.green else 'RED'} after {report.seconds:.0f} s")
    return reports


def _cloud() -> Cloud:
    """A local cloud that nothing else uses: on PORT, or on two ports that are free."""
    port = int(os.environ.get("PORT") or two_free_ports())
    return Cloud(ROOT / ".local" / f"verify-{port}", port)


if __name__ == "__main__":
    sys.exit(main())
