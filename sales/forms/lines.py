"""Lines of an order or a cart: as many rows as were typed and a few spare ones, so that no script is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.scope import current_workspace
from customers.refusals import Refused
from sales.actions.lines import MOST_LINES, MOST_UNITS, NewLine
from sales.forms.fields import CustomerField, MoneyField, customer_search_attributes
from sales.models import CartLine, OrderLine, Product
from sales.money import is_currency, typed
from sales.refusals import LineRefused

SPARE_LINES = 3


class LineForm(forms.Form):
    sku = forms.CharField(
        label=_("Product"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"list": "product-choices", "placeholder": _("SKU"), "autocomplete": "off"}),
    )
    description = forms.CharField(
        label=_("What"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("The product's name")}),
    )
    quantity = forms.IntegerField(
        label=_("Quantity"),
        min_value=1,
        max_value=MOST_UNITS,
        required=False,
        widget=forms.NumberInput(attrs={"placeholder": "1", "min": 1}),
    )
    price = MoneyField(label=_("Price each"), required=False)
    total = MoneyField(label=_("Line total"), required=False)
    is_removed = forms.BooleanField(label=_("Remove"), required=False)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name != "is_removed":
                field.widget.attrs["class"] = "form-control"
        for name in ("price", "total"):
            field = self.fields[name]
            assert isinstance(field, MoneyField)  # noqa: S101  tells mypy
            field.currency = currency

    @property
    def is_blank(self) -> bool:
        return not self.has_changed() or bool(self.cleaned_data.get("is_removed"))

    def new_line(self, products: Mapping[str, Product]) -> NewLine:
        given = self.cleaned_data
        return NewLine(
            product=products.get(given["sku"]),
            description=given["description"],
            quantity=given["quantity"] or 1,
            unit_price_minor=given["price"],
            total_minor=given["total"],
        )


class BaseLineFormSet(forms.BaseFormSet[LineForm]):
    products: Mapping[str, Product] = {}

    def initial_form_count(self) -> int:
        """None counts as there already: any row may be left blank, and is then no line."""
        return 0 if self.is_bound else super().initial_form_count()

    def clean(self) -> None:
        """Find the products of all rows by one query."""
        rows = [form for form in self.forms if not form.errors and not form.is_blank]
        skus = {form.cleaned_data["sku"] for form in rows} - {""}
        self.products = {product.sku: product for product in Product.objects.filter(sku__in=skus)}
        for form in rows:
            sku = form.cleaned_data["sku"]
            if sku and sku not in self.products:
                form.add_error("sku", _("No product has the SKU “%(sku)s”.") % {"sku": sku})

    def new_lines(self) -> list[NewLine]:
        return [form.new_line(self.products) for form in self._rows()]

    def say_the_same_as(self, lines: Iterable[OrderLine]) -> bool:
        before = [
            (line.product, line.description, line.quantity, line.unit_price_minor, line.total_minor) for line in lines
        ]
        return before == [
            (line.product, line.description, line.quantity, line.unit_price_minor, _total_of(line))
            for line in self.new_lines()
        ]

    def add_refusal(self, refused: LineRefused) -> None:
        """Positions count the rows that are lines."""
        rows = list(self._rows())
        if refused.position is not None and refused.position <= len(rows):
            rows[refused.position - 1].add_error(None, str(refused))

    def _rows(self) -> Iterator[LineForm]:
        return (form for form in self.forms if not form.is_blank)


def _total_of(line: NewLine) -> int | None:
    if line.total_minor is not None or line.unit_price_minor is None:
        return line.total_minor
    return line.quantity * line.unit_price_minor


def line_formset(rows: list[dict[str, Any]], *, data: Any = None, currency: str, spare: int) -> BaseLineFormSet:
    made = forms.formset_factory(
        LineForm, formset=BaseLineFormSet, extra=spare, max_num=MOST_LINES, absolute_max=MOST_LINES, validate_max=True
    )
    initial = None if data is not None else rows
    lines = made(data, initial=initial, prefix="lines", form_kwargs={"currency": currency})
    assert isinstance(lines, BaseLineFormSet)  # noqa: S101  tells mypy
    return lines


class FormWithLines(forms.Form):
    """A form and its lines, valid together. Subclasses have a field `currency`."""

    def __init__(
        self, data: Any = None, *, initial: dict[str, Any], lines: Iterable[OrderLine | CartLine] = (), **kwargs: Any
    ) -> None:
        self.is_typing = data is not None and "add_line" in data
        currency = _currency(data, initial)
        if self.is_typing:
            # Shown again as it was typed, with one more row; nothing is judged before it is sent.
            initial, rows = {name: data.get(name) for name in self.base_fields}, _typed_rows(data)
            super().__init__(None, initial=initial, **kwargs)
            self.lines = line_formset(rows, currency=currency, spare=1)
        else:
            super().__init__(data, initial=initial, **kwargs)
            rows = [_row(line, currency) for line in lines]
            self.lines = line_formset(rows, data=data, currency=currency, spare=SPARE_LINES)
        for field in self.fields.values():
            if isinstance(field, MoneyField):
                field.currency = currency
            if isinstance(field, CustomerField):
                field.widget.attrs |= customer_search_attributes()

    @property
    def is_sent(self) -> bool:
        return self.is_bound

    def is_valid(self) -> bool:
        """Both are looked at, so that all errors show at once."""
        is_valid, lines_are_valid = super().is_valid(), self.lines.is_valid()
        return is_valid and lines_are_valid

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Show what an action refuses at the field that it is about."""
        try:
            yield
        except LineRefused as refused:
            self.lines.add_refusal(refused)
            self.add_error(None, str(refused))
        except Refused as refused:
            name = refused.field.removesuffix("_minor").removesuffix("_micros")
            self.add_error(name if name in self.fields else None, str(refused))


def _currency(data: Any, initial: dict[str, Any]) -> str:
    """What amounts are typed in: the currency that the same form says, as far as it is one."""
    given = str(data.get("currency", "")) if data is not None else str(initial.get("currency", ""))
    return given if is_currency(given) else current_workspace().currency


def _row(line: OrderLine | CartLine, currency: str) -> dict[str, Any]:
    usual = line.quantity * line.unit_price_minor
    total = line.total_minor if isinstance(line, OrderLine) else usual
    return {
        "sku": line.product.sku if line.product else "",
        "description": line.description,
        "quantity": line.quantity,
        "price": typed(line.unit_price_minor, currency),
        "total": "" if total == usual else typed(total, currency),
    }


def _typed_rows(data: Any) -> list[dict[str, Any]]:
    try:
        count = min(int(data.get("lines-TOTAL_FORMS", 0)), MOST_LINES - 1)
    except ValueError:
        count = 0
    return [{name: data.get(f"lines-{at}-{name}", "") for name in LineForm.base_fields} for at in range(max(count, 0))]
