"""Mails as servers and people really write them."""

from __future__ import annotations


def bounce(message_id: str, *, status: str = "5.1.1", action: str = "failed") -> bytes:
    """Postfix's, shortened."""
    return f"""\
From: MAILER-DAEMON@relay.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: replies@rapport.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Message-Id: <20261122.abc@relay.example>
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; maria@mail.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} No such user here

--B
Content-Type: text/rfc822-headers

From: Bakery <hello@bakery.example>
Message-ID: {message_id}
Subject: News

--B--
""".replace("\n", "\r\n").encode()


def complaint(message_id: str) -> bytes:
    return f"""\
From: complaints@provider.example
Subject: FW: News
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: text/plain

This is an email abuse report.

--B
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1

--B
Content-Type: message/rfc822

From: Bakery <hello@bakery.example>
Message-ID: {message_id}
Subject: News

Fresh bread!

--B--
""".replace("\n", "\r\n").encode()


def reply(
    message_id: str, *, text: str = "Is the rye loaf back?", mail_id: str = "<a1@mail.example>", extra: str = ""
) -> bytes:
    return f"""\
From: Maria <maria@mail.example>
To: replies@rapport.example
Subject: Re: News
Date: Sun, 22 Nov 2026 09:00:00 +0100
Message-ID: {mail_id}
In-Reply-To: {message_id}
References: <first@mail.example> {message_id}
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
{extra}
{text}

On Sun, Nov 22, 2026 at 8:00 AM Bakery <hello@bakery.example> wrote:
> Fresh bread!
""".replace("\n", "\r\n").encode()
