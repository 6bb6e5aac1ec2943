from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from customers.segments.fields import ConditionRefused
from messaging.models import SubscriptionTopic


def topics_called(keys: Sequence[str], *, part: str) -> list[int]:
    """The topics with these keys. Raises ConditionRefused for one that is not there."""
    there = dict(SubscriptionTopic.objects.filter(key__in=keys).values_list("key", "pk"))
    for key in keys:
        if key not in there:
            raise ConditionRefused(_("There is no topic “%(key)s”.") % {"key": key}, part=part)
    return sorted(there.values())


def topic_choices() -> list[tuple[str, str]]:
    return [(topic.key, topic.name) for topic in SubscriptionTopic.objects.in_use()]
