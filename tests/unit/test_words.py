"""The whole repository is written in American spelling ("cancelled" keeps its two l), and a seller is "they"."""

import re
import subprocess
from pathlib import Path

import pytest

from local.cloud import ROOT

# Where a word begins and ends, in prose and in names: bgColour, RecogniseThem.
START = r"(?:(?<![a-z])|(?<=(?-i:[a-z]))(?=(?-i:[A-Z])))"
END = r"(?!(?-i:[a-z]))"
IZE = (
    "author|canonical|capital|categor|character|custom|emphas|final|formal|general|global|initial|local|material|maxim|"
    "memor|minim|modern|neutral|normal|optim|organ|parameter|penal|prior|random|real|recogn|sanit|serial|special|stabil|"
    "standard|summar|symbol|synchron|token|util|visual"
)
OR = "arm|behavi|col|endeav|fav|flav|harb|hon|hum|lab|neighb|rum|vap"
DOUBLED = "channel|fuel|label|level|marshal|model|panel|signal|total|travel|tunnel"
BRITISH = re.compile(
    "|".join(
        (
            rf"(?:{IZE})is(?:e|ed|er|ers|es|ing|able|ation|ations){END}",
            rf"{START}(?:{OR})our",
            rf"{START}(?:{DOUBLED})l(?:ed|er|ers|ing){END}",
            rf"analys(?:e|ed|er|ing){END}",
            r"fulfil(?!l)",
            r"enrol(?!l)",
            rf"{START}(?:calib|cent|fib|lit|met|theat)re[ds]?{END}",
            rf"{START}(?:defence|licence|offence|pretence)",
            rf"{START}(?:practis(?:e|ed|ing)|programmes?|artefacts?|grey|judgement|acknowledgement|cheque){END}",
            rf"{START}(?:amongst|whilst|learnt|spelt|skilful|wilful|sceptic)",
        )
    ),
    re.IGNORECASE,
)
ONE_SEX = re.compile(r"\b(?:he|him|his|himself|she|hers?|herself)\b", re.IGNORECASE)


THEIR_WORDS = ROOT / "portal/export-words.js"  # what stands in the marketplaces' own exports, in their spelling


def texts() -> dict[str, str]:
    """Every text file that git knows, but this one, which has to name the words, and what others wrote."""
    command = ["git", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = {}
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file() and path not in (Path(__file__), THEIR_WORDS):
            try:
                found[name] = path.read_text()
            except UnicodeDecodeError:
                continue  # a picture
    return found


def hits(words: re.Pattern[str], text: str) -> list[str]:
    return [
        f"{number}: {match[0]}: {line.strip()[:100]}"
        for number, line in enumerate(text.splitlines(), 1)
        for match in words.finditer(line)
    ]


@pytest.mark.parametrize(
    "word",
    [
        "fulfilment",
        "Fulfils",
        "RecogniseThem",
        "synchronised",
        "summarises",
        "SUMMARISED",
        "bgColour",
        "neighbour",
        "centre",
        "labelled",
        "grey",
    ],
)
def test_british_spelling_is_seen(word: str) -> None:
    assert BRITISH.search(word)


@pytest.mark.parametrize(
    "word",
    [
        "fulfillment",
        "cancelled",
        "cancelling",
        "cancellation",
        "recognized",
        "summaries",
        "realistic",
        "promise",
        "hours",
        "contour",
        "catalogue",
        "controller",
        "centered",
        "metrics",
        "source",
    ],
)
def test_american_spelling_is_not(word: str) -> None:
    assert not BRITISH.search(word)


@pytest.mark.parametrize("words", [BRITISH, ONE_SEX], ids=["american", "they"])
def test_every_text_keeps_the_rule(words: re.Pattern[str]) -> None:
    wrong = [f"{name}:{hit}" for name, text in texts().items() for hit in hits(words, text)]
    assert not wrong, "\n".join([f"{len(wrong)} times not:", *wrong])
