"""Filters of lists, from the query string. What can't be understood is left out, and said."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import EMPTY_VALUES
from django.utils.translation import gettext_lazy as _

from sales import queries
from sales.models.carts import CartStatus
from sales.models.orders import OrderStatus
from sales.queries.orders import ANY_STATUS

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
# What a bigint holds.
LARGEST_ID = 2**63 - 1


class ListFilter(forms.Form):
    """What is searched for stands beside the fields, in `q`: the search box is every list's."""

    def understood(self) -> dict[str, Any]:
        """The values that are valid; the others' errors stand in `errors`."""
        self.is_valid()
        words = str(self.data.get("q", "")).replace("\x00", "").strip()[:200]
        given = {name: value for name, value in self.cleaned_data.items() if value not in EMPTY_VALUES}
        return {"q": words, **given}


class OrderFilterForm(ListFilter):
    channel = forms.ChoiceField(label=_("Channel"), required=False)
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[("", _("All that count")), *OrderStatus.choices, (ANY_STATUS, _("Any, also cancelled"))],
    )
    placed_from = forms.DateField(label=_("From"), required=False, widget=DAY)
    placed_to = forms.DateField(label=_("To"), required=False, widget=DAY)
    customer = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID, widget=forms.HiddenInput)
    product = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID, widget=forms.HiddenInput)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        channels = [("", _("All")), *((name, name) for name in queries.channels())]
        self.fields["channel"].choices = channels  # type: ignore[attr-defined]  # a ChoiceField


class ProductFilterForm(ListFilter):
    category = forms.ChoiceField(label=_("Category"), required=False)
    is_archived = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("Offered")), ("1", _("Archived"))]
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        categories = [("", _("All")), *((name, name) for name in queries.categories())]
        self.fields["category"].choices = categories  # type: ignore[attr-defined]  # a ChoiceField


class CartFilterForm(ListFilter):
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("All")), *CartStatus.choices])
    customer = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID, widget=forms.HiddenInput)
