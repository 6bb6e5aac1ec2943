"""The columns that a file of orders may have, and how amounts in them are read."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.contracts import ImportField, Shape
from customers.importing.formats import DecimalSign, parse_number
from sales.money import LARGEST_RATE, SAME_RATE, minor_per_unit
from sales.refusals import AmountRefused

FIELDS = (
    ImportField(
        "number",
        _("Order number"),
        ("order", "order id", "order no", "id", "bestellnummer", "bestellung", "auftragsnummer", "commande"),
        hint=_("Lines with the same number that follow each other are one order. Without it, each line is an order."),
    ),
    ImportField(
        "placed_at",
        _("Date"),
        (
            "order date",
            "date",
            "created at",
            "placed at",
            "day",
            "purchase date",
            "datum",
            "bestelldatum",
            "fecha",
            "data",
        ),
        Shape.DAY,
    ),
    ImportField("clock", _("Time"), ("order time", "uhrzeit", "heure", "hora"), hint=_("If the date has none.")),
    ImportField(
        "customer_external_id",
        _("Customer number"),
        ("customer id", "customer", "customer no", "kundennummer", "kunde", "client id", "numero client", "id cliente"),
    ),
    ImportField(
        "customer_email",
        _("Customer's e-mail"),
        ("email", "customer email", "mail", "e mail adresse", "courriel", "correo"),
        Shape.EMAIL,
    ),
    ImportField(
        "customer_name", _("Customer's name"), ("customer name", "name", "billing name", "kundenname", "nom", "nombre")
    ),
    ImportField(
        "total",
        _("Total"),
        (
            "amount",
            "order total",
            "grand total",
            "value",
            "revenue",
            "gesamt",
            "gesamtbetrag",
            "betrag",
            "summe",
            "importe",
        ),
        Shape.AMOUNT,
    ),
    ImportField("currency", _("Currency"), ("currency code", "waehrung", "wahrung", "devise", "moneda")),
    ImportField("rate", _("Exchange rate"), ("fx rate", "kurs", "wechselkurs"), Shape.AMOUNT),
    ImportField("discount", _("Discount"), ("discount amount", "rabatt", "remise", "descuento"), Shape.AMOUNT),
    ImportField(
        "refunded", _("Refunded"), ("refund", "refunded amount", "erstattet", "erstattung", "rembourse"), Shape.AMOUNT
    ),
    ImportField("units", _("Units"), ("items", "total quantity", "stueck", "anzahl artikel", "unites"), Shape.AMOUNT),
    ImportField("channel", _("Channel"), ("source", "sales channel", "kanal", "canal", "filiale", "store")),
    ImportField("paid_at", _("Paid on"), ("paid at", "payment date", "bezahlt am", "zahlungsdatum"), Shape.DAY),
    ImportField(
        "fulfilled_at", _("Fulfilled on"), ("fulfilled at", "shipped at", "versendet am", "geliefert am"), Shape.DAY
    ),
    ImportField("cancelled_at", _("Cancelled on"), ("cancelled at", "canceled at", "storniert am"), Shape.DAY),
    ImportField(
        "sku", _("Product number"), ("sku", "lineitem sku", "article number", "artikelnummer", "product id", "ref")
    ),
    ImportField(
        "product", _("Product"), ("product name", "item", "lineitem name", "article", "artikel", "produkt", "produit")
    ),
    ImportField("category", _("Product category"), ("category", "kategorie", "warengruppe", "categorie")),
    ImportField(
        "quantity", _("Quantity"), ("qty", "lineitem quantity", "menge", "anzahl", "quantite", "cantidad"), Shape.AMOUNT
    ),
    ImportField(
        "price",
        _("Price of one"),
        ("unit price", "lineitem price", "einzelpreis", "preis", "prix", "precio"),
        Shape.AMOUNT,
    ),
    ImportField(
        "line_total", _("Total of the line"), ("line total", "subtotal", "zeilensumme", "positionsbetrag"), Shape.AMOUNT
    ),
)
LINE_FIELDS = frozenset({"sku", "product", "quantity", "price", "line_total"})

_minor_per_unit = lru_cache(minor_per_unit)


def parse_amount(cell: str, *, sign: DecimalSign, currency: str, field: str) -> int:
    """Minor units of the currency. Raises AmountRefused for what it has no coins for, ValueRefused for no number."""
    number = parse_number(cell, sign=sign, field=field)
    minor = number * _minor_per_unit(currency)
    if minor != minor.to_integral_value():
        raise AmountRefused(
            gettext("“%(text)s” has more decimals than %(currency)s has.")
            % {"text": cell.strip()[:40], "currency": currency},
            field=field,
        )
    return int(minor)


def rate_micros(number: Decimal, *, field: str) -> int:
    micros = int((number * SAME_RATE).to_integral_value())
    if not 0 < micros <= LARGEST_RATE:
        raise AmountRefused(
            gettext("A rate is above 0, and says what one of the currency is worth in yours."), field=field
        )
    return micros
