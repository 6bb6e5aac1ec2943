"""Public addresses: nobody is signed in, or no workspace is known yet."""

from __future__ import annotations

from django.urls import include, path, re_path

from crm import views

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    re_path(r"^brand/(?P<color>[0-9a-f]{6})\.css$", views.brand_css, name="brand_css"),
]

handler400 = views.bad_request
handler403 = views.permission_denied
handler404 = views.page_not_found
handler500 = views.server_error
