"""The mailbox of the local stack, from captured mail to page. The local cloud is a fake here."""

import io
import json
import re
from html.parser import HTMLParser
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import pytest

from local import mailbox, web
from tests.support.mailboxes import captured

HOSTILE = "</title></bdi></pre>\"'><script>alert(1)</script>{{7*7}}\ud800\0"


class Page(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, page: mailbox.Page) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page.html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.tags if found == tag]


def fake_cloud(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]) -> None:
    def urlopen(url: str, timeout: float) -> io.BytesIO:
        assert url == "http://cloud.test/_ministack/ses/messages"
        return io.BytesIO(json.dumps(answer).encode())

    monkeypatch.setattr("urllib.request.urlopen", urlopen)


def test_messages_of_all_accounts_come_newest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    late = captured(3, Timestamp=10000000000.0)
    fake_cloud(monkeypatch, {"messages": {"000000000000": [captured(1), late], "111111111111": [captured(2)]}})
    found = mailbox.messages("http://cloud.test")
    assert [message["MessageId"] for message in found] == ["0100-3", "0100-2", "0100-1"]


@pytest.mark.parametrize("path", ["/mailbox", "/mailbox/"])
def test_the_list_has_every_mail_in_the_sequence_given(path: str) -> None:
    page = mailbox.page(path, [captured(2), captured(1)])
    assert page.status == HTTPStatus.OK
    assert [link["href"] for link in Page(page).all("a")] == ["/mailbox/0100-2", "/mailbox/0100-1"]
    text = Page(page).text
    assert text.index("2 orders cancelled") < text.index("1 orders cancelled")
    for shown in ("2 mails", "to ops@acme.example", "23 Nov, 14:04:11 UTC"):
        assert shown in text


def test_an_empty_mailbox_says_so() -> None:
    text = Page(mailbox.page("/mailbox", [])).text
    assert "0 mails" in text
    assert "No mail yet." in text


def test_a_mail_is_shown_with_its_headers_and_both_parts() -> None:
    page = mailbox.page("/mailbox/0100-1", [captured(2), captured(1)])
    shown = Page(page)
    assert page.status == HTTPStatus.OK
    for text in ("1 orders cancelled", "summaries@network.example", "ops@acme.example", "14:03:11 UTC", "0100-1"):
        assert text in shown.text
    assert "Hello, this is text 1." in shown.text
    (frame,) = shown.all("iframe")
    assert frame["srcdoc"] == '<base target="_blank">' + captured(1)["BodyHtml"]
    assert "allow-scripts" not in (frame["sandbox"] or "")
    assert "allow-same-origin" not in (frame["sandbox"] or "")


def test_a_message_id_may_have_any_characters() -> None:
    odd = captured(1, MessageId="<a/b?c&d#e%41@x>")
    (link,) = Page(mailbox.page("/mailbox", [odd])).all("a")
    assert mailbox.page(urlsplit(link["href"] or "").path, [odd]).status == HTTPStatus.OK


def test_a_mail_without_a_part_or_a_subject_is_shown_too() -> None:
    for bare in (captured(BodyHtml=""), captured(BodyText=None), captured(Subject=""), captured(To=[])):
        assert mailbox.page("/mailbox", [bare]).status == HTTPStatus.OK
        assert mailbox.page("/mailbox/0100-1", [bare]).status == HTTPStatus.OK


def test_an_unknown_mail_is_not_found() -> None:
    page = mailbox.page("/mailbox/0100-9<script>", [captured()])
    assert page.status == HTTPStatus.NOT_FOUND
    assert "<script>" not in page.html


@pytest.mark.parametrize("field", ["Source", "Subject", "BodyText", "BodyHtml", "To", "MessageId"])
def test_whatever_is_in_a_mail_is_escaped(field: str) -> None:
    hostile = captured() | {field: [HOSTILE] if field == "To" else HOSTILE}
    harmless = captured() | {field: ["harmless"] if field == "To" else "harmless"}
    assert tags(mailbox.page("/mailbox", [hostile])) == tags(mailbox.page("/mailbox", [harmless]))
    (link,) = Page(mailbox.page("/mailbox", [hostile])).all("a")
    opened = mailbox.page(link["href"] or "", [hostile])
    assert opened.status == HTTPStatus.OK
    assert opened.html.encode()
    assert tags(opened) == tags(mailbox.page(mailbox.PATH + f"/{harmless['MessageId']}", [harmless]))


def tags(page: mailbox.Page) -> list[str]:
    return [tag for tag, _ in Page(page).tags]


def test_the_policy_lets_nothing_be_loaded_and_only_our_own_script_run() -> None:
    for page in (
        mailbox.page("/mailbox", [captured()]),
        mailbox.page("/mailbox/0100-1", [captured()]),
        mailbox.page("/mailbox/none", []),
        mailbox.unreachable(),
    ):
        policy = dict(entry.split(" ", 1) for entry in page.headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
        assert re.fullmatch(r"'none'|'sha256-[A-Za-z0-9+/]{43}='", policy.get("script-src", policy["default-src"]))
        assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "script-src" not in mailbox.page("/mailbox/0100-1", [captured()]).headers["Content-Security-Policy"]
    assert "unsafe-inline" not in mailbox.page("/mailbox", []).headers["Content-Security-Policy"]


def test_the_server_says_so_when_the_local_cloud_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(endpoint_url: str) -> list[dict[str, Any]]:
        raise ConnectionRefusedError(endpoint_url)

    monkeypatch.setattr(mailbox, "messages", refuse)
    assert b"503 Service Unavailable" in served("/mailbox")
    assert b"The local cloud does not answer." in served("/mailbox")


def test_the_server_serves_the_mailbox_with_its_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "messages", lambda _: [captured()])
    for path in ("/mailbox", "/mailbox?x=1", "/mailbox/0100-1"):
        answer = served(path)
        assert answer.startswith(b"HTTP/1.1 200 OK")
        assert b"\r\nContent-Security-Policy: default-src 'none'" in answer
        assert b"1 orders cancelled" in answer
    elsewhere = served("/mailboxes")
    assert elsewhere.startswith(b"HTTP/1.1 404 ")


def served(path: str) -> bytes:
    """What the web server answers to a GET, without a socket."""

    class Connection(io.BytesIO):
        def makefile(self, *_: object) -> io.BytesIO:
            return io.BytesIO(f"GET {path} HTTP/1.0\r\n\r\n".encode())

        def sendall(self, data: bytes) -> None:
            self.write(data)

    connection = Connection()
    stack = {"endpoint_url": "http://cloud.test"}
    web.Handler(connection, ("127.0.0.1", 1), None, stack=stack, portal_headers={})
    return connection.getvalue()
