from messaging.actions.birthdays import (
    greet_birthdays,
    look_for_birthdays,
    reconsider_birthdays,
    send_test_greeting,
    switch_off_greeting,
    switch_on_greeting,
    write_greeting,
)
from messaging.actions.confirmation_letters import ask_to_confirm, ask_unconfirmed
from messaging.actions.consent import (
    Evidence,
    ask_consent,
    confirm_consent,
    give_consent,
    unsubscribe_from_everything,
    withdraw_consent,
)
from messaging.actions.consent_batches import Said, record_consents
from messaging.actions.facts import remember_readings, remember_sendings
from messaging.actions.policies import (
    end_quiet_hours,
    remove_frequency_policy,
    set_frequency_policy,
    set_quiet_hours,
)
from messaging.actions.queueing import queue_messages
from messaging.actions.readings import judge_traces, leave_trace, write_tracking_policy
from messaging.actions.settling import decide_message, settle_by_evidence
from messaging.actions.stopping import cancel_messages, skip_messages
from messaging.actions.subscribing import Choices, choose_preferences, confirm_subscription, join, unsubscribe
from messaging.actions.suppression import (
    block_address,
    lift_unsubscription,
    release_address,
    suppress_address,
    suppress_recipients,
)
from messaging.actions.templates import (
    Wording,
    add_template,
    archive_template,
    duplicate_template,
    edit_template,
    refresh_template,
    restore_template,
    restore_version,
    rewrite_template,
    send_test_message,
    write_template,
)
from messaging.actions.topics import add_default_topics, add_topic, archive_topic, edit_topic, restore_topic
from messaging.actions.unconfirmed import forget_unconfirmed
from messaging.actions.wishes import (
    end_due_pauses,
    end_pause,
    pause_messages,
    pause_messages_until,
    write_as_it_comes,
    write_less_often,
)

__all__ = [
    "Choices",
    "Evidence",
    "Said",
    "Wording",
    "add_default_topics",
    "add_template",
    "add_topic",
    "archive_template",
    "archive_topic",
    "ask_consent",
    "ask_to_confirm",
    "ask_unconfirmed",
    "block_address",
    "cancel_messages",
    "choose_preferences",
    "confirm_consent",
    "confirm_subscription",
    "decide_message",
    "duplicate_template",
    "edit_template",
    "edit_topic",
    "end_due_pauses",
    "end_pause",
    "end_quiet_hours",
    "forget_unconfirmed",
    "give_consent",
    "greet_birthdays",
    "join",
    "judge_traces",
    "leave_trace",
    "lift_unsubscription",
    "look_for_birthdays",
    "pause_messages",
    "pause_messages_until",
    "queue_messages",
    "reconsider_birthdays",
    "record_consents",
    "refresh_template",
    "release_address",
    "remember_readings",
    "remember_sendings",
    "remove_frequency_policy",
    "restore_template",
    "restore_topic",
    "restore_version",
    "rewrite_template",
    "send_test_greeting",
    "send_test_message",
    "set_frequency_policy",
    "set_quiet_hours",
    "settle_by_evidence",
    "skip_messages",
    "suppress_address",
    "suppress_recipients",
    "switch_off_greeting",
    "switch_on_greeting",
    "unsubscribe",
    "unsubscribe_from_everything",
    "withdraw_consent",
    "write_as_it_comes",
    "write_greeting",
    "write_less_often",
    "write_template",
    "write_tracking_policy",
]
