from __future__ import annotations

import json
from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User, Workspace
from accounts.public_ids import encode_id
from customers.models import Customer
from messaging.models import BirthdayGreeting, Campaign, CampaignState, Flow, Template, TemplateVersion

LONGEST_ID = 18  # digits


@dataclass(frozen=True)
class TemplateUse:
    """Something that sends a template. `is_live`: it does so now or will by itself."""

    name: str
    url: str
    is_live: bool

    def __str__(self) -> str:
        return self.name


def newest_version(template: Template) -> TemplateVersion | None:
    return TemplateVersion.objects.filter(template=template).order_by("-number").first()


def says_something_else(template: Template, version: TemplateVersion) -> bool:
    """By now than in this version of it. The same words in a newer layout are nothing else."""
    newest = newest_version(template)
    return newest is not None and _said(newest) != _said(version)


def _said(version: TemplateVersion) -> tuple[object, ...]:
    """Of blocks, the body says nothing more."""
    return version.subject, version.preheader, version.own_text, version.blocks or version.body


def templates_to_send() -> QuerySet[Template]:
    """What campaigns and flows can choose from: the workspace's own, by name."""
    return Template.objects.in_use().filter(key="", versions__isnull=False).distinct().order_by("name", "pk")


def templates_for_list(*, q: str = "", archived: bool = False) -> QuerySet[Template]:
    """The workspace's own, each with its newest `subject`, `number` and `edited_at`."""
    newest = TemplateVersion.objects.filter(template=OuterRef("pk")).order_by("-number")
    templates = Template.objects.filter(key="", archived_at__isnull=not archived).annotate(
        **{
            name: Subquery(newest.values(field)[:1])
            for name, field in (("subject", "subject"), ("number", "number"), ("edited_at", "created_at"))
        }
    )
    return templates.filter(name__icontains=q) if q else templates


def customer_named(sought: str) -> Customer | None:
    """Somebody by their whole address, or by how their name begins."""
    people = Customer.objects.present()
    return people.filter(email_norm=sought.lower()).first() or people.filter(name__istartswith=sought[:200]).first()


def teammates(workspace: Workspace) -> QuerySet[User]:
    return User.objects.filter(memberships__workspace=workspace).order_by("email")


def teammate(workspace: Workspace, user_id: str) -> User | None:
    """A member of the workspace by their id, as a form sends it."""
    if not user_id.isdecimal() or len(user_id) > LONGEST_ID:
        return None
    return teammates(workspace).filter(pk=int(user_id)).first()


def versions_of(template: Template) -> QuerySet[TemplateVersion]:
    """The newest first, without what they say."""
    versions = TemplateVersion.objects.filter(template=template).select_related("written_by").order_by("-number")
    return versions.defer("body", "blocks", "html", "text", "own_text")


def uses_of(template: Template) -> list[TemplateUse]:
    """Which campaigns, flows and automations send it, the newest first."""
    live = {CampaignState.SCHEDULED, CampaignState.SENDING, CampaignState.PAUSED}
    uses = [
        TemplateUse(campaign.name, reverse("messaging:campaign_detail", args=[campaign.pk]), campaign.state in live)
        for campaign in Campaign.objects.filter(template=template).order_by("-pk")[:50]
    ]
    public_id = encode_id("tpl", template.pk)
    uses += [
        TemplateUse(flow.name, "", flow.is_on)
        for flow in Flow.objects.in_use().select_related("current").order_by("-pk")
        if flow.current and f'"{public_id}"' in json.dumps(flow.current.definition)
    ]
    greetings = BirthdayGreeting.objects.filter(template=template)
    return uses + [
        TemplateUse(_("Birthday greeting"), reverse("messaging:birthday_greeting"), greeting.is_on)
        for greeting in greetings
    ]
