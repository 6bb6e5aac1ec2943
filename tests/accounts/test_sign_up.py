from __future__ import annotations

import pytest
from django.core import mail

from accounts.models import AuditEntry, Membership, Role, User, Workspace
from accounts.scope import workspace_scope
from tests.client import Browser
from tests.factories.accounts import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db

SIGN_UP = {
    "email": "Ada@Bakery.example",
    "password1": "correct horse battery",
    "name": "Ada",
    "workspace_name": "Ada's Bakery",
    "zone": "Europe/Berlin",
    "currency": "EUR",
}


def test_the_root_leads_to_the_sign_in_form(browser: Browser) -> None:
    response = browser.get("/", follow=True)

    assert response.redirect_chain == [("/accounts/login/", 302)]
    assert b'name="password"' in response.content


def test_signing_up_creates_a_workspace_and_its_owner(browser: Browser) -> None:
    response = browser.post("/accounts/signup/", SIGN_UP)

    assert response.status_code == 302
    workspace = Workspace.objects.get()
    membership = Membership.objects.get()
    assert (workspace.name, workspace.slug, workspace.zone) == ("Ada's Bakery", "adas-bakery", "Europe/Berlin")
    assert (membership.user.email, membership.user.name, membership.role) == ("ada@bakery.example", "Ada", Role.OWNER)
    with workspace_scope(workspace):
        assert [entry.action for entry in AuditEntry.objects.all()] == ["created the workspace"]


@pytest.mark.parametrize("missing", ["email", "password1", "name", "workspace_name", "zone", "currency"])
def test_signing_up_without_a_field_says_which(browser: Browser, missing: str) -> None:
    response = browser.post("/accounts/signup/", SIGN_UP | {missing: ""})

    assert list(response.context["form"].errors) == [missing]
    assert User.objects.count() == 0
    assert Workspace.objects.count() == 0


def test_two_workspaces_of_one_name_get_two_addresses(browser: Browser) -> None:
    browser.post("/accounts/signup/", SIGN_UP)
    Browser().post("/accounts/signup/", SIGN_UP | {"email": "other@bakery.example"})

    assert sorted(Workspace.objects.values_list("slug", flat=True)) == ["adas-bakery", "adas-bakery-2"]


def test_a_forgotten_password_is_reset_by_mail(browser: Browser) -> None:
    UserFactory(email="ada@bakery.example")

    browser.post("/accounts/password/reset/", {"email": "ada@bakery.example"})

    link = next(word for word in mail.outbox[0].body.split() if "/accounts/password/reset/key/" in word)
    page = browser.get("/" + link.split("/", 3)[3], follow=True)
    browser.post(page.redirect_chain[-1][0], {"password1": "a new long password", "password2": "a new long password"})
    assert User.objects.get().check_password("a new long password")


def test_an_unknown_address_gets_the_same_answer_as_a_known_one(browser: Browser) -> None:
    UserFactory(email="ada@bakery.example")

    known = browser.post("/accounts/password/reset/", {"email": "ada@bakery.example"}, follow=True)
    unknown = browser.post("/accounts/password/reset/", {"email": "nobody@bakery.example"}, follow=True)

    assert known.redirect_chain == unknown.redirect_chain


def test_the_only_workspace_opens_by_itself_and_several_are_offered(browser: Browser) -> None:
    membership = MembershipFactory()
    browser.force_login(membership.user)

    assert browser.get("/workspaces/").headers["Location"] == f"/w/{membership.workspace.slug}/"
    second = MembershipFactory(user=membership.user)
    page = browser.get("/workspaces/").content.decode()
    assert membership.workspace.name in page
    assert second.workspace.name in page


def test_a_stranger_s_workspace_does_not_exist(browser: Browser) -> None:
    theirs = MembershipFactory().workspace
    browser.force_login(MembershipFactory().user)

    assert browser.get(f"/w/{theirs.slug}/settings/").status_code == 404


def test_a_page_left_open_over_a_sign_out_leads_to_signing_in(browser: Browser) -> None:
    workspace = MembershipFactory().workspace

    response = browser.get(f"/w/{workspace.slug}/settings/members/")

    assert response.headers["Location"] == f"/accounts/login/?next=/w/{workspace.slug}/settings/members/"
