from accounts.forms.api_keys import ApiKeyForm
from accounts.forms.members import InvitationForm, JoinForm, RoleForm
from accounts.forms.workspaces import LogoForm, NewWorkspaceForm, SignupForm, WorkspaceForm

__all__ = [
    "ApiKeyForm",
    "InvitationForm",
    "JoinForm",
    "LogoForm",
    "NewWorkspaceForm",
    "RoleForm",
    "SignupForm",
    "WorkspaceForm",
]
