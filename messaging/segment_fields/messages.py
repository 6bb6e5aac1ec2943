"""What somebody got, read and followed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from django.db.models import Count, Field, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.public_ids import encode_id
from customers.segment_fields import WHO_COUNTS
from customers.segments.comparing import Operator, ValueRefused, ValueWanted, checked_value
from customers.segments.definitions import Condition
from customers.segments.fields import ConditionRefused, Question
from customers.segments.history import History, HistoryField
from customers.segments.labels import ids_of
from messaging.events import (
    MessageBounced,
    MessageClicked,
    MessageComplained,
    MessageDelivered,
    MessageOpened,
    MessageSent,
)
from messaging.models import Campaign, Message, MessageState, Template
from messaging.segment_fields.topics import topic_choices, topics_called

MESSAGES = gettext_lazy("Messages")
CAMPAIGN = "cmp"
_MOST_OFFERED = 200
_ARRIVED = (MessageState.SENT, MessageState.DELIVERED, MessageState.COMPLAINED)
_ON_THE_WAY = frozenset(event.kind for event in (MessageSent, MessageDelivered, MessageBounced, MessageComplained))


@dataclass(frozen=True)
class MessagesField(HistoryField):
    """`where` narrows the messages: to those on any of some topics, of some campaigns, or with any of some texts."""

    key: str
    label: str | Promise
    rows: Any
    day: Field[Any, Any]
    listens: frozenset[str]
    group: str | Promise = MESSAGES
    filters: ClassVar[tuple[str, ...]] = ("topic", "campaign", "template")

    def history(self, condition: Condition, value: float) -> Question:
        return History(
            rows=partial(_messages, self.rows, **_narrowed(condition)),
            day=self.day,
            operator=condition.operator,
            value=value,
            within_days=condition.within_days,
            measure=Count("*"),
        )

    def filter_choices(self, name: str) -> list[tuple[str, str]]:
        if name == "topic":
            return topic_choices()
        if name == "campaign":
            newest = Campaign.objects.order_by("-pk")[:_MOST_OFFERED]
            return [(encode_id(CAMPAIGN, campaign.pk), str(campaign)) for campaign in newest]
        return [(encode_id("tpl", each.pk), each.name) for each in Template.objects.in_use().order_by("name", "pk")]


def _arrived() -> QuerySet[Message]:
    return Message.objects.filter(state__in=_ARRIVED)


def _opened() -> QuerySet[Message]:
    return Message.objects.filter(opened_at__isnull=False)


def _clicked() -> QuerySet[Message]:
    return Message.objects.filter(clicked_at__isnull=False)


def _messages(
    rows: Any,
    *,
    topic: Sequence[int] | None = None,
    campaign: Sequence[int] | None = None,
    template: Sequence[int] | None = None,
) -> QuerySet[Message]:
    messages: QuerySet[Message] = rows()
    if topic is not None:
        messages = messages.filter(topic__in=topic)
    if campaign is not None:
        messages = messages.filter(campaign__in=campaign)
    if template is not None:
        messages = messages.filter(template_version__template__in=template)
    return messages


def _narrowed(condition: Condition) -> dict[str, list[int]]:
    narrowed: dict[str, list[int]] = {}
    for name, value in condition.where.items():
        try:
            names = checked_value(Operator("", ValueWanted.CHOICES), value)
        except ValueRefused as refusal:
            raise ConditionRefused(str(refusal), part=f"where.{name}") from None
        if name == "topic":
            narrowed[name] = topics_called(names, part="where.topic")
        elif name == "campaign":
            # So segments called them before they agreed with the API.
            names = [re.sub("^cam_", f"{CAMPAIGN}_", each) for each in names]
            narrowed[name] = ids_of(names, prefix=CAMPAIGN, things=Campaign.objects.all(), part="where.campaign")
        else:
            narrowed[name] = ids_of(names, prefix="tpl", things=Template.objects.all(), part="where.template")
    return narrowed


MESSAGE_FIELDS = (
    MessagesField(
        "messages_received",
        gettext_lazy("Messages received"),
        rows=_arrived,
        day=Message._meta.get_field("sent_at"),
        listens=WHO_COUNTS | _ON_THE_WAY,
    ),
    MessagesField(
        "messages_opened",
        gettext_lazy("Messages opened"),
        rows=_opened,
        day=Message._meta.get_field("opened_at"),
        listens=WHO_COUNTS | {MessageOpened.kind},
    ),
    MessagesField(
        "messages_clicked",
        gettext_lazy("Messages clicked"),
        rows=_clicked,
        day=Message._meta.get_field("clicked_at"),
        listens=WHO_COUNTS | {MessageClicked.kind},
    ),
)
