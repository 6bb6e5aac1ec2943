from __future__ import annotations

from customers.folding import fold
from customers.models import Customer
from sales.queries.text_ranges import begins_with


def customers_beginning_with(words: str, *, limit: int) -> list[Customer]:
    """Customers whose name or e-mail address begins so."""
    matching = begins_with("sort_name", fold(words)) | begins_with("email_norm", words.lower())
    return list(Customer.objects.present().filter(matching).order_by("sort_name", "pk")[:limit])
