from __future__ import annotations

from messaging import actions
from messaging.models import SubscriptionTopic
from tests.architecture.access.rows import Kwargs, Row
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import MessageFactory, ReplyFactory, TopicFactory
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


TEMPLATE = {"name": "Letter", "subject": "Hello", "blocks": '[{"type": "text", "text": "Good morning"}]'}
TOPIC = {"name": "Cakes", "description": "New cakes"}
ROWS = {
    "messaging:message_list": Row(),
    "messaging:message_detail": Row(a_message),
    "messaging:message_decision": Row(
        a_message_in_doubt, get=False, post=lambda _: {"decision": "sent", "why": "it is in the log"}
    ),
    "messaging:message_html": Row(a_message),
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
    "messaging:topic_list": Row(post=lambda _: TOPIC),
    "messaging:topic_edit": Row(a_topic, post=lambda _: TOPIC),
    "messaging:topic_archival": Row(a_topic, get=False, post=lambda _: {}),
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
    "messaging:join_page": Row(),
    "messaging:join_code": Row(a_code),
}
