"""Every page of the product, with data and empty, on a desk and on a phone."""

from __future__ import annotations

import pytest
from django.conf import LazySettings

from accounts.models import User, Workspace
from crm.demo.bakery import EMAIL
from tests.browser.conftest import OpenPage
from tests.browser.listing import member_pages, public_pages
from tests.browser.lively import open_lively_bakery
from tests.browser.looking import look_at

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def test_every_page_of_a_busy_workspace(live_server: object, settings: LazySettings, open_page: OpenPage) -> None:
    bakery = open_lively_bakery(settings)
    owner = User.objects.get(email=EMAIL)
    for_strangers, for_members = public_pages(bakery, owner)
    pages = member_pages(bakery, owner)

    wrong = look_at(open_page(owner, reduced_motion="reduce"), [*pages, *for_members], folder="busy")
    wrong += look_at(open_page(reduced_motion="reduce"), for_strangers, folder="public")

    assert wrong == []


def test_every_page_of_an_empty_workspace(open_page: OpenPage, bakery: Workspace, bakery_owner: User) -> None:
    pages = member_pages(bakery, bakery_owner, with_objects=False)

    assert look_at(open_page(bakery_owner, reduced_motion="reduce"), pages, folder="empty") == []
