"""The columns that a file of orders may have, and how amounts in them are read."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from customers.contracts import ImportField, Shape
from customers.importing.formats import DecimalSign, parse_number
from sales.money import LARGEST_RATE, SAME_RATE, minor_per_unit
from sales.refusals import AmountRefused

FIELDS = (
    ImportField(
        "number",
        "Order number",
        ("order", "order id", "order no", "id", "bestellnummer", "bestellung", "auftragsnummer", "commande"),
        hint="Lines with the same number that follow each other are one order. Without it, each line is an order.",
    ),
    ImportField(
        "placed_at",
        "Date",
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
    ImportField("clock", "Time", ("order time", "uhrzeit", "heure", "hora"), hint="If the date has none."),
    ImportField(
        "customer_external_id",
        "Customer number",
        ("customer id", "customer", "customer no", "kundennummer", "kunde", "client id", "numero client", "id cliente"),
    ),
    ImportField(
        "customer_email",
        "Customer's e-mail",
        ("email", "customer email", "mail", "e mail adresse", "courriel", "correo"),
        Shape.EMAIL,
    ),
    ImportField(
        "customer_name", "Customer's name", ("customer name", "name", "billing name", "kundenname", "nom", "nombre")
    ),
    ImportField(
        "total",
        "Total",
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
    ImportField("currency", "Currency", ("currency code", "waehrung", "wahrung", "devise", "moneda")),
    ImportField("rate", "Exchange rate", ("fx rate", "kurs", "wechselkurs"), Shape.AMOUNT),
    ImportField("discount", "Discount", ("discount amount", "rabatt", "remise", "descuento"), Shape.AMOUNT),
    ImportField(
        "refunded", "Refunded", ("refund", "refunded amount", "erstattet", "erstattung", "rembourse"), Shape.AMOUNT
    ),
    ImportField("units", "Units", ("items", "total quantity", "stueck", "anzahl artikel", "unites"), Shape.AMOUNT),
    ImportField("channel", "Channel", ("source", "sales channel", "kanal", "canal", "filiale", "store")),
    ImportField("paid_at", "Paid on", ("paid at", "payment date", "bezahlt am", "zahlungsdatum"), Shape.DAY),
    ImportField(
        "fulfilled_at", "Fulfilled on", ("fulfilled at", "shipped at", "versendet am", "geliefert am"), Shape.DAY
    ),
    ImportField("cancelled_at", "Cancelled on", ("cancelled at", "canceled at", "storniert am"), Shape.DAY),
    ImportField(
        "sku", "Product number", ("sku", "lineitem sku", "article number", "artikelnummer", "product id", "ref")
    ),
    ImportField(
        "product", "Product", ("product name", "item", "lineitem name", "article", "artikel", "produkt", "produit")
    ),
    ImportField("category", "Product category", ("category", "kategorie", "warengruppe", "categorie")),
    ImportField(
        "quantity", "Quantity", ("qty", "lineitem quantity", "menge", "anzahl", "quantite", "cantidad"), Shape.AMOUNT
    ),
    ImportField(
        "price",
        "Price of one",
        ("unit price", "lineitem price", "einzelpreis", "preis", "prix", "precio"),
        Shape.AMOUNT,
    ),
    ImportField(
        "line_total", "Total of the line", ("line total", "subtotal", "zeilensumme", "positionsbetrag"), Shape.AMOUNT
    ),
)
LINE_FIELDS = frozenset({"sku", "product", "quantity", "price", "line_total"})

_minor_per_unit = lru_cache(minor_per_unit)


def parse_amount(cell: str, *, sign: DecimalSign, currency: str, field: str) -> int:
    """Minor units of the currency. Raises AmountRefused for what it has no coins for, ValueRefused for no number."""
    number = parse_number(cell, sign=sign, field=field)
    minor = number * _minor_per_unit(currency)
    if minor != minor.to_integral_value():
        raise AmountRefused(f"“{cell.strip()[:40]}” has more decimals than {currency} has.", field=field)
    return int(minor)


def rate_micros(number: Decimal, *, field: str) -> int:
    micros = int((number * SAME_RATE).to_integral_value())
    if not 0 < micros <= LARGEST_RATE:
        raise AmountRefused("A rate is above 0, and says what one of the currency is worth in yours.", field=field)
    return micros
