"""A request can be followed through the log: from its X-Request-Id to the mail that it caused, and to SES's report."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from order_cancellation import observability
from order_cancellation.mail.ses import masked
from tests.support.clock import Clock
from tests.support.memory_tables import Tables
from tests.support.rig import Service, furnish, stream_records
from tests.support.ses import SimulatedSes

ADDRESS = "ops@acme.example"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is written to the log, as CloudWatch gets it."""
    handler, written = observability.logger.registered_handler, io.StringIO()
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(written)
    yield written
    handler.setStream(before)


def lines(log: io.StringIO, message: str) -> list[dict[str, Any]]:
    logged = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line for line in logged if line["message"] == message]


def test_from_the_request_to_what_ses_says_of_its_mail(
    aws: Tables, service: Service, ses: SimulatedSes, clock: Clock, log: io.StringIO
) -> None:
    furnish(aws, "A-1")
    request_id = service.auto_cancel({"seller_id": "acme", "order_id": "A-1", "reason": "stockout"}).headers[
        "x-request-id"
    ]
    assert [line["correlation_id"] for line in lines(log, "request")] == [request_id]
    assert service.deliver(stream_records(aws)) == []
    [summary] = lines(log, "summary")
    assert summary["requests"] == [request_id]
    [mail] = ses.accepted
    assert (summary["summary_id"], summary["ses_message_id"]) == (mail.summary_id, mail.message_id)
    said = f"smtp; 550 5.1.1 <{ADDRESS}>: user unknown"
    bounce = {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [{"emailAddress": ADDRESS, "diagnosticCode": said}],
    }
    service.feed_back("Bounce", mail.summary_id, mail.message_id, bounce=bounce)
    [feedback] = lines(log, "feedback")
    assert (feedback["summary_id"], feedback["ses_message_id"]) == (mail.summary_id, mail.message_id)
    assert feedback["said"] == "smtp; 550 5.1.1 <***@acme.example>: user unknown"


@pytest.mark.parametrize("code", ["SendingPausedException", "MessageRejected"])
def test_ses_is_quoted_where_the_runbook_looks_without_anybodys_address(
    aws: Tables, service: Service, ses: SimulatedSes, clock: Clock, log: io.StringIO, code: str
) -> None:
    furnish(aws, "A-1")
    service.auto_cancel({"seller_id": "acme", "order_id": "A-1", "reason": "stockout"})
    ses.refuse(code)
    service.deliver(stream_records(aws))
    printed = log.getvalue()
    assert f"refused as the test asked: {code}" in printed
    assert ADDRESS not in printed


def test_a_refusal_is_found_by_its_request_id(aws: Tables, service: Service, log: io.StringIO) -> None:
    refused = service.cancel("A-404")
    [line] = lines(log, "request")
    assert (line["correlation_id"], line["code"]) == (refused.headers["x-request-id"], "order_not_found")


def test_what_is_done_to_an_order_is_one_line_each(aws: Tables, service: Service, log: io.StringIO) -> None:
    service.place("A-1", "LAX1")
    service.move("A-1", "EWR2")
    service.report("EWR2", "A-1", "picking")
    assert [line["fulfillment_centers"] for line in lines(log, "move")] == [["EWR2"]]
    assert [(line["order_id"], line["fc_id"]) for line in lines(log, "event")] == [("A-1", "EWR2")]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Address a.b+c@d.example is bad", "Address ***@d.example is bad"),
        ("<a@b.example>,<c@d.example>", "<***@b.example>,<***@d.example>"),
        ("no address", "no address"),
    ],
)
def test_whose_address_it_is_cannot_be_read(words: str, shown: str) -> None:
    assert masked(words) == shown


def test_a_message_is_logged_as_it_was_written_though_it_could_be_json(log: io.StringIO) -> None:
    observability.logger.info("12")
    assert json.loads(log.getvalue())["message"] == "12"
