"""Addresses below `/w/<slug>/`: reachable only through the middleware, by members, in scope."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from crm import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("customers.urls")),
    path("messages/", include("messaging.urls")),
    path("settings/", include("accounts.urls")),
    path("", include("sales.urls")),
    path("settings/dead-letters/", include("timeline.urls")),
    path("", include("metrics.urls")),
]

handler400 = views.bad_request
handler403 = views.permission_denied
handler404 = views.page_not_found
handler500 = views.server_error
