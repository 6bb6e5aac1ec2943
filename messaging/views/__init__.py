from messaging.views.birthdays import (
    birthday_greeting,
    birthday_list,
    greeting_preview,
    greeting_switch,
    greeting_test,
)
from messaging.views.consent import customer_consent, join_code, join_page
from messaging.views.enrolments import enrolment_detail, enrolment_exit, enrolment_list, enrolment_retry
from messaging.views.flow_editing import flow_create, flow_edit, flow_from_preset
from messaging.views.flows import (
    flow_archival,
    flow_backfill,
    flow_detail,
    flow_dry_run,
    flow_list,
    flow_switch,
    flow_version,
    flow_versions,
)
from messaging.views.joining import join
from messaging.views.links import confirmation, preferences, unsubscribe
from messaging.views.messages import message_decision, message_detail, message_html, message_list
from messaging.views.policies import policy_list, policy_removal, quiet_hours, quiet_hours_end
from messaging.views.provider import provider_call
from messaging.views.readings import click, opening
from messaging.views.replies import reply_detail, reply_list
from messaging.views.suppressions import suppression_list, suppression_removal
from messaging.views.templates import (
    template_archival,
    template_copy,
    template_create,
    template_detail,
    template_edit,
    template_html,
    template_list,
    template_preview,
    template_restoration,
    template_test,
    version_restoration,
)
from messaging.views.topics import topic_archival, topic_edit, topic_list, topic_restoration
from messaging.views.tracking import tracking_edit

__all__ = [
    "birthday_greeting",
    "birthday_list",
    "click",
    "confirmation",
    "customer_consent",
    "enrolment_detail",
    "enrolment_exit",
    "enrolment_list",
    "enrolment_retry",
    "flow_archival",
    "flow_backfill",
    "flow_create",
    "flow_detail",
    "flow_dry_run",
    "flow_edit",
    "flow_from_preset",
    "flow_list",
    "flow_switch",
    "flow_version",
    "flow_versions",
    "greeting_preview",
    "greeting_switch",
    "greeting_test",
    "join",
    "join_code",
    "join_page",
    "message_decision",
    "message_detail",
    "message_html",
    "message_list",
    "opening",
    "policy_list",
    "policy_removal",
    "preferences",
    "provider_call",
    "quiet_hours",
    "quiet_hours_end",
    "reply_detail",
    "reply_list",
    "suppression_list",
    "suppression_removal",
    "template_archival",
    "template_copy",
    "template_create",
    "template_detail",
    "template_edit",
    "template_html",
    "template_list",
    "template_preview",
    "template_restoration",
    "template_test",
    "topic_archival",
    "topic_edit",
    "topic_list",
    "topic_restoration",
    "tracking_edit",
    "unsubscribe",
    "version_restoration",
]
