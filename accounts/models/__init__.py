from accounts.models.access import ApiKey, AuditEntry, Doorbell, IdempotencyKey, PublicToken
from accounts.models.owned import CurrentWorkspaceId, WorkspaceManager, WorkspaceOwned
from accounts.models.users import User, UserManager
from accounts.models.workspaces import Invitation, Membership, Role, Workspace, WorkspaceLogo

__all__ = [
    "ApiKey",
    "AuditEntry",
    "CurrentWorkspaceId",
    "Doorbell",
    "IdempotencyKey",
    "Invitation",
    "Membership",
    "PublicToken",
    "Role",
    "User",
    "UserManager",
    "Workspace",
    "WorkspaceLogo",
    "WorkspaceManager",
    "WorkspaceOwned",
]
