from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.scope import current_workspace
from accounts.tokens import new_secret
from customers.models import Customer
from messaging.actions.queueing import queue_messages
from messaging.drafts import MessageDraft
from messaging.events import TemplateAdded, TemplateArchived, TemplateChanged, TemplateRestored
from messaging.models import Priority, Template, TemplateVersion
from messaging.purposes import Purpose
from messaging.queries.templates import newest_version, uses_of
from messaging.ready_texts import ReadyText
from messaging.refusals import TemplateInUse
from messaging.rendering import (
    Block,
    Brand,
    Words,
    blocks_to_html,
    clean_blocks,
    compile_template,
    context_of,
    example_context,
    example_lists,
    layout_hash,
    parse_body,
)
from timeline.recording import record

COPY_ROOM = 12  # characters of a name, for "(copy)"
LONGEST_NAME = 120


@dataclass(frozen=True)
class Wording:
    """What a template says: a body written by hand, or blocks, of which the body is made."""

    subject: str
    body: str = ""
    preheader: str = ""
    own_text: str = ""
    blocks: Sequence[Block] | None = None

    @classmethod
    def of(cls, version: TemplateVersion) -> Wording:
        return cls(version.subject, version.body, version.preheader, version.own_text, version.blocks)

    @classmethod
    def ready(cls, text: ReadyText) -> Wording:
        return cls(str(text.subject), preheader=str(text.preheader), blocks=text.spoken())

    def made(self, template_key: str = "") -> Wording:
        """With the body of its blocks, if it has any. Raises BadTemplate."""
        if self.blocks is None:
            return self
        blocks = clean_blocks(self.blocks)
        body = blocks_to_html(blocks, check=lambda source: parse_body(source, template_key=template_key))
        return replace(self, body=body, blocks=blocks)

    @property
    def words(self) -> Words:
        return Words(self.subject, self.body, self.preheader, self.own_text)


@transaction.atomic
def add_template(
    *, name: str, subject: str, body: str, key: str = "", written_by: User | None = None
) -> TemplateVersion:
    """A new template and its first version. Raises BadTemplate when the text cannot be sent."""
    return write_template(name=name, wording=Wording(subject, body), key=key, written_by=written_by)


@transaction.atomic
def write_template(*, name: str, wording: Wording, key: str = "", written_by: User | None = None) -> TemplateVersion:
    """As `add_template`, of whatever a template can say."""
    version = _add_version(Template.objects.create(name=name, key=key), wording, written_by)
    if not key:
        record(TemplateAdded(customer_id=None, template_id=version.template_id))
    return version


@transaction.atomic
def rewrite_template(template: Template, *, subject: str, body: str, written_by: User | None = None) -> TemplateVersion:
    """What the template says from now on. Raises BadTemplate. The same words again change nothing.

    Messages that are queued already keep the words that they were queued with.
    """
    return edit_template(template, name=template.name, wording=Wording(subject, body), written_by=written_by)


@transaction.atomic
def edit_template(
    template: Template, *, name: str, wording: Wording, written_by: User | None = None
) -> TemplateVersion:
    """As `rewrite_template`, of whatever a template can say, under this name."""
    template = Template.objects.select_for_update(of=("self",)).get(pk=template.pk)
    if template.name != name:
        template.name = name
        template.save(update_fields=["name"])
        record(TemplateChanged(customer_id=None, template_id=template.pk))
    newest = newest_version(template)
    if newest and _says_the_same(Wording.of(newest), wording):
        return refresh_template(template)
    version = _add_version(template, wording, written_by)
    record(TemplateChanged(customer_id=None, template_id=template.pk))
    return version


def restore_version(version: TemplateVersion, *, written_by: User | None = None) -> TemplateVersion:
    """The template says again what it said then, as a new version. Raises BadTemplate if that is refused by now."""
    template = version.template
    return edit_template(template, name=template.name, wording=Wording.of(version), written_by=written_by)


@transaction.atomic
def duplicate_template(template: Template, *, written_by: User | None = None) -> Template:
    """A template of its own that says the same for now."""
    newest = _newest(template)
    name = _("%s (copy)") % template.name[: LONGEST_NAME - COPY_ROOM]
    copied: Template = write_template(name=name, wording=Wording.of(newest), written_by=written_by).template
    return copied


@transaction.atomic
def archive_template(template: Template) -> Template:
    """It is offered nowhere any more; what was sent of it stays readable. Raises TemplateInUse."""
    template = Template.objects.select_for_update(of=("self",)).get(pk=template.pk)
    if uses := [use for use in uses_of(template) if use.is_live]:
        raise TemplateInUse(template, uses)
    if template.archived_at is None:
        template.archived_at = timezone.now()
        template.save(update_fields=["archived_at"])
        record(TemplateArchived(customer_id=None, template_id=template.pk))
    return template


@transaction.atomic
def restore_template(template: Template) -> Template:
    """It is offered again."""
    template = Template.objects.select_for_update(of=("self",)).get(pk=template.pk)
    if template.archived_at is not None:
        template.archived_at = None
        template.save(update_fields=["archived_at"])
        record(TemplateRestored(customer_id=None, template_id=template.pk))
    return template


@transaction.atomic
def send_test_message(template: Template, *, to: User, customer: Customer | None = None) -> None:
    """The words as they are saved, to somebody of the team, as this customer or an invented one would get them."""
    version = refresh_template(template)
    if customer is None:
        context = example_context(template.key, workspace=current_workspace()) | example_lists()
    else:
        context = context_of(customer, version)
    draft = MessageDraft(
        address=to.email,
        purpose=Purpose.TEST,
        dedupe_key=f"{Purpose.TEST}:{to.pk}:{new_secret()}",
        template_version_id=version.pk,
        context={name: value for name, value in context.items() if name != "workspace" and name not in _LINKS},
        priority=Priority.TRANSACTIONAL,
    )
    queue_messages([draft])


@transaction.atomic
def product_template(key: str, *, name: str, subject: str, body: str) -> TemplateVersion:
    """The version to send now of a text that the product itself brings along, written when it is first needed."""
    template = Template.objects.filter(key=key).first()
    if template is None:
        try:
            with transaction.atomic():
                return add_template(key=key, name=name, subject=subject, body=body)
        except IntegrityError:  # somebody else needed it for the first time just now
            template = Template.objects.get(key=key)
    return refresh_template(template)


@transaction.atomic
def refresh_template(template: Template) -> TemplateVersion:
    """The version to send now: the newest, compiled anew if the layout or the workspace's brand changed since."""
    newest = _newest(template)
    wanted = layout_hash(Brand.of(current_workspace()))
    if newest.layout_hash == wanted:
        return newest
    template = Template.objects.select_for_update(of=("self",)).get(pk=template.pk)
    newest = newest_version(template) or newest
    if newest.layout_hash == wanted:
        return newest
    return _add_version(template, Wording.of(newest), newest.written_by)


_LINKS = ("unsubscribe_url", "preferences_url", "confirmation_url")


def _newest(template: Template) -> TemplateVersion:
    newest = newest_version(template)
    if newest is None:
        raise TemplateVersion.DoesNotExist(f"{template} has no text yet.")
    return newest


def _says_the_same(one: Wording, other: Wording) -> bool:
    """Of what is made of blocks, the body says nothing more."""
    if one.blocks is not None and other.blocks is not None:
        return replace(one, body="") == replace(other, body="", blocks=clean_blocks(other.blocks))
    return one == other


def _add_version(template: Template, wording: Wording, written_by: User | None) -> TemplateVersion:
    brand = Brand.of(current_workspace())
    wording = wording.made(template.key)
    compiled = compile_template(wording.words, template_key=template.key, brand=brand)
    newest = newest_version(template)
    return TemplateVersion.objects.create(
        template=template,
        number=newest.number + 1 if newest else 1,
        subject=wording.subject,
        preheader=wording.preheader,
        body=wording.body,
        blocks=wording.blocks,
        own_text=wording.own_text,
        text=compiled.text,
        html=compiled.html,
        layout_hash=layout_hash(brand),
        written_by=written_by,
    )
