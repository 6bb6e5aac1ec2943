"""The page on which the API can be tried, under the same strict policy as every other page."""

import json

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.models import Customer
from tests.browser.conftest import OpenPage
from tests.browser.looking import complaints_of, findings_of, keep_screenshot, overflow_of
from tests.factories.api_keys import make_api_key

pytestmark = pytest.mark.django_db(transaction=True)


def authorize(page: Page, secret: str) -> None:
    page.get_by_role("button", name="Authorize", exact=True).click()
    bearer = page.locator(".modal-ux form").filter(has_text="apiKey")
    bearer.get_by_label("Value").fill(secret)
    bearer.get_by_role("button", name="Apply credentials").click()
    bearer.get_by_role("button", name="Close", exact=True).click()


@pytest.mark.parametrize("viewport", ["desk", "phone"])
def test_a_call_is_tried_with_a_real_key(open_page: OpenPage, bakery: Workspace, viewport: str) -> None:
    page = open_page(None, viewport)
    complaints = complaints_of(page)
    page.goto("/api/v1/docs/")
    expect(page.get_by_role("heading", name="Rapport API")).to_be_visible()
    keep_screenshot(page, f"api-reference-{viewport}")
    assert findings_of(page) == []
    assert overflow_of(page) == 0

    authorize(page, make_api_key(bakery))
    call = page.locator("#operations-ingestion-identify")
    call.locator(".opblock-summary-control").click()
    call.get_by_role("button", name="Try it out").click()
    call.get_by_role("button", name="Execute").click()
    answer = call.locator(".live-responses-table")
    expect(answer.locator(".response-col_status").nth(1)).to_contain_text("202")
    keep_screenshot(page, f"api-reference-tried-{viewport}")

    text = answer.locator(".highlight-code code").first.inner_text()
    assert json.loads(text) == {"accepted": 1, "duplicates": 0, "errors": []}
    with workspace_scope(bakery):
        assert Customer.objects.get().name == "Anna Bloom"
    assert complaints == []


@pytest.mark.parametrize("viewport", ["desk", "phone"])
def test_the_page_of_errors_looks_right(open_page: OpenPage, viewport: str) -> None:
    page = open_page(None, viewport)
    complaints = complaints_of(page)

    page.goto("/api/v1/docs/errors#rate_limited")

    expect(page.get_by_text("rate_limited")).to_be_in_viewport()
    keep_screenshot(page, f"api-errors-{viewport}")
    assert (findings_of(page), overflow_of(page), complaints) == ([], 0, [])
