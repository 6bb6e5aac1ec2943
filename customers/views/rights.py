"""What the member who asks may do with customers, for templates to show no button that would be refused."""

from __future__ import annotations

from accounts.models import Membership
from accounts.permissions import Permission, role_has

_RIGHTS = {
    "may_edit": Permission.EDIT_CUSTOMERS,
    "may_list": Permission.EDIT_SEGMENTS,
    "may_merge": Permission.MERGE_CUSTOMERS,
    "may_download": Permission.EXPORT_CUSTOMERS,
    "may_erase": Permission.ERASE_CUSTOMERS,
}


def rights_of(membership: Membership) -> dict[str, bool]:
    return {name: role_has(membership.role, permission) for name, permission in _RIGHTS.items()}
