"""What an amount, a currency and a rate may be."""

from __future__ import annotations

from dataclasses import dataclass

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
            raise RateRequired(f"{home} is the workspace's own currency: leave the rate out.", field="rate_micros")
        return Exchange(currency, SAME_RATE)
    if rate_micros is None:
        raise RateRequired(
            f"Say what 1 {currency} was worth in {home}: the order is not in {home}.", field="rate_micros"
        )
    if not 0 < rate_micros <= LARGEST_RATE:
        raise RateRequired(f"The rate must be above 0 and at most {LARGEST_RATE // SAME_RATE:,}.", field="rate_micros")
    return Exchange(currency, rate_micros)


def checked_currency(currency: str | None) -> str:
    currency = (currency or current_workspace().currency).strip().upper()
    if not is_currency(currency):
        raise CurrencyUnknown(
            f"“{currency[:20]}” is not a currency: use its three letters, such as EUR or USD.", field="currency"
        )
    return currency


def refuse_amount(amount_minor: int, *, field: str, label: str) -> None:
    """Raises AmountRefused for what is below 0 or beyond what can be summed."""
    if amount_minor < 0:
        raise AmountRefused(f"The {label} can't be negative.", field=field)
    if amount_minor > LARGEST_AMOUNT:
        raise AmountRefused(f"The {label} is too large.", field=field)
