"""What anybody may read about the API: the reference with a form to try each call, its errors, its schema."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.rest.errors import ERROR_CODES


@transaction.non_atomic_requests
@require_safe
def api_reference(request: HttpRequest) -> HttpResponse:
    return render(request, "crm/api_reference.html")


@transaction.non_atomic_requests
@require_safe
def api_errors(request: HttpRequest) -> HttpResponse:
    """Where every error's `doc_url` leads."""
    codes = sorted(ERROR_CODES.items(), key=lambda item: (item[1].status, item[0]))
    return render(request, "crm/api_errors.html", {"codes": codes})


@transaction.non_atomic_requests
@require_safe
@cache_control(public=True, max_age=300)
def api_schema(request: HttpRequest) -> HttpResponse:
    """The committed OpenAPI schema, which `./run check` compares with the code."""
    return HttpResponse(_schema(), content_type="application/yaml; charset=utf-8")


@cache
def _schema() -> str:
    return (Path(settings.BASE_DIR) / "docs" / "openapi.yaml").read_text()
