from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("", views.workspace_settings, name="workspace_settings"),
    path("logo/", views.workspace_logo, name="workspace_logo"),
    path("logo/removal/", views.logo_removal, name="logo_removal"),
    path("members/", views.member_list, name="member_list"),
    path("members/<int:membership_id>/role/", views.member_role, name="member_role"),
    path("members/<int:membership_id>/removal/", views.member_removal, name="member_removal"),
    path("invitations/<int:invitation_id>/revocation/", views.invitation_revocation, name="invitation_revocation"),
    path("api-keys/", views.api_key_list, name="api_key_list"),
    path("api-keys/<int:api_key_id>/revocation/", views.api_key_revocation, name="api_key_revocation"),
    path("audit/", views.audit_list, name="audit_list"),
]
