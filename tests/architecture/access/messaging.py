from __future__ import annotations

from django.utils import timezone

from messaging import actions
from messaging.actions import campaigns
from messaging.models import Campaign, SubscriptionTopic
from tests.architecture.access.rows import Kwargs, Row
from tests.factories.campaigns import CampaignFactory, ListFactory
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import ConsentFactory, MessageFactory, ReplyFactory, TemplateFactory, TopicFactory
from tests.messaging.sending.outbox import put_in_doubt


def a_message() -> Kwargs:
    return {"message_id": MessageFactory().pk}


def a_code() -> Kwargs:
    TopicFactory(is_default=True)
    return {"kind": "svg"}


def a_message_in_doubt() -> Kwargs:
    return {"message_id": put_in_doubt(MessageFactory()).pk}


def a_topic() -> Kwargs:
    return {"topic_id": TopicFactory().pk}


def a_topic_to_confirm() -> Kwargs:
    return {"topic_id": ConsentFactory(topic=TopicFactory(needs_confirmation=True)).topic_id}


def an_archived_topic() -> Kwargs:
    return {"topic_id": actions.archive_topic(TopicFactory()).pk}


def a_suppression() -> Kwargs:
    return {"suppression_id": actions.block_address("maria@mail.example", why="asked us to").pk}


def a_template() -> Kwargs:
    return {"template_id": actions.add_template(name="Letter", subject="Hello", body="Hi").template_id}


def an_archived_template() -> Kwargs:
    version = actions.add_template(name="Letter", subject="Hello", body="Hi")
    return {"template_id": actions.archive_template(version.template).pk}


def an_older_version() -> Kwargs:
    version = actions.add_template(name="Letter", subject="Hello", body="Hi")
    actions.rewrite_template(version.template, subject="Hello", body="Good day")
    return {"template_id": version.template_id, "version_id": version.pk}


def a_customer() -> Kwargs:
    TopicFactory()
    return {"customer_id": CustomerFactory().pk}


def a_campaign() -> Kwargs:
    return {"campaign_id": CampaignFactory().pk}


def a_campaign_under_way() -> Kwargs:
    return {"campaign_id": launched().pk}


def a_paused_campaign() -> Kwargs:
    return {"campaign_id": campaigns.pause_campaign(launched()).pk}


def launched() -> Campaign:
    campaign = campaigns.launch_campaign(CampaignFactory())
    campaigns.start_due_campaigns(now=timezone.now())
    return Campaign.objects.get(pk=campaign.pk)


def topics() -> Kwargs:
    TopicFactory(key="greetings")
    return {}


def words(_: Kwargs) -> dict[str, object]:
    topic = SubscriptionTopic.objects.get(key="greetings")
    return {"subject": "Happy birthday", "body": "All the best", "send_hour": 9, "topic": topic.pk}


def told(_: Kwargs) -> dict[str, object]:
    return {"topic": SubscriptionTopic.objects.get().pk, "word": "give", "detail": "at the counter"}


def a_policy() -> Kwargs:
    return {"policy_id": actions.set_frequency_policy(messages=2, days=7, wait_days=0, spares_automations=True).pk}


def a_reply() -> Kwargs:
    return {"reply_id": ReplyFactory().pk}


def quiet_hours() -> Kwargs:
    actions.set_quiet_hours(begins=22, ends=8)
    return {}


def a_letter(_: Kwargs) -> dict[str, object]:
    return {
        "name": "Spring",
        "subject": "It is spring",
        "body": "Come and see.",
        "topic": TopicFactory().pk,
        "reach": "segments",
        "included": [ListFactory().pk],
        "timing": "at_once",
        "repeats": "never",
        "holdout_percent": 0,
        "goal_days": 5,
    }


CAMPAIGN_FOREIGN = {
    "topic": TopicFactory,
    "template": TemplateFactory,
    "included": ListFactory,
    "excluded": ListFactory,
}
TEMPLATE = {"name": "Letter", "subject": "Hello", "blocks": '[{"type": "text", "text": "Good morning"}]'}
TOPIC = {"name": "Cakes", "description": "New cakes", "needs_confirmation": "workspace"}
ROWS = {
    "messaging:message_list": Row(),
    "messaging:message_detail": Row(a_message),
    "messaging:message_decision": Row(
        a_message_in_doubt, get=False, post=lambda _: {"decision": "sent", "why": "it is in the log"}
    ),
    "messaging:message_html": Row(a_message),
    "messaging:explanation": Row(),
    "messaging:reply_list": Row(),
    "messaging:reply_detail": Row(a_reply),
    "messaging:birthday_list": Row(),
    "messaging:birthday_greeting": Row(topics, post=words, foreign={"topic": TopicFactory}),
    "messaging:greeting_preview": Row(topics),
    "messaging:greeting_switch": Row(topics, get=False, post=lambda _: {"is_on": "1"}),
    "messaging:greeting_test": Row(topics, get=False, post=lambda _: {}),
    "messaging:template_list": Row(),
    "messaging:template_create": Row(post=lambda _: TEMPLATE, query="starter=newsletter"),
    "messaging:template_preview": Row(),
    "messaging:template_detail": Row(a_template),
    "messaging:template_edit": Row(a_template, post=lambda _: TEMPLATE),
    "messaging:template_html": Row(a_template),
    "messaging:template_copy": Row(a_template, get=False, post=lambda _: {}),
    "messaging:template_archival": Row(a_template, get=False, post=lambda _: {}),
    "messaging:template_restoration": Row(an_archived_template, get=False, post=lambda _: {}),
    "messaging:template_test": Row(a_template, get=False, post=lambda _: {}),
    "messaging:version_restoration": Row(an_older_version, get=False, post=lambda _: {}),
    "messaging:confirmation_policy": Row(get=False, post=lambda _: {"needs_confirmation": "on"}),
    "messaging:topic_list": Row(post=lambda _: TOPIC),
    "messaging:topic_edit": Row(a_topic, post=lambda _: TOPIC),
    "messaging:topic_archival": Row(a_topic, get=False, post=lambda _: {}),
    "messaging:topic_confirmations": Row(a_topic_to_confirm, get=False, post=lambda _: {}),
    "messaging:topic_restoration": Row(an_archived_topic, get=False, post=lambda _: {}),
    "messaging:suppression_list": Row(post=lambda _: {"address": "maria@mail.example", "why": "asked us to"}),
    "messaging:suppression_removal": Row(a_suppression, get=False, post=lambda _: {"why": "a mistake"}),
    "messaging:customer_consent": Row(a_customer, get=False, post=told, foreign={"topic": TopicFactory}),
    "messaging:policy_list": Row(post=lambda _: {"messages": 2, "days": 7, "wait_days": 0}),
    "messaging:policy_removal": Row(a_policy, get=False, post=lambda _: {}),
    "messaging:quiet_hours": Row(get=False, post=lambda _: {"begins": 22, "ends": 8}),
    "messaging:quiet_hours_end": Row(quiet_hours, get=False, post=lambda _: {}),
    "messaging:tracking_edit": Row(
        post=lambda _: {"counts_clicks": "on", "own_domains": "shop.example", "utm_source": "rapport"}
    ),
    "messaging:campaign_list": Row(),
    "messaging:campaign_create": Row(post=a_letter, foreign=CAMPAIGN_FOREIGN),
    "messaging:campaign_detail": Row(a_campaign),
    "messaging:campaign_edit": Row(a_campaign, post=a_letter, foreign=CAMPAIGN_FOREIGN),
    "messaging:campaign_audience": Row(a_campaign),
    "messaging:campaign_letter": Row(a_campaign),
    "messaging:campaign_test": Row(a_campaign, get=False, post=lambda _: {}),
    "messaging:campaign_approval": Row(a_campaign, get=False, post=lambda _: {}),
    "messaging:campaign_launch": Row(a_campaign, get=False, post=lambda _: {}),
    "messaging:campaign_pause": Row(a_campaign_under_way, get=False, post=lambda _: {}),
    "messaging:campaign_resumption": Row(a_paused_campaign, get=False, post=lambda _: {}),
    "messaging:campaign_cancellation": Row(a_campaign_under_way, get=False, post=lambda _: {}),
    "messaging:campaign_retry": Row(a_campaign_under_way, get=False, post=lambda _: {"reasons": ["gave_up"]}),
    "messaging:campaign_copy": Row(a_campaign, get=False, post=lambda _: {}),
    "messaging:campaign_removal": Row(a_campaign, get=False, post=lambda _: {}),
    "messaging:join_page": Row(),
    "messaging:join_code": Row(a_code),
}
