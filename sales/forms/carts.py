from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.workspaces import currency_choices
from accounts.scope import current_workspace
from customers.models import Customer
from sales.forms.fields import CustomerField
from sales.forms.lines import FormWithLines
from sales.models import Cart


class CartForm(FormWithLines):
    customer = CustomerField(
        label=_("Customer"),
        required=False,
        help_text=_("Type a name or an e-mail address. Leave empty for somebody unknown."),
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=currency_choices)
    url = forms.URLField(
        label=_("Link to the cart"),
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text=_("Where the customer can go on."),
    )

    def __init__(self, data: Any = None, *, cart: Cart | None = None, customer: Customer | None = None) -> None:
        self.cart = cart
        if cart:
            initial = {"customer": cart.customer, "currency": cart.currency, "url": cart.url}
        else:
            initial = {"customer": customer, "currency": current_workspace().currency}
        super().__init__(data, initial=initial, lines=cart.lines.all() if cart else ())
        if cart and cart.customer:
            self.fields["customer"].help_text = _("A cart keeps its customer until you name another.")

    def touch(self) -> dict[str, Any]:
        """What `update_cart` takes."""
        return {
            "key": self.cart.key if self.cart else f"manual-{uuid4().hex[:12]}",
            "customer": self.cleaned_data["customer"],
            "currency": self.cleaned_data["currency"],
            "url": self.cleaned_data["url"],
            "lines": self.lines.new_lines(),
        }
