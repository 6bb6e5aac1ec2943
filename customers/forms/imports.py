"""What a person settles about a file: what it is, how it is written, what its columns hold, who may be written to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.forms import BoundField
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms.workspaces import currency_choices
from customers.actions.upsert import SHOP
from customers.contracts import Importer, Shape, importers
from customers.importing.formats import DayOrder, DecimalSign
from customers.importing.mapping import as_attribute, column
from customers.importing.plans import ATTRIBUTE, ImportPlan
from customers.importing.reading import DELIMITERS, ENCODINGS, Head, Layout
from customers.models.attributes import AttributeKind

_RATE = re.compile(r"([A-Za-z]{3})\s*[=:]?\s*([\d.]+)")
_MICROS = 1_000_000


def too_large_file() -> str:
    return _("The file is larger than %(limit)s. Split it, and import one part after the other.") % {
        "limit": filesizeformat(settings.IMPORT_MOST_BYTES)
    }


class ImportCreateForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("What is in the file?"), widget=forms.RadioSelect)
    file = forms.FileField(
        label=gettext_lazy("CSV file"), widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)  # noqa: S101  it stands above
        # Told when the file is chosen (static/js/app.js), and not after all of it was sent.
        self.fields["file"].widget.attrs |= {
            "data-most-bytes": settings.IMPORT_MOST_BYTES,
            "data-too-large": too_large_file(),
        }
        kind.choices = [(each.kind, f"{each.label}. {each.description}") for each in importers().values()]

    def clean_file(self) -> UploadedFile[bytes]:
        upload: UploadedFile[bytes] = self.cleaned_data["file"]
        if (upload.size or 0) > settings.IMPORT_MOST_BYTES:
            raise ValidationError(too_large_file())
        return upload


class ImportLayoutForm(forms.Form):
    encoding = forms.ChoiceField(label=gettext_lazy("Encoding"), choices=list(ENCODINGS.items()))
    delimiter = forms.ChoiceField(label=gettext_lazy("Between the cells stands a"), choices=list(DELIMITERS.items()))
    has_header = forms.BooleanField(label=gettext_lazy("The first line names the columns"), required=False)

    def layout(self) -> Layout:
        return Layout(**self.cleaned_data)


class ImportColumnsForm(forms.Form):
    """One choice for each column, and how days and amounts are written; the second half depends on the kind of file."""

    day_order = forms.ChoiceField(
        label=gettext_lazy("Days are written"),
        choices=[
            (DayOrder.DAY_FIRST, gettext_lazy("day first: 31/12/2026")),
            (DayOrder.MONTH_FIRST, gettext_lazy("month first: 12/31/2026")),
        ],
        widget=forms.RadioSelect,
        required=False,
    )
    decimal_sign = forms.ChoiceField(
        label=gettext_lazy("Decimals stand behind a"),
        choices=[
            (DecimalSign.POINT, gettext_lazy("point: 1,234.50")),
            (DecimalSign.COMMA, gettext_lazy("comma: 1.234,50")),
        ],
    )
    system = forms.CharField(
        label=gettext_lazy("System that the numbers come from"),
        max_length=60,
        help_text=gettext_lazy(
            "Under the same word, files and the API mean the same customers and orders by a number."
        ),
    )

    def __init__(self, *args: Any, plan: ImportPlan, head: Head, importer: Importer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plan, self._head, self._importer = plan, head, importer
        choices = _choices(importer)
        for at, name in enumerate(plan.columns):
            self.fields[f"column_{at}"] = forms.ChoiceField(
                label=name,
                choices=choices,
                required=False,
                initial=_chosen(plan, at),
                widget=forms.Select(attrs={"class": "form-select"}),
            )
        self.fields["day_order"].initial = plan.day_order if self._has_days(plan.fields) else None
        self.fields["decimal_sign"].initial = plan.decimal_sign
        self.fields["system"].initial = plan.system or SHOP

    def columns(self) -> Iterator[tuple[BoundField, str]]:
        """Each column's choice with the first values that stand below it."""
        for at in range(len(self._plan.columns)):
            field = self[f"column_{at}"]
            if field.errors:
                field.field.widget.attrs["class"] += " is-invalid"
            yield field, " · ".join(value.strip()[:40] for value in column(self._head, at)[:3])

    def settings(self) -> Iterator[BoundField]:
        """Everything that is not one column."""
        for name in self.fields:
            if not name.startswith("column_"):
                yield self[name]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        chosen = [data.get(f"column_{at}", "") for at in range(len(self._plan.columns))]
        for at, name in enumerate(chosen):
            if name and not name.startswith(ATTRIBUTE) and name in chosen[:at]:
                other = self._plan.columns[chosen.index(name)]
                self.add_error(f"column_{at}", _("“%(other)s” holds this already.") % {"other": other})
        if self._has_days(chosen) and not data.get("day_order"):
            self.add_error("day_order", _("Days like 03/04/2026 can be read either way: choose how they are meant."))
        if missing := self._importer.missing(set(chosen)):
            self.add_error(None, missing)
        return data

    def plan(self) -> ImportPlan:
        data = self.cleaned_data
        return msgspec.structs.replace(
            self._plan,
            fields=[self._field(at, data[f"column_{at}"]) for at in range(len(self._plan.columns))],
            day_order=DayOrder(data["day_order"]) if data["day_order"] else None,
            decimal_sign=DecimalSign(data["decimal_sign"]),
            system=data["system"],
        )

    def _has_days(self, fields: Sequence[str]) -> bool:
        return any(field.shape is Shape.DAY and field.name in fields for field in self._importer.fields)

    def _field(self, at: int, chosen: str) -> str:
        if not chosen.startswith(ATTRIBUTE):
            return chosen
        return as_attribute(self._plan.columns[at], at, chosen.removeprefix(ATTRIBUTE))


class PurchaseColumnsForm(ImportColumnsForm):
    currency = forms.ChoiceField(
        label=gettext_lazy("Currency"), help_text=gettext_lazy("Of lines that do not name one themselves.")
    )
    rates = forms.CharField(
        label=gettext_lazy("Exchange rates"),
        required=False,
        help_text=gettext_lazy("What one of each other currency is worth in yours, as in: USD 0.92, GBP 1.17."),
    )
    channel = forms.CharField(
        label=gettext_lazy("Channel"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Where these orders came from, if no column says so: till, web, market …"),
    )
    adds_customers = forms.BooleanField(label=gettext_lazy("Add customers who are not known yet"), required=False)

    def __init__(self, *args: Any, home: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        currency = self.fields["currency"]
        assert isinstance(currency, forms.ChoiceField)  # noqa: S101  it stands above
        currency.choices = currency_choices()
        currency.initial = self._plan.currency or home
        self.fields["rates"].initial = ", ".join(
            f"{code} {Decimal(micros) / _MICROS:f}" for code, micros in self._plan.rates.items()
        )
        self.fields["channel"].initial = self._plan.channel
        self.fields["adds_customers"].initial = self._plan.adds_customers

    def clean_rates(self) -> dict[str, int]:
        rates: dict[str, int] = {}
        for part in filter(str.strip, re.split(r"[,;\n]", self.cleaned_data["rates"])):
            found = _RATE.fullmatch(part.strip())
            try:
                micros = int(Decimal(found[2]) * _MICROS) if found else 0
            except InvalidOperation:
                micros = 0
            if found is None or not 0 < micros <= _MICROS**2:
                raise ValidationError(_("“%(part)s” is no rate: write it as USD 0.92.") % {"part": part.strip()[:40]})
            rates[found[1].upper()] = micros
        return rates

    def plan(self) -> ImportPlan:
        data = self.cleaned_data
        return msgspec.structs.replace(
            super().plan(),
            currency=data["currency"],
            rates=data["rates"],
            channel=data["channel"],
            adds_customers=data["adds_customers"],
        )


def _choices(importer: Importer) -> list[Any]:
    fields = [(field.name, field.label) for field in importer.fields]
    choices: list[Any] = [("", _("Leave out")), (importer.label, fields)]
    if importer.keeps_attributes:
        kinds = [(f"{ATTRIBUTE}{kind}", label) for kind, label in AttributeKind.choices]
        choices.append((_("Keep as an attribute"), kinds))
    return choices


def _chosen(plan: ImportPlan, at: int) -> str:
    field = plan.fields[at]
    return field.rpartition(":")[0] if field.startswith(ATTRIBUTE) else field
