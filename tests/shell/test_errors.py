"""What went wrong is said in words, by the status, without the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import RequestFactory

from accounts.models import Role, User
from crm import views
from tests.client import Browser
from tests.conftest import signed_in


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [
        (lambda request: views.bad_request(request, Exception()), 400, "makes no sense"),
        (lambda request: views.permission_denied(request, Exception()), 403, "Ask an owner"),
        (lambda request: views.page_not_found(request, Exception()), 404, "There is nothing here"),
        (views.server_error, 500, "Nothing was saved half-way"),
        (views.csrf_failure, 403, "open for too long"),
    ],
)
def test_error_pages_need_no_database(rf: RequestFactory, answer: Callable[[Any], Any], status: int, says: str) -> None:
    response = answer(rf.get("/"))

    assert response.status_code == status
    assert says in response.content.decode()


@pytest.mark.usefixtures("pages")
def test_a_refused_member_reads_why(member: Callable[[Role], User]) -> None:
    response = signed_in(member(Role.ANALYST)).get("/keys/")

    assert response.status_code == 403
    assert "Your role may not edit API keys. An owner of the workspace can change it." in response.content.decode()


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize(("path", "status"), [("/bad/", 400), ("/nowhere/", 404), ("/broken/", 500)])
def test_a_workspace_page_fails_in_our_words(owner: User, path: str, status: int) -> None:
    browser = signed_in(owner)
    browser.raise_request_exception = False

    response = browser.get(path)

    assert response.status_code == status
    assert f"<p>{status}</p>" in response.content.decode()


def test_a_visit_without_sign_in_comes_back_after_it(browser: Browser, workspace: Any) -> None:
    response = browser.get("/w/bakery/customers/?q=ann")

    assert response.headers["Location"] == "/accounts/login/?next=/w/bakery/customers/%3Fq%3Dann"


@pytest.mark.parametrize(("method", "headers"), [("post", {}), ("get", {"HX-Request": "true"})])
def test_a_page_left_open_over_a_sign_out_is_told(
    browser: Browser, workspace: Any, method: str, headers: dict[str, str]
) -> None:
    response = getattr(browser, method)("/w/bakery/customers/", headers=headers)

    assert response.status_code == 401
    assert "You are signed out" in response.content.decode()
