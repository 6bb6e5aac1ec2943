"""A message as its recipient sees it, by the renderer that sends. Its links lead nowhere, so that nobody uses them."""

from __future__ import annotations

from dataclasses import asdict

from accounts.scope import current_workspace
from customers.models import Customer
from messaging.actions.templates import Wording
from messaging.links import Links, public_page
from messaging.models import Message, TemplateVersion
from messaging.rendering import (
    Brand,
    Rendered,
    Renderer,
    compile_template,
    context_of,
    contexts_for,
    example_context,
    example_lists,
    shared_lists,
    workspace_facts,
)
from messaging.tracking.plans import compiled

_NOWHERE = "preview"


def preview_text(subject: str, body: str, *, template_key: str, customer: Customer | None) -> Rendered:
    """What these words would say to this customer, or to an invented one. Raises BadTemplate."""
    return preview_wording(Wording(subject, body), template_key=template_key, customer=customer)


def preview_wording(wording: Wording, *, template_key: str = "", customer: Customer | None) -> Rendered:
    """As `preview_text`, of whatever a template can say, saved or not. Raises BadTemplate."""
    workspace = current_workspace()
    wording = wording.made(template_key)
    source = compile_template(wording.words, template_key=template_key, brand=Brand.of(workspace))
    context = example_context(template_key, workspace=workspace)
    if customer is None:
        return Renderer().render(source, context | example_lists() | _dead_links())
    version = TemplateVersion(pk=0, subject=source.subject, html=source.html, text=source.text, blocks=wording.blocks)
    return Renderer().render(source, context | context_of(customer, version) | _dead_links())


def render_for(customer: Customer | None, version: TemplateVersion) -> Rendered:
    """What a saved version says to this customer now, or to an invented one. Raises BadTemplate."""
    workspace = current_workspace()
    context = example_context(version.template.key, workspace=workspace) | (
        context_of(customer, version) if customer else example_lists()
    )
    return Renderer().render(compiled(version), context | _dead_links())


def preview_message(message: Message) -> Rendered:
    """What was sent, or what would be if it were now. Raises BadTemplate, also once its recipient was erased."""
    versions = {message.template_version_id: message.template_version}
    values = contexts_for([message], versions)[message.pk] | shared_lists(versions)[message.template_version_id]
    values["workspace"] = workspace_facts(current_workspace())
    links = _dead_links() if message.is_marketing else _dead_links() | {"unsubscribe_url": ""}
    return Renderer().render(compiled(message.template_version), values | links)


def _dead_links() -> dict[str, str]:
    links = Links(
        unsubscribe_url=public_page("unsubscribe", _NOWHERE),
        preferences_url=public_page("preferences", _NOWHERE),
        confirmation_url=public_page("confirmation", _NOWHERE),
    )
    return asdict(links)
