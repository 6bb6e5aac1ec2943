from __future__ import annotations

from django.db import transaction

from accounts.models import User
from accounts.scope import current_workspace
from messaging.models import Template, TemplateVersion
from messaging.queries import newest_version
from messaging.rendering.layout import compile_template, layout_hash


@transaction.atomic
def add_template(
    *, name: str, subject: str, body: str, key: str = "", written_by: User | None = None
) -> TemplateVersion:
    """A new template and its first version. Raises BadTemplate when the text cannot be sent."""
    return _add_version(Template.objects.create(name=name, key=key), subject, body, written_by)


@transaction.atomic
def rewrite_template(template: Template, *, subject: str, body: str, written_by: User | None = None) -> TemplateVersion:
    """What the template says from now on. Raises BadTemplate. The same words again change nothing.

    Messages that are queued already keep the words that they were queued with.
    """
    template = Template.objects.select_for_update(of=("self",)).get(pk=template.pk)
    newest = newest_version(template)
    if newest and (newest.subject, newest.body) == (subject, body):
        return refresh_template(template)
    return _add_version(template, subject, body, written_by)


@transaction.atomic
def refresh_template(template: Template) -> TemplateVersion:
    """The version to send now: the newest, compiled anew if the layout or the workspace's brand changed since."""
    newest = newest_version(template)
    if newest is None:
        raise TemplateVersion.DoesNotExist(f"{template} has no text yet.")
    if newest.layout_hash == layout_hash(current_workspace()):
        return newest
    template = Template.objects.select_for_update(of=("self",)).get(pk=template.pk)
    newest = newest_version(template) or newest
    if newest.layout_hash == layout_hash(current_workspace()):
        return newest
    return _add_version(template, newest.subject, newest.body, newest.written_by)


def _add_version(template: Template, subject: str, body: str, written_by: User | None) -> TemplateVersion:
    workspace = current_workspace()
    compiled = compile_template(subject, body, template_key=template.key, workspace=workspace)
    newest = newest_version(template)
    return TemplateVersion.objects.create(
        template=template,
        number=newest.number + 1 if newest else 1,
        subject=subject,
        body=body,
        text=compiled.text,
        html=compiled.html,
        layout_hash=layout_hash(workspace),
        written_by=written_by,
    )
