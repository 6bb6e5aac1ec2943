"""What an amount, a currency and a rate may be."""

from __future__ import annotations

from dataclasses import dataclass

from babel.numbers import format_decimal
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.languages import reader_locale
from accounts.scope import current_workspace
from sales.money import LARGEST_AMOUNT, LARGEST_RATE, SAME_RATE, is_currency, worth
from sales.refusals import AmountRefused, CurrencyUnknown, RateRequired


@dataclass(frozen=True)
class Exchange:
    """An order's currency, and what one of it is worth in the workspace's, in millionths."""

    currency: str
    rate_micros: int

    def worth(self, amount_minor: int) -> int:
        """In minor units of the workspace's currency."""
        return worth(
            amount_minor,
            currency=self.currency,
            rate_micros=self.rate_micros,
            in_currency=current_workspace().currency,
        )


def exchange_for(currency: str | None, rate_micros: int | None) -> Exchange:
    """The workspace's currency unless another is named, which needs its rate. Raises CurrencyUnknown, RateRequired."""
    home = current_workspace().currency
    currency = checked_currency(currency)
    if currency == home:
        if rate_micros not in {None, SAME_RATE}:
            raise RateRequired(
                _("%(home)s is the workspace's own currency: leave the rate out.") % {"home": home}, field="rate_micros"
            )
        return Exchange(currency, SAME_RATE)
    if rate_micros is None:
        raise RateRequired(
            _("Say what 1 %(currency)s was worth in %(home)s: the order is not in %(home)s.")
            % {"currency": currency, "home": home},
            field="rate_micros",
        )
    if not 0 < rate_micros <= LARGEST_RATE:
        raise RateRequired(
            _("The rate must be above 0 and at most %(most)s.")
            % {"most": format_decimal(LARGEST_RATE // SAME_RATE, locale=reader_locale())},
            field="rate_micros",
        )
    return Exchange(currency, rate_micros)


def checked_currency(currency: str | None) -> str:
    currency = (currency or current_workspace().currency).strip().upper()
    if not is_currency(currency):
        raise CurrencyUnknown(
            _("“%(text)s” is not a currency: use its three letters, such as EUR or USD.") % {"text": currency[:20]},
            field="currency",
        )
    return currency


_AMOUNTS = {
    "price": gettext_lazy("The price"),
    "line's total": gettext_lazy("The line's total"),
    "total": gettext_lazy("The total"),
    "total in the workspace's currency": gettext_lazy("The total in the workspace's currency"),
    "discount": gettext_lazy("The discount"),
    "refund": gettext_lazy("The refund"),
    "number of units": gettext_lazy("The number of units"),
}


def refuse_amount(amount_minor: int, *, field: str, label: str) -> None:
    """Raises AmountRefused for what is below 0 or beyond what can be summed."""
    if amount_minor < 0:
        raise AmountRefused(_("%(amount)s can't be negative.") % {"amount": _AMOUNTS[label]}, field=field)
    if amount_minor > LARGEST_AMOUNT:
        raise AmountRefused(_("%(amount)s is too large.") % {"amount": _AMOUNTS[label]}, field=field)
