from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.languages import reader_locale
from accounts.models.workspaces import zone_names
from customers.actions import CustomerFields, apply_fields
from customers.forms.listing import DayInput
from customers.models import Attribute, Customer
from customers.models.attributes import AttributeKind
from customers.models.customers import Channel
from customers.normalising import countries
from customers.refusals import EmailTaken, Refused

PLAIN = (
    "name", "email", "phone", "language", "zone", "joined_on", "address", "city", "postal_code", "country",
    "preferred_channel", "source_channel",
)  # fmt: skip


def language_choices() -> list[tuple[str, str]]:
    names = {code: str(name) for code, name in reader_locale().languages.items() if len(code) == 2}  # noqa: PLR2004
    return sorted(names.items(), key=lambda pair: pair[1])


def country_choices() -> list[tuple[str, str]]:
    names = reader_locale().territories
    return sorted(((code, str(names.get(code, code))) for code in countries()), key=lambda pair: pair[1])


def with_nothing(choices: list[tuple[str, str]], kept: str = "") -> list[tuple[str, Any]]:
    """`kept` is a value that came by file or program and stands in no list of ours: it must survive an edit."""
    known = kept in dict(choices)
    return [("", _("Not known")), *([] if known or not kept else [(kept, kept)]), *choices]


class CustomerForm(forms.Form):
    """One person, by hand. The rules are the actions': they are tried on a draft, so that all errors show at once."""

    name = forms.CharField(label=_("Name"), required=False)
    email = forms.CharField(label=_("E-mail"), required=False, widget=forms.EmailInput())
    phone = forms.CharField(
        label=_("Phone"), required=False, widget=forms.TextInput(attrs={"type": "tel"}),
        help_text=_("With + and the country code if it is a number abroad."),
    )  # fmt: skip
    birthday = forms.CharField(
        label=_("Birthday"), required=False, help_text=_("As 1990-03-12, or 03-12 without the year.")
    )
    preferred_channel = forms.ChoiceField(label=_("Reach them by"), choices=Channel.choices, initial=Channel.EMAIL)
    language = forms.ChoiceField(label=_("Language"), required=False)
    zone = forms.ChoiceField(label=_("Time zone"), required=False, help_text=_("Unless it is the workspace's own."))
    address = forms.CharField(label=_("Street and number"), required=False)
    postal_code = forms.CharField(label=_("Postal code"), required=False)
    city = forms.CharField(label=_("City"), required=False)
    country = forms.ChoiceField(label=_("Country"), required=False)
    joined_on = forms.DateField(label=_("Joined on"), required=False, widget=DayInput(), help_text=_("Empty: today."))
    source_channel = forms.CharField(
        label=_("Came through"), required=False, help_text=_("For example: shop, market stall, newsletter.")
    )

    def __init__(self, *args: Any, customer: Customer | None = None, **kwargs: Any) -> None:
        self.customer = customer
        kwargs.setdefault("initial", initial_of(customer) if customer else None)
        super().__init__(*args, **kwargs)
        self._offer("language", with_nothing(language_choices(), customer.language if customer else ""))
        self._offer("zone", with_nothing(zone_names(), customer.zone if customer else ""))
        self._offer("country", with_nothing(country_choices(), customer.country if customer else ""))
        self.attributes = list(Attribute.objects.filter(archived_at=None).order_by("label", "pk"))
        for attribute in self.attributes:
            self.fields[f"attribute_{attribute.pk}"] = attribute_field(attribute)

    def _offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  declared above
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        draft = Customer(is_anonymous=True)
        for name, value in self.changes.items():
            if name != "attributes":
                try:
                    apply_fields(draft, cast("CustomerFields", {name: value}))
                except Refused as refused:
                    self.refuse(refused)
        return self.cleaned_data

    @property
    def changes(self) -> dict[str, Any]:
        """For `add_customer` and `edit_customer`. The country first: it says where a phone number is."""
        given = {name: self.cleaned_data[name] for name in ("country", *PLAIN, "birthday") if name in self.cleaned_data}
        if given.get("joined_on") is None:
            given.pop("joined_on", None)
        named = {attribute.key: f"attribute_{attribute.pk}" for attribute in self.attributes}
        given["attributes"] = {key: self.cleaned_data[name] for key, name in named.items() if name in self.cleaned_data}
        return given

    def refuse(self, refused: Refused) -> None:
        """Show it at the field that it is about."""
        by_key = {f"attributes.{attribute.key}": f"attribute_{attribute.pk}" for attribute in self.attributes}
        field = by_key.get(refused.field, refused.field)
        message = str(refused)
        if isinstance(refused, EmailTaken):
            url = reverse("customers:customer_detail", args=[refused.customer.pk])
            message = format_html('{} <a href="{}">{}</a>', message, url, _("Open their profile"))
        if field not in self.cleaned_data and field in self.errors:
            return
        self.add_error(field if field in self.fields else NON_FIELD_ERRORS, message)


def initial_of(customer: Customer) -> dict[str, Any]:
    month, day = customer.birthday or (0, 0)
    year = f"{customer.birth_year}-" if customer.birth_year else ""
    values = {name: getattr(customer, name) for name in PLAIN}
    for attribute in Attribute.objects.filter(key__in=list(customer.attributes)):
        values[f"attribute_{attribute.pk}"] = customer.attributes[attribute.key]
    return {**values, "birthday": f"{year}{month:02}-{day:02}" if month else ""}


def attribute_field(attribute: Attribute) -> forms.Field:
    label = attribute.label
    match attribute.kind:
        case AttributeKind.NUMBER:
            return forms.FloatField(label=label, required=False)
        case AttributeKind.DAY:
            return forms.DateField(label=label, required=False, widget=DayInput())
        case AttributeKind.FLAG:
            answers = [("", _("Not known")), ("true", _("Yes")), ("false", _("No"))]
            return forms.NullBooleanField(label=label, required=False, widget=forms.Select(choices=answers))
    return forms.CharField(label=label, required=False)


class NoteForm(forms.Form):
    text = forms.CharField(
        label=_("Note"),
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 10_000}),
        error_messages={"required": _("Write something first.")},
    )


class TagForm(forms.Form):
    tag = forms.CharField(label=_("Tag"), error_messages={"required": _("Write the tag's name.")})


class AttributeForm(forms.Form):
    label = forms.CharField(label=_("What is it called?"), help_text=_("For example: favourite bread."))
    kind = forms.ChoiceField(label=_("Kind"), choices=AttributeKind.choices)


class AttributeNameForm(forms.Form):
    label = forms.CharField(label=_("What is it called?"))
