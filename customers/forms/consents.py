"""On what grounds the customers of a file may be written to: topic by topic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.contracts import ConsentTopic
from customers.importing.plans import ConsentPlan

NOBODY, BY_COLUMN, EVERYBODY = "nobody", "column", "everybody"


class ImportConsentForm(forms.Form):
    """Five fields for each topic: `<topic>-basis`, `-column`, `-on_column`, `-wording`, `-on`.

    With double opt-in, a sixth: `-confirmed`.
    """

    def __init__(
        self,
        *args: Any,
        topics: Sequence[ConsentTopic],
        columns: Sequence[str],
        consents: Sequence[ConsentPlan],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._topics = topics
        known = {each.topic: each for each in consents}
        choices = [("", _("Choose a column")), *((str(at), name) for at, name in enumerate(columns))]
        for topic in topics:
            for name, field in _fields(choices, known.get(topic.key)).items():
                self.fields[f"{topic.key}-{name}"] = field
            if topic.needs_confirmation:
                self.fields[f"{topic.key}-confirmed"] = _confirmed(known.get(topic.key))

    def topics(self) -> Iterator[tuple[ConsentTopic, list[BoundField]]]:
        for topic in self._topics:
            yield topic, [self[name] for name in self.fields if name.rpartition("-")[0] == topic.key]

    def clean(self) -> dict[str, Any]:
        for topic in self._topics:
            basis = self.cleaned_data.get(f"{topic.key}-basis")
            if basis == BY_COLUMN and not self.cleaned_data.get(f"{topic.key}-column"):
                self.add_error(f"{topic.key}-column", _("Choose the column that says yes or no."))
            if basis != NOBODY and not self.cleaned_data.get(f"{topic.key}-wording"):
                self.add_error(f"{topic.key}-wording", _("Say what they agreed to, and where."))
            if basis != NOBODY and not self.cleaned_data.get(f"{topic.key}-on"):
                self.add_error(f"{topic.key}-on", _("Say when they agreed."))
        return self.cleaned_data

    def consents(self) -> list[ConsentPlan]:
        return [
            ConsentPlan(
                topic=topic.key,
                wording=self.cleaned_data[f"{topic.key}-wording"],
                on=self.cleaned_data[f"{topic.key}-on"],
                column=self._column(topic, "column"),
                on_column=self._column(topic, "on_column"),
                is_confirmed=self.cleaned_data.get(f"{topic.key}-confirmed", False),
            )
            for topic in self._topics
            if self.cleaned_data[f"{topic.key}-basis"] != NOBODY
        ]

    def _column(self, topic: ConsentTopic, name: str) -> int | None:
        chosen = self.cleaned_data[f"{topic.key}-{name}"]
        return int(chosen) if chosen and self.cleaned_data[f"{topic.key}-basis"] == BY_COLUMN else None


def _fields(columns: Sequence[tuple[str, str]], known: ConsentPlan | None) -> dict[str, forms.Field]:
    basis = NOBODY if known is None else EVERYBODY if known.column is None else BY_COLUMN
    return {
        "basis": forms.ChoiceField(
            label=_("Who agreed?"),
            widget=forms.RadioSelect,
            initial=basis,
            choices=[
                (NOBODY, _("Nobody, or nothing shows it")),
                (BY_COLUMN, _("Those with a yes in a column")),
                (EVERYBODY, _("Everybody in this file")),
            ],
        ),
        "column": forms.ChoiceField(
            label=_("Column with yes or no"),
            choices=columns,
            required=False,
            initial=_at(known.column if known else None),
        ),
        "on_column": forms.ChoiceField(
            label=_("Column with the day"),
            choices=columns,
            required=False,
            initial=_at(known.on_column if known else None),
        ),
        "wording": forms.CharField(
            label=_("What they agreed to, and where"),
            required=False,
            max_length=1000,
            initial=known and known.wording,
            help_text=_("For example: “Yes, send me your newsletter”, on the form at the counter."),
        ),
        "on": PastDayField(label=_("On"), required=False, initial=known and known.on),
    }


def _confirmed(known: ConsentPlan | None) -> forms.Field:
    return forms.BooleanField(
        label=_("Each of them confirmed it, by a link sent to their address (double opt-in)"),
        required=False,
        initial=known is not None and known.is_confirmed,
        help_text=_("Keep the other system's record of it: it is your proof. Otherwise they are not written to yet."),
    )


def _at(column: int | None) -> str:
    return "" if column is None else str(column)


class PastDayField(forms.DateField):
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day and day > timezone.localdate():
            raise forms.ValidationError(_("This day is in the future."))
        return day
