"""The texts that the presets send. A workspace's own from the moment on in which a flow is made of a preset."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class PresetLetter:
    name: str | Promise
    subject: str | Promise
    body: str | Promise


WELCOME_FIRST = PresetLetter(
    _("Welcome: the first day"),
    _("Welcome, {{ customer.first_name or 'and thank you' }}"),
    _(
        "Hello {{ customer.first_name or 'there' }},\n\n"
        "It is good to have you with us! You will hear from {{ workspace.name }} when there is something worth "
        "telling, and not more often than that.\n\n"
        "One question to begin with: what brought you to us? Just reply to this message. A person reads it.\n\n"
        "{{ workspace.sender_name }}"
    ),
)
WELCOME_SECOND = PresetLetter(
    _("Welcome: who we are"),
    _("Who stands behind {{ workspace.name }}"),
    _(
        "Hello {{ customer.first_name or 'there' }},\n\n"
        "You joined us recently, so here is a word about who we are.\n\n"
        "We do what we do by hand and with care, and we remember the people we do it for. Tell us what you like, "
        "what you can't have, what you are looking for: we note it, and next time we know.\n\n"
        "You can choose what we write to you about here: {{ preferences_url }}\n\n"
        "{{ workspace.sender_name }}"
    ),
)
WELCOME_THIRD = PresetLetter(
    _("Welcome: the first visit"),
    _("Where to begin, {{ customer.first_name or 'if you ask us' }}"),
    _(
        "Hello {{ customer.first_name or 'there' }},\n\n"
        "If you have not been with us yet and wonder where to begin, ask us what our regulars choose. They choose it "
        "for a reason.\n\n"
        "And if something is not as it should be, tell us the same day. We will put it right.\n\n"
        "We look forward to seeing you.\n\n"
        "{{ workspace.sender_name }}"
    ),
)
BIRTHDAY = PresetLetter(
    _("Birthday message"),
    _("Happy birthday, {{ customer.first_name or 'from all of us' }}!"),
    _(
        "Hello {{ customer.first_name or 'there' }},\n\n"
        "Today is your day, and all of us at {{ workspace.name }} wish you a very happy birthday.\n\n"
        "Thank you for being with us. Have a wonderful day and a good year.\n\n"
        "{{ workspace.sender_name }}"
    ),
)
ANNIVERSARY = PresetLetter(
    _("Anniversary message"),
    _("Another year with you, {{ customer.first_name or 'and thank you' }}"),
    _(
        "Hello {{ customer.first_name or 'there' }},\n\n"
        "On this day you came to {{ workspace.name }} for the first time. We remember, and we are glad that you "
        "stayed.\n\n"
        "Is there something that we could do better for you? Reply to this message; we read every one.\n\n"
        "Thank you for another year.\n\n"
        "{{ workspace.sender_name }}"
    ),
)
HOLIDAY = PresetLetter(
    _("Holiday message"),
    _("A greeting from {{ workspace.name }}"),
    _(
        "Hello {{ customer.first_name or 'there' }},\n\n"
        "We wish you and everybody who is dear to you a happy holiday.\n\n"
        "Thank you for being with us this year. We will be here for you in the next.\n\n"
        "{{ workspace.sender_name }}"
    ),
)
CART_FIRST = PresetLetter(
    _("Cart: the first reminder"),
    _("You left something behind"),
    _(
        "Hello {{ customer.first_name or 'there' }},\n\n"
        "This is still in your cart. We have kept it for you as it was.\n\n"
        "{% for item in cart_products %}{{ item.quantity }} x {{ item.name }}, {{ item.price }}\n"
        "{% endfor %}\n\n"
        "{% if cart_url %}Pick up where you left off: {{ cart_url }}{% endif %}\n\n"
        "Did something get in the way: a question, the delivery, the payment? Reply to this message, and we will sort "
        "it out together.\n\n"
        "{{ workspace.sender_name }}"
    ),
)
CART_SECOND = PresetLetter(
    _("Cart: the last reminder"),
    _("Shall we still keep it for you?"),
    _(
        "Hello {{ customer.first_name or 'there' }},\n\n"
        "Your cart is still waiting for you:\n\n"
        "{% for item in cart_products %}{{ item.quantity }} x {{ item.name }}\n{% endfor %}\n\n"
        "If you have changed your mind, that is quite all right. There is nothing you need to do, and we will not ask "
        "again.\n\n"
        "{% if cart_url %}If you have not, it is only a few clicks away: {{ cart_url }}{% endif %}\n\n"
        "{{ workspace.sender_name }}"
    ),
)
BROWSE = PresetLetter(
    _("After looking around"),
    _("Did you find what you were looking for?"),
    _(
        "Hello {{ customer.first_name or 'there' }},\n\n"
        "You had a look around our shop.\n\n"
        "{% if viewed_products %}This caught your eye:\n\n"
        "{% for item in viewed_products %}{{ item.name }}, {{ item.price }}: {{ item.product_url }}\n{% endfor %}"
        "{% endif %}\n\n"
        "If you were not quite sure, tell us what you need it for: we are happy to advise you. And if you were just "
        "looking, come back any time.\n\n"
        "{{ workspace.sender_name }}"
    ),
)
THANKS = PresetLetter(
    _("Thanks for the order"),
    _("Thank you, {{ customer.first_name or 'and enjoy it' }}"),
    _(
        "Hello {{ customer.first_name or 'there' }},\n\n"
        "Thank you for your order. It means a lot to us that you chose {{ workspace.name }}.\n\n"
        "If anything is not as it should be, reply to this message, and we will put it right.\n\n"
        "{{ workspace.sender_name }}"
    ),
)
FOLLOW_UP = PresetLetter(
    _("A week later"),
    _("How was it?"),
    _(
        "Hello {{ customer.first_name or 'there' }},\n\n"
        "You have had your order for a week now. How was it?\n\n"
        "If all was well, we are glad, and a word to a friend would make us happy. If something was not, please tell "
        "us first: reply to this message, and we will put it right.\n\n"
        "{{ workspace.sender_name }}"
    ),
)
WIN_BACK_FIRST = PresetLetter(
    _("Win back: the first message"),
    _("It has been a while, {{ customer.first_name or 'and we noticed' }}"),
    _(
        "Hello {{ customer.first_name or 'there' }},\n\n"
        "It has been a while since your last order, and we noticed.\n\n"
        "Is everything all right? If something was not as you wished last time, we would like to know, and to put it "
        "right.\n\n"
        "If life was simply busy: we are still here, and we look forward to seeing you.\n\n"
        "{{ workspace.sender_name }}"
    ),
)
WIN_BACK_SECOND = PresetLetter(
    _("Win back: the last message"),
    _("A last word from us for now"),
    _(
        "Hello {{ customer.first_name or 'there' }},\n\n"
        "We do not want to fill your inbox, so this is our last message of this kind.\n\n"
        "If you would like to hear from us less often, or about other things, choose here: {{ preferences_url }}\n\n"
        "And whenever you come back, you are welcome.\n\n"
        "{{ workspace.sender_name }}"
    ),
)
