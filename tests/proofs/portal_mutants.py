"""Mutants of what the portal makes of the service's answers: an operator, a bound, a status, or a call, at a time."""

import os
import re
from collections.abc import Iterator
from urllib.parse import quote

from local.cloud import ROOT
from tests.proofs.mutants import Mutant

FILES = ("api.js", "batch.js", "cancels.js", "marking.js")
_COMMENT = re.compile(r"/\*.*?\*/|(?<!:)//[^\n]*", re.DOTALL)
_CHANGES: tuple[tuple[str, str], ...] = (
    (r" === ", " !== "),
    (r" !== ", " === "),
    (r" && ", " || "),
    (r" \|\| ", " && "),
    (r" \?\? ", " && "),
    (r" instanceof ", " === "),
    (r" < ", " >= "),
    (r" >= ", " < "),
    (r"(?<=[(\s])!(?=[\w(])", ""),
    (r"\b(Math\.)(max|min)\b", r"\1abs"),
    (r"\b\d{2,}\b", "7"),
    (r'"(refused|cancelled|unknown|waiting|asking|to_do)"', '"another"'),
    (r"(?<=[ (])(crossOut|writeDown|noteUnknown|end|emit|changed|save|pause)\((?![^{}\n]*\{$)", "void ("),
)
# Gives Node one file's mutant when the file is imported.
_LOADER = """
import { registerHooks } from "node:module";
const { PORTAL_FILE, PORTAL_SOURCE } = process.env;
registerHooks({
  load: (url, context, next) =>
    new URL(url).pathname.endsWith(PORTAL_FILE)
      ? { format: "module", source: PORTAL_SOURCE, shortCircuit: true }
      : next(url, context),
});
"""


def every() -> Iterator[Mutant]:
    for name in FILES:
        source = (ROOT / "portal" / name).read_text()
        comments = [found.span() for found in _COMMENT.finditer(source)]
        for pattern, replacement in _CHANGES:
            for found in re.finditer(pattern, source):
                if any(start <= found.start() < end for start, end in comments):
                    continue
                line = source.count("\n", 0, found.start()) + 1
                changed = source[: found.start()] + found.expand(replacement) + source[found.end() :]
                text = source.splitlines()[line - 1].strip()
                yield Mutant(f"portal.{name}: {found[0].strip()} in {text}", f"portal.{name}", changed)


def stand_in(module: str, source: str) -> None:
    """From now on this file of the portal says this, to every Node that is started."""
    os.environ["PORTAL_FILE"] = f"/portal/{module.removeprefix('portal.')}"
    os.environ["PORTAL_SOURCE"] = source
    os.environ["NODE_OPTIONS"] = f"--import=data:text/javascript,{quote(_LOADER)}"
