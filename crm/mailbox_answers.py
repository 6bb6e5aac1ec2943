"""What the recipient of a letter in the local mailbox, and mail servers on the way, would send back: real mail."""

from __future__ import annotations

import mailbox
from email.message import EmailMessage, Message
from email.utils import formatdate, make_msgid
from pathlib import Path

from crm.mailbox import Letter


def write_back(letter: Letter, *, text: str) -> EmailMessage:
    """As the recipient's mail program writes it, with what it answers quoted below."""
    reply = _to_sender(letter, sender=_recipient(letter))
    reply["Subject"] = f"Re: {letter.subject}"
    reply["In-Reply-To"] = reply["References"] = str(letter.message["Message-ID"])
    quoted = "\n".join(f"> {line}" for line in letter.text.splitlines())
    reply.set_content(f"{text}\n\nOn {letter.received_at:%d %b %Y}, {letter.sender} wrote:\n{quoted}\n")
    return reply


def bounce(letter: Letter) -> EmailMessage:
    """A delivery report (RFC 3464): no such mailbox."""
    fields = EmailMessage()
    fields["Reporting-MTA"] = "dns; mailbox"
    status = EmailMessage()
    status["Final-Recipient"] = f"rfc822; {_recipient(letter)}"
    status["Action"] = "failed"
    status["Status"] = "5.1.1"
    status["Diagnostic-Code"] = "smtp; 550 5.1.1 There is no such mailbox"
    report = _to_sender(letter, sender="MAILER-DAEMON@localhost")
    report["Subject"] = "Undelivered mail returned to sender"
    return _reported(report, "delivery-status", [fields, status], letter)


def complain(letter: Letter) -> EmailMessage:
    """An abuse report (RFC 5965), as providers send it when somebody presses “This is spam”."""
    fields = EmailMessage()
    fields["Feedback-Type"] = "abuse"
    fields["User-Agent"] = "Rapport's mailbox/1"
    fields["Version"] = "1"
    report = _to_sender(letter, sender="abuse@localhost")
    report["Subject"] = f"Fwd: {letter.subject}"
    return _reported(report, "feedback-report", [fields], letter)


def drop(mail: EmailMessage, folder: Path) -> None:
    """Where `messaging.inbound` reads it."""
    mailbox.Maildir(folder, create=True).add(mailbox.MaildirMessage(mail.as_bytes()))


def _to_sender(letter: Letter, *, sender: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = str(letter.message["Reply-To"] or letter.sender)
    mail["Date"] = formatdate()
    mail["Message-ID"] = make_msgid(domain="localhost")
    return mail


def _reported(report: EmailMessage, kind: str, fields: list[EmailMessage], letter: Letter) -> EmailMessage:
    report["Content-Type"] = f'multipart/report; report-type="{kind}"'
    report["MIME-Version"] = "1.0"
    words = EmailMessage()
    words.set_content("This report was made by the mailbox, on request.\n")
    status = EmailMessage()
    status["Content-Type"] = f"message/{kind}"
    status.set_payload(list[Message | str](fields) if kind == "delivery-status" else str(fields[0]))
    original = EmailMessage()
    original.set_content("".join(f"{name}: {value}\n" for name, value in letter.headers), subtype="rfc822-headers")
    report.set_payload([words, status, original])
    return report


def _recipient(letter: Letter) -> str:
    return letter.recipients.partition(",")[0]
