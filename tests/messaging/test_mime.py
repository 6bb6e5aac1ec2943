from __future__ import annotations

from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.sending.mime import HeaderRefused, Letter, Letterhead, Mailbox, ascii_address, compose

LETTERHEAD = Letterhead(Mailbox("Bakery", "hello@bakery.example"), reply_to="anna@bakery.example").headers()
DATE = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HEADERS = [
    "From",
    "Reply-To",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
]
# Everything that a database column can hold: no NUL, no lone surrogates.
anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300)
# What may come after the templates and the forms: no control characters.
words = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]) | st.sampled_from(' ,;:<>@"\\()[].=?_-\u202e'),
    max_size=300,
)


def letter(**changes: str) -> Letter:
    values = {
        "subject": "Happy birthday",
        "message_id": "<17@rapport.example>",
        "text": "Dear Ada",
        "html": "<p>Dear Ada</p>",
        "unsubscribe_url": "https://rapport.example/p/unsubscribe/abc/",
    } | changes
    return Letter(recipient=Mailbox("Ada", "ada@mail.example"), date=DATE, **values)


def parsed(data: bytes) -> EmailMessage:
    message = BytesParser(policy=policy.SMTP).parsebytes(data)
    assert isinstance(message, EmailMessage)
    return message


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def mailbox(data: bytes, header: str) -> tuple[str, str]:
    """By the library's older reader: the newer one puts a space between the encoded words of a name."""
    value = BytesParser().parsebytes(data)[header]
    name, address = parseaddr("".join(value.splitlines()))
    return str(make_header(decode_header(name))), address


def test_a_message_as_the_standard_library_reads_it() -> None:
    message = parsed(compose(letter(), LETTERHEAD))

    assert message.keys() == HEADERS
    assert message["From"] == "Bakery <hello@bakery.example>"
    assert message["Reply-To"] == "anna@bakery.example"
    assert message["To"] == "Ada <ada@mail.example>"
    assert message["Subject"] == "Happy birthday"
    assert message["Date"].datetime == DATE
    assert message["Message-ID"] == "<17@rapport.example>"
    assert message["List-Unsubscribe"] == "<https://rapport.example/p/unsubscribe/abc/>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [each.get_content_type() for each in message.iter_parts()] == ["text/plain", "text/html"]
    assert (part(message, "plain"), part(message, "html")) == ("Dear Ada", "<p>Dear Ada</p>")
    assert not message.defects


def test_what_was_asked_for_has_no_unsubscribe_headers() -> None:
    message = parsed(compose(letter(unsubscribe_url=""), LETTERHEAD))

    assert message.keys() == [name for name in HEADERS if not name.startswith("List-")]


@settings(max_examples=400, deadline=None)
@given(words, words)
def test_any_words_arrive_in_the_headers_as_they_were(subject: str, name: str) -> None:
    subject, name = " ".join(subject.split()), " ".join(name.split())
    data = compose(
        Letter(
            recipient=Mailbox(name, "ada@mail.example"),
            subject=subject,
            message_id="<17@rapport.example>",
            date=DATE,
            text="",
            html="",
        ),
        Letterhead(Mailbox(name, "hello@bakery.example")).headers(),
    )

    message = parsed(data)

    head = data.partition(b"\r\n\r\n")[0]
    assert message["Subject"] == subject
    assert mailbox(data, "To") == (name, "ada@mail.example")
    assert mailbox(data, "From") == (name, "hello@bakery.example")
    assert message.keys() == [name for name in HEADERS if not name.startswith(("List-", "Reply-"))]
    assert max(len(line) for line in head.split(b"\r\n")) <= 120
    assert head.isascii()


@settings(max_examples=400, deadline=None)
@given(anything, anything)
def test_any_body_arrives_as_it_was_and_stays_a_body(text: str, html: str) -> None:
    data = compose(letter(text=text, html=html), LETTERHEAD)

    message = parsed(data)

    assert [each.get_content_type() for each in message.iter_parts()] == ["text/plain", "text/html"]
    plain, marked_up = (each.get_payload(decode=True) for each in message.iter_parts())
    assert plain == text.replace("\r\n", "\n").replace("\n", "\r\n").encode()
    assert marked_up == html.replace("\r\n", "\n").replace("\n", "\r\n").encode()
    assert data.isascii()
    assert max(len(line) for line in data.split(b"\r\n")) <= 120
    assert b"\r\n." not in data
    assert data.count(b"\n") == data.count(b"\r\n") == data.count(b"\r")


@settings(max_examples=400, deadline=None)
@given(anything, st.sampled_from(["subject", "name", "address", "message_id", "unsubscribe_url"]))
def test_nothing_in_a_header_can_begin_another(value: str, where: str) -> None:
    """Whatever the value, the headers are ours and no other, or it is refused."""
    recipient = Mailbox(value if where == "name" else "Ada", value if where == "address" else "ada@mail.example")
    values = {where: value} if where not in {"name", "address"} else {}
    plain = letter(**values)
    try:
        data = compose(
            Letter(
                recipient, plain.subject, plain.message_id, plain.date, plain.text, plain.html, plain.unsubscribe_url
            ),
            LETTERHEAD,
        )
    except HeaderRefused:
        return

    expected = HEADERS if plain.unsubscribe_url else [name for name in HEADERS if not name.startswith("List-")]
    assert parsed(data).keys() == expected


@pytest.mark.parametrize(
    "subject", ["Hi\r\nBcc: all@mail.example", "Hi\nBcc: x", "Hi\rBcc: x", "Hi\0", "Hi\x85Bcc: x", "Hi\u2028Bcc: x"]
)
def test_line_breaks_in_a_subject_are_refused(subject: str) -> None:
    with pytest.raises(HeaderRefused):
        compose(letter(subject=subject), LETTERHEAD)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "@mail.example",
        "ada@",
        "ada@mail example",
        "a da@mail.example",
        "ada@mail.example\r\nDATA",
        "ada@mail.example>\r\nRCPT TO:<x@mail.example",
        "<ada@mail.example>",
        "ada@mail..example",
        "ada@.example",
        "ada@mail.example.",
        "ada,ben@mail.example",
        '"a b"@mail.example',
        "zoë@mail.example",
        "ada@ma_il.example",
        "ada@[127.0.0.1]",
        "ada@\u2028.example",
        "a" * 250 + "@mail.example",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(HeaderRefused):
        ascii_address(address)


@pytest.mark.parametrize(
    ("address", "ascii_form"),
    [
        ("ada@mail.example", "ada@mail.example"),
        ("ada+bread@mail.example", "ada+bread@mail.example"),
        ("o'neil@mail.example", "o'neil@mail.example"),
        ("ada@bäckerei.de", "ada@xn--bckerei-5wa.de"),
        ("ada@straße.de", "ada@xn--strae-oqa.de"),
    ],
)
def test_an_address_as_it_is_written_on_the_envelope(address: str, ascii_form: str) -> None:
    assert ascii_address(address) == ascii_form
