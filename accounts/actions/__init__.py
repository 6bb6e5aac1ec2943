from accounts.actions.api_keys import create_api_key, revoke_api_key
from accounts.actions.audit import audit
from accounts.actions.invitations import InvitationRefused, accept_invitation, invite_member, revoke_invitation
from accounts.actions.members import LastOwner, change_role, remove_member
from accounts.actions.sign_up import register_invited
from accounts.actions.workspaces import create_workspace, edit_workspace, remove_logo, set_logo

__all__ = [
    "InvitationRefused",
    "LastOwner",
    "accept_invitation",
    "audit",
    "change_role",
    "create_api_key",
    "create_workspace",
    "edit_workspace",
    "invite_member",
    "register_invited",
    "remove_logo",
    "remove_member",
    "revoke_api_key",
    "revoke_invitation",
    "set_logo",
]
