"""The typed request of a workspace page: signed in, a member, in scope."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import Membership, User, Workspace


class WorkspaceRequest(HttpRequest):
    user: User
    workspace: Workspace
    membership: Membership
    htmx: HtmxDetails
