"""What every template may use without loading it (a template builtin)."""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zlib import crc32

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, get_datetime_format
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision
from django import template
from django.conf import settings
from django.templatetags.static import static
from django.urls import NoReverseMatch, get_script_prefix, reverse, set_script_prefix
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.languages import reader_locale
from accounts.models import Membership
from accounts.permissions import Permission, role_has

register = template.Library()

TINTS = 6


@register.simple_tag
@lru_cache(maxsize=1024)
def icon(name: str, label: str = "") -> SafeString:
    """Draw one icon of the sprite. Without a label it is decoration, hidden from screen readers. A page has fifty."""
    sprite = static("vendor/icons.svg")
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"/></svg>', label, sprite, name
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', sprite, name)


@register.simple_tag
def person(name: object, *, detail: str = "", url: str | None = "", is_secondary: bool = False) -> SafeString:
    """Initials and name of a customer or member: a tag, since as a template it was a third of a list's time.

    `is_secondary` where the row leads elsewhere.
    """
    words = str(name)
    row_link = "" if is_secondary else " data-row-link"
    linked = f'<a href="{escape(url)}"{row_link}>{escape(words)}</a>' if url else escape(words)
    small = f"<small>{escape(detail)}</small>" if detail else ""
    return mark_safe(  # noqa: S308  escaped, each where it stands
        f'<div class="person"><span class="avatar-initials tint-{tint(words)}" aria-hidden="true">'
        f'{escape(initials(words))}</span><div class="person-words">{linked}{small}</div></div>'
    )


@register.filter
def page_url(pk: int, url_name: str) -> str:
    """The address of a page of one row: `{{ order.pk|page_url:"sales:order_detail" }}`.

    As `{% url %}` gives it, but reversed once for all rows of all lists.
    """
    before, after = _around_pk(url_name, get_script_prefix())
    return f"{before}{pk}{after}"


@lru_cache(maxsize=1024)
def _around_pk(url_name: str, prefix: str) -> tuple[str, str]:
    """What stands before and after it in the addresses of the workspace that `prefix` is of."""
    nobody = 1_000_000_000_000_000_007  # and no workspace is called that
    before, _, after = reverse(url_name, urlconf=settings.WORKSPACE_URLCONF, args=[nobody]).rpartition(str(nobody))
    return before, after


@register.simple_tag
def public_url(name: str, *args: object, **kwargs: object) -> str:
    """Reverse a public page from anywhere: a workspace page has its own URL tree and script prefix.

    Empty where the page does not exist, so that a template can leave the link out.
    """
    prefix = get_script_prefix()
    set_script_prefix("/")
    try:
        return reverse(name, urlconf=settings.ROOT_URLCONF, args=args, kwargs=kwargs)
    except NoReverseMatch:
        return ""
    finally:
        set_script_prefix(prefix)


@register.simple_tag
def brand_css_url(color: str) -> str:
    """Address the style sheet of a brand colour ("#rrggbb"). The colour is in the address, so it never goes stale."""
    return public_url("brand_css", color.removeprefix("#").lower())


@register.filter
def may(membership: Membership, permission: str) -> bool:
    """Whether this member's role holds the permission: `{% if membership|may:"edit sales" %}`."""
    return role_has(membership.role, Permission(permission))


@register.filter
def money(minor: int | None, currency: str) -> str:
    """Minor units (cents) as an amount in the reader's language: 250031563 and USD give "$2,500,315.63"."""
    return "" if minor is None else _amount(minor, currency, reader_locale())


# Whole numbers, amounts and days are written 200 times on a page, and most were written on another before.
@lru_cache(maxsize=20_000)
def _amount(minor: int, currency: str, locale: Locale) -> str:
    return format_currency(Decimal(minor).scaleb(-get_currency_precision(currency)), currency, locale=locale)


@register.filter
def currency_digits(currency: str) -> int:
    """Behind the decimal sign: 2 for EUR, none for JPY."""
    return get_currency_precision(currency)


@register.filter
def number(value: float | Decimal | None) -> str:
    """Group digits and set the decimal sign of the reader's language."""
    if value is None:
        return ""
    write = _whole_number if type(value) is int else format_decimal
    return write(value, locale=reader_locale())


@lru_cache(maxsize=20_000)
def _whole_number(value: int, locale: Locale) -> str:
    return format_decimal(value, locale=locale)


@register.filter
def percent(share: float | Decimal | None) -> str:
    """A share between 0 and 1 as per cent with one decimal: 0.4887 gives "48.9%"."""
    return "" if share is None else format_percent(share, format="#,##0.#%", locale=reader_locale())


@register.filter
def day(value: date | None) -> str:
    """A date in the reader's language, of an instant the day in the workspace's zone: "Nov 22, 2026"."""
    if value is None:
        return ""
    return _day(timezone.localtime(value).date() if isinstance(value, datetime) else value, reader_locale())


@lru_cache(maxsize=20_000)
def _day(value: date, locale: Locale) -> str:
    return format_date(value, locale=locale)


@register.filter
def coming_day(value: date) -> str:
    """A day of the next weeks, which needs no year: "Mon, Nov 23"."""
    return format_skeleton("MMMEd", value, locale=reader_locale())


@register.filter
def moment(value: datetime | None) -> str:
    """An instant in the workspace's zone and the reader's language, to the minute: "Nov 22, 2026, 4:50 PM"."""
    if value is None:
        return ""
    locale = reader_locale()
    there = timezone.localtime(value)
    pattern = str(get_datetime_format("medium", locale=locale)).replace("'", "")
    return pattern.format(format_time(there, "short", locale=locale), format_date(there, "medium", locale=locale))


@register.filter
def initials(name: str) -> str:
    """The one or two letters that stand for a name or an e-mail address."""
    words = str(name).partition("@")[0].replace(".", " ").split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@register.filter
def breakable(words: object) -> SafeString:
    """Where room is short, an e-mail address breaks after its @ before it breaks anywhere else."""
    return mark_safe(escape(str(words)).replace("@", "@<wbr>"))  # noqa: S308  escaped, and the rest is ours


@register.filter
def tint(name: str) -> int:
    """One of the style sheet's six tints, always the same for the same name."""
    return crc32(str(name).encode()) % TINTS + 1


@register.filter
def chart_rows(chart: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The rows of a chart's table: each category with its (value, link) of every series."""

    def cells(at: int) -> list[dict[str, Any]]:
        return [{"value": one["values"][at], "link": one["links"][at] if one.get("links") else ""} for one in series]

    series = chart["series"]
    return [(category, cells(at)) for at, category in enumerate(chart["categories"])]


@register.filter
def chart_value(value: float | None, chart: dict[str, Any]) -> str:
    """One value of a chart in the chart's unit: "money" (minor units), "percent" (a share) or a plain number."""
    if chart.get("unit") == "money":
        return money(None if value is None else round(value), chart["currency"])
    return percent(value) if chart.get("unit") == "percent" else number(value)
