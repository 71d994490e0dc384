"""What the documents name is there: links and anchors, files, commands, proofs; and the picture shows what runs."""

import re
from pathlib import Path

import pytest

from local.cloud import ROOT
from tests.end_to_end.test_permissions import MAY
from tests.proofs import system_model
from tests.proofs.run import PROOFS

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
LAYER = ROOT / "layers/order_cancellation/order_cancellation"
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text() for path in DOCUMENTS}
RECORDS = {"CHANGELOG.md", "docs/verification.md"}  # of what was there at the time

FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")
A_FILE = re.compile(r"[\w./-]+(?:\.(?:html|js|json|md|png|py|svg|toml|txt|yaml|yml)|/)")
MADE = (".local/", ".venv/", ".venv-sam/", ".aws-sam/", "config.json")  # by running a command


def prose(name: str) -> str:
    return FENCED.sub("", TEXTS[name])


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to a document's headings."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)}


@pytest.mark.parametrize("where", ["README.md", "docs/guarantees.md", "docs/summaries.md"])
def test_the_window_for_a_second_mail_is_stated_as_in_the_model(where: str) -> None:
    sentence = " ".join((system_model.__doc__ or "").split()).partition("any other second mail is wrong: ")[2]
    assert sentence.startswith("A summary is mailed twice only if")
    assert sentence in " ".join(TEXTS[where].split())


@pytest.mark.parametrize("name", TEXTS)
def test_a_link_leads_somewhere(name: str) -> None:
    document = ROOT / name
    for first, second in LINK.findall(prose(name)):
        target, _, anchor = (first or second).partition("#")
        if target.startswith(("http://", "https://")):
            continue
        path = (document.parent / target).resolve() if target else document
        assert path.exists(), f"{name} links to {target}"
        assert not anchor or anchor in anchors(path.read_text()), f"{name} links to {target}#{anchor}"


@pytest.mark.parametrize("name", sorted(TEXTS.keys() - RECORDS))
def test_a_file_that_is_named_is_there(name: str) -> None:
    """By its path from the repository's root, the document, or the layer's package."""
    for token in CODE.findall(prose(name)):
        if A_FILE.fullmatch(token) and not token.startswith(("/", *MADE)):
            places = [directory / token for directory in (ROOT, (ROOT / name).parent, LAYER)]
            assert any(place.exists() for place in places), f"{name} names {token}"


@pytest.mark.parametrize("name", TEXTS)
def test_a_command_that_is_named_is_in_the_makefile(name: str) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = re.findall(r"(?:^    |`)(?:[A-Z]+=\S+ )*make ([a-z0-9-]+)", TEXTS[name], re.MULTILINE)
    assert set(named) <= targets


def test_every_line_of_make_verify_stands_on_its_page_and_is_green() -> None:
    page = TEXTS["docs/verification.md"]
    assert [name for name, proof in PROOFS.items() if f"`tests/proofs/{proof.module}.py`" not in page] == []
    assert "**RED**" not in page
    assert "NOT CAUGHT" not in page


def test_every_line_of_make_verify_stands_with_its_guarantee() -> None:
    table = TEXTS["docs/guarantees.md"].partition("\n## ")[0]
    assert {name for name in CODE.findall(table) if name in PROOFS} == set(PROOFS)
    for row in re.findall(r"^\| \[(G\d)\].*\| (`.+`) \|$", table, re.MULTILINE):
        guarantee, lines = row[0], CODE.findall(row[1])
        for line in lines:
            assert guarantee in spelled_out(PROOFS[line].guarantee), f"{line} proves nothing of {guarantee}"


def spelled_out(guarantees: str) -> set[str]:
    """``G1–G3`` or ``G1, G3`` as the guarantees that it names."""
    if span := re.fullmatch(r"G(\d)–G(\d)", guarantees):
        return {f"G{number}" for number in range(int(span[1]), int(span[2]) + 1)}
    return set(guarantees.split(", "))


def test_the_picture_shows_every_function_and_queue() -> None:
    picture = (ROOT / "docs/architecture.svg").read_text()
    functions = {path.parent.name for path in ROOT.glob("functions/*/app.py")}
    queues = re.findall(
        r"^  (\w+):(?: #.*)?\n    Type: AWS::SQS::Queue$", (ROOT / "template.yaml").read_text(), re.MULTILINE
    )
    assert queues
    for name in (*functions, *queues):
        assert re.search(rf"[> ]{name}</text>", picture), f"{name} is not in the picture"


def test_the_picture_shows_who_reads_and_who_writes_which_table() -> None:
    """A dot stands on the table's rail, at the height of the function's box; it is hollow where nothing is written."""
    picture = (ROOT / "docs/architecture.svg").read_text()
    texts = {text: (x, y) for x, y, text in re.findall(r'<text class="[^"]+" x="(\d+)" y="(\d+)">([^<]+)<', picture)}
    heads = {"orders": "Orders", "sellers": "Sellers", "summaries": "Summaries", "fulfillment_centers": "Centers"}
    rails = {texts[head][0]: table for table, head in heads.items()}
    shown: dict[str, dict[str, bool]] = {function: {} for function in MAY}
    for kind, x, y in re.findall(r'<circle class="(wins|writes|reads)" cx="(\d+)" cy="(\d+)"', picture):
        for function in MAY:
            if abs(int(y) - int(texts[function][1])) < 20:
                shown[function][rails[x]] = kind != "reads"
    assert shown == {
        function: {table: "UpdateItem" in operations for table, operations in tables.items()}
        for function, tables in MAY.items()
    }


def test_readme_names_the_two_commands() -> None:
    assert Path(ROOT / "README.md").read_text().count("\n    make demo\n") == 1
    assert Path(ROOT / "README.md").read_text().count("\n    make test\n") == 1
