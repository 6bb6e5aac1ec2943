from __future__ import annotations

from datetime import timedelta

from django.test import RequestFactory
from django.utils import timezone

from accounts.actions import create_api_key, revoke_api_key
from accounts.api_keys import ApiScope, workspace_key_of
from accounts.models import ApiKey, Workspace
from tests.client import Browser


def carrying(secret: str) -> ApiKey | None:
    return workspace_key_of(RequestFactory().get("/api/v1/customers", headers={"authorization": f"Bearer {secret}"}))


def test_a_new_key_is_shown_once_and_kept_as_a_hash(workspace: Workspace, owner_browser: Browser) -> None:
    page = owner_browser.post("/settings/api-keys/", {"name": "Shop", "scopes": [ApiScope.CUSTOMERS_READ]})

    secret = page.context["secret"]
    key = ApiKey.objects.get()
    assert secret in page.content.decode()
    assert secret not in owner_browser.get("/settings/api-keys/").content.decode()
    assert secret not in str(ApiKey.objects.filter(pk=key.pk).values().get())
    assert carrying(secret) == key


def test_a_revoked_key_opens_nothing(workspace: Workspace, owner_browser: Browser) -> None:
    key, secret = create_api_key(name="Shop", scopes=[ApiScope.CUSTOMERS_READ])

    owner_browser.post(f"/settings/api-keys/{key.pk}/revocation/")

    assert carrying(secret) is None
    assert revoke_api_key(key).revoked_at is not None


def test_an_expired_key_opens_nothing(workspace: Workspace) -> None:
    _, secret = create_api_key(
        name="Shop", scopes=[ApiScope.CUSTOMERS_READ], expires_at=timezone.now() - timedelta(seconds=1)
    )

    assert carrying(secret) is None


def test_a_key_needs_a_purpose_and_a_scope(workspace: Workspace, owner_browser: Browser) -> None:
    response = owner_browser.post("/settings/api-keys/", {"name": "", "scopes": ["everything"]})

    assert response.status_code == 422
    assert sorted(response.context["form"].errors) == ["name", "scopes"]
    assert ApiKey.objects.count() == 0


def test_a_last_day_in_the_past_is_refused(workspace: Workspace, owner_browser: Browser) -> None:
    response = owner_browser.post(
        "/settings/api-keys/", {"name": "Shop", "scopes": [ApiScope.SALES_READ], "expires_on": "2020-01-01"}
    )

    assert response.context["form"].errors == {"expires_on": ["This day is over. Choose today or a later day."]}


def test_another_workspace_s_key_is_out_of_reach(
    workspace: Workspace, other_workspace: Workspace, owner_browser: Browser
) -> None:
    theirs = ApiKey.objects.create(
        workspace=other_workspace, name="Theirs", prefix="rk_", key_hash="x", scopes=[ApiScope.SALES_READ]
    )

    assert owner_browser.post(f"/settings/api-keys/{theirs.pk}/revocation/").status_code == 404
    theirs.refresh_from_db()
    assert theirs.revoked_at is None
