"""Pages of no app: health, the style sheet of a colour, and the error pages, which need no session or database."""

import errno
import sys

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from crm.brand import brand_variables
from crm.database_trouble import is_given_up, is_in_the_way, is_the_databases
from crm.health import health

RETRY_AFTER = "10"  # seconds


@transaction.non_atomic_requests
@require_safe
@cache_control(public=True, max_age=365 * 24 * 3600, immutable=True)
def brand_css(request: HttpRequest, color: str) -> HttpResponse:
    """A brand colour as CSS variables: a strict Content-Security-Policy leaves no room for an inline style."""
    return HttpResponse(brand_variables(color), content_type="text/css")


@transaction.non_atomic_requests  # it must answer without a database too
@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when web, worker and database are ready; else 503, and which one is not."""
    parts = health()
    return JsonResponse(parts, status=200 if set(parts.values()) == {"ok"} else 503)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):  # a form's fields, which are known only when they are read
        return too_large(request)
    return _error_page("400.html", status=400)


def too_large(request: HttpRequest, *, is_import: bool = False) -> HttpResponse:
    most = settings.IMPORT_MOST_BYTES if is_import else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return _error_page("413.html", status=413, is_import=is_import, most_bytes=most, path=request.get_full_path())


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error_page("403.html", status=403, reason=str(exception))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error_page("404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Called while the exception is being answered. It may not be the page that failed, but its database or disk."""
    error = sys.exc_info()[1]
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return _error_page("507.html", status=507, path=request.get_full_path())
    if not is_the_databases(error):
        return _error_page("500.html", status=500)
    is_there = is_in_the_way(error) or is_given_up(error)
    template = "503_busy.html" if is_there else "503.html"
    response = _error_page(template, status=503, path=request.get_full_path())
    response.headers["Retry-After"] = RETRY_AFTER
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _error_page("403_csrf.html", status=403)


def _error_page(template: str, *, status: int, **words: object) -> HttpResponse:
    """Rendered without the request: context processors would ask the database that may just have failed."""
    return HttpResponse(loader.get_template(template).render(words), status=status)
