"""Speed, side by side in one run; writes docs/performance.md. About ten minutes.

make bench                      everything
make bench PARTS="cancels"      some of cancels, operations, mail, load, growth; the page keeps the others' figures
"""

import json
import sys
import time

from local.cloud import ROOT
from tests.benchmarks import cancels, growth, load, mail, operations, report

PARTS = {
    "cancels": cancels.measure,
    "operations": operations.measure,
    "mail": mail.measure,
    "load": load.measure,
    "growth": growth.measure,
}


def main() -> None:
    begun = time.monotonic()

    def say(words: str) -> None:
        print(f"{time.monotonic() - begun:5.0f} s  {words}", flush=True)

    cancels.PLACE.mkdir(parents=True, exist_ok=True)
    for part in sys.argv[1:] or PARTS:
        figures = PARTS[part](say)
        (cancels.PLACE / f"{part}.json").write_text(json.dumps(figures, indent=1))
    places = {part: cancels.PLACE / f"{part}.json" for part in PARTS}
    report.write({part: json.loads(path.read_text()) for part, path in places.items() if path.exists()})
    say(f"Wrote {report.PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
