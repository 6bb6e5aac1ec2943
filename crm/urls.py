"""Public addresses: nobody is signed in, or no workspace is known yet."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
]
