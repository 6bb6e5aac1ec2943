"""A message as its recipient sees it, by the renderer that sends. Its links lead nowhere, so that nobody uses them."""

from __future__ import annotations

from dataclasses import asdict

from accounts.scope import current_workspace
from customers.models import Customer
from messaging.links import Links, public_page
from messaging.models import Message
from messaging.rendering import (
    Rendered,
    Renderer,
    compile_template,
    contexts_for,
    customer_facts,
    example_context,
    workspace_facts,
)
from messaging.tracking.plans import compiled

_NOWHERE = "preview"


def preview_text(subject: str, body: str, *, template_key: str, customer: Customer | None) -> Rendered:
    """What these words would say to this customer, or to an invented one. Raises BadTemplate."""
    workspace = current_workspace()
    source = compile_template(subject, body, template_key=template_key, workspace=workspace)
    context = example_context(template_key, workspace=workspace) | _dead_links()
    if customer:
        context["customer"] = customer_facts(customer)
    return Renderer().render(source, context)


def preview_message(message: Message) -> Rendered:
    """What was sent, or what would be if it were now. Raises BadTemplate, also once its recipient was erased."""
    values = contexts_for([message])[message.pk] | {"workspace": workspace_facts(current_workspace())}
    links = _dead_links() if message.is_marketing else _dead_links() | {"unsubscribe_url": ""}
    return Renderer().render(compiled(message.template_version), values | links)


def _dead_links() -> dict[str, str]:
    links = Links(
        unsubscribe_url=public_page("unsubscribe", _NOWHERE),
        preferences_url=public_page("preferences", _NOWHERE),
        confirmation_url=public_page("confirmation", _NOWHERE),
    )
    return asdict(links)
