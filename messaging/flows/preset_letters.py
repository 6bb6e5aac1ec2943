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
        "how good to have you with us! You will hear from {{ workspace.name }} when there is something worth "
        "telling, and not more often than that.\n\n"
        "One question to begin with: what brought you to us? Simply answer this letter. A person reads it.\n\n"
        "{{ workspace.sender_name }}"
    ),
)
WELCOME_SECOND = PresetLetter(
    _("Welcome: who we are"),
    _("Who stands behind {{ workspace.name }}"),
    _(
        "Hello {{ customer.first_name or 'there' }},\n\n"
        "yesterday you joined us, so today a word about who we are.\n\n"
        "We do what we do by hand and with care, and we remember the people we do it for. Tell us what you like, "
        "what you can't have, what you are looking for: it is noted, and the next time we know.\n\n"
        "If you would rather choose yourself what we write about, you can do so here: {{ preferences_url }}\n\n"
        "{{ workspace.sender_name }}"
    ),
)
WELCOME_THIRD = PresetLetter(
    _("Welcome: the first visit"),
    _("Where to begin, {{ customer.first_name or 'if you ask us' }}"),
    _(
        "Hello {{ customer.first_name or 'there' }},\n\n"
        "if you have not been with us yet and wonder where to begin: ask us for what our regulars take. It is a "
        "regular's choice for a reason.\n\n"
        "And if something is not as it should be, tell us the same day. We put it right.\n\n"
        "We look forward to you.\n\n"
        "{{ workspace.sender_name }}"
    ),
)
BIRTHDAY = PresetLetter(
    _("Birthday letter"),
    _("Happy birthday, {{ customer.first_name or 'from all of us' }}!"),
    _(
        "Dear {{ customer.first_name or 'customer' }},\n\n"
        "today is your day, and all of us at {{ workspace.name }} wish you a very happy birthday.\n\n"
        "If you come by this week, tell us: the first thing is on the house.\n\n"
        "{{ workspace.sender_name }}"
    ),
)
ANNIVERSARY = PresetLetter(
    _("Anniversary letter"),
    _("A year more with you, {{ customer.first_name or 'and thank you' }}"),
    _(
        "Dear {{ customer.first_name or 'customer' }},\n\n"
        "on this day you came to {{ workspace.name }} for the first time. We noticed, and we are glad that you "
        "stayed.\n\n"
        "Is there something that we could do better for you? Answer this letter; we read every one.\n\n"
        "Thank you for another year.\n\n"
        "{{ workspace.sender_name }}"
    ),
)
HOLIDAY = PresetLetter(
    _("Holiday letter"),
    _("A greeting from {{ workspace.name }}"),
    _(
        "Dear {{ customer.first_name or 'customer' }},\n\n"
        "we wish you and everybody who is dear to you a good holiday.\n\n"
        "Thank you for having been with us this year. We are here for you in the next.\n\n"
        "{{ workspace.sender_name }}"
    ),
)
CART_FIRST = PresetLetter(
    _("Cart: the first reminder"),
    _("You left something behind"),
    _(
        "Hello {{ customer.first_name or 'there' }},\n\n"
        "this is still in your cart. We have kept it for you as it was.\n\n"
        "{% for item in cart_products %}{{ item.quantity }} x {{ item.name }}, {{ item.price }}\n"
        "{% endfor %}\n\n"
        "{% if cart_url %}Go on here: {{ cart_url }}{% endif %}\n\n"
        "Was something in the way: a question, the delivery, the payment? Answer this letter, and we sort it out "
        "together.\n\n"
        "{{ workspace.sender_name }}"
    ),
)
CART_SECOND = PresetLetter(
    _("Cart: the last reminder"),
    _("Shall we still keep it for you?"),
    _(
        "Hello {{ customer.first_name or 'there' }},\n\n"
        "your cart has been waiting for a day:\n\n"
        "{% for item in cart_products %}{{ item.quantity }} x {{ item.name }}\n{% endfor %}\n\n"
        "If you have changed your mind, that is quite all right: you need not do anything, and we shall not ask "
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
        "you looked around at our place today.\n\n"
        "{% if viewed_products %}This caught your eye:\n\n"
        "{% for item in viewed_products %}{{ item.name }}, {{ item.price }}: {{ item.product_url }}\n{% endfor %}"
        "{% endif %}\n\n"
        "If you were not quite sure, tell us what you need it for: we are happy to advise you. And if you were only "
        "looking: come again any time.\n\n"
        "{{ workspace.sender_name }}"
    ),
)
THANKS = PresetLetter(
    _("Thanks for the order"),
    _("Thank you, {{ customer.first_name or 'and enjoy it' }}"),
    _(
        "Hello {{ customer.first_name or 'there' }},\n\n"
        "thank you for your order. It means a lot to us that you chose {{ workspace.name }}.\n\n"
        "We are getting it ready with care. If anything about it should change, tell us soon by answering this "
        "letter.\n\n"
        "{{ workspace.sender_name }}"
    ),
)
FOLLOW_UP = PresetLetter(
    _("A week later"),
    _("How was it?"),
    _(
        "Hello {{ customer.first_name or 'there' }},\n\n"
        "you have had your order for a week now. How was it?\n\n"
        "If all was well, we are glad, and a word to a friend would make us happy. If something was not, please "
        "tell us first: answer this letter, and we put it right.\n\n"
        "{{ workspace.sender_name }}"
    ),
)
WIN_BACK_FIRST = PresetLetter(
    _("Win back: the first letter"),
    _("It has been a while, {{ customer.first_name or 'and we noticed' }}"),
    _(
        "Hello {{ customer.first_name or 'there' }},\n\n"
        "we have not seen you for two months, and we noticed.\n\n"
        "Is everything all right? If something was not as you wished the last time, we would like to know, and to"
        " make it good.\n\n"
        "If life was simply busy: we are still here, and we look forward to you.\n\n"
        "{{ workspace.sender_name }}"
    ),
)
WIN_BACK_SECOND = PresetLetter(
    _("Win back: the last letter"),
    _("A last word from us for now"),
    _(
        "Hello {{ customer.first_name or 'there' }},\n\n"
        "we do not want to get on your nerves, so this is our last letter of this kind.\n\n"
        "If you would like to hear from us less often, or about other things, choose here: {{ preferences_url }}\n\n"
        "And whenever you come back, you are welcome.\n\n"
        "{{ workspace.sender_name }}"
    ),
)
