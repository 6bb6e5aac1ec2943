"""Addresses below `/w/<slug>/`: reachable only through the middleware, by members, in scope."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
