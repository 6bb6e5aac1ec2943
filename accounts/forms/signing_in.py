"""allauth's forms in our words. Not in the package's front: allauth itself imports that one while these load."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth
from django import forms
from django.utils.translation import gettext_lazy as _

LABELS = {
    "login": _("E-mail address"),
    "email": _("E-mail address"),
    "oldpassword": _("Current password"),
}


class OurWords(forms.Form):
    """Labels as on every other page, and no placeholder that repeats them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = LABELS.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)


class LoginForm(OurWords, allauth.LoginForm): ...


class SignupForm(OurWords, allauth.SignupForm): ...


class ReauthenticateForm(OurWords, allauth.ReauthenticateForm): ...


class AddEmailForm(OurWords, allauth.AddEmailForm): ...


class ChangePasswordForm(OurWords, allauth.ChangePasswordForm): ...


class ResetPasswordForm(OurWords, allauth.ResetPasswordForm): ...


class ResetPasswordKeyForm(OurWords, allauth.ResetPasswordKeyForm): ...
