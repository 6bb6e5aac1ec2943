from __future__ import annotations

import json
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, User, Workspace
from accounts.scope import workspace_scope
from messaging import actions
from messaging.actions import Wording
from messaging.models import Message, Template, TemplateVersion
from messaging.purposes import Purpose
from messaging.starters import STARTERS
from tests.client import Browser
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.customers import CustomerFactory
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")

BLOCKS = [{"type": "text", "text": "Dear {{ customer.first_name or 'you' }}"}]


def words(**other: Any) -> dict[str, str]:
    blocks = other.pop("blocks", BLOCKS)
    return {"name": "Letter", "subject": "Hello", "blocks": json.dumps(blocks), **other}


def letter(name: str = "Letter", text: str = "Hi") -> Template:
    return actions.write_template(name=name, wording=Wording("Hello", blocks=[{"type": "text", "text": text}])).template


def test_a_template_is_written_and_edited(owner_browser: Browser) -> None:
    owner_browser.post("/messages/templates/new/?starter=letter", words(preheader="Soon"))
    template = Template.objects.get(name="Letter")
    owner_browser.post(f"/messages/templates/{template.pk}/edit/", words(name="Letters", subject="Good day"))

    versions = TemplateVersion.objects.filter(template=template).order_by("number")
    assert list(versions.values_list("subject", "preheader")) == [("Hello", "Soon"), ("Good day", "")]
    template.refresh_from_db()
    assert template.name == "Letters"
    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["TemplateAdded", "TemplateChanged", "TemplateChanged"]


@pytest.mark.parametrize("starter", [each.key for each in STARTERS])
def test_a_starter_can_be_saved_as_it_is(starter: str, owner_browser: Browser) -> None:
    form = owner_browser.get(f"/messages/templates/new/?starter={starter}").context["form"]

    response = owner_browser.post(f"/messages/templates/new/?starter={starter}", form.initial)

    assert response.status_code == 302
    version = TemplateVersion.objects.get()
    assert "{{" not in actions.refresh_template(version.template).text.replace("{{", "", version.text.count("{{"))


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"blocks": [{"type": "text", "text": "a\n\n{{ customer.nmae }}"}]}, "Did you mean `customer.name`?"),
        ({"subject": "{{ nobody }}"}, "There is no variable"),
        ({"preheader": "{{ nobody }}"}, "There is no variable"),
        ({"own_text": "{% for a in range(9) %}x{% endfor %}"}, "Line 1"),
        ({"blocks": []}, "add a text"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_nothing_that_was_typed_is_lost(wrong: dict[str, Any], complaint: str, owner_browser: Browser) -> None:
    response = owner_browser.post("/messages/templates/new/?starter=letter", words(**{"own_text": "Kept", **wrong}))

    assert response.status_code == 422
    assert complaint in response.text.replace("&#x27;", "'")
    assert "Kept" in response.text or "own_text" in wrong
    assert not Template.objects.exists()


def test_blocks_that_are_no_json_are_refused(owner_browser: Browser) -> None:
    response = owner_browser.post("/messages/templates/new/?starter=letter", words() | {"blocks": "[{"})

    assert response.status_code == 422
    assert "[{" in response.text


def test_a_preview_is_for_whoever_is_named(owner_browser: Browser) -> None:
    CustomerFactory(name="Ada Lovelace", email="ada@mail.example")
    CustomerFactory(name="", email="nameless@mail.example")

    previews = [
        owner_browser.post("/messages/templates/preview/", words(preview_for=sought)).text
        for sought in ("ada@MAIL.example", "Ada", "nameless@mail.example", "", "nobody")
    ]

    assert ["Dear Ada" in each for each in previews] == [True, True, False, True, True]
    assert "Dear you" in previews[2]
    assert "nobody found" in previews[4]
    assert not Template.objects.exists()


def test_a_preview_of_what_is_wrong_says_what(owner_browser: Browser) -> None:
    response = owner_browser.post("/messages/templates/preview/", words(blocks=[{"type": "text", "text": "{{ x }}"}]))

    assert response.status_code == 422
    assert "Block 1 (Text)" in response.text
    assert "sandbox" in response.headers["Content-Security-Policy"]


def test_an_older_version_can_be_read_and_said_again(owner_browser: Browser) -> None:
    template = letter(text="First")
    first = TemplateVersion.objects.get()
    actions.edit_template(template, name="Letter", wording=Wording("Hello", "Second"))

    shown = [
        owner_browser.get(f"/messages/templates/{template.pk}/html/{query}").text
        for query in ("", "?version=1", "?version=x")
    ]
    owner_browser.post(f"/messages/templates/{template.pk}/versions/{first.pk}/restoration/")

    assert ["First" in each for each in shown] == [False, True, False]
    newest = TemplateVersion.objects.order_by("-number")[0]
    assert (newest.number, newest.blocks) == (3, first.blocks)


def test_what_was_written_by_hand_becomes_a_block_to_edit(owner_browser: Browser) -> None:
    by_hand = actions.add_template(name="HTML", subject="Hello", body="<p>Hi</p>").template

    form = owner_browser.get(f"/messages/templates/{by_hand.pk}/edit/").context["form"]

    assert json.loads(form.initial["blocks"]) == [{"type": "html", "html": "<p>Hi</p>"}]


def test_a_copy_goes_its_own_way(owner_browser: Browser) -> None:
    template = letter(name="N" * 120)

    owner_browser.post(f"/messages/templates/{template.pk}/copy/")

    assert Template.objects.exclude(pk=template.pk).get().name.endswith("N (copy)")


def test_what_is_sent_by_something_cannot_be_archived(owner_browser: Browser) -> None:
    actions.add_default_topics()
    greeting = actions.switch_on_greeting()
    Template.objects.update(key="")

    owner_browser.post(f"/messages/templates/{greeting.template_id}/archival/")
    page = owner_browser.get(f"/messages/templates/{greeting.template_id}/").text

    assert "Choose another text there first" in page
    assert Template.objects.get().archived_at is None


def test_archived_templates_are_offered_no_more_and_come_back(owner_browser: Browser) -> None:
    template = letter()
    owner_browser.post(f"/messages/templates/{template.pk}/archival/")
    lists = [owner_browser.get(f"/messages/templates/{query}").context["templates"] for query in ("", "?archived=1")]
    owner_browser.post(f"/messages/templates/{template.pk}/restoration/")

    assert [len(each) for each in lists] == [0, 1]
    assert len(owner_browser.get("/messages/templates/?q=ett").context["templates"]) == 1


def test_a_test_goes_to_a_teammate_as_a_customer_would_get_it(
    owner: User, owner_browser: Browser, workspace: Workspace
) -> None:
    mate, stranger = UserFactory(email="mate@bakery.example"), UserFactory()
    MembershipFactory(user=mate, workspace=workspace, role=Role.AGENT)
    CustomerFactory(name="Ada Lovelace", email="ada@mail.example")
    url = f"/messages/templates/{letter().pk}/test/"

    for data in ({"to": mate.pk, "preview_for": "Ada"}, {"to": stranger.pk}, {"preview_for": "nobody"}, {"to": "x"}):
        owner_browser.post(url, data)

    sent = Message.objects.order_by("pk")
    assert list(sent.values_list("address", flat=True)) == ["mate@bakery.example", owner.email, owner.email]
    assert sent[0].purpose == Purpose.TEST
    assert sent[0].customer is None
    assert sent[0].context["customer"]["first_name"] == "Ada"


def test_what_the_product_itself_sends_is_not_edited_here(owner_browser: Browser) -> None:
    confirmation = actions.add_template(name="Confirmation", subject="Hello", body="Hi", key="confirmation").template

    assert owner_browser.get(f"/messages/templates/{confirmation.pk}/edit/").status_code == 404
    assert owner_browser.get("/messages/templates/").context["templates"] == []


def test_nobody_sees_another_workspaces_templates(owner_browser: Browser, other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        foreign = letter()

    assert owner_browser.get(f"/messages/templates/{foreign.pk}/html/").status_code == 404
    assert owner_browser.get(f"/messages/templates/{foreign.pk}/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_queries_of_the_list_do_not_grow(
    count: int, owner_browser: Browser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        letter(name=f"Letter {number}")
    owner_browser.get("/messages/templates/")

    with django_assert_num_queries(10):
        owner_browser.get("/messages/templates/")


def test_what_is_counted_can_be_set(owner_browser: Browser) -> None:
    url = "/messages/opens-and-clicks/"
    page = owner_browser.get(url).context["form"].initial
    right = {"counts_clicks": "on", "own_domains": "https://www.Shop.example/cakes\nshop.example", "utm_source": "b"}

    answers = [owner_browser.post(url, data).status_code for data in (right, right | {"own_domains": "not a domain"})]

    assert (page["counts_opens"], page["counts_clicks"]) == (True, True)
    assert answers == [302, 422]
    saved = owner_browser.get(url).context["form"].initial
    assert saved == {"counts_clicks": True, "counts_opens": False, "own_domains": "shop.example", "utm_source": "b"}
