"""Every problem that the API names is explained on the page that its type leads to."""

import re
from html import unescape

from local.cloud import ROOT
from order_cancellation.http.problems import PROBLEMS

PAGE = (ROOT / "portal" / "problems.html").read_text()
SECTION = re.compile(
    r'<section class="card problem" id="([a-z-]+)">\s*<h2>(.*?)</h2>\s*'
    r'<p class="hint"><span class="id">([a-z_]+)</span> · HTTP (\d+)</p>\s*<p>(.+?)</p>\s*<p>(.+?)</p>\s*</section>',
    re.DOTALL,
)


def test_the_page_explains_exactly_the_problems_of_the_error_table() -> None:
    explained = {code: (int(status), unescape(title)) for _, title, code, status, _, _ in SECTION.findall(PAGE)}
    assert explained == dict(PROBLEMS)
    assert PAGE.count("<section") == len(PROBLEMS)


def test_a_problem_type_leads_to_its_section() -> None:
    for anchor, _, code, *_ in SECTION.findall(PAGE):
        assert anchor == code.replace("_", "-")  # as api.problem_document makes the type
