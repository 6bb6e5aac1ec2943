from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.rest.parsing import read_json
from messaging.actions.flows import LONGEST_BACKFILL
from messaging.flows.definitions import LONGEST_DEFINITION
from messaging.forms.people import OneCustomerForm

_PERIODS = (7, 30, 60, 90, 180, 365, LONGEST_BACKFILL)


class FlowForm(forms.Form):
    """The editor writes the definition; without scripts it is written by hand, in the form that the API documents."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, error_messages={"required": gettext_lazy("Give it a name.")}
    )
    definition = forms.CharField(
        label=gettext_lazy("Definition"),
        max_length=LONGEST_DEFINITION,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "font-monospace"}),
    )
    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def clean_definition(self) -> Any:
        try:
            return read_json(self.cleaned_data["definition"].encode())
        except ValueError as error:
            raise forms.ValidationError(_("This is no JSON: %(what)s") % {"what": error}, code="json") from None


class DryRunForm(OneCustomerForm):
    moment = forms.DateTimeField(
        label=gettext_lazy("Enters at"),
        required=False,
        help_text=gettext_lazy("Past or future, in your workspace's time. Empty: now."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class BackfillForm(forms.Form):
    days = forms.TypedChoiceField(
        label=gettext_lazy("For whom it would have begun within the last"),
        coerce=int,
        choices=[(days, days) for days in _PERIODS],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["days"].choices = [(days, _("%(days)s days") % {"days": days}) for days in _PERIODS]  # type: ignore[attr-defined]
