"""What the relay's log can say about messages in doubt, and what it cannot."""

from __future__ import annotations

import gzip
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import LazySettings

from messaging.sending.evidence import Maildir, PostfixLog, configured_log

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ONE, TWO, THREE = "<1@rapport.example>", "<2@rapport.example>", "<3@rapport.example>"
MODERN = """\
2026-03-02T11:00:00.123456+00:00 mail postfix/master[1]: daemon started
2026-03-02T11:59:59.123456+00:00 mail postfix/smtpd[2]: 4A1: client=crm[10.0.0.2]
2026-03-02T11:59:59.123456+00:00 mail postfix/cleanup[3]: 4A1: message-id=<1@rapport.example>
2026-03-02T11:59:59.123456+00:00 mail postfix/qmgr[4]: 4A1: from=<us@bakery.example>, size=9, nrcpt=1 (queue active)
2026-03-02T11:59:59.223456+00:00 mail postfix/cleanup[3]: 4A2: message-id=<2@rapport.example>
2026-03-02T11:59:59.323456+00:00 mail postfix/smtpd[2]: lost connection after DATA (9 bytes) from crm[10.0.0.2]
"""
OLD = """\
Mar  2 11:00:00 mail postfix/master[1]: daemon started
Mar  2 11:59:59 mail postfix-out/cleanup[3]: 4A1: message-id=<1@rapport.example>
Mar  2 11:59:59 mail postfix-out/qmgr[4]: 4A1: from=<us@bakery.example>, size=9, nrcpt=1 (queue active)
Mar  2 11:59:59 mail postfix-out/cleanup[3]: 4A2: message-id=<2@rapport.example>
"""


@pytest.fixture(autouse=True)
def _zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")


@pytest.mark.parametrize("text", [MODERN, OLD])
def test_postfix_took_what_its_queue_manager_has_seen(text: str, tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_text(text)
    log = PostfixLog(str(tmp_path / "mail.log"))

    assert log.accepted([ONE, TWO, THREE]) == {ONE}
    assert log.accepted([TWO]) == set()


@pytest.mark.parametrize("text", [MODERN, OLD])
def test_a_log_covers_what_came_well_after_its_first_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_text(text)
    log = PostfixLog(str(tmp_path / "mail.log"))

    with time_machine.travel(NOON, tick=False):
        assert log.covers(NOON)
        assert not log.covers(NOON - timedelta(hours=1) + timedelta(seconds=30))
        assert not log.covers(NOON - timedelta(hours=2))


def test_a_log_without_a_year_that_began_before_new_year_is_of_last_year(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_text("Dec 30 11:00:00 mail postfix/master[1]: daemon started\n")

    with time_machine.travel(datetime(2026, 1, 2, tzinfo=UTC), tick=False):
        assert PostfixLog(str(tmp_path / "mail.log")).covers(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("text", ["", "something else entirely\n", "2026-99-99T11:00:00 x\n"])
def test_a_log_that_says_nothing_covers_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_text(text)

    assert not PostfixLog(str(tmp_path / "mail.log")).covers(NOON)
    assert not PostfixLog(str(tmp_path / "nowhere.log")).covers(NOON)


def test_rotated_logs_are_read_with_the_newest_last(tmp_path: Path) -> None:
    """A queue file's name may come again: then it is another message."""
    with gzip.open(tmp_path / "mail.log.2.gz", "wt") as file:
        file.write(MODERN)
    (tmp_path / "mail.log").write_text(MODERN.replace("1@", "3@").replace("T11", "T12"))
    os.utime(tmp_path / "mail.log.2.gz", (1, 1))
    log = PostfixLog(str(tmp_path / "mail.log*"))

    assert log.accepted([ONE, TWO, THREE]) == {ONE, THREE}
    assert log.covers(NOON)


def test_a_mailbox_holds_what_it_took_read_or_unread(tmp_path: Path) -> None:
    for folder, message_id in (("new", ONE), ("cur", TWO)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a").write_bytes(
            f"From: us\r\nMessage-Id: {message_id}\r\n\r\nMessage-ID: {THREE}\r\n".encode()
        )
    (tmp_path / "new" / "empty").write_bytes(b"")
    box = Maildir(tmp_path)

    assert box.accepted([ONE, TWO, THREE]) == {ONE, TWO}
    assert box.covers(NOON)
    assert not Maildir(tmp_path / "nowhere").covers(NOON)
    assert Maildir(tmp_path / "nowhere").accepted([ONE]) == set()


def test_the_settings_say_which_log_there_is(settings: LazySettings, tmp_path: Path) -> None:
    settings.RELAY_LOG, settings.MAILBOX_DIR = "", ""
    assert configured_log() is None
    settings.MAILBOX_DIR = str(tmp_path)
    assert isinstance(configured_log(), Maildir)
    settings.RELAY_LOG = str(tmp_path / "mail.log")
    assert isinstance(configured_log(), PostfixLog)
