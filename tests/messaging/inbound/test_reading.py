from __future__ import annotations

import time
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.inbound.reading import IncomingReply, Report, ReportKind, read_mail, without_quotes, workspace_keys
from tests.messaging.inbound.mails import bounce, complaint, reply

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OURS = f"<{'0a' * 16}.Key_of-bakery@rapport.example>"


@pytest.mark.parametrize(
    ("status", "kind"),
    [("5.1.1", ReportKind.HARD_BOUNCE), ("5.2.2", ReportKind.HARD_BOUNCE), ("4.4.7", ReportKind.SOFT_BOUNCE)],
)
def test_a_delivery_report_tells_what_bounced_and_how_badly(status: str, kind: ReportKind) -> None:
    assert read_mail(bounce(OURS, status=status), now=NOW) == [
        Report(kind, OURS, "dsn", NOW, f"{status} smtp; 550 {status} No such user here")
    ]


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_a_report_of_anything_but_a_failure_is_none(action: str) -> None:
    assert read_mail(bounce(OURS, action=action), now=NOW) == []


def test_an_abuse_report_is_a_complaint() -> None:
    assert read_mail(complaint(OURS), now=NOW) == [Report(ReportKind.COMPLAINED, OURS, "arf", NOW)]


def test_a_reply_is_what_was_written_without_what_was_quoted() -> None:
    assert read_mail(reply(OURS), now=NOW) == IncomingReply(
        message_ids=(OURS,),
        mail_id="<a1@mail.example>",
        sender="maria@mail.example",
        subject="Re: News",
        text="Is the rye loaf back?",
        at=datetime(2026, 11, 22, 8, tzinfo=UTC),
        is_automatic=False,
    )


@pytest.mark.parametrize(
    "extra",
    [
        "Auto-Submitted: auto-replied\n",
        "Precedence: bulk\n",
        "X-Autoreply: yes\n",
        "Auto-Submitted: auto-generated (vacation)\n",
    ],
)
def test_what_a_machine_wrote_is_marked_as_automatic(extra: str) -> None:
    read = read_mail(reply(OURS, extra=extra), now=NOW)

    assert isinstance(read, IncomingReply)
    assert read.is_automatic


def test_a_reply_in_html_alone_is_read_as_text() -> None:
    mail = EmailMessage()
    mail["From"], mail["In-Reply-To"] = "maria@mail.example", OURS
    mail.set_content("<p>Yes <b>please</b></p><script>alert(1)</script>", subtype="html")

    read = read_mail(mail.as_bytes(), now=NOW)

    assert isinstance(read, IncomingReply)
    assert "Yes please" in read.text
    assert "<" not in read.text


def test_a_reply_of_a_mail_program_keeps_its_lines_and_links() -> None:
    html = """<!DOCTYPE html><html><head><title>Re</title><style>p > a { color: red }</style></head><body>
        <!--[if mso]><p>Outlook</p><![endif]--><P class='a "b" c'>Yes, <b title="x>y">two</b> of them &amp;
        <a class=x HREF='https://own.example/?a=1&amp;b=2'>this</a>, 3 < 4</P><ul><li>one</li></ul><p>last"""
    mail = EmailMessage()
    mail["In-Reply-To"] = OURS
    mail.set_content(html, subtype="html")

    read = read_mail(mail.as_bytes(), now=NOW)

    assert isinstance(read, IncomingReply)
    assert read.text == "Yes, two of them & this (https://own.example/?a=1&b=2), 3 < 4\n\n- one\n\nlast"


@pytest.mark.parametrize(
    ("headers", "opening", "body"),
    [
        ("", "", "<a x='"),
        ("", "", "<a>"),
        ("", "", "<pre>x" + " " * 10_000),
        ("", "", "<script><!--"),
        ("", "".join(f"<b x={number}>" for number in range(2000)), "<p>x</p>"),
        (f"From: {'a@b.example, ' * 40_000}\r\n", "", "x"),
    ],
)
def test_whatever_strangers_send_is_read_in_a_moment(headers: str, opening: str, body: str) -> None:
    mail = f"{headers}Content-Type: text/html\r\n\r\n{opening}{body * (300_000 // len(body))}"
    began = time.process_time()

    read = read_mail(mail.encode(), now=NOW)

    assert isinstance(read, IncomingReply)
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Yes!\n> No?", "Yes!"),
        ("Ja\n\nAm 22.11.2026 um 08:00 schrieb Bakery <a@b.c>:\nAlt", "Ja"),
        ("Yes\n-----Original Message-----\nold", "Yes"),
        ("> only quotes", "> only quotes"),
        ("On Monday I wrote a poem.\nHere it is", "On Monday I wrote a poem.\nHere it is"),
    ],
)
def test_what_mail_programs_quote_is_left_out(text: str, left: str) -> None:
    assert without_quotes(text) == left


def test_the_workspace_of_a_mail_is_found_wherever_our_message_is_named() -> None:
    assert [workspace_keys(mail) for mail in (bounce(OURS), complaint(OURS), reply(OURS), reply("<other@x>"))] == [
        ["Key_of-bakery"],
        ["Key_of-bakery"],
        ["Key_of-bakery"],
        [],
    ]


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_as_something(mail: bytes) -> None:
    read = read_mail(mail, now=NOW)

    assert isinstance(read, IncomingReply) or read == []


@given(st.binary(max_size=300), st.sampled_from(["report-type=delivery-status", "report-type=feedback-report", ""]))
def test_a_broken_report_is_none(junk: bytes, kind: str) -> None:
    head = f'Content-Type: multipart/report; {kind}; boundary="B"\r\n\r\n'
    head += "--B\r\nContent-Type: message/delivery-status\r\n\r\n"

    read = read_mail(head.encode() + junk, now=NOW)

    assert isinstance(read, IncomingReply) or read == []
