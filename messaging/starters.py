"""Texts to begin with, each whole enough to be sent after a name or a date was changed."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messaging.rendering import Block


@dataclass(frozen=True)
class Starter:
    key: str
    name: str | Promise
    what_for: str | Promise
    subject: str
    preheader: str
    blocks: list[Block]


_HELLO = "Hello {{ customer.first_name or 'there' }},"
_REGARDS = "Warm regards,\n{{ workspace.sender_name }}"

STARTERS = (
    Starter(
        "newsletter",
        _("Newsletter"),
        _("What is new, what is loved, one thing to do."),
        "What is new at {{ workspace.name }}",
        "Three things that we have been working on, and what others like best.",
        [
            {"type": "heading", "text": "News from {{ workspace.name }}", "level": 1},
            {
                "type": "text",
                "text": f"{_HELLO}\n\nHere is what happened since we last wrote, in two minutes of reading.",
            },
            {"type": "heading", "text": "New this month", "level": 2},
            {
                "type": "text",
                "text": "We have been busy, and there is something new to try. Come by and tell us what you think: we "
                "read every reply ourselves.",
            },
            {"type": "heading", "text": "What others like best", "level": 2},
            {"type": "products", "list": "best", "most": 3, "prices": True},
            {"type": "divider"},
            {
                "type": "text",
                "text": "Is there something that you would like to read about here? Just reply to this message.\n\n"
                f"{_REGARDS}",
            },
        ],
    ),
    Starter(
        "announcement",
        _("Announcement"),
        _("One piece of news, said at once."),
        "We have news for you, {{ customer.first_name or 'dear customer' }}",
        "It takes a minute to read, and we think that you will like it.",
        [
            {"type": "heading", "text": "We have news", "level": 1},
            {
                "type": "text",
                "text": f"{_HELLO}\n\nWe wanted you to be among the first to hear it: something that many of you asked "
                "for is here.\n\n**What changes for you:**\n\n- you need to do nothing\n- what you had before stays as "
                "it is\n- if you have a question, just reply to this message",
            },
            {"type": "text", "text": f"Thank you for being with us.\n\n{_REGARDS}"},
        ],
    ),
    Starter(
        "offer",
        _("Offer"),
        _("What is in the cart or was looked at, and what sells best."),
        "{{ customer.first_name or 'Hello' }}, something for you from {{ workspace.name }}",
        "Picked for you: what you looked at, and what others like best.",
        [
            {"type": "heading", "text": "Picked for you", "level": 1, "align": "center"},
            {"type": "text", "text": f"{_HELLO}\n\nHere is something that you may like."},
            {
                "type": "text",
                "text": "**Still in your cart:**",
                "when": {"fact": "cart_products", "is": "known"},
            },
            {
                "type": "products",
                "list": "cart",
                "most": 3,
                "prices": True,
                "when": {"fact": "cart_products", "is": "known"},
            },
            {
                "type": "text",
                "text": "**You looked at these:**",
                "when": {"fact": "viewed_products", "is": "known"},
            },
            {
                "type": "products",
                "list": "viewed",
                "most": 3,
                "prices": True,
                "when": {"fact": "viewed_products", "is": "known"},
            },
            {"type": "heading", "text": "Liked best these days", "level": 2},
            {"type": "products", "list": "best", "most": 3, "prices": True},
            {"type": "text", "text": f"Questions? Just reply to this message.\n\n{_REGARDS}"},
        ],
    ),
    Starter(
        "letter",
        _("Plain letter"),
        _("As one person writes to another. Often gets the most replies."),
        "A word from {{ workspace.sender_name }}",
        "",
        [
            {
                "type": "text",
                "text": f"{_HELLO}\n\nI am writing to ask you something: how do you like what you got from us?\n\nYour "
                "answer comes to me, and I read every one. Two sentences are enough.\n\nThank you, and all the best,\n"
                "{{ workspace.sender_name }}",
            }
        ],
    ),
)


def starter(key: str) -> Starter | None:
    return next((each for each in STARTERS if each.key == key), None)
