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
    "TopicState",
    "newest_version",
    "recipient_of",
    "suppressions_for",
    "topic_states",
    "topics_asked",
    "topics_offered",
]
