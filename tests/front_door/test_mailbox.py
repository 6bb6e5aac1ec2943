import mailbox as maildir
import smtplib
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from crm import mailbox
from crm.embedded.process import spawn, stop
from crm.embedded.state import ROOT
from messaging.inbound.reading import IncomingReply, ReportKind, read_mail
from tests.client import Browser
from tests.factories.accounts import UserFactory

PAGES = ["/mailbox/", "/mailbox/1700000000000000000.1_0.rapport/", "/mailbox/1700000000000000000.1_0.rapport/html/"]


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[int]:
    """The port of a running catcher that writes to tmp_path."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [sys.executable, "-m", "crm.embedded.mail_catcher", str(listener.fileno()), str(tmp_path)]
        child = spawn(command, pass_fds=[listener.fileno()], cwd=ROOT)
        yield listener.getsockname()[1]
    stop(child)


@pytest.fixture
def folder(tmp_path: Path, settings: LazySettings) -> Path:
    (tmp_path / "new").mkdir()
    settings.MAILBOX_DIR = str(tmp_path)
    return tmp_path


@pytest.fixture
def reader(db: None, browser: Browser) -> Browser:
    browser.force_login(UserFactory())
    return browser


def keep(folder: Path, at: int, **parts: str) -> str:
    """A message as the catcher leaves it; its key."""
    key = f"{1_700_000_000_000_000_000 + at}.1_0.rapport"
    message = EmailMessage()
    message["Subject"] = parts.get("subject", "Hello")
    message["From"] = "Bakery <hello@bakery.example>"
    message["Delivered-To"] = "ada@customer.example"
    message.set_content(parts.get("text", "Good morning"))
    if "html" in parts:
        message.add_alternative(parts["html"], subtype="html")
    (folder / "new" / key).write_bytes(message.as_bytes())
    return key


def test_catcher_keeps_what_it_is_given(catcher: int, tmp_path: Path) -> None:
    message = EmailMessage()
    message["Subject"] = "Alles Gute, Zoë 🎂"
    message["From"] = "hello@bakery.example"
    message.set_content(".a line that begins with a dot\n")

    with smtplib.SMTP("127.0.0.1", catcher) as relay:
        assert relay.ehlo()[0] == 250
        assert relay.has_extn("pipelining")
        relay.send_message(message, to_addrs=["zoe@customer.example", "hidden@customer.example"])

    [letter] = mailbox.newest_letters(tmp_path, limit=10)
    assert letter.subject == "Alles Gute, Zoë 🎂"
    assert letter.recipients == "zoe@customer.example, hidden@customer.example"
    read = mailbox.read_letter(tmp_path, letter.key)
    assert read is not None
    assert read.text.strip() == ".a line that begins with a dot"
    assert list((tmp_path / "tmp").iterdir()) == []


def test_catcher_takes_commands_in_one_go(catcher: int, tmp_path: Path) -> None:
    with socket.create_connection(("127.0.0.1", catcher), timeout=10) as connection, connection.makefile("rb") as lines:
        connection.sendall(
            b"EHLO here\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nSubject: one\r\n\r\n1\r\n.\r\n"
            b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nSubject: two\r\n\r\n2\r\n.\r\nQUIT\r\n"
        )
        said = lines.read().decode()

    assert said.count("250 Kept") == 2
    assert [letter.subject for letter in mailbox.newest_letters(tmp_path, limit=10)] == ["two", "one"]


def test_list_shows_the_newest_first_and_pages(folder: Path, reader: Browser) -> None:
    for at in range(51):
        keep(folder, at, subject=f"Message {at}")

    first = reader.get("/mailbox/")
    page = first.content.decode()

    assert page.index("Message 50<") < page.index("Message 49<")
    assert "Message 0<" not in page
    second = reader.get("/mailbox/", {"cursor": first.context["next_cursor"]}).content.decode()
    assert "Message 0<" in second
    assert "Message 1<" not in second


def test_empty_mailbox_says_so(folder: Path, reader: Browser) -> None:
    assert "No mail yet" in reader.get("/mailbox/").content.decode()


def test_message_shows_text_links_and_headers(folder: Path, reader: Browser) -> None:
    key = keep(folder, 1, subject="<b>Hi</b>", text='See https://bakery.example/join & "<script>"')

    page = reader.get(f"/mailbox/{key}/").content.decode()

    assert '<a target="_blank" href="https://bakery.example/join"' in page
    assert "<script>&quot;" not in page
    assert "&lt;b&gt;Hi&lt;/b&gt;" in page
    assert "ada@customer.example" in page
    assert "<iframe" not in page


def test_html_part_is_shown_in_a_sandbox(folder: Path, reader: Browser) -> None:
    html = '<p style="color: red">Hi</p><a href="https://bakery.example/">Bakery</a><script>alert(1)</script>'
    key = keep(folder, 1, html=html)

    page = reader.get(f"/mailbox/{key}/").content.decode()
    plain = Client()  # the strict one would refuse a stranger's markup
    plain.cookies = reader.cookies
    part = plain.get(f"/mailbox/{key}/html/")

    assert f'src="/mailbox/{key}/html/"' in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "alert(1)" not in page
    assert part.content.decode() == f'<base target="_blank">{html}\n'
    policy = part["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "script-src" not in policy
    assert part["X-Frame-Options"] == "SAMEORIGIN"


def test_unknown_character_set_is_still_shown(folder: Path, reader: Browser) -> None:
    key = keep(folder, 1)
    content = b"Subject: odd\r\nContent-Type: text/plain; charset=nobody-knows\r\n\r\ncaf\xe9"
    (folder / "new" / key).write_bytes(content)

    assert "caf\ufffd" in reader.get(f"/mailbox/{key}/").content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_mailbox_is_for_those_signed_in(page: str, folder: Path, browser: Browser, db: None) -> None:
    keep(folder, 0)

    answer = browser.get(page)

    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={page}"


@pytest.mark.parametrize("page", PAGES)
def test_there_is_no_mailbox_where_mail_leaves(
    page: str, folder: Path, reader: Browser, settings: LazySettings
) -> None:
    keep(folder, 0)
    settings.MAILBOX_DIR = ""

    assert reader.get(page).status_code == 404


@pytest.mark.parametrize("key", ["nothing", "1700000000000000009.1_0.rapport", "..", "..%2f..%2fsecret_key"])
def test_unknown_message_is_not_found(key: str, folder: Path, reader: Browser) -> None:
    assert reader.get(f"/mailbox/{key}/").status_code == 404


@pytest.fixture
def incoming(tmp_path: Path, settings: LazySettings) -> maildir.Maildir:
    settings.INBOUND_URL = f"maildir://{tmp_path / 'incoming'}"
    return maildir.Maildir(tmp_path / "incoming")


def ours(folder: Path) -> tuple[str, str]:
    """A letter that Rapport wrote: its key and its Message-ID."""
    key = keep(folder, 1)
    path, message_id = folder / "new" / key, f"<{'0a' * 16}.the-bakery@rapport.example>"
    path.write_bytes(f"Message-ID: {message_id}\nReply-To: replies@localhost\n".encode() + path.read_bytes())
    return key, message_id


@pytest.mark.parametrize(
    ("kind", "words"), [("reply", {"text": "Is the rye loaf back?"}), ("bounce", {}), ("complaint", {})]
)
def test_mailbox_answers_as_people_and_servers_do(
    folder: Path, incoming: maildir.Maildir, reader: Browser, kind: str, words: dict[str, str]
) -> None:
    key, message_id = ours(folder)

    reader.post(f"/mailbox/{key}/{kind}/", words)

    (mail,) = [incoming.get_bytes(each) for each in incoming.iterkeys()]
    said = read_mail(mail, now=datetime.now(UTC))
    if isinstance(said, IncomingReply):
        assert (said.message_ids, said.sender, said.text) == ((message_id,), "ada@customer.example", words["text"])
    else:
        kinds = {"bounce": ReportKind.HARD_BOUNCE, "complaint": ReportKind.COMPLAINED}
        assert [(report.kind, report.message_id) for report in said] == [(kinds[kind], message_id)]


def test_mailbox_sends_no_empty_reply(folder: Path, incoming: maildir.Maildir, reader: Browser) -> None:
    key, _ = ours(folder)

    page = reader.post(f"/mailbox/{key}/reply/", {"text": "  "}, follow=True)

    assert "Write something first" in page.content.decode()
    assert len(incoming) == 0


def test_mailbox_answers_only_where_incoming_mail_is_a_folder(
    folder: Path, settings: LazySettings, reader: Browser
) -> None:
    settings.INBOUND_URL = "imaps://reader@mail.example/INBOX"
    key, _ = ours(folder)

    assert "Answer as the recipient" not in reader.get(f"/mailbox/{key}/").content.decode()
    assert reader.post(f"/mailbox/{key}/bounce/").status_code == 404
