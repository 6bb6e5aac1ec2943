from __future__ import annotations

from functools import cache
from typing import Any

from babel.core import get_global
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.actions import create_workspace
from accounts.actions.workspaces import RESERVED_SLUGS
from accounts.languages import reader_locale
from accounts.models import User, Workspace
from accounts.models.workspaces import zone_names

LOGO_BYTES = 300_000
# SVG is left out: it can carry scripts, and mail programs do not show it.
LOGO_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


def currency_choices() -> list[tuple[str, str]]:
    """Currencies that are money somewhere today, by code, with their names in the reader's language."""
    names = reader_locale().currencies
    return [(code, f"{code} · {names.get(code, code)}") for code in _currencies_in_use()]


@cache
def _currencies_in_use() -> list[str]:
    return sorted(
        {
            code
            for periods in get_global("territory_currencies").values()
            for code, _first_day, last_day, is_tender in periods
            if last_day is None and is_tender
        }
    )


class PlaceFields(forms.Form):
    # static/js/time_zone.js proposes the visitor's own.
    zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=zone_names,
        initial="Europe/Berlin",
        widget=forms.Select(attrs={"data-time-zone": ""}),
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=currency_choices, initial="EUR")


class NewWorkspaceForm(PlaceFields):
    name = forms.CharField(label=_("Name of the business"), max_length=120)

    field_order = ["name", "zone", "currency"]


class SignupForm(PlaceFields):
    """What signing up asks beside e-mail and password (allauth adds those)."""

    name = forms.CharField(label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    workspace_name = forms.CharField(
        label=_("Name of the business"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "organization"})
    )

    field_order = ["name", "workspace_name", "email", "password1", "zone", "currency"]

    def signup(self, request: HttpRequest, user: User) -> None:
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
        create_workspace(
            name=self.cleaned_data["workspace_name"],
            owner=user,
            zone=self.cleaned_data["zone"],
            currency=self.cleaned_data["currency"],
        )


class WorkspaceForm(forms.ModelForm[Workspace]):
    zone = forms.ChoiceField(label=_("Time zone"), choices=zone_names)
    currency = forms.ChoiceField(
        label=_("Currency"),
        choices=currency_choices,
        help_text=_("Of totals and reports. Orders keep the currency they were placed in."),
    )
    brand_color = forms.CharField(
        label=_("Brand colour"), max_length=7, widget=forms.TextInput(attrs={"type": "color"})
    )

    class Meta:
        model = Workspace
        fields = [
            "name",
            "slug",
            "zone",
            "currency",
            "brand_color",
            "sender_name",
            "sender_email",
            "reply_to",
            "messages_per_minute",
            "messages_per_day",
            "needs_approval",
            "goal_days",
            "counts_receipts",
            "postal_address",
            "privacy_notice",
        ]
        widgets = {
            "postal_address": forms.Textarea(attrs={"rows": 3}),
            "privacy_notice": forms.Textarea(attrs={"rows": 6}),
        }
        labels = {
            "name": _("Name"),
            "slug": _("Address"),
            "sender_name": _("Sender name"),
            "sender_email": _("Sender e-mail"),
            "reply_to": _("Replies go to"),
            "messages_per_minute": _("Messages per minute"),
            "messages_per_day": _("Messages per day"),
            "needs_approval": _("Another person must approve a campaign"),
            "goal_days": _("Days in which an order counts for a message"),
            "counts_receipts": _("Count orders of those who neither read nor followed it"),
            "postal_address": _("Postal address"),
            "privacy_notice": _("Privacy notice"),
        }
        help_texts = {
            "slug": _(
                "The part of the web address after /w/. Links that people have saved stop working when it changes."
            ),
            "sender_name": _("Whom customers see a message from."),
            "messages_per_minute": _(
                "At most so many leave in any minute; the others wait their turn. Empty is no limit."
            ),
            "messages_per_day": _("At most so many leave in any 24 hours, as mail providers count. Empty is no limit."),
            "needs_approval": _("Whoever wrote or edited it can't launch it."),
            "goal_days": _("After its link was followed or, without that, it was read. A campaign may have its own."),
            "counts_receipts": _("Having received a message is then enough, in the same days."),
            "postal_address": _("Stands at the foot of every message, as the law asks in many countries."),
            "privacy_notice": _("Shown wherever customers give you their data, and stored with their consent."),
        }
        error_messages = {"slug": {"unique": _("Another workspace has this address. Choose another.")}}

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"].lower()
        if slug in RESERVED_SLUGS:
            raise ValidationError(
                _("The address %(slug)s is taken by Rapport itself. Choose another."), params={"slug": slug}
            )
        return slug

    def clean_brand_color(self) -> str:
        return str(self.cleaned_data["brand_color"]).lower()


class LogoForm(forms.Form):
    logo = forms.FileField(
        label=_("Logo"), help_text=_("PNG, JPEG or GIF, up to 300 kB. It stands on public pages and in mail.")
    )

    content_type = ""

    def clean_logo(self) -> UploadedFile[Any]:
        logo: UploadedFile[Any] = self.cleaned_data["logo"]
        if (logo.size or 0) > LOGO_BYTES:
            raise ValidationError(
                _("The file has %(size)s kB; a logo may have 300 kB. Save it smaller."),
                params={"size": (logo.size or 0) // 1000},
            )
        head = logo.read(16)
        logo.seek(0)
        self.content_type = next((kind for start, kind in LOGO_SIGNATURES.items() if head.startswith(start)), "")
        if not self.content_type:
            raise ValidationError(_("This is no PNG, JPEG or GIF picture. Save the logo as one of these."))
        return logo
