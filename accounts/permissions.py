"""Which role may do what. Every workspace view names the one permission that it needs; this table says who has it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http.response import HttpResponseBase

from accounts.models import Role
from accounts.requests import WorkspaceRequest


class Permission(StrEnum):
    VIEW_CUSTOMERS = "view customers"
    EDIT_CUSTOMERS = "edit customers"
    MERGE_CUSTOMERS = "merge customers"
    EXPORT_CUSTOMERS = "export customers"
    ERASE_CUSTOMERS = "erase customers"
    IMPORT_CUSTOMERS = "import customers"
    VIEW_SALES = "view sales"
    EDIT_SALES = "edit sales"
    VIEW_MESSAGES = "view messages"
    EDIT_MESSAGES = "edit messages"
    SEND_MESSAGES = "send messages"
    VIEW_METRICS = "view metrics"
    VIEW_WORKSPACE = "view the workspace"
    EDIT_WORKSPACE = "edit the workspace"
    EDIT_MEMBERS = "edit members"
    EDIT_API_KEYS = "edit API keys"
    VIEW_AUDIT = "view the audit trail"


_READING = frozenset(
    {
        Permission.VIEW_CUSTOMERS,
        Permission.VIEW_SALES,
        Permission.VIEW_MESSAGES,
        Permission.VIEW_METRICS,
        Permission.VIEW_WORKSPACE,
    }
)

ROLE_PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.MARKETER: _READING
    | {
        Permission.EDIT_CUSTOMERS,
        Permission.MERGE_CUSTOMERS,
        Permission.EXPORT_CUSTOMERS,
        Permission.IMPORT_CUSTOMERS,
        Permission.EDIT_SALES,
        Permission.EDIT_MESSAGES,
        Permission.SEND_MESSAGES,
    },
    Role.AGENT: _READING | {Permission.EDIT_CUSTOMERS, Permission.EDIT_SALES},
    Role.ANALYST: _READING | {Permission.EXPORT_CUSTOMERS},
}


def role_has(role: str, permission: Permission) -> bool:
    return permission in ROLE_PERMISSIONS[role]


P = ParamSpec("P")
View = Callable[Concatenate[WorkspaceRequest, P], HttpResponseBase]


def permits(permission: Permission) -> Callable[[View[P]], View[P]]:
    """Refuse members whose role lacks `permission`. The architecture tests read it from the view."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def permitted(request: WorkspaceRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not role_has(request.membership.role, permission):
                raise PermissionDenied(f"Your role may not {permission}. An owner of the workspace can change it.")
            return view(request, *args, **kwargs)

        permitted.permission = permission  # type: ignore[attr-defined]  # read by tests/architecture
        return permitted

    return decorate
