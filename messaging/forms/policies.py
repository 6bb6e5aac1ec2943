"""How often, and at which hours, customers are written to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from messaging.models import QuietHours

HOURS = [(hour, f"{hour}:00") for hour in range(24)]


class QuietHoursForm(forms.Form):
    begins = forms.TypedChoiceField(label=_("From"), choices=HOURS, coerce=int, initial=22)
    ends = forms.TypedChoiceField(label=_("Until"), choices=HOURS, coerce=int, initial=8)

    def __init__(self, data: Any = None, *, quiet: QuietHours | None = None) -> None:
        super().__init__(data, initial={"begins": quiet.begins, "ends": quiet.ends} if quiet else None)

    def clean(self) -> dict[str, Any]:
        words = super().clean() or {}
        if "begins" in words and words["begins"] == words.get("ends"):
            self.add_error(
                "ends", _now("Quiet hours from an hour until the same hour would be all day. Choose another hour.")
            )
        return words


class FrequencyForm(forms.Form):
    messages = forms.IntegerField(label=_("At most"), min_value=1, max_value=100, help_text=_("messages"))
    days = forms.IntegerField(
        label=_("in any"), min_value=1, max_value=90, help_text=_("days. A second limit for as many days replaces it.")
    )
    wait_days = forms.IntegerField(
        label=_("A message that finds no room waits up to"),
        min_value=0,
        max_value=30,
        initial=0,
        help_text=_("days for it, then it is not sent. 0: it is not sent at all."),
    )
    spares_automations = forms.BooleanField(
        label=_("Never hold back automations"),
        required=False,
        initial=True,
        help_text=_("Reminders and greetings come from what a customer did. They count, and go even where it is full."),
    )
