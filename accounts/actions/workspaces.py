from __future__ import annotations

import hashlib
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext_noop

from accounts.actions.audit import audit
from accounts.models import Membership, Role, User, Workspace, WorkspaceLogo
from accounts.openings import furnish_workspace
from accounts.scope import current_workspace, workspace_scope

# Paths below /w/ that must stay free, and words that would mislead in an address.
RESERVED_SLUGS = frozenset({"new", "admin", "api", "www", "static", "rapport"})
SLUG_LENGTH = 50


@transaction.atomic
def create_workspace(*, name: str, owner: User, zone: str = "UTC", currency: str = "EUR") -> Workspace:
    """Open a workspace with its first owner. The slug comes from the name, made unique."""
    workspace = Workspace.objects.create(
        name=name,
        slug=free_slug(name),
        zone=zone,
        currency=currency,
        sender_name=name,
        sender_email="",
    )
    Membership.objects.create(user=owner, workspace=workspace, role=Role.OWNER)
    with workspace_scope(workspace, actor=f"user:{owner.pk}"):
        audit(gettext_noop("created the workspace"), name)
        furnish_workspace()
    return workspace


@transaction.atomic
def edit_workspace(**changes: Any) -> Workspace:
    """Change settings of the workspace in scope; what differs is audited by field name."""
    workspace = Workspace.objects.select_for_update().get(pk=current_workspace().pk)
    changed = [name for name, value in changes.items() if getattr(workspace, name) != value]
    if changed:
        before = {name: str(getattr(workspace, name))[:200] for name in changed}
        for name in changed:
            setattr(workspace, name, changes[name])
        workspace.save(update_fields=changed)
        audit(gettext_noop("changed settings"), ", ".join(name.replace("_", " ") for name in changed), before=before)
    return workspace


@transaction.atomic
def set_logo(content: bytes, *, content_type: str) -> WorkspaceLogo:
    logo, _ = WorkspaceLogo.objects.update_or_create(
        workspace=current_workspace(),
        defaults={
            "content": content,
            "content_type": content_type,
            "sha256": hashlib.sha256(content).hexdigest(),
        },
    )
    audit(gettext_noop("changed the logo"), current_workspace(), bytes=len(content))
    return logo


@transaction.atomic
def remove_logo() -> None:
    removed, _ = WorkspaceLogo.objects.filter(workspace=current_workspace()).delete()
    if removed:
        audit(gettext_noop("removed the logo"), current_workspace())


def free_slug(name: str) -> str:
    """The name as an address, numbered if somebody has it already."""
    stem = slugify(name)[:SLUG_LENGTH].strip("-") or "workspace"
    taken = set(Workspace.objects.filter(slug__startswith=stem).values_list("slug", flat=True)) | RESERVED_SLUGS
    slug, number = stem, 1
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug
