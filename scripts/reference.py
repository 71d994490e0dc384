"""The page of the API's reference: docs/openapi.yaml as HTML that needs no script.

essentials-openapi writes the contract as Markdown, markdown-it makes HTML of it, and the portal's style sheet does the
rest. The page is made when the portal is published, or served locally; it is not in the repository.

    python -m scripts.reference > reference.html
"""

import re
from functools import cache
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from openapidocs.mk.v3 import OpenAPIV3DocumentationHandler

CONTRACT = Path(__file__).resolve().parent.parent / "docs" / "openapi.yaml"

_METHODS = ("get", "post", "put")
_PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>API reference · Order cancellation</title>
    <link rel="icon" href="/icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/style.css">
  </head>
  <body>
    <main class="reference">
      {text}
    </main>
  </body>
</html>
"""


@cache
def page() -> str:
    """The HTML page."""
    contract = yaml.safe_load(CONTRACT.read_text())
    markdown = OpenAPIV3DocumentationHandler(_on_one_line(contract), style="MARKDOWN").write()
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(re.sub(r"<!--.*?-->", "", markdown, flags=re.DOTALL))
    _fold_schemas(tokens)
    within = ""  # a route's answers are headings, too
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            anchor = _anchor(inline.content)
            if inline.content.split()[0].lower() in _METHODS or opening.tag != "h3":
                within = anchor
            opening.attrSet("id", anchor if within == anchor else f"{within}-{anchor}")
    operations = [
        (f"{method.upper()} {path}", item[method]["summary"])
        for path, item in contract["paths"].items()
        for method in _METHODS
        if method in item
    ]
    routes = "".join(
        f'<li><a href="#{_anchor(route)}"><span class="id">{escape(route)}</span></a> {escape(summary)}</li>'
        for route, summary in operations
    )
    nav = f'<nav aria-label="Routes"><ul>{routes}</ul><p><a href="/problems">What each refusal means</a></p></nav>'
    text: str = parser.renderer.render(tokens, parser.options, {})
    return _PAGE.format(text=text.replace("</h1>", f"</h1>\n{nav}", 1))


def _on_one_line(value: Any) -> Any:
    """A contract whose parameters, headers and fields are described on one line each, as a row of a table needs it."""
    if isinstance(value, list):
        return [_on_one_line(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    described = {name: _on_one_line(entry) for name, entry in value.items()}
    if isinstance(value.get("description"), str) and ("schema" in value or "in" in value):
        described["description"] = " ".join(value["description"].split())
    return described


def _fold_schemas(tokens: list[Token]) -> None:
    """What is long and seldom read opens when it is asked for: each schema behind its title."""
    for at, token in enumerate(tokens):
        if token.type != "fence" or at < 3 or not tokens[at - 2].content.startswith("**Schema"):
            continue
        title = tokens[at - 2].content.strip("*")
        token.type, token.content = (
            "html_block",
            f"<details><summary>{escape(title)}</summary><pre><code>{escape(token.content)}</code></pre></details>\n",
        )
        tokens[at - 2].children, tokens[at - 2].content = [], ""


def _anchor(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


if __name__ == "__main__":
    print(page())
