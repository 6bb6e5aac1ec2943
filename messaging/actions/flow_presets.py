from __future__ import annotations

from django.db import transaction

from accounts.models import User
from accounts.public_ids import encode_id
from messaging.actions.flows import add_flow
from messaging.actions.templates import Wording, write_template
from messaging.actions.topics import add_default_topics
from messaging.flows.presets import PRESETS, filled_in
from messaging.models import Flow, SubscriptionTopic
from messaging.models.consent import GREETINGS, NEWSLETTER
from messaging.refusals import NoTopic


@transaction.atomic
def add_flow_from_preset(key: str, *, written_by: User | None = None) -> Flow:
    """A draft, with texts of its own to change. Raises KeyError for a preset that there is not, and NoTopic."""
    preset = PRESETS[key]
    templates = {}
    for name, text in preset.texts.items():
        version = write_template(name=str(text.name), wording=Wording.ready(text), written_by=written_by)
        templates[name] = encode_id("tpl", version.template_id)
    definition = filled_in(preset, templates, _topics())
    return add_flow(name=_free_name(str(preset.name)), definition=definition, preset=key, written_by=written_by)


def _topics() -> dict[str, str]:
    """The topics that presets send under; where one was archived, the first that is in use."""
    add_default_topics()
    in_use = list(SubscriptionTopic.objects.in_use().values_list("key", flat=True))
    if not in_use:
        raise NoTopic
    return {key: key if key in in_use else in_use[0] for key in (NEWSLETTER, GREETINGS)}


def _free_name(name: str) -> str:
    taken = set(Flow.objects.in_use().filter(name__startswith=name).values_list("name", flat=True))
    candidates = (name, *(f"{name} {number}" for number in range(2, len(taken) + 3)))
    return next(each for each in candidates if each not in taken)
