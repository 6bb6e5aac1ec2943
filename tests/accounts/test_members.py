from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core import mail
from django.utils import timezone

from accounts.actions import InvitationRefused, LastOwner, accept_invitation, change_role, invite_member, remove_member
from accounts.models import AuditEntry, Invitation, Membership, Role, User, Workspace
from accounts.queries import find_invitation
from tests.client import Browser
from tests.conftest import signed_in
from tests.factories.accounts import MembershipFactory, UserFactory


def test_inviting_mails_a_link_and_shows_it_once(workspace: Workspace, owner_browser: Browser) -> None:
    page = owner_browser.post("/settings/members/", {"email": "Ben@Bakery.example", "role": Role.AGENT})

    link = next(word for word in mail.outbox[0].body.split() if "/accounts/invitation/" in word)
    assert mail.outbox[0].to == ["ben@bakery.example"]
    assert link in page.content.decode()
    assert link not in owner_browser.get("/settings/members/").content.decode()


def test_a_new_person_joins_by_the_link(workspace: Workspace, owner: User) -> None:
    _, secret = invite_member(email="ben@bakery.example", role=Role.AGENT, invited_by=owner)
    browser = Browser()

    response = browser.post(f"/accounts/invitation/{secret}/", {"name": "Ben", "password": "correct horse battery"})

    membership = Membership.objects.get(user__email="ben@bakery.example")
    assert response.headers["Location"] == f"/w/{workspace.slug}/"
    assert (membership.role, membership.user.name) == (Role.AGENT, "Ben")
    assert browser.get(f"/accounts/invitation/{secret}/").status_code == 410


def test_a_weak_password_is_refused_and_nobody_joins(workspace: Workspace, owner: User) -> None:
    _, secret = invite_member(email="ben@bakery.example", role=Role.AGENT, invited_by=owner)

    response = Browser().post(f"/accounts/invitation/{secret}/", {"name": "Ben", "password": "short"})

    assert response.status_code == 422
    assert not User.objects.filter(email="ben@bakery.example").exists()
    assert find_invitation(secret) is not None


def test_somebody_with_an_account_signs_in_first(workspace: Workspace, owner: User) -> None:
    ben = UserFactory(email="ben@bakery.example")
    _, secret = invite_member(email=ben.email, role=Role.ANALYST, invited_by=owner)

    assert "/accounts/login/?next=" in Browser().get(f"/accounts/invitation/{secret}/").content.decode()
    browser = Browser()
    browser.force_login(ben)
    browser.post(f"/accounts/invitation/{secret}/")
    assert Membership.objects.get(user=ben).role == Role.ANALYST


def test_an_invitation_is_for_one_address_only(workspace: Workspace, owner: User) -> None:
    invitation, _ = invite_member(email="ben@bakery.example", role=Role.OWNER, invited_by=owner)

    with pytest.raises(InvitationRefused, match=r"is for ben@bakery\.example"):
        accept_invitation(invitation, user=UserFactory())
    assert Membership.objects.count() == 1


def test_an_expired_invitation_is_gone(workspace: Workspace, owner: User) -> None:
    invitation, secret = invite_member(email="ben@bakery.example", role=Role.AGENT, invited_by=owner)
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now())

    assert Browser().get(f"/accounts/invitation/{secret}/").status_code == 410


def test_inviting_again_withdraws_the_first_link(workspace: Workspace, owner: User) -> None:
    _, first = invite_member(email="ben@bakery.example", role=Role.AGENT, invited_by=owner)
    _, second = invite_member(email="ben@bakery.example", role=Role.OWNER, invited_by=owner)

    assert find_invitation(first) is None
    assert find_invitation(second) is not None


def test_a_member_is_not_invited_again(workspace: Workspace, owner: User, owner_browser: Browser) -> None:
    response = owner_browser.post("/settings/members/", {"email": owner.email, "role": Role.AGENT})

    assert response.status_code == 422
    assert "is a member already" in response.content.decode()


def test_a_withdrawn_invitation_opens_nothing(workspace: Workspace, owner: User, owner_browser: Browser) -> None:
    invitation, secret = invite_member(email="ben@bakery.example", role=Role.AGENT, invited_by=owner)

    owner_browser.post(f"/settings/invitations/{invitation.pk}/revocation/")

    assert find_invitation(secret) is None


def test_changing_a_role_is_audited(workspace: Workspace, owner_browser: Browser) -> None:
    ben = MembershipFactory(workspace=workspace, role=Role.AGENT)

    owner_browser.post(f"/settings/members/{ben.pk}/role/", {"role": Role.MARKETER})

    ben.refresh_from_db()
    assert ben.role == Role.MARKETER
    entry = AuditEntry.objects.get(action="changed the role of")
    assert entry.detail == {"before": "agent", "after": "marketer"}


def test_the_last_owner_can_neither_leave_nor_step_down(workspace: Workspace, owner: User) -> None:
    membership = Membership.objects.get(user=owner)

    with pytest.raises(LastOwner):
        change_role(membership, role=Role.AGENT)
    with pytest.raises(LastOwner):
        remove_member(membership)
    membership.refresh_from_db()
    assert membership.role == Role.OWNER


def test_a_removed_member_loses_access_with_the_next_click(workspace: Workspace, owner_browser: Browser) -> None:
    ben = MembershipFactory(workspace=workspace, role=Role.OWNER)
    theirs = signed_in(ben.user)

    assert theirs.get("/settings/members/").status_code == 200
    owner_browser.post(f"/settings/members/{ben.pk}/removal/")

    assert theirs.get("/settings/members/").status_code == 404


@pytest.mark.parametrize("role", [Role.MARKETER, Role.AGENT, Role.ANALYST])
def test_only_owners_manage_members(workspace: Workspace, member: Callable[[Role], User], role: Role) -> None:
    assert signed_in(member(role)).get("/settings/members/").status_code == 403


def test_another_workspace_s_member_is_out_of_reach(
    workspace: Workspace, other_workspace: Workspace, owner_browser: Browser
) -> None:
    theirs = MembershipFactory(workspace=other_workspace, role=Role.AGENT)

    assert owner_browser.post(f"/settings/members/{theirs.pk}/removal/").status_code == 404
    assert Membership.objects.filter(pk=theirs.pk).exists()


def test_the_only_owner_is_offered_no_way_out(
    owner: User, owner_browser: Browser, member: Callable[[Role], User]
) -> None:
    second = Membership.objects.get(user=member(Role.MARKETER))
    only = Membership.objects.get(user=owner)

    page = owner_browser.get("/settings/members/").content.decode()

    assert f"/settings/members/{only.pk}/" not in page
    assert f"/settings/members/{second.pk}/removal/" in page
    Membership.objects.filter(pk=second.pk).update(role=Role.OWNER)
    assert f"/settings/members/{only.pk}/" in owner_browser.get("/settings/members/").content.decode()
