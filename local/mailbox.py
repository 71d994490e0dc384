"""The mailbox of the local stack: what was sent through SES here, as pages that a person reads it in.

/mailbox         every mail, newest first; the list renews itself
/mailbox/<id>    one mail: its headers, its HTML part, its text part

A captured mail is not trusted. What is in it is escaped; its HTML part is in a frame that may do nothing but open a
link in a new tab; and the pages' Content-Security-Policy lets nothing be loaded.
"""

import base64
import hashlib
import json
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

PATH = "/mailbox"

Captured = Mapping[str, Any]


@dataclass(frozen=True)
class Page:
    """An HTML page, and the headers that go with it."""

    status: HTTPStatus
    html: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Message:
    """One captured mail in the words of the pages."""

    message_id: str
    sender: str
    to: str
    subject: str
    sent_at: datetime
    html: str
    text: str

    @property
    def path(self) -> str:
        return f"{PATH}/{quote(self.message_id, safe='')}"


def messages(endpoint_url: str) -> list[dict[str, Any]]:
    """What was sent through SES on a local cloud, newest first, as the cloud tells it. Raises OSError."""
    with urllib.request.urlopen(f"{endpoint_url}/_ministack/ses/messages", timeout=5) as response:  # noqa: S310
        captured = json.load(response)["messages"]
    every = [message for account in captured.values() for message in account]
    return sorted(every, key=lambda message: float(message["Timestamp"]), reverse=True)


def page(path: str, captured: Sequence[Captured]) -> Page:
    """The page at a path that is PATH or begins with it; ``captured`` comes from ``messages``."""
    every = [_message(entry) for entry in captured]
    wanted = unquote(path.removeprefix(PATH).strip("/"))
    if not wanted:
        return _page(HTTPStatus.OK, "mailbox.html", _LIST_POLICY, messages=every)
    for message in every:
        if message.message_id == wanted:
            return _page(HTTPStatus.OK, "message.html", _MESSAGE_POLICY, message=message)
    return _page(HTTPStatus.NOT_FOUND, "notice.html", _LIST_POLICY, notice="There is no such mail (any longer).")


def unreachable() -> Page:
    """What is shown while the local cloud does not say what was sent."""
    notice = "The local cloud does not answer. Is it still running?"
    return _page(HTTPStatus.SERVICE_UNAVAILABLE, "notice.html", _LIST_POLICY, notice=notice)


def _message(captured: Captured) -> Message:
    return Message(
        message_id=_text(captured["MessageId"]),
        sender=_text(captured["Source"]),
        to=_text(", ".join(captured["To"])),
        subject=_text(captured["Subject"]),
        sent_at=datetime.fromtimestamp(float(captured["Timestamp"]), UTC),
        html=_text(captured["BodyHtml"]),
        text=_text(captured["BodyText"]),
    )


def _text(captured: str | None) -> str:
    """What was captured, as a page can show it: JSON can carry halves of characters that UTF-8 cannot."""
    return (captured or "").encode(errors="replace").decode()


_TEMPLATES = Path(__file__).parent / "templates"
_STYLE = (_TEMPLATES / "mailbox.css").read_text()
_SCRIPT = (_TEMPLATES / "mailbox.js").read_text()

_environment = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals.update(style=Markup(_STYLE), script=Markup(_SCRIPT), path=PATH)  # noqa: S704 - files of ours


def _hash(inline: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}'"


_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_LIST_POLICY = f"{_POLICY}; style-src {_hash(_STYLE)}; script-src {_hash(_SCRIPT)}; connect-src 'self'"
# The frame inherits the policy of the page around it, and every mail has a style sheet of its own.
_MESSAGE_POLICY = f"{_POLICY}; style-src 'unsafe-inline'"


def _page(status: HTTPStatus, template: str, policy: str, **variables: Any) -> Page:
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Page(status, _environment.get_template(template).render(**variables), headers)
