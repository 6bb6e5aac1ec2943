"""A person's right to a copy of everything, and to be forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from customers import contracts
from customers.actions.profiles import locked
from customers.events import CustomerErased, CustomerExported
from customers.importing.erased import marks_of
from customers.models import Customer, Import, PrivacyRequest
from customers.queries import everything_known, people_of
from timeline.erasure import erase_payloads
from timeline.recording import record


@transaction.atomic
def export_customer(customer: Customer) -> dict[str, Any]:
    """Everything that every room knows of the customer and of those merged into them, under readable names.

    Raises CustomerGone.
    """
    customer = locked(customer)
    document = everything_known(customer)
    request = PrivacyRequest.objects.create(
        customer=customer,
        kind=PrivacyRequest.Kind.EXPORT,
        completed_at=timezone.now(),
        rows={name: len(rows) for name, rows in document.items() if isinstance(rows, list)},
    )
    record(CustomerExported(customer_id=customer.pk, privacy_request_id=request.pk))
    return document


@transaction.atomic
def erase_customer(customer: Customer) -> PrivacyRequest:
    """Forget who the customer, and everybody merged into them, was. Can't be undone. Raises CustomerGone.

    What books and counts need stays, without a word about whom. Each room says what that is by its PersonalData.
    """
    imports = _held_imports()
    customer = locked(customer)
    people = people_of(customer)
    _refuse_in(imports, people)
    erased: dict[str, int] = {}
    for person in people:
        # The profile last: the other rooms still need the address, to remember by its hash not to write to it again.
        for each in sorted(contracts.personal_data(), key=lambda each: each.model is Customer):
            name = str(each.model._meta.verbose_name_plural)
            erased[name] = erased.get(name, 0) + each.erase(person)
    erased["events"] = erase_payloads([person.pk for person in people])
    request = PrivacyRequest.objects.create(
        customer=customer, kind=PrivacyRequest.Kind.ERASURE, completed_at=timezone.now(), rows=erased
    )
    record(CustomerErased(customer_id=customer.pk, privacy_request_id=request.pk))
    return request


def _held_imports() -> list[Import]:
    """Those that have a file. Locked first, as a worker does: what its portion brings in is erased with the rest."""
    return list(Import.objects.filter(ended_at=None).select_for_update(of=("self",)).order_by("pk"))


def _refuse_in(imports: Sequence[Import], people: Sequence[Customer]) -> None:
    marks = marks_of(people)
    for source in imports:
        source.erased = sorted({*source.erased, *marks})
        source.save(update_fields=["erased"])
