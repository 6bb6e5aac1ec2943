"""Fields that people type into as they are used to, and that give what the actions take."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.scope import current_workspace
from customers.models import Customer
from customers.normalising import clean_email
from customers.refusals import Refused, ValueRefused
from sales.money import LARGEST_AMOUNT, parse_amount, parse_rate, typed, written

_ENDS_WITH_ID = re.compile(r"#([0-9]{1,18})$")


class MoneyField(forms.CharField):
    """`12,50` or `12.50`, as minor units of `currency` (the workspace's, unless its form sets another)."""

    currency = ""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "decimal", "autocomplete": "off"}

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if text in self.empty_values:
            return None
        try:
            amount = parse_amount(str(text), self._currency())
        except ValueRefused as refused:
            raise ValidationError(str(refused)) from refused
        if amount > LARGEST_AMOUNT:
            raise ValidationError(
                _("This is more than %(most)s.") % {"most": written(LARGEST_AMOUNT, self._currency())}
            )
        return amount

    def run_validators(self, value: Any) -> None:
        """The length is checked on what was typed, by `parse_amount`."""

    def prepare_value(self, value: Any) -> Any:
        return typed(value, self._currency()) if isinstance(value, int) else value

    def _currency(self) -> str:
        return self.currency or current_workspace().currency


class RateField(forms.CharField):
    """`0,92`, as millionths."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if text in self.empty_values:
            return None
        try:
            return parse_rate(str(text))
        except ValueRefused as refused:
            raise ValidationError(str(refused)) from refused

    def run_validators(self, value: Any) -> None:
        """The length is checked on what was typed, by `parse_rate`."""

    def prepare_value(self, value: Any) -> Any:
        return f"{value / 1_000_000:.6f}".rstrip("0").rstrip(".") if isinstance(value, int) else value


class CustomerField(forms.CharField):
    """A customer, typed: `Maria Weber · #7` as the list beside the field offers, an e-mail address, or a full name."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, Customer):
            return value
        text = str(super().to_python(value))
        if text in self.empty_values:
            return None
        ProhibitNullCharactersValidator()(text)
        found = _find_customers(text)
        if len(found) == 1:
            return found[0]
        if found:
            raise ValidationError(
                _("Several customers have this name. Choose one from the list, or type the e-mail address.")
            )
        raise ValidationError(
            _("No customer was found by this. Type an e-mail address, or a name and choose from the list.")
        )

    def run_validators(self, value: Any) -> None:
        """The length is checked on what was typed, by not finding anybody."""

    def prepare_value(self, value: Any) -> Any:
        return customer_choice(value) if isinstance(value, Customer) else value


def customer_search_attributes() -> dict[str, str]:
    """While somebody types, the list beside the field is filled; without scripts an e-mail address or a name does."""
    return {
        "list": "customer-choices",
        "autocomplete": "off",
        "hx-get": reverse("sales:customer_choices"),
        "hx-trigger": "input changed delay:200ms",
        "hx-target": "#customer-choices",
        "hx-swap": "innerHTML",
    }


def customer_choice(customer: Customer) -> str:
    return f"{customer} · #{customer.pk}"


def _find_customers(text: str) -> list[Customer]:
    """At most two: more than one is too many already."""
    if found := _ENDS_WITH_ID.search(text):
        # Also one who is gone: the order that is theirs already keeps them, and the action refuses any other.
        return list(Customer.objects.filter(pk=int(found[1])))
    try:
        by_email = models.Q(email_norm=clean_email(text).norm)
    except Refused:
        by_email = models.Q(pk=None)
    return list(Customer.objects.present().filter(by_email | models.Q(name=text))[:2])
