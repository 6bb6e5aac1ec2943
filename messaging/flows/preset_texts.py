"""The texts that the presets send. A workspace's own from the moment on in which a flow is made of a preset."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from messaging.ready_texts import HELLO, SENDER, ReadyText, Words, paragraphs, products_of, where_known
from messaging.rendering import Block


def _cart_button(label: Words) -> Block:
    return {"type": "button", "label": label, "link": "{{ cart_url }}", **where_known("cart_url")}


WELCOME_FIRST = ReadyText(
    _("Welcome: the first day"),
    _("Welcome, {{ customer.first_name or 'and thank you' }}"),
    [
        paragraphs(
            HELLO,
            _(
                "It is good to have you with us! You will hear from {{ workspace.name }} when there is something "
                "worth telling, and not more often than that."
            ),
            _("One question to begin with: what brought you to us? Just reply to this message. A person reads it."),
            SENDER,
        ),
    ],
    preheader=_("Good to have you with us. One question to begin with."),
)
WELCOME_SECOND = ReadyText(
    _("Welcome: who we are"),
    _("Who stands behind {{ workspace.name }}"),
    [
        paragraphs(
            HELLO,
            _("You joined us recently, so here is a word about who we are."),
            _(
                "We do what we do by hand and with care, and we remember the people we do it for. Tell us what "
                "you like, what you can't have, what you are looking for: we note it, and next time we know."
            ),
            _("You can [choose what we write to you about]({{ preferences_url }})."),
            SENDER,
        ),
    ],
    preheader=_("A word about who we are, and what we would like to know of you."),
)
WELCOME_THIRD = ReadyText(
    _("Welcome: the first visit"),
    _("Where to begin, {{ customer.first_name or 'if you ask us' }}"),
    [
        paragraphs(
            HELLO,
            _(
                "If you have not been with us yet and wonder where to begin, ask us what our regulars choose. "
                "They choose it for a reason."
            ),
            _("And if something is not as it should be, tell us the same day. We will put it right."),
            _("We look forward to seeing you."),
            SENDER,
        ),
    ],
    preheader=_("What our regulars choose, and why."),
)
BIRTHDAY = ReadyText(
    _("Birthday message"),
    _("Happy birthday, {{ customer.first_name or 'from all of us' }}!"),
    [
        paragraphs(
            HELLO,
            _("Today is your day, and all of us at {{ workspace.name }} wish you a very happy birthday."),
            _("Thank you for being with us. Have a wonderful day and a good year."),
            SENDER,
        ),
    ],
    preheader=_("All of us wish you a wonderful day."),
)
ANNIVERSARY = ReadyText(
    _("Anniversary message"),
    _("Another year with you, {{ customer.first_name or 'and thank you' }}"),
    [
        paragraphs(
            HELLO,
            _(
                "On this day you came to {{ workspace.name }} for the first time. We remember, and we are glad "
                "that you stayed."
            ),
            _("Is there something that we could do better for you? Reply to this message; we read every one."),
            _("Thank you for another year."),
            SENDER,
        ),
    ],
    preheader=_("On this day you came to us for the first time."),
)
HOLIDAY = ReadyText(
    _("Holiday message"),
    _("A greeting from {{ workspace.name }}"),
    [
        paragraphs(
            HELLO,
            _("We wish you and everybody who is dear to you a happy holiday."),
            _("Thank you for being with us this year. We will be here for you in the next."),
            SENDER,
        ),
    ],
    preheader=_("A happy holiday to you and yours."),
)
CART_FIRST = ReadyText(
    _("Cart: the first reminder"),
    _("You left something behind"),
    [
        paragraphs(HELLO, _("This is still in your cart. We have kept it for you as it was.")),
        products_of("cart", most=6, **where_known("cart_products")),
        {
            "type": "button",
            "label": _("Pick up where you left off"),
            "link": "{{ cart_url }}",
            **where_known("cart_url"),
        },
        paragraphs(
            _(
                "Did something get in the way: a question, the delivery, the payment? Reply to this message, and "
                "we will sort it out together."
            ),
            SENDER,
        ),
    ],
    preheader=_("We have kept your cart for you as it was."),
)
CART_SECOND = ReadyText(
    _("Cart: the last reminder"),
    _("Shall we still keep it for you?"),
    [
        paragraphs(HELLO, _("Your cart is still waiting for you:")),
        products_of("cart", most=6, **where_known("cart_products")),
        _cart_button(_("Go to your cart")),
        paragraphs(
            _(
                "If you have changed your mind, that is quite all right. There is nothing you need to do, and we "
                "will not ask again."
            ),
            SENDER,
        ),
    ],
    preheader=_("This is the last time that we ask."),
)
BROWSE = ReadyText(
    _("After looking around"),
    _("Did you find what you were looking for?"),
    [
        paragraphs(HELLO, _("You had a look around our shop.")),
        paragraphs(_("This caught your eye:"), **where_known("viewed_products")),
        products_of("viewed", **where_known("viewed_products")),
        paragraphs(
            _(
                "If you were not quite sure, tell us what you need it for: we are happy to advise you. And if you"
                " were just looking, come back any time."
            ),
            SENDER,
        ),
    ],
    preheader=_("A look back at what caught your eye."),
)
THANKS = ReadyText(
    _("Thanks for the order"),
    _("Thank you, {{ customer.first_name or 'and enjoy it' }}"),
    [
        paragraphs(
            HELLO,
            _("Thank you for your order. It means a lot to us that you chose {{ workspace.name }}."),
            _("If anything is not as it should be, reply to this message, and we will put it right."),
            SENDER,
        ),
    ],
    preheader=_("It means a lot to us."),
)
FOLLOW_UP = ReadyText(
    _("A week later"),
    _("How was it?"),
    [
        paragraphs(
            HELLO,
            _("You have had your order for a week now. How was it?"),
            _(
                "If all was well, we are glad, and a word to a friend would make us happy. If something was not, "
                "please tell us first: reply to this message, and we will put it right."
            ),
            SENDER,
        ),
    ],
    preheader=_("We would like to know, whatever it is."),
)
WIN_BACK_FIRST = ReadyText(
    _("Win back: the first message"),
    _("It has been a while, {{ customer.first_name or 'and we noticed' }}"),
    [
        paragraphs(
            HELLO,
            _("It has been a while since your last order, and we noticed."),
            _(
                "Is everything all right? If something was not as you wished last time, we would like to know, "
                "and to put it right."
            ),
            _("If life was simply busy: we are still here, and we look forward to seeing you."),
            SENDER,
        ),
    ],
    preheader=_("Is everything all right?"),
)
WIN_BACK_SECOND = ReadyText(
    _("Win back: the last message"),
    _("A last word from us for now"),
    [
        paragraphs(
            HELLO,
            _("We do not want to fill your inbox, so this is our last message of this kind."),
            _(
                "If you would like to hear from us less often, or about other things, [choose here]({{ "
                "preferences_url }})."
            ),
            _("And whenever you come back, you are welcome."),
            SENDER,
        ),
    ],
    preheader=_("Whenever you come back, you are welcome."),
)
