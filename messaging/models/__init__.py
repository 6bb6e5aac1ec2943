from messaging.models.birthdays import BirthdayGreeting
from messaging.models.consent import (
    STOPS_EVERYTHING,
    ConsentRecord,
    ConsentSource,
    ConsentState,
    SubscriptionTopic,
    Suppression,
    SuppressionReason,
)
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
    "STOPS_EVERYTHING",
    "BirthdayGreeting",
    "ConsentRecord",
    "ConsentSource",
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
