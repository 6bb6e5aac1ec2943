from __future__ import annotations

from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.scope import current_workspace
from customers.actions.lists import OFF, ON
from customers.models import Customer, Segment, Tag
from customers.queries import CustomerFilter, source_channels
from customers.queries.filtering import BirthdayWhen, Kept

MOST_MONEY = Decimal(10) ** 15


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def day_field(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=DayInput())


def money_field(label: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, required=False, min_value=-MOST_MONEY, max_value=MOST_MONEY)


def count_field(label: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=0, max_value=2**31 - 1)


def list_field() -> forms.ModelChoiceField[Segment]:
    return forms.ModelChoiceField(
        label=_("List"),
        queryset=Segment.objects.in_use().by_hand().order_by("name"),
        error_messages={"required": _("Choose the list."), "invalid_choice": _("This list is not there any more.")},
    )


class CustomerFilterForm(forms.Form):
    """The filters of the list, from the query string. What can't be read is left out, and said at its field."""

    q = forms.CharField(label=_("Search"), required=False, max_length=200)
    kept = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[("", _("Customers")), (Kept.ANONYMOUS, _("Visitors without a name")), (Kept.ARCHIVED, _("Archived"))],
    )
    tag = forms.ModelChoiceField(
        label=_("Tag"), required=False, queryset=Tag.objects.order_by("name"), empty_label=_("Any tag")
    )
    segment = forms.ModelChoiceField(
        label=_("Segment"),
        required=False,
        queryset=Segment.objects.in_use().order_by("name"),
        empty_label=_("Any segment"),
    )
    source = forms.ChoiceField(label=_("Came through"), required=False)
    birthday = forms.ChoiceField(
        label=_("Birthday"),
        required=False,
        choices=[
            ("", _("Any day")),
            (BirthdayWhen.TODAY, _("Today")),
            (BirthdayWhen.WEEK, _("In the next 7 days")),
            (BirthdayWhen.MONTH, _("This month")),
        ],
    )
    joined_from, joined_to = day_field(_("Joined from")), day_field(_("Joined until"))
    first_order_from, first_order_to = day_field(_("First order from")), day_field(_("First order until"))
    last_order_from, last_order_to = day_field(_("Last order from")), day_field(_("Last order until"))
    spent_from, spent_to = money_field(_("Spent at least")), money_field(_("Spent at most"))
    orders_from, orders_to = count_field(_("Orders at least")), count_field(_("Orders at most"))

    always_shown = ("segment", "tag", "source", "birthday")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels = [(channel, channel) for channel in source_channels()]
        source = self.fields["source"]
        assert isinstance(source, forms.ChoiceField)  # noqa: S101  declared above
        source.choices = [("", _("Any channel")), *channels]

    def wanted(self) -> CustomerFilter:
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if value not in {None, ""}}
        tag, segment = given.pop("tag", None), given.pop("segment", None)
        for name in ("spent_from", "spent_to"):
            if name in given:
                given[name] = int(given[name].scaleb(get_currency_precision(current_workspace().currency)))
        return CustomerFilter(
            search=given.pop("q", ""),
            kept=Kept(given.pop("kept", Kept.PRESENT)),
            tag_id=tag.pk if tag else None,
            segment_id=segment.pk if segment else None,
            source_channel=given.pop("source", ""),
            birthday=BirthdayWhen(given.pop("birthday")) if "birthday" in given else None,
            **given,
        )

    @property
    def shown_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.always_shown]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name not in {"q", *self.always_shown}]

    @property
    def is_more_in_use(self) -> bool:
        return any(field.data or field.errors for field in self.more_fields)


class BulkForm(forms.Form):
    """Something to be done with the chosen customers, or with all whom the list means."""

    MATCHING, CHOSEN = "matching", "chosen"

    who = forms.ChoiceField(choices=[(CHOSEN, _("The chosen")), (MATCHING, _("All that match"))])
    customers = forms.ModelMultipleChoiceField(queryset=Customer.objects.all(), required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = self.cleaned_data
        if data.get("who") == self.CHOSEN and "customers" in data and not data["customers"]:
            raise forms.ValidationError(_("Choose the customers first."))
        return data

    @property
    def means_all(self) -> bool:
        return bool(self.cleaned_data["who"] == self.MATCHING)


class TaggingForm(BulkForm):
    tag = forms.CharField(label=_("Tag"), max_length=60, error_messages={"required": _("Write the tag's name.")})


class ListingForm(BulkForm):
    way = forms.ChoiceField(choices=[(ON, _("Put on the list")), (OFF, _("Take off the list"))])
    list = list_field()


class ListEntryForm(forms.Form):
    list = list_field()
