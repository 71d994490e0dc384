"""Write the HTML template that the mails are made of, from scripts/mail/: its style sheet goes into the elements.

Many mail programs drop a style sheet, and all keep the styles of an element. Only what asks for the width of the screen
or the dark stays in a sheet. Done here, once, and not in the function: the template is checked in, and a test fails
when it is not what its source makes.

    python -m scripts.inline_mail
"""

import re
from pathlib import Path

from css_inline import CSSInliner

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "scripts" / "mail" / "summary.html"
TEMPLATE = ROOT / "layers" / "order_cancellation" / "order_cancellation" / "mail" / "templates" / "summary.html"

# In the source a statement of the template stands in a comment: a parser of HTML would move text out of a table.
_STATEMENT = re.compile(r"<!--({%.*?%})-->")
# What is left of the sheet is put first, before the line that says how the bytes are to be read.
_SHEET = re.compile(r"(<head>)(<style>.*?</style>)(.*?)\n\n(?=</head>)", re.DOTALL)
_NOTE = "{# Made by scripts/inline_mail.py of scripts/mail/summary.html: change that. #}\n"


def inlined(source: str) -> str:
    """The template that a source makes."""
    inliner = CSSInliner(keep_style_tags=False, keep_at_rules=True, minify_css=True, load_remote_stylesheets=False)
    html = _STATEMENT.sub(r"\1", inliner.inline(source))
    return _NOTE + _SHEET.sub(r"\1\3\2", html, count=1).rstrip() + "\n"


if __name__ == "__main__":
    TEMPLATE.write_text(inlined(SOURCE.read_text()))
    print(f"{TEMPLATE.relative_to(ROOT)} is written.")
