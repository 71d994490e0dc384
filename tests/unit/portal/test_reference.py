"""The page of the API's reference has the whole contract, and runs nothing."""

import re

import pytest
import yaml

from local.bridges import template
from scripts import reference
from tests.unit.portal.conftest import Run

CONTRACT = yaml.safe_load(reference.CONTRACT.read_text())
ROUTES = sorted(
    (f"{method.upper()} {path}", operation)
    for path, item in CONTRACT["paths"].items()
    for method, operation in item.items()
    if method != "parameters"
)


def test_every_route_is_there_with_its_answers_and_a_link_to_it() -> None:
    page = reference.page()
    for route, operation in ROUTES:
        anchor = re.sub(r"[^a-z0-9]+", "-", route.lower()).strip("-")
        assert page.count(f'<h3 id="{anchor}">{route}</h3>') == 1, route
        assert page.count(f'<a href="#{anchor}">') == 1, route
        assert operation["summary"] in page
        for status in operation["responses"]:
            assert re.search(f'<h3 id="{anchor}-response-{status}-', page), f"{route} {status}"
    anchors = re.findall(r' id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))


def test_nothing_on_it_runs_or_is_loaded_from_elsewhere() -> None:
    page = reference.page()
    assert "<script" not in page
    assert not re.search(r"\son\w+=|style=|<style|javascript:", page)
    assert set(re.findall(r'(?:src|<link[^>]* href)="([^"]+)"', page)) == {"/icon.svg", "/style.css"}


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("/problems/order-shipped", "/problems.html"),
        ("/problems", "/problems.html"),
        ("/problems.html", "/problems.html"),
        ("/problemsolving", "/problemsolving"),
        ("/reference", "/reference.html"),
        ("/style.css", "/style.css"),
    ],
)
def test_cloudfront_finds_its_file(path: str, file: str, run: Run) -> None:
    code = template()["Resources"]["PortalPaths"]["Properties"]["FunctionCode"]
    found = run("dom.js", f"(() => {{ {code}\n return handler({{request: {{uri: argument}}}}).uri; }})()", path)
    assert found == file
