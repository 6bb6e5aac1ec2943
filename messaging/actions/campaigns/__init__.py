from messaging.actions.campaigns.building import (
    add_campaign,
    copy_campaign,
    edit_campaign,
    plan_of,
    remove_campaign,
    send_test_campaign,
)
from messaging.actions.campaigns.counting import count_campaign, mark_stale
from messaging.actions.campaigns.deciding import (
    ask_approval,
    cancel_campaign,
    launch_campaign,
    pause_campaign,
    resume_campaign,
    retry_campaign,
)
from messaging.actions.campaigns.gathering import campaign_key, gather_audience
from messaging.actions.campaigns.keeping import keep_campaigns
from messaging.actions.campaigns.occurring import begin_due_occurrences
from messaging.actions.campaigns.running import (
    complete_campaigns,
    reopen_campaigns,
    requeue_failed,
    start_due_campaigns,
    take_back_messages,
)
from messaging.actions.campaigns.watching import pause_harmful_campaigns

__all__ = [
    "add_campaign",
    "ask_approval",
    "begin_due_occurrences",
    "campaign_key",
    "cancel_campaign",
    "complete_campaigns",
    "copy_campaign",
    "count_campaign",
    "edit_campaign",
    "gather_audience",
    "keep_campaigns",
    "launch_campaign",
    "mark_stale",
    "pause_campaign",
    "pause_harmful_campaigns",
    "plan_of",
    "remove_campaign",
    "reopen_campaigns",
    "requeue_failed",
    "resume_campaign",
    "retry_campaign",
    "send_test_campaign",
    "start_due_campaigns",
    "take_back_messages",
]
