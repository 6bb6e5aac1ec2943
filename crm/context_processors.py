from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from crm.navigation import navigation_for

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.requests import WorkspaceRequest


def mailbox(request: HttpRequest) -> dict[str, Any]:
    """Whether mail is caught on this machine, so that there is somewhere to read it."""
    return {"has_mailbox": bool(settings.MAILBOX_DIR)}


def navigation(request: HttpRequest) -> dict[str, Any]:
    """`navigation` on workspace pages, nothing elsewhere. Lazy: fragments never ask for it."""
    if getattr(request, "membership", None) is None:
        return {}
    return {"navigation": SimpleLazyObject(lambda: navigation_for(cast("WorkspaceRequest", request)))}
