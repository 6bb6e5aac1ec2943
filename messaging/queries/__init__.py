from messaging.queries.birthdays import Celebrant, Morning, birthday_greeting, birthday_key, celebrants, mornings
from messaging.queries.consent import (
    TopicState,
    recipient_of,
    suppressions_for,
    topic_states,
    topics_asked,
    topics_offered,
)
from messaging.queries.templates import newest_version

__all__ = [
    "Celebrant",
    "Morning",
    "TopicState",
    "birthday_greeting",
    "birthday_key",
    "celebrants",
    "mornings",
    "newest_version",
    "recipient_of",
    "suppressions_for",
    "topic_states",
    "topics_asked",
    "topics_offered",
]
