from __future__ import annotations

import re
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from django.urls import get_resolver

from accounts.fields import WorkspaceForeignKey, WorkspaceOneToOneField
from accounts.models import WorkspaceOwned
from accounts.permissions import ROLE_PERMISSIONS, Permission
from accounts.protection import tenant_models
from accounts.workspace_tasks import WorkspaceTask
from crm.celery import app as celery_app
from tests.architecture.house import APPS, ROOT, sources
from tests.architecture.test_names import url_patterns

# What is needed before a workspace is known: no row-level security, and no customer data.
BEFORE_A_WORKSPACE = {
    "ApiKey",
    "Doorbell",
    "Invitation",
    "Membership",
    "PublicToken",
    "User",
    "Workspace",
    "WorkspaceLogo",
}
# Each reads and writes only those tables, and queues scoped tasks.
SYSTEM_TASKS = {
    "accounts.tasks.find_old_answers",
    "accounts.tasks.forget_tokens",
    "customers.tasks.find_imports",
    "customers.tasks.find_segments",
    "messaging.tasks.find_birthdays",
    "messaging.tasks.find_campaigns",
    "messaging.tasks.find_due_messages",
    "messaging.tasks.find_flows",
    "timeline.tasks.find_news",
    "messaging.tasks.find_doubts",
    "messaging.tasks.find_pauses",
    "messaging.tasks.find_traces",
    "messaging.tasks.find_incoming_mail",
    "messaging.tasks.find_unconfirmed",
    "sales.tasks.find_unnamed_visitors",
}
# Each use of the way past the first lock, and why it is one.
UNSCOPED: dict[str, str] = {}


def our_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in APPS]


def test_every_model_is_owned_by_a_workspace_or_listed() -> None:
    assert {model.__name__ for model in our_models() if not issubclass(model, WorkspaceOwned)} == BEFORE_A_WORKSPACE


def test_no_table_is_made_behind_our_back() -> None:
    assert [model.__name__ for model in our_models() if model._meta.auto_created] == []


def test_keys_between_tenant_rows_cannot_leave_the_workspace() -> None:
    loose = [
        f"{model.__name__}.{field.name}"
        for model in tenant_models()
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey)
        and isinstance(field.remote_field.model, type)
        and issubclass(field.remote_field.model, WorkspaceOwned)
        and not isinstance(field, WorkspaceForeignKey | WorkspaceOneToOneField)
    ]
    assert loose == []


def test_every_index_and_constraint_begins_with_the_workspace() -> None:
    wrong = [
        f"{model.__name__}: {each.name}"
        for model in tenant_models()
        for each in [*model._meta.indexes, *model._meta.constraints]
        if _first(each) not in {"workspace", None}
    ]
    assert wrong == []


def _first(each: Any) -> str | None:
    """The first column; None for a check, which has no columns."""
    if isinstance(each, models.CheckConstraint):
        return None
    names = [*each.fields] or [expression.deconstruct()[1][0] for expression in each.expressions]
    return str(getattr(names[0], "name", names[0])).lstrip("-")


def test_the_way_past_the_manager_is_used_only_where_listed() -> None:
    uses = {
        str(path.relative_to(ROOT))
        for path in sources()
        if re.search(r"\.(unscoped|_base_manager)\b", path.read_text())
    }
    assert uses == set(UNSCOPED)


def test_every_task_carries_its_workspace_or_is_listed() -> None:
    celery_app.loader.import_default_modules()
    ours = {name: task for name, task in celery_app.tasks.items() if name.split(".")[0] in APPS}
    assert {name for name, task in ours.items() if not isinstance(task, WorkspaceTask)} == SYSTEM_TASKS


def test_every_workspace_page_names_its_permission() -> None:
    patterns = url_patterns(get_resolver(settings.WORKSPACE_URLCONF))
    assert [pattern.name for pattern in patterns if not isinstance(_permission(pattern.callback), Permission)] == []


def _permission(view: Any) -> object:
    return getattr(view, "permission", None)


@pytest.mark.parametrize("permission", Permission)
def test_owners_may_everything(permission: Permission) -> None:
    assert permission in ROLE_PERMISSIONS["owner"]
