"""Texts to begin a template with, each whole enough to be sent after a name or a date was changed."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from messaging.ready_texts import HELLO, SENDER, ReadyText, paragraphs, products_of, where_known


@dataclass(frozen=True)
class Starter:
    key: str
    what_for: str | Promise
    text: ReadyText


_REGARDS = format_lazy("{}\n{}", _("Warm regards,"), SENDER)

STARTERS = (
    Starter(
        "newsletter",
        _("What is new, what is loved, one thing to do."),
        ReadyText(
            _("Newsletter"),
            _("What is new at {{ workspace.name }}"),
            [
                {"type": "heading", "text": _("News from {{ workspace.name }}"), "level": 1},
                paragraphs(HELLO, _("Here is what happened since we last wrote, in two minutes of reading.")),
                {"type": "heading", "text": _("New this month"), "level": 2},
                paragraphs(
                    _(
                        "We have been busy, and there is something new to try. Come by and tell us what you think: we "
                        "read every reply ourselves."
                    )
                ),
                {"type": "heading", "text": _("What others like best"), "level": 2},
                products_of("best"),
                {"type": "divider"},
                paragraphs(
                    _("Is there something that you would like to read about here? Just reply to this message."),
                    _REGARDS,
                ),
            ],
            preheader=_("Three things that we have been working on, and what others like best."),
        ),
    ),
    Starter(
        "announcement",
        _("One piece of news, said at once."),
        ReadyText(
            _("Announcement"),
            _("We have news for you, {{ customer.first_name or 'dear customer' }}"),
            [
                {"type": "heading", "text": _("We have news"), "level": 1},
                paragraphs(
                    HELLO,
                    _("We wanted you to be among the first to hear it: something that many of you asked for is here."),
                    _("**What changes for you:**"),
                    _(
                        "- you need to do nothing\n- what you had before stays as it is\n"
                        "- if you have a question, just reply to this message"
                    ),
                ),
                paragraphs(_("Thank you for being with us."), _REGARDS),
            ],
            preheader=_("It takes a minute to read, and we think that you will like it."),
        ),
    ),
    Starter(
        "offer",
        _("What is in the cart or was looked at, and what sells best."),
        ReadyText(
            _("Offer"),
            _("{{ customer.first_name or 'Hello' }}, something for you from {{ workspace.name }}"),
            [
                {"type": "heading", "text": _("Picked for you"), "level": 1, "align": "center"},
                paragraphs(HELLO, _("Here is something that you may like.")),
                paragraphs(_("**Still in your cart:**"), **where_known("cart_products")),
                products_of("cart", **where_known("cart_products")),
                paragraphs(_("**You looked at these:**"), **where_known("viewed_products")),
                products_of("viewed", **where_known("viewed_products")),
                {"type": "heading", "text": _("Liked best these days"), "level": 2},
                products_of("best"),
                paragraphs(_("Questions? Just reply to this message."), _REGARDS),
            ],
            preheader=_("Picked for you: what you looked at, and what others like best."),
        ),
    ),
    Starter(
        "letter",
        _("As one person writes to another. Often gets the most replies."),
        ReadyText(
            _("Plain letter"),
            _("A word from {{ workspace.sender_name }}"),
            [
                paragraphs(
                    HELLO,
                    _("I am writing to ask you something: how do you like what you got from us?"),
                    _("Your answer comes to me, and I read every one. Two sentences are enough."),
                    format_lazy("{}\n{}", _("Thank you, and all the best,"), SENDER),
                )
            ],
        ),
    ),
)


def starter(key: str) -> Starter | None:
    return next((each for each in STARTERS if each.key == key), None)
