from __future__ import annotations

from django.db import models

from accounts.fields import WorkspaceForeignKey
from accounts.models import WorkspaceOwned
from customers.models import Customer
from messaging.models.messages import Message


class Reply(WorkspaceOwned):
    """What a customer wrote back to a message. `mail_id` is its own Message-ID: the same mail twice is one reply.

    `sender` need not be the address that was written to. Blank, with the text, once the customer was erased.
    """

    customer = WorkspaceForeignKey(Customer, on_delete=models.PROTECT, related_name="replies")
    message = WorkspaceForeignKey(Message, on_delete=models.PROTECT, related_name="replies")
    mail_id = models.CharField(max_length=300)
    sender = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)
    received_at = models.DateTimeField()

    class Meta(WorkspaceOwned.Meta):
        verbose_name_plural = "replies"
        constraints = [models.UniqueConstraint(fields=["workspace", "mail_id"], name="one_reply_per_mail")]
        indexes = [
            models.Index(fields=["workspace", "-received_at", "-id"], name="reply_newest_first"),
        ]

    def __str__(self) -> str:
        return f"reply to {self.message_id}"
