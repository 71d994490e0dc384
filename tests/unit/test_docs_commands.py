"""Every command and block of code in the documents is run by a test, or stands here with the reason why it is not."""

import re
import shlex

import pytest
import yaml

from local import event_pattern
from local.cloud import ROOT
from scripts.__main__ import parser

DOCUMENTS = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
}
FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^ {4,}((?:[A-Z]+=\S+ )*(?:make|aws|sam|python|\.venv\S*) .+)$", re.MULTILINE)
THE_FRONT = ".venv/bin/python -m scripts "

# Commands, by how they begin, with the test that runs what they run.
RUN = {
    "make demo": "tests/end_to_end/test_demo.py",
    "make test": ".ci/run",
    "make pytest": ".ci/run",
    "SCREENSHOTS=docs/images make pytest": "tests/browser/portal/test_pictures.py",
    THE_FRONT: "tests/end_to_end/test_scripts.py",
    ".venv/bin/python -m local.events": "tests/end_to_end/test_order_events.py",
}
# and those that no test can run
NOT_RUN = {
    "make deploy": "needs an account of AWS's; tests/unit/test_deploy_script.py has what is said before",
    "make destroy": "deletes a stack on AWS; what it would delete is in tests/unit/test_deploy_script.py",
    "aws dynamodb update-time-to-live": "the local cloud deletes nothing that has expired",
    "aws sesv2 delete-suppressed-destination": "the local cloud's SES has no list of suppressed addresses",
}
BLOCKS_RUN = {
    ("docs/integrating.md", "sh"): "tests/end_to_end/test_docs.py",
    ("docs/integrating.md", "json"): "tests/end_to_end/test_docs.py",
    ("docs/fulfillment-centers.md", "sh"): "tests/end_to_end/test_docs.py",
    ("docs/fulfillment-centers.md", "json"): "tests/end_to_end/test_docs.py",
    ("docs/events.md", "json"): "tests/integration/test_order_events.py",
    ("docs/events.md", "yaml"): "tests/unit/test_docs_commands.py",
    ("CONTRIBUTING.md", "sh"): "tests/sam_local/test_events.py",
}


def commands() -> list[str]:
    found = [line for text in DOCUMENTS.values() for line in COMMAND.findall(FENCED.sub("", text))]
    assert found
    return sorted(set(found))


def known(command: str) -> list[str]:
    return [begin for begin in (*RUN, *NOT_RUN) if command.startswith(begin)]


@pytest.mark.parametrize("command", commands())
def test_a_command_is_run_by_a_test_or_has_its_reason(command: str) -> None:
    assert known(command)


def test_the_lists_have_nothing_that_no_document_has() -> None:
    assert {begin for command in commands() for begin in known(command)} == {*RUN, *NOT_RUN}
    blocks = {(name, language) for name, text in DOCUMENTS.items() for _, language, _ in FENCED.findall(text)}
    assert blocks == set(BLOCKS_RUN)
    for test in (*RUN.values(), *BLOCKS_RUN.values()):
        assert (ROOT / test).exists()


@pytest.mark.parametrize("command", [command for command in commands() if command.startswith(THE_FRONT)])
def test_a_command_of_the_operators_can_be_typed_so(command: str) -> None:
    words = shlex.split(re.sub(r"<(\w+)>", r"\1", command.removeprefix(THE_FRONT)))
    assert parser().parse_args(words).command == words[0]


def test_every_command_of_the_operators_is_in_a_document() -> None:
    [action] = [each for each in parser()._actions if each.dest == "command"]
    everything = "\n".join(DOCUMENTS.values()) + (ROOT / "Makefile").read_text()
    assert [name for name in action.choices or () if name not in everything] == []


def test_the_rules_of_the_events_page_select_what_they_say() -> None:
    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("!", lambda _loader, _suffix, node: str(node.value))
    blocks = [block for _, language, block in FENCED.findall(DOCUMENTS["docs/events.md"]) if language == "yaml"]
    resources = {name: each for block in blocks for name, each in yaml.load(block, Loader).items()}  # noqa: S506 - safe
    rules = {name: each["Properties"]["EventPattern"] for name, each in resources.items() if "Rule" in each["Type"]}
    for pattern in rules.values():
        event_pattern.validate(pattern)

    def selected(kind: str, **detail: object) -> set[str]:
        event = {"source": "order-cancellation", "detail-type": kind, "detail": detail}
        return {name for name, pattern in rules.items() if event_pattern.matches(pattern, event)}

    assert selected("OrderCancelled", order_id="A-1") == {"Cancelled"}
    assert selected("OrderCancelled", order_id="A-1", fulfillment_centers=["EWR2", "LAX1"]) == {"Cancelled"}
    assert selected("OrderCancelled", order_id="A-1", fulfillment_centers=["EWR2"]) == set()
    assert selected("OrderPicked", order_id="A-1", fulfillment_center="EWR2") == {"Picked"}
