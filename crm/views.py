"""Pages of no app: the style sheet of a colour, and the error pages, which need neither session nor database."""

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from crm.brand import brand_variables


@require_safe
@cache_control(public=True, max_age=365 * 24 * 3600, immutable=True)
def brand_css(request: HttpRequest, color: str) -> HttpResponse:
    """A brand colour as CSS variables: a strict Content-Security-Policy leaves no room for an inline style."""
    return HttpResponse(brand_variables(color), content_type="text/css")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error_page("400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error_page("403.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error_page("404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return _error_page("500.html", status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _error_page("403_csrf.html", status=403)


def _error_page(template: str, *, status: int) -> HttpResponse:
    """Rendered without the request: context processors would ask the database that may just have failed."""
    return HttpResponse(loader.get_template(template).render(), status=status)
