"""Sign-in and all around it, as it reads."""

from __future__ import annotations

import re

import pytest
from django.core import mail

from accounts.models import User
from tests.client import Browser
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def mira() -> User:
    user: User = UserFactory(email="mira@bakery.example")
    return user


def test_a_wrong_password_is_said(browser: Browser, mira: User) -> None:
    page = browser.post("/accounts/login/", {"login": mira.email, "password": "not this one"}).content.decode()

    assert 'role="alert"' in page
    assert "The email address and/or password you specified are not correct." in page
    assert f'value="{mira.email}"' in page


def test_a_forgotten_password_is_replaced_once(browser: Browser, mira: User) -> None:
    page = browser.post("/accounts/password/reset/", {"email": mira.email}, follow=True).content.decode()
    message = mail.outbox[0]
    link = re.search(r"https?://testserver(/\S+)", str(message.body))
    assert link
    browser.get(link[1], follow=True)
    form = browser.get(browser.get(link[1]).headers["Location"])
    done = browser.post(
        form.wsgi_request.path, {"password1": "sourdough rules 7", "password2": "sourdough rules 7"}, follow=True
    )
    again = Browser().get(link[1], follow=True)

    assert "Look into your mailbox" in page
    assert message.subject == "Choose a new password"
    assert "Your password is changed" in done.content.decode()
    assert "This link no longer works" in again.content.decode()
    mira.refresh_from_db()
    assert mira.check_password("sourdough rules 7")


def test_the_page_does_not_tell_who_has_an_account(browser: Browser) -> None:
    page = browser.post("/accounts/password/reset/", {"email": "nobody@mail.example"}, follow=True).content.decode()

    assert "Look into your mailbox" in page
    assert mail.outbox[0].subject == "No account has this address"


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("login/", "Sign in"),
        ("signup/", "Create a workspace"),
        ("password/reset/", "Reset your password"),
        ("password/reset/key/x-y/", "This link no longer works"),
        ("confirm-email/", "Look into your mailbox"),
        ("confirm-email/x/", "This link no longer works"),
        ("inactive/", "This account is switched off"),
    ],
)
def test_pages_without_sign_in(browser: Browser, path: str, says: str) -> None:
    assert f"<h1>{says}</h1>" in browser.get(f"/accounts/{path}").content.decode()


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("email/", "Your e-mail addresses"),
        ("password/change/", "Change your password"),
        ("logout/", "Sign out?"),
        ("reauthenticate/", "Confirm that it is you"),
    ],
)
def test_pages_of_ones_own_account(browser: Browser, mira: User, path: str, says: str) -> None:
    browser.force_login(mira)

    assert f"<h1>{says}</h1>" in browser.get(f"/accounts/{path}").content.decode()
