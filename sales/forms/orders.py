from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.forms.workspaces import currency_choices
from accounts.scope import current_workspace
from customers.models import Customer
from customers.refusals import Refused
from sales.actions.orders import OrderChanges
from sales.forms.fields import CustomerField, MoneyField, RateField
from sales.forms.lines import FormWithLines
from sales.models import Order


class OrderForm(FormWithLines):
    customer = CustomerField(
        label=_("Customer"),
        required=False,
        help_text=_("Type a name or an e-mail address. Leave empty for somebody unknown."),
    )
    placed_at = forms.DateTimeField(
        label=_("Placed"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    number = forms.CharField(
        label=_("Number"), max_length=120, required=False, help_text=_("Empty: the next of that day.")
    )
    channel = forms.CharField(
        label=_("Channel"),
        max_length=60,
        required=False,
        help_text=_("Where it was bought: shop, web, market …"),
        widget=forms.TextInput(attrs={"list": "channel-choices", "autocomplete": "off"}),
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=currency_choices)
    rate = RateField(label=_("Rate"), required=False)
    discount = MoneyField(label=_("Discount"), required=False, help_text=_("Of the whole order."))
    is_paid = forms.BooleanField(label=_("It is paid"), required=False)

    def __init__(self, data: Any = None, *, order: Order | None = None, customer: Customer | None = None) -> None:
        self.order = order
        initial = _initial(order) if order else _blank(customer)
        super().__init__(data, initial=initial, lines=order.lines.all() if order else ())
        home = current_workspace().currency
        self.fields["rate"].help_text = _(
            "What 1 of it is worth in %(home)s. Only for another currency than %(home)s."
        ) % {"home": home}
        if order:
            del self.fields["is_paid"]
            self.fields["number"].required = True
            self.fields["number"].help_text = ""
            self._keep_currency(order.currency)

    def new_order(self) -> dict[str, Any]:
        """What `place_order` takes."""
        return {
            **self.changes(),
            "number": self.cleaned_data["number"] or None,
            "paid": self.cleaned_data["is_paid"],
        }

    def changes(self) -> OrderChanges:
        """What `edit_order` takes. A customer who did not change is left out: it may be one who was erased.

        So are lines that did not change: an imported order may come to more than its lines.
        """
        given = self.cleaned_data
        changes = OrderChanges(
            number=given["number"],
            channel=given["channel"],
            placed_at=self._placed_at(),
            currency=given["currency"],
            rate_micros=given["rate"],
            discount_minor=given["discount"] or 0,
        )
        if self.order is None or not self.lines.say_the_same_as(self.order.lines.all()):
            changes["lines"] = self.lines.new_lines()
        if self.order is None or given["customer"] != self.order.customer:
            changes["customer"] = given["customer"]
        return changes

    def _placed_at(self) -> datetime:
        """The form knows minutes only: an instant that was not touched keeps its seconds."""
        given: datetime = self.cleaned_data["placed_at"]
        was = self.order.placed_at if self.order else None
        return was if was and was.replace(second=0, microsecond=0) == given else given

    def _keep_currency(self, currency: str) -> None:
        """An old order may be in a currency that is no longer offered."""
        choices = currency_choices()
        if currency not in dict(choices):
            self.fields["currency"].choices = [(currency, currency), *choices]  # type: ignore[attr-defined]


class RefundForm(forms.Form):
    amount = MoneyField(label=_("Amount"))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        required=False,
        help_text=_("For your colleagues; the customer does not see it."),
    )
    # Sent twice, by a double click or a reload, it is one refund.
    key = forms.CharField(label=_("Key"), max_length=120, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, order: Order) -> None:
        super().__init__(data, initial={"amount": order.refundable_minor, "key": f"page-{uuid4().hex}"})
        amount = self.fields["amount"]
        assert isinstance(amount, MoneyField)  # noqa: S101  tells mypy
        amount.currency = order.currency

    def refund(self) -> dict[str, Any]:
        """What `refund_order` takes."""
        given = self.cleaned_data
        return {"amount_minor": given["amount"], "reason": given["reason"], "key": given["key"]}

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Show what an action refuses at the field that it is about."""
        try:
            yield
        except Refused as refused:
            name = refused.field.removesuffix("_minor")
            self.add_error(name if name in {"amount", "reason"} else None, str(refused))


def _blank(customer: Customer | None) -> dict[str, Any]:
    return {
        "customer": customer,
        "placed_at": timezone.localtime().replace(second=0, microsecond=0),
        "currency": current_workspace().currency,
        "is_paid": True,
    }


def _initial(order: Order) -> dict[str, Any]:
    return {
        "customer": order.customer,
        "placed_at": order.placed_at,
        "number": order.number,
        "channel": order.channel,
        "currency": order.currency,
        "rate": order.rate_micros if order.currency != current_workspace().currency else None,
        "discount": order.discount_minor or None,
    }
