"""A few pages of the sidebar, standing in for the real ones: two everybody may see, one only owners, one below."""

from __future__ import annotations

from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import include, path

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from crm.workspace_urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500"]


@permits(Permission.VIEW_METRICS)
def overview(request: WorkspaceRequest) -> HttpResponse:
    return render(request, "base.html")


@permits(Permission.VIEW_CUSTOMERS)
def customer_list(request: WorkspaceRequest) -> HttpResponse:
    return render(request, "base.html")


@permits(Permission.EDIT_API_KEYS)
def api_key_list(request: WorkspaceRequest) -> HttpResponse:
    return render(request, "base.html")


def no_permission_named(request: WorkspaceRequest) -> HttpResponse:
    return render(request, "base.html")


def plain(request: WorkspaceRequest) -> HttpResponse:
    return HttpResponse("")


def broken(request: WorkspaceRequest) -> HttpResponse:
    raise RuntimeError("as if the code were wrong")


def bad(request: WorkspaceRequest) -> HttpResponse:
    raise BadRequest


urlpatterns = [
    path("", include(([path("", overview, name="overview")], "metrics"))),
    path(
        "customers/",
        include(
            ([path("", customer_list, name="customer_list"), path("7/", customer_list, name="detail")], "customers")
        ),
    ),
    path("orders/", include(([path("", no_permission_named, name="order_list")], "sales"))),
    path("keys/", include(([path("", api_key_list, name="api_key_list")], "accounts"))),
    path("plain/", plain),
    path("broken/", broken),
    path("bad/", bad),
]
