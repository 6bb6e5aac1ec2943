"""Messages in doubt: settled by evidence, by the command, by the task, or by somebody's decision."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.doorbells import ring
from accounts.models import AuditEntry, Doorbell, Workspace
from accounts.scope import workspace_scope
from messaging.actions.outcomes import DOUBTS
from messaging.actions.settling import Decision, Finding, decide_message, settle_by_evidence
from messaging.models import Message
from messaging.refusals import MessageNotInDoubt
from messaging.sending.rounds import send_due
from messaging.tasks import settle_doubts
from tests.factories.messaging import MessageFactory
from tests.messaging.sending.outbox import history_of, later, put_in_doubt, row, states, told_of
from tests.relay import Relay

JUST_NOW = timedelta(seconds=5)


@pytest.fixture
def mailbox(tmp_path: Path) -> Path:
    (tmp_path / "new").mkdir()
    return tmp_path


def arrived(message: Message, mailbox: Path) -> None:
    (mailbox / "new" / str(message.pk)).write_text(f"Message-ID: {message.message_id}\r\n\r\nHi\r\n")


def in_doubt(**values: object) -> Message:
    return put_in_doubt(MessageFactory(**values))


def reconciled(*arguments: str) -> list[str]:
    said = StringIO()
    call_command("reconcile_messages", *arguments, stdout=said)
    return said.getvalue().splitlines()


def test_the_command_settles_by_what_the_mail_server_kept(workspace: Workspace, mailbox: Path, relay: Relay) -> None:
    was_sent, was_lost, recent = in_doubt(), in_doubt(), put_in_doubt(MessageFactory(), tried=JUST_NOW)
    arrived(was_sent, mailbox)
    before = was_lost.message_id

    lines = reconciled("--maildir", str(mailbox))

    assert lines == [
        "bakery: 1 sent, 1 queued again, 1 still in doubt",
        "all: 1 sent, 1 queued again, 1 still in doubt",
    ]
    assert states(was_sent, was_lost, recent) == ["sent", "queued", "unknown"]
    assert was_sent.sent_at == was_sent.tried_at
    assert told_of(was_sent) == ["MessageSent"]
    assert history_of(was_sent) == [("settled", "sent: Maildir")]
    assert history_of(was_lost) == [("settled", "queued: Maildir")]
    later()
    send_due(workspace)
    assert row(was_lost) == ("sent", "", 2)
    assert relay.recipients == [was_lost.address]
    assert f"Message-ID: {before}" in relay.received[0].content.decode()


def test_what_arrived_a_moment_ago_is_settled_at_once(workspace: Workspace, mailbox: Path) -> None:
    recent = put_in_doubt(MessageFactory(), tried=JUST_NOW)
    arrived(recent, mailbox)

    reconciled("--maildir", str(mailbox))

    assert row(recent)[0] == "sent"


def test_a_log_that_began_too_late_proves_no_absence(workspace: Workspace, tmp_path: Path) -> None:
    message = in_doubt()
    begun = timezone.now() - timedelta(minutes=10)
    (tmp_path / "mail.log").write_text(f"{begun.isoformat()} mail postfix/master[1]: daemon started\n")

    assert (
        reconciled("--postfix-log", str(tmp_path / "mail.log"))[-1] == "all: 0 sent, 0 queued again, 1 still in doubt"
    )

    assert row(message)[0] == "unknown"


def test_the_command_goes_through_every_workspace(
    workspace: Workspace, other_workspace: Workspace, mailbox: Path
) -> None:
    ours = in_doubt()
    with workspace_scope(other_workspace):
        theirs = in_doubt()
    arrived(theirs, mailbox)

    assert reconciled("--maildir", str(mailbox)) == [
        "bakery: 0 sent, 1 queued again, 0 still in doubt",
        "florist: 1 sent, 0 queued again, 0 still in doubt",
        "all: 1 sent, 1 queued again, 0 still in doubt",
    ]
    assert row(ours)[0] == "queued"
    with workspace_scope(other_workspace):
        assert row(theirs)[0] == "sent"


def test_the_command_needs_something_to_ask(workspace: Workspace, settings: LazySettings, mailbox: Path) -> None:
    settings.RELAY_LOG = settings.MAILBOX_DIR = ""
    with pytest.raises(CommandError, match="RELAY_LOG"):
        reconciled()
    with pytest.raises(CommandError, match="not allowed with"):
        reconciled("--maildir", str(mailbox), "--postfix-log", "mail.log")
    settings.MAILBOX_DIR = str(mailbox)
    assert reconciled() == ["all: 0 sent, 0 queued again, 0 still in doubt"]


def test_the_task_asks_again_until_everything_is_settled(
    workspace: Workspace, settings: LazySettings, mailbox: Path
) -> None:
    settings.MAILBOX_DIR = str(mailbox)
    message = put_in_doubt(MessageFactory(), tried=JUST_NOW)
    ring(DOUBTS)

    settle_doubts.run(workspace)
    assert [bell.due_at > timezone.now() for bell in Doorbell.objects.filter(queue=DOUBTS)] == [True]
    arrived(message, mailbox)
    settle_doubts.run(workspace)

    assert row(message)[0] == "sent"
    assert not Doorbell.objects.filter(queue=DOUBTS).exists()


def test_evidence_of_an_earlier_attempt_says_nothing_about_a_later_one(workspace: Workspace) -> None:
    message = in_doubt()
    assert message.tried_at is not None
    stale = Finding(message.pk, message.tried_at - timedelta(hours=1), is_accepted=False)

    assert settle_by_evidence([stale], evidence="test").total() == 0

    assert row(message)[0] == "unknown"


@pytest.mark.parametrize(
    ("decision", "expected", "told"),
    [
        (Decision.SENT, ("sent", "", 1), ["MessageSent"]),
        (Decision.RESEND, ("queued", "", 1), []),
        (Decision.FAILED, ("failed", "decided", 1), ["MessageFailed"]),
    ],
)
def test_somebody_decides(
    decision: Decision, expected: tuple[str, str, int], told: list[str], workspace: Workspace
) -> None:
    message = in_doubt()

    with workspace_scope(workspace, actor="user:7"):
        decide_message(message, decision=decision, why="it is in the log")

    assert row(message) == expected
    assert told_of(message) == told
    assert [(entry.actor, entry.detail["decision"]) for entry in AuditEntry.objects.all()] == [("user:7", decision)]
    [event] = message.events.all()
    assert (event.kind, event.actor, event.detail) == ("decided", "user:7", f"{decision}: it is in the log")


def test_deciding_twice_is_refused(workspace: Workspace) -> None:
    message = in_doubt()
    decide_message(message, decision=Decision.RESEND, why="asked")

    with pytest.raises(MessageNotInDoubt, match="Waiting"):
        decide_message(message, decision=Decision.FAILED, why="asked")

    assert row(message)[0] == "queued"


def test_sent_again_by_decision_it_keeps_its_message_id(workspace: Workspace, relay: Relay) -> None:
    message = in_doubt()
    decide_message(message, decision=Decision.RESEND, why="asked")

    send_due(workspace)

    assert row(message) == ("sent", "", 2)
    assert message.message_id in relay.received[0].content.decode()
