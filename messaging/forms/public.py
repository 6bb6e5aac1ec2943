"""What strangers and customers fill in on the public pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.formats import date_format
from django.utils.translation import gettext as _said
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.normalising import LONGEST, Birthday, checked_birthday, clean_email, clean_name
from customers.refusals import ValueRefused
from messaging.actions import Choices
from messaging.actions.consent import words_of
from messaging.models import ConsentState, SubscriptionTopic
from messaging.queries import contact_wish, topic_states, topics_offered

AS_IT_COMES, LESS_OFTEN, NO_PAUSE = "as_it_comes", "less_often", "0"
PAUSES = (30, 60, 90)
DAYS = [("", _("Day")), *((str(day), str(day)) for day in range(1, 32))]
MONTH_NAMES = [("", _("Month")), *((str(number), name) for number, name in MONTHS.items())]


class TopicsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # generic only in the stubs
    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, topic: SubscriptionTopic) -> str:
        return words_of(topic)


class PublicForm(forms.Form):
    """Refuses what the customers' room refuses, with its words."""

    def clean_name(self) -> str:
        try:
            return clean_name(self.cleaned_data["name"])
        except ValueRefused as refused:
            raise forms.ValidationError(str(refused)) from refused


class PreferencesForm(PublicForm):
    name = forms.CharField(
        label=_("Your name"),
        max_length=LONGEST["name"],
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    topics = TopicsField(label=_("What we may write to you about"), queryset=None, required=False)
    pace = forms.ChoiceField(
        label=_("How often"),
        required=False,
        widget=forms.RadioSelect,
        choices=[(AS_IT_COMES, _("Whenever there is something")), (LESS_OFTEN, _("At most one message a week"))],
    )
    pause = forms.ChoiceField(label=_("A pause"), required=False, widget=forms.RadioSelect)

    def __init__(self, data: Any, *, customer: Customer) -> None:
        states = [each for each in topic_states(customer) if each.topic.archived_at is None]
        wish = contact_wish(customer)
        self.paused_until = wish.pause_ends_at
        # The page was opened before the pause began, and says what was so then: it does not take back the newer choice.
        self.keeps_pause = bool(data and self.paused_until and data.get("pause") == NO_PAUSE)
        if self.keeps_pause:
            data = {**data.dict(), "topics": data.getlist("topics"), "pause": ""}
        initial = {
            "name": customer.name,
            "topics": [each.topic.pk for each in states if each.is_given],
            "pace": LESS_OFTEN if wish.is_less_often else AS_IT_COMES,
            "pause": "" if self.paused_until else NO_PAUSE,
        }
        super().__init__(data, initial=initial)
        self.waiting = {each.topic.pk for each in states if each.state == ConsentState.PENDING}
        self.fields["topics"].queryset = SubscriptionTopic.objects.in_use()  # type: ignore[attr-defined]
        self.fields["pause"].choices = list(self._pauses())  # type: ignore[attr-defined]

    def _pauses(self) -> Iterator[tuple[str, str]]:
        if self.paused_until:
            yield "", _said("Stay paused until %(day)s") % {"day": day_of(self.paused_until)}
        else:
            yield NO_PAUSE, _said("No pause")
        for days in PAUSES:
            until = day_of(timezone.now() + timedelta(days=days))
            yield str(days), _said("%(days)s days from today, until %(day)s") % {"days": days, "day": until}

    @property
    def when(self) -> list[forms.BoundField]:
        return [self["pace"], self["pause"]]

    @property
    def choices(self) -> Choices:
        """What is not said stays as it is."""
        data = self.cleaned_data
        return Choices(
            name=data["name"],
            topics=list(data["topics"]),
            pause_days=int(data["pause"]) if data["pause"] else None,
            is_less_often=data["pace"] == LESS_OFTEN if data["pace"] else None,
        )


def day_of(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "DATE_FORMAT")


class JoinForm(PublicForm):
    name = forms.CharField(
        label=_("Your name"), max_length=LONGEST["name"], widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.CharField(
        label=_("E-mail address"),
        max_length=LONGEST["email"],
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    birth_day = forms.ChoiceField(label=_("Day"), choices=DAYS, required=False)
    birth_month = forms.ChoiceField(label=_("Month"), choices=MONTH_NAMES, required=False)
    birth_year = forms.IntegerField(
        label=_("Year"), required=False, widget=forms.NumberInput(attrs={"placeholder": _("Year")})
    )
    topics = TopicsField(
        label=_("What may we write to you about?"),
        queryset=None,
        error_messages={"required": _("Choose at least one.")},
    )
    # Nobody sees it; programs that fill in everything do. Its name must tempt them, and no browser's autofill.
    website = forms.CharField(required=False, max_length=500)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.offered = topics_offered()
        self.fields["topics"].queryset = SubscriptionTopic.objects.filter(  # type: ignore[attr-defined]
            pk__in=[topic.pk for topic in self.offered]
        )

    def clean_email(self) -> str:
        try:
            return clean_email(self.cleaned_data["email"]).written
        except ValueRefused as refused:
            raise forms.ValidationError(str(refused)) from refused

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        day, month, year = data.get("birth_day"), data.get("birth_month"), data.get("birth_year")
        data["birthday"] = None
        if day and month:
            data["birthday"] = self._birthday(int(month), int(day), year)
        elif day or month or year:
            self.add_error("birth_day", str(_("Give the day and the month, or leave all of the birthday empty.")))
        return data

    def _birthday(self, month: int, day: int, year: int | None) -> Birthday | None:
        try:
            return checked_birthday(month=month, day=day, year=year)
        except ValueRefused as refused:
            self.add_error("birth_day", str(refused))
            return None

    @property
    def birthday_fields(self) -> list[forms.BoundField]:
        return [self["birth_day"], self["birth_month"], self["birth_year"]]

    @property
    def is_from_a_program(self) -> bool:
        return bool(self.data.get("website"))
