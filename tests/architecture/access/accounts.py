from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.actions import create_api_key, invite_member
from accounts.api_keys import ApiScope
from accounts.models import Role
from accounts.scope import current_workspace
from tests.architecture.access.rows import Kwargs, Row
from tests.factories.accounts import MembershipFactory, UserFactory

SETTINGS = {
    "name": "Renamed",
    "zone": "Europe/Vienna",
    "currency": "EUR",
    "brand_color": "#112233",
    "sender_name": "Renamed",
    "goal_days": 5,
}


def a_member() -> Kwargs:
    return {"membership_id": MembershipFactory(workspace=current_workspace(), role=Role.AGENT).pk}


def an_invitation() -> Kwargs:
    invitation, _ = invite_member(email="new@people.example", role=Role.AGENT, invited_by=UserFactory())
    return {"invitation_id": invitation.pk}


def an_api_key() -> Kwargs:
    key, _ = create_api_key(name="Shop", scopes=[ApiScope.SALES_READ])
    return {"api_key_id": key.pk}


def a_logo(_: Kwargs) -> dict[str, object]:
    return {"logo": SimpleUploadedFile("logo.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 32)}


ROWS = {
    "accounts:workspace_settings": Row(post=lambda _: SETTINGS | {"slug": current_workspace().slug}),
    "accounts:workspace_logo": Row(get=False, post=a_logo),
    "accounts:logo_removal": Row(get=False, post=lambda _: {}),
    "accounts:member_list": Row(post=lambda _: {"email": "ben@people.example", "role": "agent"}),
    "accounts:member_role": Row(a_member, get=False, post=lambda _: {"role": "marketer"}),
    "accounts:member_removal": Row(a_member, get=False, post=lambda _: {}),
    "accounts:invitation_revocation": Row(an_invitation, get=False, post=lambda _: {}),
    "accounts:api_key_list": Row(post=lambda _: {"name": "Till", "scopes": ["sales:read"]}),
    "accounts:api_key_revocation": Row(an_api_key, get=False, post=lambda _: {}),
    "accounts:audit_list": Row(),
}
