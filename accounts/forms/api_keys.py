from __future__ import annotations

from datetime import datetime, time, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.api_keys import ApiScope

SCOPE_WORDS = {
    ApiScope.CUSTOMERS_READ: _("Read customers"),
    ApiScope.CUSTOMERS_WRITE: _("Add and change customers"),
    ApiScope.SEGMENTS_READ: _("Read segments and who is in them"),
    ApiScope.SEGMENTS_WRITE: _("Add and change segments and lists"),
    ApiScope.SALES_READ: _("Read orders, products and carts"),
    ApiScope.SALES_WRITE: _("Add and change orders, products and carts"),
    ApiScope.MESSAGES_READ: _("Read messages"),
    ApiScope.CAMPAIGNS_READ: _("Read campaigns and their reports"),
    ApiScope.CAMPAIGNS_WRITE: _("Write drafts of campaigns"),
    ApiScope.CAMPAIGNS_SEND: _("Launch, pause and cancel campaigns"),
    ApiScope.TEMPLATES_WRITE: _("Add and change templates"),
    ApiScope.FLOWS_READ: _("Read flows"),
    ApiScope.FLOWS_WRITE: _("Write, change and archive flows"),
    ApiScope.FLOWS_SEND: _("Bring customers into flows, and switch flows on and off"),
    ApiScope.CONSENTS_WRITE: _("Record consent, its withdrawal, and how often customers want to be written to"),
    ApiScope.EVENTS_WRITE: _("Send events (identify, track, page)"),
}


class ApiKeyForm(forms.Form):
    name = forms.CharField(label=_("What is it for?"), max_length=120, help_text=_("For example: the web shop."))
    scopes = forms.MultipleChoiceField(
        label=_("It may"),
        choices=[(scope.value, words) for scope, words in SCOPE_WORDS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    expires_on = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Leave empty for a key that works until it is revoked."),
    )

    field_order = ["name", "scopes", "expires_on"]

    def clean_expires_on(self) -> datetime | None:
        """The end of that day in the workspace's zone."""
        last_day = self.cleaned_data["expires_on"]
        if last_day is None:
            return None
        if last_day < timezone.localdate():
            raise ValidationError(_("This day is over. Choose today or a later day."))
        return timezone.make_aware(datetime.combine(last_day + timedelta(days=1), time.min))
