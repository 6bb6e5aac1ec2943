from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from metrics.periods import Comparison, Period, Preset, preset_period

EARLIEST = date(1990, 1, 1)
PRESETS = [
    (Preset.WEEK, _("Last 7 days")),
    (Preset.MONTH, _("Last 30 days")),
    (Preset.QUARTER, _("Last 90 days")),
    (Preset.THIS_MONTH, _("This month")),
    (Preset.THIS_YEAR, _("This year")),
    (Preset.TWELVE_MONTHS, _("Last 12 months")),
    ("custom", _("From … to …")),
]
COMPARISONS = [
    (Comparison.PREVIOUS, _("the period before")),
    (Comparison.YEAR, _("a year before")),
    (Comparison.NONE, _("nothing")),
]


class PeriodForm(forms.Form):
    """The overview's filters, from the query string. What is missing takes its default; what is wrong is said."""

    period = forms.ChoiceField(label=_("Period"), choices=PRESETS, required=False, initial=Preset.MONTH)
    first = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    compare = forms.ChoiceField(
        label=_("Compared with"), choices=COMPARISONS, required=False, initial=Comparison.PREVIOUS
    )

    def __init__(self, data: Any, *, today: date) -> None:
        self.today = today
        filled = {name: field.initial for name, field in self.base_fields.items() if field.initial}
        super().__init__({**filled, **{key: value for key, value in data.items() if value}})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if cleaned.get("period") == "custom":
            if not first or not last:
                raise ValidationError(_("Choose the first and the last day."))
            if first > last:
                raise ValidationError({"last": _("The last day comes before the first. Swap the two.")})
            if first < EARLIEST:
                raise ValidationError({"first": _("Choose a day from %(year)s on.") % {"year": EARLIEST.year}})
        return cleaned

    @property
    def chosen(self) -> Period:
        """The last 30 days as long as the form is wrong, so that the page has something to show."""
        if not self.is_valid():
            return preset_period(Preset.MONTH, today=self.today)
        if self.cleaned_data["period"] == "custom":
            return Period(self.cleaned_data["first"], self.cleaned_data["last"])
        return preset_period(Preset(self.cleaned_data["period"]), today=self.today)

    @property
    def comparison(self) -> Comparison:
        return Comparison(self.cleaned_data["compare"]) if self.is_valid() else Comparison.PREVIOUS


class RowsForm(forms.Form):
    """Which rows of a figure: written by our own links, so anything else is a wrong address."""

    first = forms.DateField()
    last = forms.DateField()
    # An order may name no channel, so whether one is asked for is said apart.
    in_channel = forms.BooleanField(required=False)
    channel = forms.CharField(required=False, max_length=60, strip=False)
    at_least = forms.IntegerField(required=False, min_value=1, max_value=1000)
    cursor = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
