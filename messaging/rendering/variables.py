"""The variables that a text can use, and where their values come from. Strings and numbers only, never model rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from customers.models import Customer, CustomerTag
from messaging.models import Message, TemplateVersion
from messaging.rendering.grammar import LONGEST_VALUE
from messaging.rendering.lists import TAGS, own_lists, shared_lists, used_in

Context = dict[str, Any]


@dataclass(frozen=True)
class Variable:
    name: str
    meaning: str | Promise
    example: str


VARIABLES = (
    Variable("customer.name", _("The customer's name"), "Ada Lovelace"),
    Variable(
        "customer.first_name", _("The first word of it; may be empty: `{{ customer.first_name or 'you' }}`"), "Ada"
    ),
    Variable("customer.email", _("The customer's e-mail address"), "ada@mail.example"),
    Variable("customer.city", _("Where the customer lives; may be empty"), "London"),
    Variable("customer.birthday", _("Day and month of birth; may be empty"), "10 December"),
    Variable(
        "customer.tags", _("The customer's tags, for a condition: `{% if 'regular' in customer.tags %}`"), "regular"
    ),
    Variable("cart_total", _("What the open cart comes to; may be empty"), "€42.00"),
    Variable("cart_url", _("Where the open cart can be ordered; may be empty"), ""),
    Variable("workspace.name", _("Your business"), "Bakery"),
    Variable("workspace.sender_name", _("Who the message is from"), "Anna of the bakery"),
    Variable("workspace.postal_address", _("Your postal address"), "1 Mill Lane, London"),
    Variable("unsubscribe_url", _("Where the customer leaves this topic; empty in what was asked for"), ""),
    Variable("preferences_url", _("Where the customer chooses topics"), ""),
)

# What only one kind of template has, by the template's key.
OWN_VARIABLES: dict[str, tuple[Variable, ...]] = {
    "confirmation": (
        Variable("confirmation_url", _("Where the customer confirms the subscription"), ""),
        Variable("topics", _("What the customer asked to hear about"), "News and offers"),
    ),
    "flow_notice": (
        Variable("notice.subject", _("What the colleague is told, in a line"), "A regular has not come for a while"),
        Variable("notice.text", _("What the colleague is told"), "Call them, please."),
        Variable("notice.flow", _("The flow that tells it"), "Win-back"),
        Variable("notice.customer_url", _("The customer's page in Rapport"), ""),
    ),
    "notice": (
        Variable("notice_title", _("What happened, in a few words"), "A customer answered"),
        Variable("notice_text", _("What happened, in a sentence"), ""),
        Variable("notice_url", _("Where it can be read"), ""),
    ),
}


def variables_of(template_key: str) -> tuple[Variable, ...]:
    return VARIABLES + OWN_VARIABLES.get(template_key, ())


def example_context(template_key: str, *, workspace: Workspace) -> Context:
    """For a preview before there is a customer. Links lead to the workspace's public address and prove nothing."""
    context: Context = {}
    for variable in variables_of(template_key):
        head, _, tail = variable.name.partition(".")
        example = variable.example or ("https://link.example/" if head.endswith("_url") else "")
        if tail:
            context.setdefault(head, {})[tail] = [example] if variable.name == TAGS else example
        else:
            context[head] = example
    return context | {"workspace": workspace_facts(workspace)}


def workspace_facts(workspace: Workspace) -> dict[str, str]:
    return {
        "name": workspace.name,
        "sender_name": workspace.sender_name or workspace.name,
        "postal_address": workspace.postal_address,
    }


def customer_facts(customer: Customer | None) -> dict[str, Any]:
    """Of nobody, all are empty: strict undefined must not stop a text that allows for that."""
    if customer is None:
        return dict.fromkeys(("name", "first_name", "email", "city", "birthday"), "")
    return {
        "name": customer.name,
        "first_name": customer.first_name,
        "email": customer.email,
        "city": customer.city,
        "birthday": birthday_in_words(customer.birth_monthday, customer.language),
    }


def contexts_for(messages: Sequence[Message], versions: Mapping[int, TemplateVersion]) -> dict[int, Context]:
    """What each message is rendered with, beside the workspace, its links and what all share, by message id.

    `versions`: theirs, by id. One query for all, and a few for each kind of list that their texts show.
    """
    wanted = {message.customer_id for message in messages if message.customer_id is not None}
    fields = ("name", "email", "city", "birth_monthday", "language")
    customers = Customer.objects.only("id", *fields).in_bulk(list(wanted)) if wanted else {}
    tags = _tags_of(wanted) if any(TAGS in used_in(version) for version in versions.values()) else {}
    lists = own_lists(messages, versions)
    contexts = {}
    for message in messages:
        facts = customer_facts(customers.get(message.customer_id or 0)) | {"tags": tags.get(message.customer_id, [])}
        contexts[message.pk] = {"customer": facts, **lists[message.pk], **shortened(message.context)}
    return contexts


def context_of(customer: Customer, version: TemplateVersion) -> Context:
    """What a message to this customer would be rendered with, beside the workspace and its links."""
    message = Message(pk=0, customer_id=customer.pk, template_version_id=version.pk, context={})
    versions = {version.pk: version}
    return contexts_for([message], versions)[0] | shared_lists(versions)[version.pk]


def _tags_of(customer_ids: Collection[int]) -> dict[int | None, list[str]]:
    tags: dict[int | None, list[str]] = defaultdict(list)
    rows = CustomerTag.objects.filter(customer__in=customer_ids).order_by("tag__name")
    for customer_id, name in rows.values_list("customer_id", "tag__name"):
        tags[customer_id].append(name)
    return tags


def shortened(context: Context) -> Context:
    """No string longer than the grammar reckoned with."""
    return {name: value[:LONGEST_VALUE] if isinstance(value, str) else value for name, value in context.items()}


@lru_cache(maxsize=2000)
def birthday_in_words(monthday: int | None, language: str) -> str:
    if not monthday:
        return ""
    month, day = divmod(monthday, 100)
    return str(format_skeleton("MMMMd", date(2024, month, day), locale=_locale(language)))


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language.replace("-", "_")) if language else Locale("en")
    except (UnknownLocaleError, ValueError):
        return Locale("en")
