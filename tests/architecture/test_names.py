from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from tests.architecture.house import APPS, ROOT, functions, sources

NO_SUCH_ROOM = {"core", "common", "utils", "helpers", "helper", "util", "misc", "services", "managers", "signals"}
NO_SUCH_VERB = re.compile(r"^_?(do|handle|process|perform|manage)_")
# What Django, Celery or the standard library calls by these names.
GIVEN_NAMES = {
    "handle_starttag",
    "handle_endtag",
    "handle_data",
    "handle_comment",
    "handle_EHLO",
    "handle_DATA",
    "process_exception",
}


def test_no_room_is_a_drawer_for_anything() -> None:
    assert [str(path) for path in sources() if set(path.relative_to(ROOT).with_suffix("").parts) & NO_SUCH_ROOM] == []


def test_functions_say_what_they_do() -> None:
    vague = [
        str(each)
        for path in sources()
        for each in functions(path)
        if NO_SUCH_VERB.match(each.name) and each.name not in GIVEN_NAMES
    ]
    assert vague == []


# What a public form or link answers with, instead of a page of its own.
PUBLIC_ANSWERS = {"confirmed", "joined", "link_gone", "privacy_notice", "unsubscribed"}


@pytest.mark.parametrize("urlconf", [settings.ROOT_URLCONF, settings.WORKSPACE_URLCONF])
def test_a_view_is_called_as_its_url(urlconf: str) -> None:
    wrong = [
        f"{pattern.name} -> {pattern.callback.__name__}"
        for pattern in url_patterns(get_resolver(urlconf))
        if pattern.callback.__module__.split(".")[0] in APPS
        and hasattr(pattern.callback, "__name__")
        and not hasattr(pattern.callback, "cls")
        and pattern.callback.__name__ != pattern.name
    ]
    assert wrong == []


def test_a_page_s_template_is_called_as_its_view() -> None:
    names = {
        pattern.name
        for urlconf in (settings.ROOT_URLCONF, settings.WORKSPACE_URLCONF)
        for pattern in url_patterns(get_resolver(urlconf))
    }
    pages = [path for app in APPS if app != "crm" for path in sorted((ROOT / "templates" / app).glob("*.html"))]
    assert [f"{path.parent.name}/{path.name}" for path in pages if not _is_a_page_of(path.stem, names)] == []


def _is_a_page_of(stem: str, names: set[str | None]) -> bool:
    """`order_detail`, or what else that view may answer (`order_detail_gone`); what begins with `_` is a part."""
    return (
        stem.startswith("_")
        or stem in PUBLIC_ANSWERS
        or any(name and (stem == name or stem.startswith(f"{name}_")) for name in names)
    )


def url_patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from url_patterns(pattern)
        else:
            yield pattern
