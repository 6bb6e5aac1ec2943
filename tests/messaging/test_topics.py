from __future__ import annotations

import pytest

from accounts.actions import create_workspace
from accounts.models import Workspace
from accounts.scope import workspace_scope
from messaging import actions
from messaging.models import BirthdayGreeting, SubscriptionTopic
from messaging.refusals import TopicInUse, TopicNameTaken
from tests.factories.accounts import UserFactory
from tests.factories.messaging import TemplateFactory, TopicFactory
from timeline.models import Event


@pytest.mark.django_db
def test_a_new_workspace_begins_with_topics() -> None:
    bakery = create_workspace(name="Bakery", owner=UserFactory())

    with workspace_scope(bakery):
        actions.add_default_topics()
        assert list(SubscriptionTopic.objects.values_list("key", flat=True)) == ["newsletter", "greetings"]


def test_add_topic_makes_a_key_that_stays(workspace: Workspace) -> None:
    topic = actions.add_topic(name="Brot & Kuchen", description="Neues", is_default=True)
    actions.archive_topic(topic)
    again = actions.add_topic(name="Brot & Kuchen")

    actions.edit_topic(again, name="Kuchen", description="", is_default=False)

    again.refresh_from_db()
    assert (topic.key, again.key, again.name, again.position) == ("brot-kuchen", "brot-kuchen-2", "Kuchen", 1)


def test_a_name_without_a_letter_that_an_address_can_hold(workspace: Workspace) -> None:
    assert actions.add_topic(name="🍞").key == "topic"


def test_two_topics_cannot_be_confused(workspace: Workspace) -> None:
    TopicFactory(name="Bread")
    cakes = TopicFactory(name="Cakes")
    archived = actions.archive_topic(TopicFactory(name="Rolls"))
    TopicFactory(name="Rolls")

    with pytest.raises(TopicNameTaken, match="another name"):
        actions.add_topic(name="Bread")
    with pytest.raises(TopicNameTaken):
        actions.edit_topic(cakes, name="Bread", description="", is_default=False)
    with pytest.raises(TopicNameTaken):
        actions.restore_topic(archived)


def test_a_topic_that_an_automation_writes_about_cannot_be_archived(workspace: Workspace) -> None:
    topic = TopicFactory()
    greeting = BirthdayGreeting.objects.create(topic=topic, template=TemplateFactory(), is_on=True)

    with pytest.raises(TopicInUse, match="birthday greeting"):
        actions.archive_topic(topic)
    greeting.is_on = False
    greeting.save()
    assert actions.archive_topic(topic).archived_at is not None


def test_what_changed_is_on_the_timeline_once(workspace: Workspace) -> None:
    topic = actions.add_topic(name="Bread")
    for _ in range(2):
        topic = actions.edit_topic(topic, name="Rolls", description="", is_default=False)
        topic = actions.archive_topic(topic)
    for _ in range(2):
        topic = actions.restore_topic(topic)

    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["TopicAdded", "TopicChanged", "TopicArchived", "TopicRestored"]
