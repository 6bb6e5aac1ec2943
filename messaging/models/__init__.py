from messaging.models.birthdays import BirthdayGreeting
from messaging.models.consent import ConsentRecord, ConsentState, SubscriptionTopic, Suppression, SuppressionReason
from messaging.models.messages import (
    ACCEPTED_STATES,
    ATTENTION_STATES,
    LEASED_STATES,
    Message,
    MessageEvent,
    MessageQuerySet,
    MessageState,
    Priority,
)
from messaging.models.templates import Template, TemplateVersion

__all__ = [
    "ACCEPTED_STATES",
    "ATTENTION_STATES",
    "LEASED_STATES",
    "BirthdayGreeting",
    "ConsentRecord",
    "ConsentState",
    "Message",
    "MessageEvent",
    "MessageQuerySet",
    "MessageState",
    "Priority",
    "SubscriptionTopic",
    "Suppression",
    "SuppressionReason",
    "Template",
    "TemplateVersion",
]
