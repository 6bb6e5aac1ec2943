"""Public addresses: nobody is signed in, or no workspace is known yet."""

from __future__ import annotations

from django.urls import include, path, re_path

from accounts import views as accounts
from crm import mailbox_views, views

urlpatterns = [
    # First, as patterns are tried one by one.
    path("api/v1/", include("crm.api")),
    path("", accounts.front_page, name="front_page"),
    path("workspaces/", accounts.workspace_list, name="workspace_list"),
    path("accounts/invitation/<str:secret>/", accounts.invitation_detail, name="invitation_detail"),
    path("accounts/", include("allauth.urls")),
    re_path(r"^brand/(?P<color>[0-9a-f]{6})\.css$", views.brand_css, name="brand_css"),
    path("p/<str:public_key>/logo/<str:sha256>", accounts.logo_image, name="logo_image"),
    path("p/", include("sales.public_urls")),
    path("p/", include("messaging.public_urls")),
    path("healthz", views.healthz, name="healthz"),
    path("mailbox/", mailbox_views.mailbox_list, name="mailbox_list"),
    path("mailbox/<str:key>/", mailbox_views.mailbox_message, name="mailbox_message"),
    re_path(
        r"^mailbox/(?P<key>[^/]+)/(?P<kind>reply|bounce|complaint)/$",
        mailbox_views.mailbox_answer,
        name="mailbox_answer",
    ),
    path("mailbox/<str:key>/html/", mailbox_views.mailbox_html, name="mailbox_html"),
]

handler400 = views.bad_request
handler403 = views.permission_denied
handler404 = views.page_not_found
handler500 = views.server_error
