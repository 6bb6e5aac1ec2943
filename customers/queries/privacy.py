from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from customers import contracts
from customers.models import Customer
from customers.queries.timeline import identities
from timeline.models import Event


def people_of(customer: Customer) -> list[Customer]:
    """The customer first, then those who were found to be the same person."""
    return sorted(Customer.objects.filter(pk__in=identities(customer)), key=lambda each: each.pk != customer.pk)


def everything_known(customer: Customer) -> dict[str, Any]:
    """Rows by the plural name of their kind, of every room, and the timeline."""
    people = people_of(customer)
    document: dict[str, Any] = {}
    for each in contracts.personal_data():
        name = str(each.model._meta.verbose_name_plural)
        document.setdefault(name, []).extend(row for person in people for row in each.export(person))
    events = Event.objects.filter(customer_id__in=[person.pk for person in people])
    document["events"] = list(events.order_by("occurred_at", "pk").values("kind", "occurred_at", "payload"))
    return document


def known_counts(customer: Customer) -> list[tuple[str, int]]:
    """How many rows of each kind are known, by a name for people; the kinds without any are left out."""
    labels = {str(each.model._meta.verbose_name_plural): str(each.label) for each in contracts.personal_data()}
    labels["events"] = _("Lines of the timeline")
    return [(labels[name], len(rows)) for name, rows in everything_known(customer).items() if rows]
