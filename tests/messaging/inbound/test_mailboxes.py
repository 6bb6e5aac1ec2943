"""From the folder where mail arrives to the workspace that it is for, through the tasks."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.exceptions import ImproperlyConfigured

from accounts.models import Workspace
from accounts.scope import workspace_scope
from messaging.actions.queueing import queue_messages
from messaging.drafts import MessageDraft
from messaging.inbound.collecting import sort_incoming, take_in, write_down
from messaging.inbound.mailboxes import InboxUnavailable, open_inbox
from messaging.inbound.reading import IncomingReply
from messaging.models import Message, Reply
from messaging.tasks import find_incoming_mail, take_in_mail
from tests.factories.accounts import WorkspaceFactory
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import TemplateVersionFactory
from tests.imap import Folder, serving
from tests.messaging.inbound.mails import reply

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def bakery() -> Workspace:
    return WorkspaceFactory(name="Bakery", slug="bakery")


@pytest.fixture
def maildir(tmp_path: Path, settings: LazySettings) -> mailbox.Maildir:
    settings.INBOUND_URL = f"maildir://{tmp_path / 'incoming'}"
    return mailbox.Maildir(tmp_path / "incoming")


@pytest.fixture
def imap(settings: LazySettings) -> Iterator[Folder]:
    with serving(Folder()) as folder:
        settings.INBOUND_URL = folder.url
        yield folder


def a_message(workspace: Workspace) -> Message:
    """Through the outbox, which gives it a Message-ID that tells whose it is."""
    with workspace_scope(workspace):
        customer = CustomerFactory()
        queue_messages(
            [
                MessageDraft(
                    address=customer.email,
                    purpose="greeting",
                    dedupe_key="greeting:1",
                    template_version_id=TemplateVersionFactory().pk,
                    customer_id=customer.pk,
                )
            ]
        )
        return Message.objects.get()


def mail_is_taken_in() -> None:
    """What the workers do that `find_incoming_mail` calls."""
    for workspace, keys in sort_incoming().items():
        take_in_mail.run(workspace, keys)


def replies_of(workspace: Workspace) -> list[str]:
    with workspace_scope(workspace):
        return list(Reply.objects.values_list("text", flat=True))


def test_a_reply_in_a_maildir_reaches_its_workspace_and_no_other(bakery: Workspace, maildir: mailbox.Maildir) -> None:
    other = WorkspaceFactory(slug="other")
    maildir.add(reply(a_message(bakery).message_id))
    maildir.add(reply("<stranger@elsewhere.example>", mail_id="<a2@mail.example>"))

    mail_is_taken_in()

    assert (replies_of(bakery), replies_of(other)) == (["Is the rye loaf back?"], [])
    assert sort_incoming() == {}
    assert len(maildir) == 2


def test_a_mail_that_comes_twice_is_one_reply(bakery: Workspace, maildir: mailbox.Maildir) -> None:
    mail = reply(a_message(bakery).message_id)
    for _ in range(2):
        maildir.add(mail)
        mail_is_taken_in()

    assert replies_of(bakery) == ["Is the rye loaf back?"]


def test_a_reader_that_died_before_it_was_done_reads_again(bakery: Workspace, maildir: mailbox.Maildir) -> None:
    maildir.add(reply(a_message(bakery).message_id))
    found = sort_incoming()

    take_in(bakery, found[bakery])
    take_in(bakery, found[bakery])

    assert replies_of(bakery) == ["Is the rye loaf back?"]


def test_what_no_database_stores_keeps_no_later_mail_waiting(bakery: Workspace, imap: Folder) -> None:
    answered = a_message(bakery).message_id
    odd = reply(answered, text="Yes\0 please", mail_id="<a\0b@mail.example>")
    odd = odd.replace(b"Subject: Re: News", b"Subject: =?utf-8?q?a=00b?=")
    half = reply(answered, text="+2AA-No", mail_id="<a2@mail.example>").replace(b"charset=utf-8", b"charset=utf-7")
    imap.mails = {7: odd, 8: half, 9: reply(answered, mail_id="<a3@mail.example>")}

    mail_is_taken_in()

    assert sorted(replies_of(bakery)) == ["Is the rye loaf back?", "No", "Yes please"]
    assert imap.seen == {7, 8, 9}
    with workspace_scope(bakery):
        assert list(Reply.objects.order_by("pk").values_list("subject", flat=True)[:1]) == ["ab"]


def test_what_is_not_taken_now_is_not_asked_for_again(bakery: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    said = IncomingReply((a_message(bakery).message_id,), "<a\0b@mail.example>", "", "", "", at=NOW, is_automatic=False)

    assert write_down(bakery, said)

    assert "could not be written down" in caplog.text
    assert replies_of(bakery) == []


def test_a_mail_is_in_the_hands_of_one_worker_until_it_is_done_or_put_back(bakery: Workspace, imap: Folder) -> None:
    imap.mails = {7: reply(a_message(bakery).message_id)}

    assert [sort_incoming(), sort_incoming()] == [{bakery: ["7"]}, {}]
    imap.drops_on = "UID FETCH"
    with pytest.raises(InboxUnavailable):
        take_in(bakery, ["7"])
    imap.drops_on = ""

    assert sort_incoming() == {bakery: ["7"]}


def test_mail_by_imap_is_read_whole_and_marked_as_read(bakery: Workspace, imap: Folder) -> None:
    imap.mails = {7: reply(a_message(bakery).message_id), 9: b"Subject: hello\r\n\r\nto nobody\r\n"}

    mail_is_taken_in()

    assert replies_of(bakery) == ["Is the rye loaf back?"]
    assert imap.seen == {7, 9}


@pytest.mark.parametrize("drops_on", ["LOGIN", "SELECT", "UID FETCH", "UID STORE"])
def test_a_server_that_hangs_up_loses_nothing(bakery: Workspace, imap: Folder, drops_on: str) -> None:
    imap.mails = {7: reply(a_message(bakery).message_id)}
    imap.drops_on = drops_on
    with pytest.raises(InboxUnavailable):
        take_in(bakery, ["7"])

    imap.drops_on = ""
    mail_is_taken_in()

    assert replies_of(bakery) == ["Is the rye loaf back?"]
    assert imap.seen == {7}


def test_a_server_that_hangs_up_on_the_search_is_asked_again(bakery: Workspace, imap: Folder) -> None:
    imap.mails = {7: reply(a_message(bakery).message_id)}
    imap.drops_on = "UID SEARCH"
    with pytest.raises(InboxUnavailable):
        mail_is_taken_in()
    assert replies_of(bakery) == []

    imap.drops_on = ""
    mail_is_taken_in()
    assert replies_of(bakery) == ["Is the rye loaf back?"]


def test_a_wrong_password_or_folder_is_told(imap: Folder) -> None:
    wrong = imap.url.replace("secret", "wrong"), imap.url.replace("INBOX", "Nowhere")

    for url in wrong:
        with pytest.raises(InboxUnavailable), open_inbox(url):
            pass


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="INBOUND_URL begins with"), open_inbox("pop3://mail.example"):
        pass


def test_nothing_is_read_where_nothing_is_configured(bakery: Workspace, settings: LazySettings) -> None:
    settings.INBOUND_URL = ""

    find_incoming_mail()

    assert replies_of(bakery) == []


def test_a_mailbox_that_does_not_answer_is_no_failure_of_ours(
    imap: Folder, settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.INBOUND_URL = imap.url.replace("secret", "wrong")

    find_incoming_mail()

    assert "does not answer" in caplog.text
