from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from customers.actions.profiles import locked
from customers.events import CustomerArchived, CustomerRestored
from customers.models import Customer
from timeline.recording import record


@transaction.atomic
def archive_customer(customer: Customer) -> Customer:
    """Take the customer out of lists, segments and sending. Archiving twice changes nothing."""
    customer = locked(customer)
    if customer.archived_at is None:
        customer.archived_at = customer.updated_at = timezone.now()
        customer.save(update_fields=["archived_at", "updated_at"])
        record(CustomerArchived(customer_id=customer.pk))
    return customer


@transaction.atomic
def restore_customer(customer: Customer) -> Customer:
    """Bring an archived customer back. Restoring twice changes nothing."""
    customer = locked(customer)
    if customer.archived_at is not None:
        customer.archived_at, customer.updated_at = None, timezone.now()
        customer.save(update_fields=["archived_at", "updated_at"])
        record(CustomerRestored(customer_id=customer.pk))
    return customer
