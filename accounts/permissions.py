"""Which role may do what. Every workspace view names the one permission that it needs; this table says who has it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.db import models
from django.http.response import HttpResponseBase
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from accounts.requests import WorkspaceRequest


class Permission(models.TextChoices):
    """The label is what the role may do, after “Your role may not”."""

    VIEW_CUSTOMERS = "view customers", _("view customers")
    EDIT_CUSTOMERS = "edit customers", _("edit customers")
    MERGE_CUSTOMERS = "merge customers", _("merge customers")
    EXPORT_CUSTOMERS = "export customers", _("export customers")
    ERASE_CUSTOMERS = "erase customers", _("erase customers")
    IMPORT_CUSTOMERS = "import customers", _("import customers")
    EDIT_SEGMENTS = "edit segments", _("edit segments")
    VIEW_SALES = "view sales", _("view sales")
    EDIT_SALES = "edit sales", _("edit sales")
    VIEW_MESSAGES = "view messages", _("view messages")
    EDIT_MESSAGES = "edit messages", _("edit messages")
    SEND_MESSAGES = "send messages", _("send messages")
    VIEW_METRICS = "view metrics", _("view metrics")
    VIEW_WORKSPACE = "view the workspace", _("view the workspace")
    EDIT_WORKSPACE = "edit the workspace", _("edit the workspace")
    EDIT_MEMBERS = "edit members", _("edit members")
    EDIT_API_KEYS = "edit API keys", _("edit API keys")
    VIEW_AUDIT = "view the audit trail", _("view the audit trail")


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
        Permission.EDIT_SEGMENTS,
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
                raise PermissionDenied(
                    gettext("Your role may not %(do_this)s. An owner of the workspace can change it.")
                    % {"do_this": permission.label}
                )
            return view(request, *args, **kwargs)

        permitted.permission = permission  # type: ignore[attr-defined]  # read by tests/architecture
        return permitted

    return decorate
