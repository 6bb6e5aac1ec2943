from messaging.queries.birthdays import Celebrant, Morning, birthday_greeting, birthday_key, celebrants, mornings
from messaging.queries.birthdays_ahead import MOST_SHOWN, BirthdayAhead, birthdays_ahead, refusals_ahead
from messaging.queries.consent import (
    TopicState,
    join_address,
    recipient_of,
    suppressions_for,
    suppressions_matching,
    topic_states,
    topics_asked,
    topics_offered,
    topics_with_counts,
)
from messaging.queries.messages import (
    MessageFilter,
    Remark,
    message_for_detail,
    message_history,
    messages_for_list,
    messages_in_doubt,
    with_reasons,
)
from messaging.queries.policies import frequency_policies, quiet_hours
from messaging.queries.readings import address_behind, tracking_policy
from messaging.queries.replies import replies_for_list, replies_to
from messaging.queries.templates import (
    TemplateUse,
    newest_version,
    templates_for_list,
    templates_to_send,
    uses_of,
    versions_of,
)
from messaging.queries.unconfirmed import JOIN_PAGE, never_confirmed

__all__ = [
    "JOIN_PAGE",
    "MOST_SHOWN",
    "BirthdayAhead",
    "Celebrant",
    "MessageFilter",
    "Morning",
    "Remark",
    "TemplateUse",
    "TopicState",
    "address_behind",
    "birthday_greeting",
    "birthday_key",
    "birthdays_ahead",
    "celebrants",
    "frequency_policies",
    "join_address",
    "message_for_detail",
    "message_history",
    "messages_for_list",
    "messages_in_doubt",
    "mornings",
    "never_confirmed",
    "newest_version",
    "quiet_hours",
    "recipient_of",
    "refusals_ahead",
    "replies_for_list",
    "replies_to",
    "suppressions_for",
    "suppressions_matching",
    "templates_for_list",
    "templates_to_send",
    "topic_states",
    "topics_asked",
    "topics_offered",
    "topics_with_counts",
    "tracking_policy",
    "uses_of",
    "versions_of",
    "with_reasons",
]
