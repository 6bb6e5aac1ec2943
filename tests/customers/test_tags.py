from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.actions import add_customer, remove_tag, rename_tag, tag_customer, tag_named
from customers.models import CustomerTag, Tag
from customers.queries import tags_with_uses, timeline_page
from customers.refusals import TagTaken, ValueRefused
from customers.tasks import remove_used_tag
from tests.client import Browser
from tests.factories.customers import CustomerFactory
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")


def test_a_tag_keeps_its_customers_under_its_new_name() -> None:
    maria = add_customer(source="hand", name="Maria", joined_on=date(2026, 1, 1))
    tag = tag_customer(maria, name="regular")

    rename_tag(tag, name=" Loyal ")

    assert list(CustomerTag.objects.values_list("customer", "tag__name")) == [(maria.pk, "Loyal")]
    assert Event.objects.get(kind="TagRenamed").payload == {"tag_id": tag.pk}


@pytest.mark.parametrize("name", ["regular", "REGULAR"])
def test_a_name_that_another_tag_has_is_refused(name: str) -> None:
    tag_named("Regular")
    other = tag_named("other")

    with pytest.raises(TagTaken, match="already a tag"):
        rename_tag(other, name=name)


def test_only_the_case_may_change_and_nothing_is_recorded_where_nothing_does() -> None:
    tag = tag_named("regular")

    rename_tag(tag, name="regular")
    assert Event.objects.filter(kind="TagRenamed").count() == 0
    assert rename_tag(tag, name="Regular").name == "Regular"


def test_a_tag_needs_a_name() -> None:
    with pytest.raises(ValueRefused):
        rename_tag(tag_named("regular"), name="  ")


def test_a_removed_tag_goes_from_everybody_and_leaves_a_word_on_their_timeline() -> None:
    maria, anna = CustomerFactory.create_batch(2)
    tag, other = tag_customer(maria, name="regular"), tag_customer(anna, name="other")
    tag_customer(anna, name="regular")

    assert remove_tag(tag)

    assert list(CustomerTag.objects.values_list("customer", "tag")) == [(anna.pk, other.pk)]
    assert list(Tag.objects.all()) == [other]
    assert [line.words.text for line in timeline_page(maria).lines] == [
        "A tag was removed",
        "Tagged, with a tag that is gone",
    ]


def test_a_tag_that_many_have_goes_in_steps(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("customers.actions.tags.TAGS_AT_ONCE", 2)
    for customer in CustomerFactory.create_batch(5):
        tag = tag_customer(customer, name="regular")

    assert not remove_tag(tag)
    assert CustomerTag.objects.count() == 3
    remove_used_tag.apply(args=[tag.pk, "user:7"], headers={"rapport_workspace": workspace.pk})

    assert (CustomerTag.objects.count(), Tag.objects.count()) == (0, 0)
    assert Event.objects.filter(kind="CustomerUntagged").count() == 5
    assert Event.objects.get(kind="TagRemoved").actor == "user:7"


def test_another_workspaces_tag_of_that_name_stays(other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        theirs = tag_named("regular")

    remove_tag(tag_named("regular"))

    with workspace_scope(other_workspace):
        assert list(tags_with_uses()) == [theirs]


def test_uses_are_counted() -> None:
    for customer in CustomerFactory.create_batch(2):
        tag_customer(customer, name="regular")
    tag_named("empty")

    assert [(tag.name, tag.uses) for tag in tags_with_uses()] == [("empty", 0), ("regular", 2)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_takes_one_query_for_all_tags(owner_browser: Browser, rows: int) -> None:
    for number in range(rows):
        tag_customer(CustomerFactory(), name=f"tag {number}")

    with CaptureQueriesContext(connection) as queries:
        owner_browser.get("/customers/tags/")

    assert len([query for query in queries if "customers_tag" in query["sql"]]) == 1


def test_a_tag_is_renamed_and_deleted_on_its_pages(owner_browser: Browser) -> None:
    tag = tag_customer(CustomerFactory(), name="regular")

    owner_browser.post(f"/customers/tags/{tag.pk}/", {"tag": "loyal"})
    assert "loyal" in owner_browser.get("/customers/tags/").content.decode()
    owner_browser.post(f"/customers/tags/{tag.pk}/deletion/")

    assert "No tags yet" in owner_browser.get("/customers/tags/").content.decode()


def test_a_refused_name_is_said_and_kept(owner_browser: Browser) -> None:
    tag_named("regular")
    other = tag_named("other")

    response = owner_browser.post(f"/customers/tags/{other.pk}/", {"tag": "Regular"})

    page = response.content.decode()
    assert (response.status_code, "already a tag" in page, 'value="Regular"' in page) == (422, True, True)
