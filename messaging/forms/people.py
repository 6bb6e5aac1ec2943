from __future__ import annotations

from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from messaging.models import Campaign, CampaignState, Flow

MOST_CAMPAIGNS = 200
NOT_LAUNCHED = (CampaignState.DRAFT, CampaignState.AWAITING)


class OneCustomerForm(forms.Form):
    customer = forms.CharField(
        label=gettext_lazy("Customer"),
        help_text=gettext_lazy("Their e-mail address, or the number in the address of their page."),
    )

    def clean_customer(self) -> Customer:
        """By their address, or by the number in the address of their page."""
        sought = str(self.cleaned_data["customer"]).replace("\0", "").strip()
        present = Customer.objects.present()
        is_number = sought.isdecimal() and int(sought) <= models.BigIntegerField.MAX_BIGINT
        found = present.filter(pk=int(sought)) if is_number else present.filter(email_norm=sought.lower())
        customer = found.first() if sought else None
        if customer is None:
            raise forms.ValidationError(_("Nobody here has this address or number."), code="unknown")
        return customer


class ExplanationForm(OneCustomerForm):
    """`about` is a campaign or a flow, as `campaign:7`."""

    about = forms.ChoiceField(label=gettext_lazy("Campaign or flow"))

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        newest = list(Campaign.objects.exclude(state__in=NOT_LAUNCHED).order_by("-created_at", "-pk")[:MOST_CAMPAIGNS])
        flows = list(Flow.objects.in_use().order_by("name", "pk"))
        if not newest and not flows:
            self.fields["about"].help_text = _("There is none yet: nothing was launched.")
        self.fields["about"].choices = [  # type: ignore[attr-defined]  # stubs know no field by its name
            ("", _("Choose one")),
            (_("Campaigns"), [(f"campaign:{each.pk}", each.name) for each in newest]),
            (_("Flows"), [(f"flow:{each.pk}", each.name) for each in flows]),
        ]

    def clean_about(self) -> Campaign | Flow:
        kind, _colon, number = str(self.cleaned_data["about"]).partition(":")
        if kind == "flow":
            return Flow.objects.select_related("current").get(pk=int(number))
        return Campaign.objects.select_related("topic").get(pk=int(number))
