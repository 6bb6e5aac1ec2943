from accounts.views.api_keys import api_key_list, api_key_revocation
from accounts.views.audit import audit_list
from accounts.views.invitations import invitation_detail
from accounts.views.members import invitation_revocation, member_list, member_removal, member_role
from accounts.views.workspaces import (
    front_page,
    logo_image,
    logo_removal,
    workspace_list,
    workspace_logo,
    workspace_settings,
)

__all__ = [
    "api_key_list",
    "api_key_revocation",
    "audit_list",
    "front_page",
    "invitation_detail",
    "invitation_revocation",
    "logo_image",
    "logo_removal",
    "member_list",
    "member_removal",
    "member_role",
    "workspace_list",
    "workspace_logo",
    "workspace_settings",
]
