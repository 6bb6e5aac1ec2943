from __future__ import annotations

import re

import pytest
from django.conf import LazySettings

from accounts.models import AuditEntry, Workspace
from accounts.scope import workspace_scope
from sales.identity import is_signed, signature_of
from sales.models import Sighting, Website
from tests.client import Browser


def shown(browser: Browser) -> str:
    response = browser.get("/settings/website/")
    assert response.status_code == 200
    return str(response.content.decode())


def test_the_page_shows_the_tag_of_its_workspace(
    owner_browser: Browser, workspace: Workspace, settings: LazySettings
) -> None:
    settings.PUBLIC_URL = "https://rapport.example"

    page = shown(owner_browser)

    tag = f'<script async src="https://rapport.example/p/rapport.js" data-workspace="{workspace.public_key}"></script>'
    assert tag.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;") in page
    assert "Not heard from yet" in page
    assert Website.objects.count() == 0, "to look writes nothing"


def test_it_is_switched_on_for_sites_as_people_write_them(owner_browser: Browser) -> None:
    typed = {
        "is_on": "on",
        "sites": " https://www.Shop.example/start?x=1 \n\nlocalhost:3000\nbücher.example\nshop.example",
    }

    assert owner_browser.post("/settings/website/", typed).status_code == 302
    assert owner_browser.post("/settings/website/", typed).status_code == 302

    website = Website.objects.get()
    assert (website.is_on, website.sites) == (True, ["shop.example", "localhost:3000", "xn--bcher-kva.example"])
    assert AuditEntry.objects.filter(action__contains="snippet on the website").count() == 2


@pytest.mark.parametrize(
    ("sites", "words"),
    [
        ("", "Name the site that the snippet is on"),
        ("not a site", "is not a site"),
        ("ftp://shop.example", "is not a site"),
        ("https://user@shop.example", "is not a site"),
        ("shop.example:port", "is not a site"),
        ("*", "is not a site"),
        ("\n".join(f"{number}.example" for number in range(21)), "At most 20 sites"),
    ],
)
def test_what_is_no_site_is_refused_and_stays_as_typed(owner_browser: Browser, sites: str, words: str) -> None:
    response = owner_browser.post("/settings/website/", {"is_on": "on", "sites": sites})

    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert sites.split("\n", maxsplit=1)[0] in page
    assert Website.objects.count() == 0


def test_it_may_be_off_without_a_site(owner_browser: Browser) -> None:
    assert owner_browser.post("/settings/website/", {"sites": ""}).status_code == 302
    assert not Website.objects.get().is_on


def test_a_secret_is_shown_once_kept_nowhere_and_ended_by_the_next(owner_browser: Browser) -> None:
    def made() -> str:
        page = owner_browser.post("/settings/website/secret/").content.decode()
        found = re.search(r'id="identity-secret" value="([0-9a-f]{64})"', page)
        assert found
        return found[1]

    first = made()
    assert is_signed(Website.objects.get(), "1042", signature_of("1042", secret=first))
    assert first not in shown(owner_browser)
    assert first not in str(list(Website.objects.values()) + list(AuditEntry.objects.values()))

    second = made()
    website = Website.objects.get()
    assert not is_signed(website, "1042", signature_of("1042", secret=first))
    assert is_signed(website, "1042", signature_of("1042", secret=second).upper())
    assert not website.is_on


def test_where_the_tag_was_heard_is_shown(owner_browser: Browser, other_workspace: Workspace) -> None:
    Sighting.objects.create(site="shop.example", is_taken=True)
    Sighting.objects.create(site="evil.example", is_taken=False)
    with workspace_scope(other_workspace):
        Sighting.objects.create(site="flowers.example", is_taken=True)

    page = shown(owner_browser)

    assert page.index("evil.example") < page.index("Refused") < page.rindex("shop.example") < page.index("Listened to")
    assert "flowers.example" not in page
