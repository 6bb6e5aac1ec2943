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
from messaging.models.policies import FrequencyPolicy, FrequencySlot, QuietHours
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
    "FrequencyPolicy",
    "FrequencySlot",
    "Message",
    "MessageEvent",
    "MessageQuerySet",
    "MessageState",
    "Priority",
    "QuietHours",
    "SubscriptionTopic",
    "Suppression",
    "SuppressionReason",
    "Template",
    "TemplateVersion",
]
