"""What the editor offers to choose from: plain values only."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.public_ids import encode_id
from accounts.scope import current_workspace
from customers.models import Attribute, Segment
from customers.models.attributes import AttributeKind
from messaging.flows.editor_words import editor_words
from messaging.flows.profile_fields import FIELDS, PREFIX
from messaging.flows.words import ARMS, EVENTS, POLICIES, SEEN, STEPS, WEEKDAYS
from messaging.models import SubscriptionTopic, Template

Choice = dict[str, str]


def editor_catalogue() -> dict[str, Any]:
    members = Membership.objects.filter(workspace=current_workspace()).select_related("user").order_by("user__name")
    attributes = list(Attribute.objects.filter(archived_at=None).order_by("label"))
    return {
        "words": editor_words(),
        "steps": [{"value": do.value, "label": str(label), "icon": icon} for do, (icon, label) in STEPS.items()],
        "arms": {do.value: [str(first), str(second)] for do, (first, second) in ARMS.items()},
        "events": [_choice(kind, label) for kind, label in EVENTS.items()],
        "policies": [_choice(policy.value, label) for policy, label in POLICIES.items()],
        "weekdays": [_choice(day, label) for day, label in WEEKDAYS.items()],
        "seen": [_choice(was, label) for was, label in SEEN.items()],
        "templates": [
            _choice(encode_id("tpl", template.pk), template.name)
            for template in Template.objects.in_use().filter(key="").order_by("name", "pk")
        ],
        "topics": [_choice(topic.key, topic.name) for topic in SubscriptionTopic.objects.in_use()],
        "segments": [
            _choice(encode_id("seg", segment.pk), segment.name) for segment in Segment.objects.in_use().order_by("name")
        ],
        "members": [_choice(member.user.email, str(member.user)) for member in members],
        "fields": [_choice(name, label) for name, label in FIELDS.items()]
        + [_choice(f"{PREFIX}{each.key}", each.label) for each in attributes],
        "dates": [
            _choice("birthday", _("The birthday")),
            _choice("anniversary", _("The anniversary as a customer")),
            *(_choice(f"{PREFIX}{each.key}", each.label) for each in attributes if each.kind == AttributeKind.DAY),
        ],
    }


def _choice(value: str, label: object) -> Choice:
    return {"value": value, "label": str(label)}
